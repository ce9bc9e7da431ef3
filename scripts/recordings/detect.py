"""Tells by how a recording begins which reader is its own: the door for other formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BufferedReader

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import mitmproxy

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

type Remark = Callable[[str], None]
"""Takes a sentence about the recording as a whole: what its producer leaves out."""
type Reader = Callable[[BufferedReader, Remark], Iterator[Exchange | None]]
"""Yields the exchanges of an open recording, None for what is in it and no exchange.

Where the recording is damaged it raises a CorsightError, once all that is good before that has been yielded.
"""


def detect(file: BufferedReader) -> Reader:
    """Return the reader for what is in the file."""
    start = file.peek(64)[:64].removeprefix(BYTE_ORDER_MARK).lstrip()
    if start.startswith(b"{"):
        raise CorsightError("HAR and JSON are not read yet", todo="make a recording with mitmdump -w FILE")
    return mitmproxy.read
