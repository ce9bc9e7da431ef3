"""Tells by how a recording begins which reader is its own: the door for other formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BufferedReader

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import mitmproxy
from corsight.scripts.recordings.curl_lines import BEFORE, drop_colours

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LOOKED_AT = 4096
MITMPROXY = re.compile(rb"\d+:(?!\d\d:\d\d\.)")
"""A size; not the time that curl may put before each line."""
NETLOG = re.compile(rb'\{\s*"constants"\s*:')
UNENDED = b"Logging is in progress writing data to:"
"""What stands in a NetLog's place while chrome://net-export records, and ever after where the browser was ended."""
ZIP = b"PK\x03\x04"
CURL = re.compile(
    rb"\AHTTP/[\d.]+ \d{3}\b|(?:^|\r)"
    + BEFORE
    + rb"(?:> [!-~]+ \S+ HTTP/\d|(?:\*|== Info:) +(?:Trying |Host \S+ was resolved|Connected to ))",
    re.MULTILINE,
)
"""A transcript of curl's, or the responses alone, as it prints them without -v."""
HAR = re.compile(rb'"(?:entries|creator|startedDateTime)"\s*:')
"""What a HAR holds near its beginning, whatever stands around it."""

type Remark = Callable[[str], None]
"""Takes a sentence about the recording as a whole: what its producer leaves out."""
type Reader = Callable[[BufferedReader, Remark], Iterator[Exchange | None]]
"""Yields the exchanges of an open recording, None for what is in it and no exchange.

Where the recording is damaged it raises a CorsightError, once all that is good before that has been yielded.
"""


def detect(file: BufferedReader) -> Reader:
    """Return the reader for what is in the file."""
    start = file.peek(LOOKED_AT)[:LOOKED_AT].removeprefix(BYTE_ORDER_MARK).lstrip()
    # Each is imported when it is met: most files are of one kind.
    if MITMPROXY.match(start):
        return mitmproxy.read
    if start.startswith(UNENDED):
        raise CorsightError("is a NetLog that was not ended", todo="end it in chrome://net-export, or record another")
    if NETLOG.match(start):
        from corsight.scripts.recordings import netlog

        return netlog.read
    if start.startswith(ZIP):
        from corsight.scripts.recordings import archive

        return archive.read
    if CURL.search(drop_colours(start)):
        from corsight.scripts.recordings import curl

        return curl.read
    if start[:1] in (b"{", b"[") or HAR.search(start):
        from corsight.scripts.recordings import har

        return har.read
    return mitmproxy.read
