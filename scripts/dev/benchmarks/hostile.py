"""What a hostile page or server can send: every place in an exchange, filled with what is slow to read."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mitmproxy import connection, http

from corsight.scripts.dev.benchmarks.traffic import AGENT

PAGE = "https://app.test"
HOST = "api.test"
type Fields = list[tuple[bytes, bytes]]

_numbers = itertools.count()


@dataclass
class Draft:
    """An exchange before it is made a flow. Its length is the number of bytes that a peer chose."""

    method: str
    path: bytes
    asked: Fields
    status: int
    answered: Fields
    host: bytes = HOST.encode()
    new_client: bool = False
    """Whether it comes on a connection of its own."""

    def __len__(self) -> int:
        fields = [*self.asked, *self.answered]
        return (
            len(self.method) + len(self.path) + len(self.host) + sum(len(name) + len(value) for name, value in fields)
        )

    def flow(self, client: connection.Client) -> http.HTTPFlow:
        """Return the exchange as a flow on that connection."""
        began = 1_800_000_000 + next(_numbers)
        flow = http.HTTPFlow(client, connection.Server(address=(HOST, 443)), live=True)
        flow.request = http.Request(
            HOST,
            443,
            self.method.encode(),
            b"https",
            b"",
            self.path,
            b"HTTP/1.1",
            http.Headers([(b"Host", self.host), *self.asked]),
            b"",
            None,
            began,
            began,
        )
        headers = http.Headers(self.answered)
        flow.response = http.Response(b"HTTP/1.1", self.status, b"OK", headers, b"", None, began + 0.1, began + 0.1)
        return flow


# -- roles: what an exchange is before a place in it is filled -------------------------------------------------------


def _asked(mode: str, destination: str, *more: tuple[bytes, bytes]) -> Fields:
    return [
        (b"User-Agent", AGENT.encode()),
        (b"Accept", b"*/*"),
        (b"Sec-Fetch-Site", b"cross-site"),
        (b"Sec-Fetch-Mode", mode.encode()),
        (b"Sec-Fetch-Dest", destination.encode()),
        *more,
    ]


ORIGIN = (b"Origin", PAGE.encode())
ALLOWED = (b"Access-Control-Allow-Origin", PAGE.encode())


def _preflight() -> Draft:
    wanted = [(b"Access-Control-Request-Method", b"PUT"), (b"Access-Control-Request-Headers", b"x-a")]
    granted = [(b"Access-Control-Allow-Methods", b"PUT"), (b"Access-Control-Allow-Headers", b"x-a")]
    return Draft("OPTIONS", b"/", _asked("cors", "empty", ORIGIN, *wanted), 204, [ALLOWED, *granted])


def _allowed() -> Draft:
    return Draft("GET", b"/", _asked("cors", "empty", ORIGIN), 200, [ALLOWED, (b"Content-Type", b"text/plain")])


def _blocked() -> Draft:
    return Draft("GET", b"/", _asked("cors", "empty", ORIGIN), 200, [(b"Content-Type", b"text/plain")])


def _opaque() -> Draft:
    return Draft("GET", b"/", _asked("no-cors", "image"), 200, [(b"Content-Type", b"image/png")])


def _redirect() -> Draft:
    answered = [ALLOWED, (b"Location", b"https://other.test/")]
    return Draft("GET", b"/", _asked("cors", "empty", ORIGIN), 302, answered)


def _document() -> Draft:
    return Draft("GET", b"/", _asked("navigate", "document"), 200, [(b"Content-Type", b"text/html")])


ROLES: dict[str, Callable[[], Draft]] = {
    "preflight": _preflight,
    "allowed": _allowed,
    "blocked": _blocked,
    "opaque": _opaque,
    "redirect": _redirect,
    "document": _document,
}

ASKING, ANSWERING = ("preflight", "blocked"), ("preflight", "allowed", "opaque", "redirect")
"""The roles in which what the browser sends is tried, and in which what the server answers is."""

# -- fillers: text that readers may stumble over ---------------------------------------------------------------------


@dataclass(frozen=True)
class Filler:
    """Text made of a unit, over and over, between a beginning and an end."""

    unit: bytes
    start: bytes = b""
    end: bytes = b""

    def text(self, size: int) -> bytes:
        """About `size` bytes, unlike any text before: no memory knows it."""
        number = b"%d" % next(_numbers)
        return self.start + self.unit * (size // len(self.unit)) + number + self.end


@dataclass(frozen=True)
class Numbered(Filler):
    """Text of units that are all different: each has a number behind it."""

    def text(self, size: int) -> bytes:
        """About `size` bytes, no part of them twice."""
        first = next(_numbers) * 1000
        units = [b"%b%d" % (self.unit, first + one) for one in range(size // (len(self.unit) + len(str(first)) + 2))]
        return self.start + b", ".join(units) + self.end


FILLERS: dict[str, Filler] = {
    "letters": Filler(b"a"),
    "digits": Filler(b"7"),
    "zeros": Filler(b"0"),
    "commas": Filler(b","),
    "a,a,": Filler(b"a,"),
    "*,*,": Filler(b"*,"),
    "null,": Filler(b"null, "),
    "tokens": Filler(b"x-abc, "),
    "blanks": Filler(b" ", b"a", b"a"),
    "tabs": Filler(b"\t", b"a", b"a"),
    "a b ": Filler(b"a "),
    "a-a-@": Filler(b"a-", b"", b"@"),
    "a.a.": Filler(b"a."),
    "dots": Filler(b"."),
    "slashes": Filler(b"/"),
    "/../": Filler(b"/.."),
    "backslashes": Filler(b"\\"),
    "://": Filler(b"://"),
    "https://": Filler(b"https://"),
    "origins": Filler(b"https://a.test, "),
    "userinfo": Filler(b"u:", b"https://", b"@a.test/"),
    "many @": Filler(b"a@", b"https://", b".test/"),
    "colons": Filler(b":"),
    "brackets": Filler(b"["),
    "[::1]": Filler(b"[::1]"),
    "quotes": Filler(b'"'),
    '"a",': Filler(b'"a",'),
    "open quote": Filler(b"\\a", b'"'),
    "apostrophes": Filler(b"'"),
    "percent": Filler(b"%"),
    "%2525": Filler(b"%25"),
    "%3D": Filler(b"%3Ftoken%3Dx%26"),
    "&a=b": Filler(b"&a=b"),
    "?token=": Filler(b"?token=a"),
    "&token": Filler(b"&token"),
    "_token": Filler(b"_", b"?", b"token"),
    "?&?&": Filler(b"?&"),
    ";=": Filler(b";a=1"),
    ";": Filler(b";"),
    "equals": Filler(b"="),
    "#": Filler(b"#"),
    "controls": Filler(b"\x1b[31m"),
    "latin-1": Filler(b"\xe9"),
    "utf-8": Filler("→".encode()),
    "parentheses": Filler(b"("),
    "<>;": Filler(b'<a>; rel="x", '),
    "max-age": Filler(b"max-age=1,"),
    "jwt": Filler(b"eyJhbGciOiJIUzI1NiJ9."),
    "hex": Filler(b"0123456789abcdef"),
    "a=a;": Filler(b"a=a; "),
    "brands": Filler(b'"Chromium";v="156", '),
    "agents": Filler(b"Chrome/156.0 "),
    "slash digits": Filler(b"Firefox/"),
    "new names": Numbered(b"x-"),
    "new origins": Numbered(b"https://api.test."),
    "aAaA": Filler(b"aA"),
    "near hosts": Filler(b"api.test.", b"https://"),
    "nested quotes": Filler(b'\\"', b'"', b'"'),
    "keys": Filler(b"a7B: c9D= "),
    "types without a name": Filler(b",/"),
    "list behind a quote": Filler(b",", b'"'),
    "lists of one letter behind a quote": Filler(b",a", b'"'),
    "latin-1 and digits": Filler(b"\xe91"),
    "controls and latin-1": Filler(b"a\x0bb\x85"),
    "new fields": Numbered(b"a="),
    "new capitals": Numbered(b"X-A-"),
    "address": Filler(b"1."),
    "names and paths": Filler(b"a/"),
    "blanks in turn": Filler(b" \t", b"a", b"a"),
}

LINES: dict[str, Filler] = {
    "newlines": Filler(b"\n"),
    "short lines": Filler(b"a\r\n"),
    "continued lines": Filler(b" a\n", b"HTTP/1.1 200 OK\nX-A: 1\n"),
    "responses": Filler(b"HTTP/1.1 302 Found\nLocation: /\n\n"),
    "verbose lines": Filler(b"< a: b\n", b"< HTTP/1.1 200 OK\n"),
    "words": Filler(b"a b ", b"", b" cannot load"),
    "messages": Filler(b"Access to fetch at 'https://a.test' from origin "),
    "reasons": Filler(b"(Reason: CORS header "),
    "reasons behind quotes": Filler(
        b"'" * 1200 + b" No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
    ),
    "a word behind a code": Filler(b"A", b"SEC7120: "),
    "a declaration of blanks": Filler(b" ", b"const"),
    "numbers between returns": Filler(b"\r1", b"> GET / HTTP/1.1\n"),
    "identifiers": Filler(b"net::ERR_"),
    "links": Filler(b"\x1b]8;;"),
    "braces": Filler(b"{"),
    "nested objects": Filler(b'{"a":'),
    "nested dashes": Filler(b"- "),
    "items": Filler(b"- a\n"),
    "fields": Filler(b"a: 1\n"),
    "aliases": Filler(b"&a [*a,"),
    "tables": Filler(b"[a.b]\n"),
    "dotted key": Filler(b"a.", b"", b"=1"),
    "patterns": Filler(b"https://*.a.test,"),
    "hosts": Filler(b"a.test,"),
}
"""What makes long texts of many lines or parts."""

# -- places: where a filler can stand --------------------------------------------------------------------------------

ASKED = (
    "User-Agent",
    "sec-ch-ua",
    "Origin",
    "Referer",
    "Accept",
    "Accept-Language",
    "Content-Type",
    "Range",
    "Cookie",
    "Authorization",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Storage-Access",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "If-None-Match",
    "Upgrade",
    "Priority",
    "X-Other",
)
ANSWERED = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Cross-Origin-Resource-Policy",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Opener-Policy",
    "Content-Security-Policy",
    "Timing-Allow-Origin",
    "Location",
    "Content-Type",
    "Content-Range",
    "Content-Length",
    "Content-Encoding",
    "X-Content-Type-Options",
    "Cache-Control",
    "Expires",
    "Vary",
    "ETag",
    "Last-Modified",
    "Age",
    "Date",
    "Set-Cookie",
    "Server",
    "Via",
    "CF-RAY",
    "WWW-Authenticate",
    "Allow",
    "Access-Control-Allow-Orign",
    "X-Other",
)


DOCUMENTS = ("answered Cross-Origin-Embedder-Policy", "answered Cross-Origin-Opener-Policy")
"""What only a document's response is read for."""


