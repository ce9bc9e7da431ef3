"""Transcripts of curl: the request lines behind `>`, the response lines behind `<`, several in one.

No browser sent them and no clock ran: they are judged by the standard, in the order in which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BufferedReader

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.scripts.recordings.curl_lines import read_lines
from corsight.scripts.recordings.har.draft import clean_url
from corsight.scripts.recordings.order import FIELD
from corsight.scripts.recordings.stepping import HELD

BETWEEN = 1.0
"""Seconds that one exchange is set behind the other."""
REMARK = "curl is no browser: its requests are judged by the standard, for the Origin that they were given."

_request = re.compile(rb"^> ([!-~]++) (\S++) HTTP/([\d.]++)\s*+$")
_status = re.compile(rb"^< HTTP/[\d.]++ (\d{3})(?: |\r|\n|$)")
_field = re.compile(rb"^[<>] ([^\s:]++):(.*+)$", re.DOTALL)
_secure = re.compile(
    rb"^\* .*(?:SSL connection using|TLS connection using|using HTTP/[23]|https://|[ (]port 443\b)", re.IGNORECASE
)
_plain = re.compile(rb"^\* (?:Connected to|Established connection to|Re-using existing).* port 80\b")


class Transcript:
    """Takes a transcript line by line. A proxy's own CONNECT and interim responses are left out; so are exchanges with
    more headers than any server takes: `large` counts them.
    """

    def __init__(self) -> None:
        self._count = 0
        self._secure = False
        self._method = b""
        self._target = b""
        self._http2 = False
        self._sent: list[tuple[bytes, bytes]] = []
        self._status: int | None = None
        self._got: list[tuple[bytes, bytes]] = []
        self._held = 0
        self.large = 0

    def take(self, line: bytes) -> Iterator[Exchange]:
        """Take in a line; yield the exchange that it ends."""
        if found := _request.match(line):
            yield from self.end()
            self._method, self._target, self._http2 = found[1], found[2], found[3][:1] in (b"2", b"3")
        elif found := _status.match(line):
            self._status, self._got = int(found[1]), []
        elif found := _field.match(line):
            self._held += len(line) + FIELD
            if self._held > HELD:
                # It is counted, and left out.
                self._sent, self._got = [], []
            else:
                (self._sent if line[:1] == b">" else self._got).append((found[1], found[2].strip()))
        elif _secure.match(line):
            self._secure = True
        elif _plain.match(line):
            self._secure = False

    def end(self) -> Iterator[Exchange]:
        """Yield the exchange that is under way."""
        method, target, sent, large = self._method, self._target, self._sent, self._held > HELD
        status, got = self._status, self._got
        self._method, self._sent, self._status, self._got = b"", [], None, []
        self._held = 0
        if large:
            self.large += 1
            return
        headers = HeaderList(tuple(sent))
        host = headers.get("host")
        if not method or method == b"CONNECT" or (host is None and not target.startswith(b"http")):
            return
        self._count += 1
        started = self._count * BETWEEN
        path = target.decode("latin-1")
        # HTTP/2 goes over TLS, but for who asks curl for something else.
        scheme = "https" if self._secure or self._http2 or (host or "").endswith(":443") else "http"
        url = clean_url(path if path.startswith("http") else f"{scheme}://{host}{path}")
        response = None
        if status is not None and status >= 200:
            response = Response(status, HeaderList(tuple(got)), started + BETWEEN / 4)
        yield Exchange(
            str(self._count),
            "curl",
            "",
            Request(method.decode("latin-1"), url, headers, started),
            response,
            self._http2,
            error=None if response is not None else "the transcript holds no answer",
        )


def read(file: BufferedReader, remark: Callable[[str], None]) -> Iterator[Exchange | None]:
    """Yield the exchanges of a transcript."""
    transcript = Transcript()
    for line in read_lines(file):
        yield from transcript.take(line)
    yield from transcript.end()
    if transcript.large:
        remark(f"Exchanges with more than {HELD >> 20} MB of headers are left out: {transcript.large}.")
    remark(REMARK)
