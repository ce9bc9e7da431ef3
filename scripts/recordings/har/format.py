"""HAR as it is found: what is read of an entry, decoded alone, so that a bad one costs itself only.

http://www.softwareishard.com/blog/har-12-spec/ says what a HAR is. Producers leave out, rename and break what it asks
for; so every field may be missing, and a value of another type counts as missing.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec

type Number = int | float

LOOKED_AT = 8192
"""Characters of a body that are kept where an entry has to be read the long way."""
NO_HEADERS = msgspec.Raw(b"[]")


class Header(msgspec.Struct, gc=False):
    """A header line; several where the value holds line ends. None is a value that is not told."""

    name: str
    value: str | None = ""


class Request(msgspec.Struct, gc=False):
    """What is read of a request. Its header list is not decoded: usually it is that of an earlier one."""

    url: str
    method: str = "GET"
    headers: msgspec.Raw = NO_HEADERS
    httpVersion: str | None = None


class Content(msgspec.Struct, gc=False):
    """What is read of a body. Its text is not decoded."""

    size: Number | None = None
    mimeType: str | None = None
    encoding: str | None = None
    text: msgspec.Raw = msgspec.Raw(b"")


class Response(msgspec.Struct, gc=False):
    """What is read of a response. `error` and `failure` are Chromium's and Playwright's own words.

    That `error` is null tells something, and that it is not there does not.
    """

    status: Number | None = None
    statusText: str | None = None
    headers: msgspec.Raw = NO_HEADERS
    httpVersion: str | None = None
    content: Content | None = None
    headersSize: Number | None = None
    bodySize: Number | None = None
    error: str | msgspec.UnsetType | None = msgspec.field(default=msgspec.UNSET, name="_error")
    failure: str | None = msgspec.field(default=None, name="_failureText")
    fromServiceWorker: bool | None = msgspec.field(default=None, name="_fetchedViaServiceWorker")


class Timings(msgspec.Struct, gc=False):
    """The phases of an exchange, in milliseconds; below zero where one did not take place."""

    blocked: Number | None = None
    dns: Number | None = None
    connect: Number | None = None
    send: Number | None = None
    wait: Number | None = None


class Entry(msgspec.Struct, gc=False):
    """An exchange, with what its producer adds."""

    request: Request
    response: Response | None = None
    startedDateTime: str | None = None
    time: Number | None = None
    timings: Timings | None = None
    connection: str | None = None
    pageref: str | None = None
    clientIPAddress: str | None = None
    connectionId: str | None = msgspec.field(default=None, name="_connectionId")
    resourceType: str | None = msgspec.field(default=None, name="_resourceType")
    fromCache: str | None = msgspec.field(default=None, name="_fromCache")
    fetchType: str | None = msgspec.field(default=None, name="_fetchType")
    fromDiskCache: bool | None = None
    error: str | None = msgspec.field(default=None, name="_error")
    charlesStatus: str | None = msgspec.field(default=None, name="_charlesStatus")
    wasFulfilled: bool | None = msgspec.field(default=None, name="_wasFulfilled")
    wasAborted: bool | None = msgspec.field(default=None, name="_wasAborted")
    fromServiceWorker: bool | None = msgspec.field(default=None, name="_fetchedViaServiceWorker")


class Program(msgspec.Struct, gc=False):
    """A creator or a browser: the program's name and version."""

    name: str | None = None
    version: str | None = None


class Page(msgspec.Struct, gc=False):
    """A page that was loaded."""

    id: str | None = None
    title: str | None = None
    startedDateTime: str | None = None


class Log[T](msgspec.Struct, gc=False):
    """What a HAR says as a whole, with its entries, or what is to be decoded of each."""

    entries: list[T]
    creator: Program | None = None
    browser: Program | None = None
    pages: list[msgspec.Raw] | None = None


class Document[T](msgspec.Struct, gc=False):
    """A HAR file."""

    log: Log[T]


class _Body(msgspec.Struct, gc=False):
    text: msgspec.Raw = msgspec.Raw(b"")


class _Answer(msgspec.Struct, gc=False):
    content: _Body | None = None


class _Weighed(msgspec.Struct, gc=False):
    """What of an entry is not counted as held: the text of its body."""

    response: _Answer | None = None


_good = msgspec.json.Decoder(Document[Entry])
_document = msgspec.json.Decoder(Document[msgspec.Raw])
_entries = msgspec.json.Decoder(list[Entry])
_undecoded = msgspec.json.Decoder(list[msgspec.Raw])
_weighed = msgspec.json.Decoder(_Weighed)
_entry = msgspec.json.Decoder(Entry)
_lines = msgspec.json.Decoder(list[Header])
_page = msgspec.json.Decoder(Page)
_program = msgspec.json.Decoder(Program)