def put(fields: Fields, name: str, value: bytes) -> None:
    """Set one header field in place of those of that name."""
    wanted = name.lower().encode()
    fields[:] = [field for field in fields if field[0].lower() != wanted]
    fields.append((name.encode(), value))


def filled(role: str, place: str, filler: Filler, size: int) -> Draft:
    """Return a draft of that role with about `size` bytes of the filler in that place."""
    draft, text = ROLES[role](), filler.text(size)
    kind, _, name = place.partition(" ")
    if kind == "asked":
        put(draft.asked, name, text)
        draft.new_client = name == "User-Agent"
    elif kind == "answered":
        put(draft.answered, name, text)
    elif place == "path":
        draft.path = b"/" + text
    elif place == "query":
        draft.path = b"/?" + text
    elif place == "host":
        draft.host = text
    elif place == "method":
        draft.method = text.decode("latin-1")
    elif place == "request header name":
        draft.asked.append((text, b"1"))
    elif place == "response header name":
        draft.answered.append((text, b"1"))
    return draft


PLACES = {
    **dict.fromkeys(("path", "query", "host", "method", "request header name"), ASKING),
    **dict.fromkeys((f"asked {name}" for name in ASKED), ASKING),
    **dict.fromkeys(("response header name", *(f"answered {name}" for name in ANSWERED)), ANSWERING),
    **dict.fromkeys(DOCUMENTS, ("document",)),
}
"""Each place, and the roles in which it is tried."""

