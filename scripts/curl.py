"""Reads responses from what curl prints, and writes the curl commands that send what a browser would send."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.redact import REDACTED, redact
from corsight.policies.redact.names import is_secret_name
from corsight.policies.redact.plain import looks_random
from corsight.scripts.errors import CorsightError

LONGEST = 4 * 1024 * 1024
"""How many bytes of a pasted response are read: its body is never needed."""

GLOBBED = frozenset("[]{}")

_STATUS_LINE = re.compile(r"HTTP/(\d(?:\.\d)?) (\d{3})(?: (.*))?")
_FIELD = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:(.*)", re.DOTALL)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_FAILED = re.compile(r"curl: \((\d+)\) (.*)")
_BRANDS = re.compile(r'(?:"[^"\\]{1,40}+";v="[0-9.]{1,20}+"(?:, (?=")|\Z))++').fullmatch
_BRAND = re.compile(r'"([^"]*+)";').findall
_LINK = re.compile(r"\x1b\]8;;[^\x07\x1b]*(?:\x07|\x1b\\)")
"""curl makes a Location that it prints to a terminal a link."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One response of several that curl went through; `http2` tells that its header names were lower case."""

    response: Response
    http2: bool = False


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was read: the redirects that curl followed and the response it ended with, in order.

    `failure` is what curl said where it got none. `origin` is the Origin header that curl says it sent, "" where it
    sent none, None where the paste does not show what it sent.
    """

    hops: tuple[Hop, ...]
    failure: str | None = None
    origin: str | None = None


def read_curl(data: bytes, where: str, *, status: int | None = None) -> Pasted:
    """Read what `curl -i`, `-I`, `-v`, `-L` or `-D -` printed, or a response as a browser's developer tools show it.

    `status` is that of a paste that begins with its headers. Raises CorsightError where there is no response in it,
    with the file and the line.
    """
    lines = _lines(data)
    verbose = any(_STATUS_LINE.fullmatch(line[2:]) for line in lines if line.startswith("< "))
    if not verbose and status is not None and not any(map(_STATUS_LINE.fullmatch, lines)):
        lines = [f"HTTP/1.1 {status}", *_without_leading_blanks(lines)]
    blocks = _verbose_blocks(lines, where) if verbose else _blocks(lines, where)
    if not blocks:
        for line in lines:
            if failed := _FAILED.search(line):
                return Pasted((), f"{failed[2]} (curl: {failed[1]})")
        if not any(line.strip() for line in lines):
            raise CorsightError("is empty", where=where, todo="curl -i prints a response with its headers")
        raise CorsightError(
            "there is no status line in it, such as HTTP/2 200",
            where=where,
            todo="curl -i prints one; or give --status beside the headers",
        )
    if all(block.status < 200 for block in blocks):
        raise CorsightError(
            f"the response in it is an interim one ({blocks[-1].status}), and no final one follows",
            where=f"{where}, line {blocks[-1].line}",
        )
    return Pasted(_steps(blocks), origin=_sent_origin(lines) if verbose else None)


def field(text: str, where: str) -> tuple[str, str]:
    """Return the name and value of a header as typed. Raises CorsightError if it is not a header."""
    found = _FIELD.fullmatch(text.strip())
    if found is None:
        raise CorsightError(f"{_short(text)} is not a header", where=where, todo="write it as 'Name: value'")
    try:
        found[2].encode("latin-1")
    except UnicodeEncodeError:
        raise CorsightError(
            f"{_short(text)} cannot be sent", where=where, todo="a header holds bytes, not every character"
        ) from None
    if "\n" in found[2] or "\r" in found[2]:
        raise CorsightError(f"{_short(text)} is more than one line", where=where, todo="give one header each time")
    return found[1], found[2].strip()


@dataclass(frozen=True, slots=True)
class _Block:
    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    line: int
    http2: bool

    @property
    def leads_on(self) -> bool:
        return self.status in REDIRECT_STATUSES and any(name.lower() == b"location" for name, _ in self.fields)


def _lines(data: bytes) -> list[str]:
    """Return the lines, each byte as one character, without what terminals and Windows add."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        # PowerShell's > writes UTF-16.
        data = data.decode("utf-16", "replace").encode("utf-8")
    text = data[:LONGEST].removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return [_STYLE.sub("", _LINK.sub("", line)).rstrip("\r") for line in text.split("\n")]


def _without_leading_blanks(lines: list[str]) -> list[str]:
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    return lines[first:]


