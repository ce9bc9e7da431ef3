"""Transcripts of curl: the request lines behind `>`, the response lines behind `<`, several in one.

No browser sent them and no clock ran: they are judged by the standard, in the order in which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BufferedReader

from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told
from corsight.policies.session.memory import Memory
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.curl_lines import read_lines
from corsight.scripts.recordings.har.draft import clean_url
from corsight.scripts.recordings.order import FIELD
from corsight.scripts.recordings.stepping import HELD

BETWEEN = 1.0
"""Seconds that one exchange is set behind the other."""
CONNECTIONS = 1024
"""Of how many connections it is remembered whether they speak TLS."""
TOLD = Told(engine="standard")
REMARK = "curl is not a browser: its requests are judged by the standard, for the Origin that they were given."

_request = re.compile(rb"^> ([!-~]++) (\S++) HTTP/([\d.]++)\s*+$")
_status = re.compile(rb"^< HTTP/[\d.]++ (\d{3})(?: |\r|\n|$)")
_field = re.compile(rb"^[<>] ([^\s:]++):(.*+)$", re.DOTALL)
_connected = re.compile(rb"^\* +(?:Connected|Established connection) to (\S++) .*port (\d++)(?: \((#\d++)\))?")
_reused = re.compile(rb"^\* +Re-using existing (?:(https?): )?connection[! (]*+(#\d++)?.*\bwith host (\S++)")
_scheme = re.compile(rb"^\* .*(?:\[:scheme: |this URL: '|stream for )(https?)\b")
_secure = re.compile(rb"^\* .*(?:(?:SSL|TLS) connection using|\bALPN\b|schannel:|TLSv1|using HTTP/3)")
_failed = re.compile(
    rb"^curl: \(\d++\) |^\* +(?:Empty reply|Connection died|Recv failure|Send failure|Operation timed)"
)


class Transcript:
    """Takes a transcript line by line. A proxy's own CONNECT and interim responses are left out; so are exchanges with
    more headers than any server takes: `large` counts them.

    `together` counts the requests that ran at the same time as others: which answer is whose is not told.
    """

    def __init__(self) -> None:
        self.count = 0
        self.together = 0
        self.large = 0
        self._unanswered = 0
        self._secure: bool | None = None
        self._host: bytes | None = None
        self._connection: bytes | None = None
        self._secured: Memory[bytes, bool | None] = Memory(CONNECTIONS)
        self._clear()

    def _clear(self) -> None:
        self._method = self._target = b""
        self._http2 = self._failed = False
        self._over_tls: bool | None = None
        self._sent: list[tuple[bytes, bytes]] = []
        self._status: int | None = None
        self._got: list[tuple[bytes, bytes]] = []
        self._held = 0

    def take(self, line: bytes) -> Iterator[Exchange]:
        """Take in a line; yield the exchange that it ends."""
        if found := _request.match(line):
            if self._runs_beside_another():
                return
            yield from self.end()
            self._method, self._target, self._http2 = found[1], found[2], found[3][:1] in (b"2", b"3")
            self._over_tls = self._secure
        elif found := _status.match(line):
            self._status, self._got = int(found[1]), []
            if self._unanswered and self._status >= 200:
                self._unanswered -= 1
        elif found := _field.match(line):
            self._held += len(line) + FIELD
            if self._held > HELD:
                # It is counted, and left out.
                self._sent, self._got = [], []
            else:
                (self._sent if line[:1] == b">" else self._got).append((found[1], found[2].strip()))
        elif _failed.match(line):
            self._failed = True
            if self._unanswered and line[:1] != b"*":
                self._unanswered -= 1
        elif line[:1] == b"*":
            self._learn(line)

    def _runs_beside_another(self) -> bool:
        """Return whether the request that begins is sent while another waits for its answer (`--parallel`)."""
        waits = self._method not in (b"", b"CONNECT") and not self._failed and (self._status or 0) < 200
        if not self._unanswered and not waits:
            return False
        begun = 1 if self._unanswered else 2
        self._unanswered += begun
        self.together += begun
        self._clear()
        return True

    def _learn(self, line: bytes) -> None:
        """Take in what curl says of the connection: whether it speaks TLS there."""
        if found := _connected.match(line):
            self._host, self._connection, self._secure = found[1], found[3], found[2] == b"443"
        elif found := _reused.match(line):
            self._host, self._connection = found[3], found[2]
            known = self._secured.get(found[2] or found[3], self._secure)
            self._secure = found[1] == b"https" if found[1] else known
        elif found := _scheme.match(line):
            self._secure = found[1] == b"https"
        elif _secure.match(line):
            self._secure = True
        else:
            return
        for name in (self._connection, self._host):
            if name is not None:
                self._secured.put(name, self._secure, len(name))

    def end(self) -> Iterator[Exchange]:
        """Yield the exchange that is under way."""
        method, target, sent, http2 = self._method, self._target, self._sent, self._http2
        status, got, over_tls, large = self._status, self._got, self._over_tls, self._held > HELD
        self._clear()
        if large:
            self.large += 1
            return
        headers = HeaderList(tuple(sent))
        host = headers.get("host")
        if not method or method == b"CONNECT" or (host is None and not target.startswith(b"http")):
            return
        self.count += 1
        started = self.count * BETWEEN
        path = target.decode("latin-1")
        # Without a word on that, HTTP/2 goes over TLS.
        secure = (http2 if over_tls is None else over_tls) or (host or "").endswith(":443")
        scheme = "https" if secure else "http"
        url = clean_url(path if path.startswith("http") else f"{scheme}://{host}{path}")
        response = None
        if status is not None and status >= 200:
            response = Response(status, HeaderList(tuple(got)), started + BETWEEN / 4)
        yield Exchange(
            str(self.count),
            "curl",
            "",
            Request(method.decode("latin-1"), url, headers, started),
            response,
            http2,
            error=None if response is not None else "the transcript holds no answer",
            told=TOLD,
        )


def read(file: BufferedReader, remark: Callable[[str], None]) -> Iterator[Exchange | None]:
    """Yield the exchanges of a transcript, None for each request that ran beside another."""
    transcript = Transcript()
    for line in read_lines(file):
        yield from transcript.take(line)
    yield from transcript.end()
    for _ in range(transcript.together):
        yield None
    if not transcript.count and not transcript.together and not transcript.large:
        raise CorsightError("holds no request that curl sent", todo="run curl -v URL 2> FILE: -i prints answers only")
    if transcript.large:
        remark(f"Exchanges with more than {HELD >> 20} MB of headers are left out: {transcript.large}.")
    remark(REMARK)
    if transcript.together:
        remark(
            f"{transcript.together} requests ran at the same time (--parallel), and it is not told which answer is "
            "whose: they are not judged."
        )