# -- many lines ------------------------------------------------------------------------------------------------------


def crowded(role: str, crowd: str, size: int) -> Draft:
    """Return a draft of that role with many short header lines, about `size` bytes of them."""
    draft = ROLES[role]()
    where, _, kind = crowd.partition(": ")
    fields = draft.asked if where == "asked" else draft.answered
    if kind == "names":
        fields += [(b"x-%d-%d" % (next(_numbers), one), b"1") for one in range(size // 14)]
    elif kind == "cookies":
        fields += [
            (b"Set-Cookie", b"c%d=%d; Path=/; SameSite=None" % (one, next(_numbers))) for one in range(size // 45)
        ]
    else:
        name = kind.encode()
        value = {b"Access-Control-Request-Method": b"PUT"}.get(name, b"x-a")
        fields += [(name, value) for _ in range(size // (len(name) + len(value) + 4))]
        fields.append((name, b"x-%d" % next(_numbers)))
    return draft


CROWDS = {
    **dict.fromkeys(("asked: names", "asked: x-same", *(f"asked: {name}" for name in ASKED)), ASKING),
    **dict.fromkeys(
        ("answered: names", "answered: cookies", "answered: x-same", *(f"answered: {name}" for name in ANSWERED)),
        ANSWERING,
    ),
}
"""What there may be many lines of, and the roles in which it is tried."""


def exchanges() -> Iterator[tuple[str, Callable[[int], Draft]]]:
    """Yield every hostile exchange: its name, and a function from a size in bytes to a new draft."""
    for place, roles in PLACES.items():
        for role, (name, filler) in itertools.product(roles, FILLERS.items()):
            yield f"{role}, {place}: {name}", functools.partial(filled, role, place, filler)
    for crowd, roles in CROWDS.items():
        for role in roles:
            yield f"{role}, many lines {crowd}", functools.partial(crowded, role, crowd)


def texts() -> Iterator[tuple[str, Callable[[int], bytes]]]:
    """Yield every hostile text: its name, and a function from a size in bytes to a new text."""
    for name, filler in (FILLERS | LINES).items():
        yield name, filler.text


def quoted(text: str) -> str:
    """Return the text as YAML, JSON and TOML quote it."""
    return json.dumps(text, ensure_ascii=True)
