"""What one request says by itself, before any memory: read from its headers once per distinct shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from corsight.policies.engines.added import list_page_set_headers
from corsight.policies.exchange import HeaderList, Told
from corsight.policies.fetch.origin import origin_of
from corsight.policies.fetch.safelist import cors_unsafe_request_header_names, is_cors_safelisted_method
from corsight.policies.session.memory import Memory
from corsight.policies.session.ordering import (
    is_likely_fetched,
    is_likely_no_cors,
    is_workers_script,
    may_be_framed,
    may_be_script,
    tell_mode,
)
from corsight.policies.value import replace

Mode = Literal["cors", "no-cors", "same-origin", "navigate", "websocket", "unknown"]
MODES = frozenset({"cors", "no-cors", "same-origin", "navigate", "websocket"})
REPORTS = frozenset({"text/ping", "application/csp-report"})
"""What browsers send by themselves, in mode no-cors."""
REMEMBERED = 4096
"""Bytes of a request up to which what its headers say is remembered."""
READINGS, LIMIT = 2048, 4 * 1024 * 1024
"""How many requests' headers are remembered, and how many bytes of them."""
REFERRER = "referer"
type _Said = tuple[str | None, str, str, frozenset[str]]
"""What a recording tells of a request: its page's origin, its mode and destination, and the headers that it leaves out.
"""
type _Fields = tuple[tuple[bytes, bytes], ...]
_BEFORE_REFERER = frozenset({"accept", "accept-language", "accept-encoding", "user-agent", "host"})
DOCUMENTS = frozenset({"document", "iframe", "frame", "embed", "object", "fencedframe"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A request's own word.

    `preflight` tells a CORS-preflight request (whose `method` and `names` are those it asks for), `metadata` whether it
    carries Sec-Fetch-*, `revalidates` whether the browser asked for a 304, `keepalive` whether Firefox, from the order
    of its headers, sent it for a fetch with keepalive, None where that hides it. `sent` are its header names,
    `accept` is its Accept. `carried` are
    the CORS-unsafe names of its own headers, also where it is a preflight. `by_xhr` tells that, from the order of its
    headers, it is hardly any but XMLHttpRequest's where that has no Priority, `mode_by_order` that its mode is told by
    that order alone, `likely_no_cors` that its mode, which nothing tells, is likely no-cors, `script_too` that a
    module or a worker may have been asked for, which nothing tells, `framed` that its Origin may be that of a frame
    which asks its page's own origin in mode no-cors, `fetched` that a fetch() is likelier than an
    element where neither is told. `needs_preflight` tells whether a cross-origin CORS
    request like this one does, `referrer_origin` is the origin that the Referer tells, if it tells one. `common` is
    what others have in common with it, all but the Referer; None where that is itself.
    """

    origin: str | None
    referrer: str | None
    preflight: bool
    method: str
    names: tuple[str, ...]
    mode: Mode
    destination: str
    site: str | None
    metadata: bool
    storage_access: bool
    cookie: bool
    authorization: bool
    event_source: bool
    revalidates: bool
    keepalive: bool | None
    sent: frozenset[str]
    accept: str | None
    carried: tuple[str, ...] = ()
    by_xhr: bool = False
    mode_by_order: bool = False
    likely_no_cors: bool = False
    script_too: bool = False
    framed: bool = False
    fetched: bool = False
    common: Reading | None = field(default=None, compare=False, repr=False)
    needs_preflight: bool = field(init=False, compare=False)
    referrer_origin: str | None = field(init=False, compare=False)

    @property
    def accepts_all(self) -> bool:
        """Whether the Accept is the one that fetch(), beacons and scripts have by themselves."""
        return self.accept == "*/*"

    def __post_init__(self) -> None:
        needs = bool(self.names) or not is_cors_safelisted_method(self.method)
        object.__setattr__(self, "needs_preflight", needs)
        origin = "null" if self.referrer is None else origin_of(self.referrer)
        object.__setattr__(self, "referrer_origin", None if origin == "null" else origin)


_known: Memory[tuple[str, _Fields, _Said | None], tuple[HeaderList, Reading]] = Memory(READINGS, LIMIT)
_but_referrer: Memory[tuple[str, _Fields, _Said | None], Reading] = Memory(READINGS, LIMIT)
"""The same with an empty Referer in place of the one that was sent."""


def read(method: str, headers: HeaderList, told: Told | None = None) -> Reading:
    """Read a request's headers; the same ones give the same object. Never raises: what is missing or malformed is
    unknown.

    What a recording tells counts where the headers are silent, or left out.
    """
    said = None if told is None else (told.origin, told.mode, told.destination, told.lost)
    key = method, headers.fields, said
    known = _known.get(key)
    if known is not None:
        headers.adopt(known[0])
        return known[1]
    reading, weight = _read_but_referrer(method, headers, said), len(method) + headers.weight
    if weight <= REMEMBERED:
        _known.put(key, (headers, reading), weight)
    return reading


def _read_but_referrer(method: str, headers: HeaderList, said: _Said | None) -> Reading:
    """Read a request's headers that were not read before; usually others were that differ in the page's URL only.

    Of a Referer its place and itself tell something, and nothing else is told by what it says.
    """
    referrer, key = headers.get(REFERRER), None
    if referrer and not headers.repeats and headers.weight <= REMEMBERED:
        fields, place = headers.fields, headers.names().index(REFERRER)
        key = method, (*fields[:place], (fields[place][0], b""), *fields[place + 1 :]), said
        if (known := _but_referrer.get(key)) is not None:
            return replace(known, referrer=referrer, common=known)
    reading = _complete(_read(method, headers, ordered=said is None), said)
    if key is not None:
        _but_referrer.put(key, reading, headers.weight)
    return reading


def _read(method: str, headers: HeaderList, *, ordered: bool) -> Reading:
    get = headers.get
    origin = get("origin")
    asked = get("access-control-request-method")
    preflight = method == "OPTIONS" and origin is not None and asked is not None
    accept = get("accept") or ""
    mode = get("sec-fetch-mode")
    metadata = mode in MODES
    destination = get("sec-fetch-dest")
    names = carried = cors_unsafe_request_header_names(list_page_set_headers(headers))
    if preflight:
        method = asked or ""
        # Each once: what a browser asks for it does not ask for twice.
        asked_for = map(str.strip, filter(None, (get("access-control-request-headers") or "").split(",")))
        names = tuple(dict.fromkeys(filter(None, asked_for)))
    by_order = framed = False
    if not metadata:
        framed = ordered and method in ("GET", "HEAD") and may_be_framed(headers, names)
        mode = _mode(method, headers, origin, accept, names)
        if mode == "unknown" and origin is not None and ordered:
            # What a recording tells may have put them in another order.
            mode = tell_mode(headers)
            by_order = mode != "unknown"
    return Reading(
        origin=origin,
        referrer=get("referer"),
        preflight=preflight,
        method=method,
        names=names,
        mode=mode,  # type: ignore[arg-type]
        destination=destination or _destination(headers, accept, origin, ordered=ordered),
        site=get("sec-fetch-site"),
        metadata=metadata,
        storage_access="sec-fetch-storage-access" in headers,
        cookie="cookie" in headers,
        authorization="authorization" in headers,
        event_source=accept == "text/event-stream",
        revalidates=("if-none-match" in headers or "if-modified-since" in headers),
        keepalive=False if preflight else _keepalive(headers.names()),
        sent=frozenset(headers.names()),
        accept=get("accept"),
        carried=carried,
        by_xhr=_by_xhr(headers.names()),
        mode_by_order=by_order,
        likely_no_cors=(framed and accept != "*/*") or (mode == "unknown" and ordered and is_likely_no_cors(headers)),
        script_too=not metadata and ordered and method == "GET" and accept == "*/*" and may_be_script(headers, names),
        framed=framed,
        fetched=not metadata and ordered and method == "GET" and is_likely_fetched(headers),
    )


def _complete(reading: Reading, said: _Said | None) -> Reading:
    """Return the reading with what a recording says where the headers are silent, or left out."""
    if said is None:
        return reading
    origin, mode, destination, lost = said
    mode = mode if reading.mode == "unknown" and mode else reading.mode
    # What is told counts more than what an Accept hints at.
    stated = reading.destination != "unknown" and "sec-fetch-dest" in reading.sent
    destination = reading.destination if stated or not destination else destination
    return replace(
        reading,
        origin=reading.origin or origin,
        mode=mode,
        destination=destination,
        # A page may have set what is left out.
        sent=reading.sent | lost,
        # What no script asked for usually goes without CORS.
        likely_no_cors=reading.likely_no_cors or (mode == "unknown" and not reading.origin and destination != "empty"),
    )


def _mode(method: str, headers: HeaderList, origin: str | None, accept: str, names: tuple[str, ...]) -> Mode:
    """Return the request mode where no Sec-Fetch-Mode tells it: plain http targets, older clients."""
    if (headers.get("upgrade") or "").lower() == "websocket" or "sec-websocket-key" in headers:
        return "websocket"
    # A page may ask for HTML too; only navigations say that they would upgrade.
    # WebKit does not over https, also where it posts a form, which has an Origin.
    if (accept.startswith("text/html") and "upgrade-insecure-requests" in headers) or (
        (origin is None or (method == "POST" and not names)) and _is_of_navigation(accept)
    ):
        return "navigate"
    if (headers.get("content-type") or "").lower() in REPORTS:
        return "no-cors"
    # Every CORS request carries an Origin; a GET or HEAD that carries one is nothing else, nor is what needs a
    # preflight. But old engines keep a form's Origin where its POST is redirected.
    if origin is None:
        return "unknown"
    return "cors" if names or (method != "POST" and not _is_of_navigation(accept)) else "unknown"


def _is_of_navigation(accept: str) -> bool:
    """Return whether an Accept is a browser's own for navigations: no page writes just that."""
    return accept.startswith("text/html,application/xhtml+xml")


def _keepalive(names: tuple[str, ...]) -> bool | None:
    """Firefox writes Referer before a fetch's own headers, but after them when the fetch is to outlive its page.

    None where it may have been a fetch() that has none of its own, or no Referer there.
    """
    if "referer" not in names:
        return None
    place = names.index("referer")
    if "origin" in names[:place]:
        # So XMLHttpRequest does, which has no Priority, and a fetch() with a referrerPolicy of unsafe-url.
        return None if "priority" in names else False
    if names[place - 1] not in _BEFORE_REFERER:
        return True
    return None if names[place + 1 : place + 2] == ("origin",) else False


def _by_xhr(names: tuple[str, ...]) -> bool:
    """XMLHttpRequest alone has neither Priority nor, in Firefox, its Referer before its Origin."""
    if "priority" in names:
        return False
    return "origin" not in names or "referer" not in names[: names.index("origin")]


def _destination(headers: HeaderList, accept: str, origin: str | None, *, ordered: bool) -> str:
    if is_workers_script(headers, ordered=ordered):
        return "worker"
    if _is_of_navigation(accept):
        return "document"
    if accept.startswith("text/css"):
        return "style"
    if accept.startswith("image/"):
        return "image"
    # Scripts and media accept everything too; but they usually ask without CORS, and so without Origin.
    return "empty" if accept == "text/event-stream" or (accept == "*/*" and origin is not None) else "unknown"