def decode_document(data: Any) -> Log[Any] | None:
    """Return the log of a HAR that is whole and of the format's shape, over a buffer; None where it is not.

    Its entries are decoded where all of them are good, else none is yet.
    """
    for decoder in (_good, _document):
        try:
            return decoder.decode(data).log
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return None


def decode_entries(data: Any) -> list[Any] | None:
    """Return the entries that stand between the brackets of a list; None where it is none that is whole.

    They are decoded where all of them are good, else none is yet.
    """
    for decoder in (_entries, _undecoded):
        try:
            return decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return None


def weigh_entry(data: Any) -> int:
    """Return how many bytes an entry has that is not decoded, without the text of its body."""
    size = len(memoryview(data))
    try:
        response = _weighed.decode(data).response
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return size
    return size if response is None or response.content is None else size - len(memoryview(response.content.text))


def decode_entry(data: Any) -> Entry | None:
    """Return an entry, which may be decoded already; None where there is no request with a URL in it."""
    if isinstance(data, Entry):
        return data
    try:
        return _entry.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # The long way costs more, and of what is no object nothing is good.
        return _convert(_loads(data), Entry) if bytes(memoryview(data)[:1]) == b"{" else None


def decode_headers(data: Any) -> list[Header]:
    """Return a header list's lines; what is none is left out."""
    try:
        return _lines.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return list(_headers(_loads(data)))


def decode_page(data: Any) -> Page:
    """Return a page; one without any names where it is none."""
    try:
        return _page.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _convert(_loads(data), Page) or Page()


def decode_program(data: Any) -> Program:
    """Return a creator or a browser; one without a name where it is none."""
    try:
        return _program.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _convert(_loads(data), Program) or Program()


def _loads(data: Any) -> Any:
    """Read what msgspec refuses: NaN, lone surrogates, bytes that are no UTF-8."""
    try:
        return json.loads(bytes(data).decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _convert[T: msgspec.Struct](value: Any, kind: type[T]) -> T | None:
    """Return what is good of a JSON value as a struct of this kind; None where what it must have is not there."""
    if not isinstance(value, dict):
        return None
    fields: dict[str, Any] = {}
    for name, written, required in _list_fields(kind):
        good = _convert_field(value[written], name) if written in value else None
        if good is not None:
            fields[name] = good
        elif required:
            return None
        elif name == "error" and written in value:
            fields[name] = None
    return kind(**fields)


@cache
def _list_fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, bool], ...]:
    """Return of each field its name, how HARs write it, and whether it has to be there."""
    return tuple((one.name, one.encode_name, one.required) for one in msgspec.structs.fields(kind))


_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "request": Request,
    "response": Response,
    "content": Content,
    "timings": Timings,
    "creator": Program,
    "browser": Program,
}
_NUMBERS = frozenset({"status", "size", "headersSize", "bodySize", "time", "blocked", "dns", "connect", "send", "wait"})
_FLAGS = frozenset({"fromDiskCache", "fromServiceWorker", "wasFulfilled", "wasAborted"})


def _convert_field(found: Any, name: str) -> Any:
    if name in _STRUCTS:
        return _convert(found, _STRUCTS[name])
    if name == "headers":
        good = [{"name": header.name, "value": header.value} for header in _headers(found)]
        return msgspec.Raw(json.dumps(good).encode())
    if name == "text":
        return msgspec.Raw(json.dumps(found[:LOOKED_AT]).encode()) if isinstance(found, str) else None
    if name in _NUMBERS:
        return _number(found)
    if name in _FLAGS:
        return found if isinstance(found, bool) else None
    if isinstance(found, bool | float | int):
        return str(found)
    # Half a character is none.
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else None


def _headers(found: Any) -> list[Header]:
    """Headers as a list of objects, of pairs, or as one object, with one value or a list of them: all have been met."""
    if isinstance(found, dict):
        found = list(found.items())
    headers: list[Header] = []
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict):
            name, value = one.get("name"), one.get("value")
        elif isinstance(one, list | tuple) and len(one) == 2:
            name, value = one
        else:
            continue
        if isinstance(name, str) and name:
            for line in value if isinstance(value, list) else [value]:
                headers.append(Header(name, line if line is None or isinstance(line, str) else str(line)))
    return headers


def _number(found: Any) -> Number | None:
    if isinstance(found, str):
        try:
            found = float(found)
        except ValueError:
            return None
    good = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e18
    return found if good else None
