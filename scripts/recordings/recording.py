"""One recording: its exchanges, what it leaves out, and where it ends too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Protocol

from corsight.policies.exchange import Exchange
from corsight.policies.redact import redact
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import mitmproxy
from corsight.scripts.recordings.detect import detect
from corsight.scripts.recordings.opening import STDIN, open_recording
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.recordings.unpacking import is_damaged

NAMED = 3
"""How many files a remark names."""


class Remarked(Protocol):
    """A recording, or what came of it."""

    @property
    def name(self) -> str: ...
    @property
    def remarks(self) -> list[str]: ...


class Recording:
    """The exchanges of one file, in its order. Bodies and the file as a whole are never held.

    `problem` is set once the iteration ends where the file was not whole: all that was good before it has been yielded.
    `remarks` are what its reader says of it as a whole, each a sentence: what its producer leaves out. `proxied` tells,
    once it was opened, whether mitmproxy recorded it. `passed_over` counts what is in it and no exchange.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = "stdin" if path == STDIN else redact(path) if is_url(path) else path
        self.problem: CorsightError | None = None
        self.remarks: list[str] = []
        self.proxied = False
        self.exchanges = self.passed_over = 0
        self._source: BufferedReader | None = None

    @property
    def position(self) -> int:
        """How many bytes of the file were read so far; 0 where that cannot be told."""
        try:
            return 0 if self._source is None else self._source.raw.tell()
        except (OSError, ValueError):
            return 0

    def __iter__(self) -> Iterator[Exchange]:
        file = None
        try:
            file, self._source = open_recording(self.path)
            with file:
                reader = detect(file)
                self.proxied = reader is mitmproxy.read
                for exchange in reader(file, self.remarks.append):
                    if exchange is None:
                        self.passed_over += 1
                    else:
                        self.exchanges += 1
                        yield exchange
        except CorsightError as error:
            error.where = self.name
            self.problem = error
        except OSError as error:
            # A socket, a disk that fails, a network that ended.
            self.problem = CorsightError(f"cannot be read: {error.strerror or error}", where=self.name)
        except Exception as error:
            # No damage may end in a traceback; what was good before it has been yielded.
            self.problem = CorsightError(
                f"could not be read on after {self.exchanges} exchanges ({type(error).__name__})",
                where=self.name,
                todo="please report it, if the file is whole",
            )
        if file is not None and is_damaged(file):
            # Whatever its reader says of the end that it met.
            count = f"{self.exchanges} exchange{'s' if self.exchanges != 1 else ''}"
            what = f"is packed, and cut off or damaged after {count}; what came before it was judged"
            self.problem = CorsightError(what, where=self.name, todo="pack it again")


def list_remarks(recordings: Sequence[Remarked]) -> list[str]:
    """Return what is to know of these recordings, each remark once; of a few among several, by their names."""
    names: dict[str, list[str]] = {}
    for recording in recordings:
        for remark in recording.remarks:
            names.setdefault(remark, []).append(recording.name)
    return [
        remark if len(where) == len(recordings) else f"{', '.join(where[:NAMED])}: {remark}"
        for remark, where in names.items()
    ]
