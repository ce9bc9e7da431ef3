"""Finds the requests in a paste, and makes of them what `corsight check` is otherwise told by options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from corsight.policies.engines.added import list_page_set_headers
from corsight.policies.fetch.origin import origin_of, parse_url
from corsight.policies.fetch.safelist import is_cors_safelisted_request_header
from corsight.policies.session.reading import read
from corsight.policies.value import value
from corsight.scripts.curl import Hop, Pasted, read_curl
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.curl import Transcript
from corsight.scripts.whatif.copied import (
    curl,
    fetch,
    httpie,
    libraries,
    localized,
    panel,
    powershell,
    python,
    rest_file,
    wget,
    xhr,
)
from corsight.scripts.whatif.copied.model import FILLED, Copied, CredentialsMode, join_halves, tell_others
from corsight.scripts.whatif.copied.names import read_names
from corsight.scripts.whatif.model import Mode

LONGEST = 1 << 18
"""Characters of a paste that are looked at."""
BOM = "\ufeff"
MOST = 8
"""Commands of a paste that are read."""
NO_FETCH = {
    "navigate": "a navigation: the browser follows a link, and CORS does not apply",
    "websocket": "a WebSocket handshake: CORS does not apply, the server checks Origin itself",
}
STAND_INS = {"content-type": "application/json"}
"""Values that need a preflight, where only the name is told."""

OF_TOOLS = {"postman-token": "", "cache-control": "postmanruntime/"}
"""Headers that no page set, but a tool did whose User-Agent begins so."""
_FENCE = re.compile(r"^[ \t>]*(?:```+|~~~+)\w*[ \t]*\r?$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*//[^\n]*", re.MULTILINE)
"""A line of code that is switched off."""
_TIME = re.compile(r"^\d\d:\d\d:\d\d\.\d{6} (?=[*<>{}])", re.MULTILINE)
"""What curl --trace-time writes before each line."""
_ALONE = re.compile(
    r"(?:access-control-[a-z-]+|content-type|server|date|vary|set-cookie|via|age|etag)[ \t]*:", re.IGNORECASE
)
"""Headers of a response."""
_HEADER = re.compile(r":?[A-Za-z0-9-]{2,60}[ \t]*:.*|\s*")
_STATUS = re.compile(r"^(?:< |[^\S\n]*)HTTP/\d|^curl: \(\d+\)", re.MULTILINE)
_TRANSCRIPT = re.compile(r"^> [A-Z]+ \S+ HTTP/[\d.]+\s*$", re.MULTILINE)


@value
class Asked:
    """What a paste tells of a request, and what was answered. What it does not tell is None."""

    origin: str | None
    url: str | None
    method: str
    headers: tuple[str, ...]
    credentials: CredentialsMode | None
    mode: Mode
    destination: str | None
    preflight: Pasted | None
    response: Pasted | None
    notes: tuple[str, ...]


def read_asked(text: str, where: str, origin: str | None) -> Asked | None:
    """Return what the requests in a text ask, the last one and the preflight before it; None where there is none.

    `origin` is the page's, where it was typed. Raises CorsightError for a request that is no fetch, or is cut off.
    """
    try:
        requests = [*islice(_find(_clean(text), where), MOST)]
        return _put_together(requests, origin) if requests else None
    except CorsightError as error:
        raise CorsightError(error.what, where=error.where or where, todo=error.todo) from None


def read_lone_response(text: str, where: str) -> Pasted | None:
    """Return the response whose headers are all that a text holds, with a status line or not; None for any other text.

    Raises CorsightError for a response that cannot be read.
    """
    text = _clean(text).strip()
    text = (localized.translate(text) if text.startswith("{") else None) or text
    lines = text.splitlines()
    if not lines or not (_STATUS.match(text) or (all(map(_HEADER.fullmatch, lines)) and any(map(_ALONE.match, lines)))):
        return None
    return read_curl(text.encode(), where, status=None if _STATUS.match(text) else 200)


def _clean(text: str) -> str:
    """Return a paste without what Markdown and clocks put into it."""
    return _TIME.sub("", _FENCE.sub("", join_halves(text[:LONGEST]).removeprefix(BOM)))


def _find(text: str, where: str) -> Iterator[tuple[Copied, Pasted | None]]:
    """Yield the requests, each with what was answered."""
    begin = curl.BEGIN.search(text)
    while begin is not None:
        copied = curl.read_curl_command(text[begin.start(1) :])
        text = copied.answer
        begin = curl.BEGIN.search(text)
        copied = copied if begin is None else replace(copied, answer=text[: begin.start()])
        yield copied, _read_answer(copied, where)
        if begin is None:
            return
    if call := fetch.BEGIN.search(text):
        copied = fetch.read_fetch(text, call.end(), names := read_names(text))
        yield _tell_others(copied, text, names), _read_answer(copied, where)
    elif powershell.BEGIN.search(text) and "-uri" in text.lower():
        yield powershell.read_powershell(text), None
    elif rest_file.BEGIN.search(text):
        yield from ((copied, _read_answer(copied, where)) for copied in rest_file.read_rest_file(text))
    elif _TRANSCRIPT.search(text):
        yield from _read_transcript(text)
    elif (written := panel.write_transcript(text)) is not None:
        yield from _read_transcript(written)
    elif (found := _find_typed(text) or _find_code(text)) is not None:
        yield found, _read_answer(found, where)


def _find_typed(text: str) -> Copied | None:
    """Return the request of a command that a person typed."""
    if typed := httpie.BEGIN.search(text):
        return httpie.read_httpie(text[typed.start(1) :])
    if typed := wget.BEGIN.search(text):
        return wget.read_wget(text[typed.start(1) :])
    return wget.read_log(text)


def _find_code(text: str) -> Copied | None:
    """Return the request that a page's code makes, or a server's in Python."""
    text = _COMMENT.sub("", text)
    names = read_names(text)
    found = xhr.find_request(text, names) or libraries.find_request(text, names)
    if found is None and (call := fetch.INSIDE.search(text)) is not None:
        found = fetch.read_fetch(text, call.end(), names)
        # A single word may stand in parentheses in any text.
        if found.url is None and call[1] is not None:
            return None
    return python.read_python(text) if found is None else _tell_others(found, text, names)


def _tell_others(found: Copied, text: str, names: Mapping[str, Any]) -> Copied:
    """Return the request that was found in code, with a note where the code makes others too."""
    if (answered := _STATUS.search(text)) is not None:
        text = text[: answered.start()]
    calls = {call.start() for call in islice(fetch.INSIDE.finditer(text), MOST) if call[1] is None}
    calls |= xhr.list_calls(text) | libraries.list_calls(text, names)
    return replace(found, notes=(*found.notes, *tell_others(len(calls))))


def _read_transcript(text: str) -> Iterator[tuple[Copied, Pasted | None]]:
    """Yield what curl -v shows that it sent, with what came back."""
    transcript = Transcript()
    exchanges = [one for line in text.splitlines() for one in transcript.take(f"{line}\n".encode())]
    for exchange in (*exchanges, *transcript.end()):
        request, response = exchange.request, exchange.response
        got = None if response is None else Pasted((Hop(response, exchange.http2),))
        yield Copied(request.url, request.method, request.headers), got


def _put_together(requests: list[tuple[Copied, Pasted | None]], typed: str | None) -> Asked:
    preflights = [one for one in requests if "access-control-request-method" in one[0].headers]
    asked = [one for one in requests if one not in preflights]
    copied, answer = (asked or preflights)[-1]
    reading = read(copied.method, copied.headers)
    mode = reading.mode if reading.metadata or copied.mode is None else copied.mode
    if mode in NO_FETCH:
        raise CorsightError(
            f"the request is {NO_FETCH[mode]}", todo="copy the one that the page's script makes, or give --url alone"
        )
    notes = [note for one, _ in requests for note in one.notes]
    if len(asked) > 1:
        notes.append(f"The paste holds {len(asked)} requests: this is the last of them.")
    if copied.wire and answer is None and copied.answer.strip():
        notes.append("What stands behind the command shows no status line, and is not judged: curl -i prints one.")
    page = typed or reading.origin or _origin_of(reading.referrer or copied.referrer)
    url = copied.url
    if url is not None and "://" not in url:
        url = parse_url(url, f"{page}/") if page is not None else None
    return Asked(
        origin=page,
        url=url,
        method=copied.method if asked else copied.headers.get("access-control-request-method") or "GET",
        headers=tuple(_list_set(copied) if asked else _list_asked_for(copied)),
        credentials="include" if reading.cookie or reading.storage_access else copied.credentials,
        mode="no-cors" if mode == "no-cors" else "cors",
        destination=reading.destination if reading.metadata and asked else None,
        preflight=_tell_origin(*preflights[-1]) if preflights else None,
        response=_tell_origin(copied, answer) if asked else None,
        notes=tuple(notes),
    )


def _tell_origin(copied: Copied, answer: Pasted | None) -> Pasted | None:
    """Return the answer with the origin that it was asked for with: the command shows it."""
    if answer is None or not copied.wire:
        return answer
    return replace(answer, origin=copied.headers.get("origin") or "")


def shows_answer(text: str) -> bool:
    """Return whether a text shows what a server answered, whose body may say what a console says too."""
    return _STATUS.search(text) is not None


def _read_answer(copied: Copied, where: str) -> Pasted | None:
    if not shows_answer(copied.answer):
        return None
    return read_curl(copied.answer.encode(), where)


def _origin_of(referrer: str | None) -> str | None:
    origin = None if referrer is None else origin_of(referrer)
    return None if origin == "null" else origin


def _list_set(copied: Copied) -> Iterator[str]:
    """Yield the headers that the page set, as far as they make a difference: not what browsers write by themselves."""
    # Values that decide nothing are not in that list.
    agent = (copied.headers.get("user-agent") or "").lower()
    for name in dict.fromkeys(name for name, _ in list_page_set_headers(copied.headers)):
        if name in OF_TOOLS and agent.startswith(OF_TOOLS[name]):
            continue
        sent = copied.headers.get(name) or ""
        if not (name in ("accept", "accept-language") and is_cors_safelisted_request_header(name, sent)):
            yield f"{name}: {sent}"


def _list_asked_for(copied: Copied) -> Iterator[str]:
    """Yield the headers that a preflight asks for, with a value that needs one."""
    for name in (copied.headers.get("access-control-request-headers") or "").split(","):
        if name.strip():
            yield f"{name.strip()}: {STAND_INS.get(name.strip().lower(), FILLED)}"