def _blocks(lines: list[str], where: str) -> list[_Block]:
    """Return the header blocks that follow each other directly; what comes after the last one is a body."""
    blocks: list[_Block] = []
    index = next((at for at, line in enumerate(lines) if _STATUS_LINE.fullmatch(line.strip())), len(lines))
    while index < len(lines) and (start := _STATUS_LINE.fullmatch(lines[index].strip())):
        # wget indents all that the server said.
        indent = len(lines[index]) - len(lines[index].lstrip())
        first, index = index, index + 1
        fields: list[tuple[int, str]] = []
        while index < len(lines) and lines[index].strip():
            line = lines[index][indent:] if not lines[index][:indent].strip() else lines[index]
            if indent and _STATUS_LINE.fullmatch(line):
                break
            fields.append((index + 1, line))
            index += 1
        blocks.append(_block(start, fields, first + 1, where))
        if index < len(lines) and not lines[index].strip():
            index += 1
    return blocks


def _verbose_blocks(lines: list[str], where: str) -> list[_Block]:
    """Return the header blocks of curl -v, whose lines begin with "< "; what curl says itself may stand between."""
    blocks: list[_Block] = []
    start: re.Match[str] | None = None
    fields: list[tuple[int, str]] = []
    first = 0
    for number, line in enumerate(lines, 1):
        if not line.startswith("<"):
            continue
        rest = line[2:]
        begins = _STATUS_LINE.fullmatch(rest.strip()) if line[1:2] == " " else None
        if start is not None and (begins or not line[1:].strip()):
            blocks.append(_block(start, fields, first, where))
            start = None
        if begins:
            start, fields, first = begins, [], number
        elif start is not None:
            fields.append((number, rest))
    if start is not None:
        blocks.append(_block(start, fields, first, where))
    return blocks


def _block(start: re.Match[str], lines: list[tuple[int, str]], first: int, where: str) -> _Block:
    fields: list[tuple[bytes, bytes]] = []
    for number, line in lines:
        if line[:1] in (" ", "\t") and fields:
            # A value that goes on in the next line.
            name, value = fields[-1]
            fields[-1] = name, value + b" " + line.strip().encode("latin-1")
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            raise CorsightError(
                f"{_short(line)} is not a header",
                where=f"{where}, line {number}",
                todo="an empty line has to stand between the headers and the body",
            )
        fields.append((found[1].encode("latin-1"), found[2].strip(" \t").encode("latin-1")))
    return _Block(int(start[2]), tuple(fields), first, start[1][0] != "1")


def _steps(blocks: list[_Block]) -> tuple[Hop, ...]:
    """Return the answers among the blocks: without the interim ones, a proxy's own, and those that curl answered with a
    password."""
    final = [block for block in blocks if block.status >= 200]
    kept = [block for block in final[:-1] if block.leads_on] + final[-1:]
    return tuple(Hop(Response(one.status, HeaderList(one.fields)), one.http2) for one in kept)


def _sent_origin(lines: list[str]) -> str | None:
    sent = [line[2:].partition(":") for line in lines if line.startswith("> ")]
    if not sent:
        return None
    return next((value.strip() for name, _, value in sent if name.strip().lower() == "origin"), "")


def _short(text: str) -> str:
    text = " ".join(redact(text).split())
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"


# -- commands ----------------------------------------------------------------------------------------------------------


def preflight_command(url: str, origin: str, method: str, names: Sequence[str]) -> str:
    """Return the curl command that sends the preflight."""
    fields = [("Origin", origin), ("Access-Control-Request-Method", method)]
    if names:
        fields.append(("Access-Control-Request-Headers", ",".join(names)))
    return _command("OPTIONS", url, fields)


def request_command(url: str, origin: str | None, method: str, fields: Sequence[tuple[str, str]]) -> str:
    """Return the curl command that sends the request itself. `origin` is None where a browser sends no Origin."""
    return _command(method, url, [*((("Origin", origin),) if origin is not None else ()), *fields])


def _command(method: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    words = ["curl", "-i"]
    if method == "HEAD":
        words = ["curl", "-I"]
    elif method != "GET":
        words += ["-X", method]
    url = redact(url)
    if not GLOBBED.isdisjoint(url):
        # To curl, these stand for several URLs.
        words.append("-g")
    words.append(url)
    lines = [shlex.join(words)]
    for name, value in fields:
        # curl takes a header without a value for one to leave out, but for this.
        lines.append(f"-H {shlex.quote(shown_field(name, value) if value else f'{name};')}")
    return " \\\n  ".join(lines)


def shown_field(name: str, value: str) -> str:
    """Return a header that is safe to show: its secrets are replaced."""
    if name.lower().startswith("sec-ch-ua") and (brands := _BRANDS(value)):
        # Products and versions; the made-up one among them is written with any mark.
        plain = not any(map(looks_random, _BRAND(brands[0])))
        return f"{name}: {value if plain else redact(value)}"
    if not is_secret_name(name):
        return f"{name}: {redact(value)}"
    scheme, space, _ = value.partition(" ")
    return f"{name}: {f'{scheme} {REDACTED}' if space and scheme.isalpha() else REDACTED}"
