"""What was on the wire, of what mitmproxy keeps of an exchange: plain values in, so that it reads a flow or a file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Literal, get_args

from corsight.policies.exchange import HeaderList, Word
from corsight.policies.fetch.sniff import LENGTH, BodyKind, sniff

UNANSWERED = ("Connection killed", "Client disconnected", "client disconnected", "stream reset by client")
"""Errors after which the browser got no answer from the proxy either."""
REFUSED = "from server, refusing"
"""Part of the error with which the proxy keeps a malformed response to itself."""
STATUSES = {"from client, refusing": 400, "Invalid request scheme": 400, "Request body exceeds": 413}
"""Parts of errors, and the status that the proxy answered with; after every other one it was a 502."""
BAD_GATEWAY = 502
LONGEST_CODING = 32
"""The most characters of a Content-Encoding that are read: no encoding has a longer name."""
LARGE = 256 * 1024
"""Bytes of a body up to which an encoding is undone that is undone whole or not at all."""
SHORT = 512
"""Characters of a host up to which the beginning of its URLs is remembered."""
LONGEST_NAME = 256
"""Characters of a recording's names for flows, connections and clients: memories hold thousands of them."""
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def make_url(
    scheme: bytes, host: str, port: int, authority: bytes, path: bytes, fields: Iterable[tuple[bytes, bytes]]
) -> str:
    """Return the URL the browser asked for, without fragment: the host it named, not the address the proxy went to."""
    named = authority
    if not named:
        for name, value in fields:
            if len(name) == 4 and name.lower() == b"host":
                named = value
                break
    text = path.decode("latin-1")
    if "#" in text:
        text = text.partition("#")[0]
    if " " in text or "\t" in text:
        # A browser sends none; a text with the URL in it would end there.
        text = text.replace(" ", "%20").replace("\t", "%09")
    base = _base if len(host) + len(named) <= SHORT else _base.__wrapped__
    return base(scheme, host, port, named) + (text if text.startswith("/") else "/")


@lru_cache(maxsize=4096)
def _base(scheme: bytes, host: str, port: int, named: bytes) -> str:
    name = scheme.decode("latin-1")
    authority = named.decode("latin-1") or f"{f'[{host}]' if ':' in host else host}:{port}"
    return f"{name}://{authority.removesuffix(DEFAULT_PORTS.get(name, ':'))}"


def is_withheld(error: str, *, whole: bool) -> bool:
    """Return whether the proxy kept the server's response to itself, by the error it recorded beside the response.

    It refused it, or waited for an end that never came: `whole` tells that it did come, or was not waited for.
    """
    return REFUSED in error or not (whole or any(part in error for part in UNANSWERED))


def find_proxy_status(error: str | None) -> int | None:
    """Return the status that the proxy answered with itself after this error, None where it did not answer."""
    if error is None or any(part in error for part in UNANSWERED):
        return None
    return next((status for part, status in STATUSES.items() if part in error), BAD_GATEWAY)


def is_multiplexed(http_version: bytes) -> bool:
    """Return whether connections of this HTTP version carry several exchanges at once."""
    return http_version not in (b"HTTP/1.1", b"HTTP/1.0")


def look_at_body(asked: HeaderList, answered: HeaderList, content: bytes | None) -> BodyKind | None:
    """Return what a response's body looks like, where a browser would look too: of what was asked for without CORS.

    `content` is the body as it was sent, None where it was not kept.
    """
    if content is None or asked.get("sec-fetch-mode") not in (None, "no-cors"):
        return None
    encoding = (answered.get("content-encoding") or "identity")[:LONGEST_CODING].lower()
    try:
        if encoding in ("gzip", "x-gzip", "deflate"):
            content = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, LENGTH + 1)
        elif encoding != "identity":
            content = _decode(content, encoding)
    except (ValueError, zlib.error):
        return None
    return None if content is None else sniff(content[:LENGTH], whole=len(content) <= LENGTH)


def _decode(content: bytes, encoding: str) -> bytes | None:
    from mitmproxy.net.encoding import decode

    decoded = decode(content, encoding) if len(content) <= LARGE else None
    return decoded if isinstance(decoded, bytes) else None


# -- what a flow's metadata tells beside the wire ---------------------------------------------------------------------

MARKER = "cors.marker"
"""The metadata that tells whether the request carried the proxy's marker cookie, which is taken off it: `carried` or
`missing`."""
WORD = "cors.browser."
"""How the metadata begins that holds the browser's own word: `loaded`, `error`, `initiator`, `credentials`, `place`."""
BODY = "cors.body"
"""The metadata that says what a body looked like that the recording leaves out."""
LONGEST_WORD = 1024
"""The most characters of a text in it that are read."""


def read_marker(metadata: Mapping[str, Any]) -> Literal["carried", "missing"] | None:
    """Return whether a flow's request carried the marker cookie, by its metadata; None where it could not."""
    said = metadata.get(MARKER)
    return said if said in ("carried", "missing") else None


def read_body(metadata: Mapping[str, Any]) -> BodyKind | None:
    """Return what a body looked like that the recording leaves out, from the metadata; None if it does not say."""
    said = metadata.get(BODY)
    return said if said in get_args(BodyKind) else None


def read_word(metadata: Mapping[str, Any]) -> Word | None:
    """Return what the browser itself reported about a flow, from its metadata; None if it was not asked."""
    loaded = metadata.get(f"{WORD}loaded")
    if not isinstance(loaded, bool):
        return None
    said = {name: metadata.get(f"{WORD}{name}") for name in ("error", "initiator", "credentials", "place")}
    texts = {name: text[:LONGEST_WORD] if isinstance(text, str) else "" for name, text in said.items()}
    return Word(
        loaded=loaded,
        error=texts["error"],
        initiator=texts["initiator"] if texts["initiator"] in ("fetch", "xhr") else None,  # type: ignore[arg-type]
        credentials=texts["credentials"] if texts["credentials"] in ("include", "not-include") else None,  # type: ignore[arg-type]
        place=texts["place"],
    )


def write_word(metadata: MutableMapping[str, Any], word: Word) -> None:
    """Write into a flow's metadata what the browser itself reported."""
    said = {
        "loaded": word.loaded,
        "error": word.error,
        "initiator": word.initiator,
        "credentials": word.credentials,
        "place": word.place,
    }
    metadata.update({f"{WORD}{name}": value for name, value in said.items() if value not in (None, "")})
