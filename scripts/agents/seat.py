"""What the start of the server allowed, and what is found by the names that a client gives."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

from corsight.policies.engines import EngineChoice
from corsight.policies.findings import Finding
from corsight.policies.session import Judged
from corsight.scripts.agents.browsing import Browsing
from corsight.scripts.agents.sources import Followed, Recorded, Source
from corsight.scripts.agents.traffic import Traffic, name_finding
from corsight.scripts.errors import CorsightError
from corsight.scripts.policy_files import read_text
from corsight.scripts.recordings import STDIN, check_readable, list_recordings


class Seat:
    """The recordings and the policy files that were named, and the browser, where it is allowed.

    `sources` is traffic of another kind, in place of recordings.
    """

    def __init__(
        self,
        recordings: Sequence[str],
        policies: Sequence[str] = (),
        *,
        engine: EngineChoice = "auto",
        follow: bool = False,
        browsing: Browsing | None = None,
        sources: Sequence[Source] = (),
    ) -> None:
        if STDIN in recordings:
            raise CorsightError("stdin is the client's here", todo="name a file")
        self.paths = list_recordings(recordings)
        self.policies = tuple(policies)
        for path in (*self.paths, *self.policies):
            check_readable(path)
        self.browsing = browsing
        self.ended = threading.Event()
        """Set when nobody waits for an answer any longer."""
        self.sources: list[Source] = list(sources)
        for place, path in enumerate(self.paths, 1):
            self.sources.append(Followed(path, place, engine) if follow else Recorded(path, place, engine))

    def close(self) -> None:
        """End what was started."""
        self.ended.set()
        if self.browsing is not None:
            self.browsing.stop()
        for source in self.sources:
            source.close()

    def read_all(self, recording: str | None = None) -> list[Traffic]:
        """Return what was judged of each recording, or of the one of that name. Raises CorsightError for another."""
        browsed = None if self.browsing is None else self.browsing.source
        sources = [*self.sources, *([browsed] if browsed is not None else [])]
        if recording is None:
            return [source.read() for source in sources]
        for source in sources:
            if source.name == recording:
                return [source.read()]
        names = ", ".join(source.name for source in sources) or "none"
        raise CorsightError("was not named when this server was started", where="recording", todo=f"there is: {names}")

    def read_policy_text(self, file: str) -> str:
        """Return the text of a policy file that was named. Raises CorsightError for any other."""
        if file not in self.policies:
            names = ", ".join(self.policies) or "none"
            raise CorsightError("was not named when this server was started", where="file", todo=f"there is: {names}")
        return read_text(file)

    # -- by their names ------------------------------------------------------------------------------------------------

    def find_fetch(self, name: str) -> tuple[Traffic, list[Judged]]:
        """Return the fetch of that id, or that a flow of this id belongs to. Raises CorsightError where none is."""
        for traffic in self.read_all():
            for fetch in traffic.list_fetches():
                flows = [one.entry.exchange.id for one in fetch]
                if name in flows or name in (f"{traffic.place}.{traffic.number(flow)}" for flow in flows):
                    return traffic, fetch
        raise CorsightError("no fetch is called like that", where="id", todo="list_fetches names them")

    def find_finding(self, name: str) -> tuple[Traffic, Finding]:
        """Return the finding of that id. Raises CorsightError where there is none."""
        for traffic, found, finding in self.list_findings():
            if found == name:
                return traffic, finding
        raise CorsightError("no finding is called like that", where="id", todo="list_findings names them")

    def list_findings(self, recording: str | None = None) -> Iterator[tuple[Traffic, str, Finding]]:
        """Yield the findings of each recording with their ids, the most important first."""
        for traffic in self.read_all(recording):
            for name, finding in name_finding(traffic, traffic.find_all().sorted()).items():
                yield traffic, name, finding

    @property
    def version(self) -> int:
        """What changes with every exchange of any recording."""
        version = 0
        with suppress(CorsightError):
            version = sum(traffic.version for traffic in self.read_all())
        return version
