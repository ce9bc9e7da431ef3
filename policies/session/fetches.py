"""The exchanges of one fetch, joined: its preflights, its redirects, its request, what is known of it as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from corsight.policies.decision.decisive import Digest
from corsight.policies.decision.patch import list_edits
from corsight.policies.evidence import Certainty, Evidence, Reason
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts, Role
from corsight.policies.fetch.main_fetch import Tainting
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.reading import Reading
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome, Ruling, Verdict


@dataclass(slots=True, eq=False)
class Fetch:
    """One fetch of one page: `id` is its first exchange's.

    `include` is its credentials mode as far as it matters (None while unknown), told by `evidence`. `crossed` is set
    once its tainting was "cors" or "opaque": that never goes back to "basic". `weight` is how many bytes of URLs and
    headers its exchanges hold, `server` the origin of its first URL.
    """

    id: str
    page_origin: str | None = None
    urls: list[str] = field(default_factory=list)
    crossed: bool = False
    weight: int = 0
    include: bool | None = None
    certainty: Certainty = "certain"
    evidence: dict[str, Evidence] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    server: str = ""

    def learn(
        self, include: bool, reason: Reason, certainty: Certainty = "certain", details: tuple[str, ...] = ()
    ) -> bool:
        """Take the credentials mode to be known; the first certain word stands. Return whether that changed it."""
        if self.include is not None and (self.certainty == "certain" or certainty == "likely"):
            return False
        self.include, self.certainty = include, certainty
        self.evidence["credentials"] = _give_evidence(include, reason, certainty, details)
        return True

    def doubt(self, reason: Reason) -> None:
        """Forget the credentials mode if this was the reason that it was taken to be known."""
        if self.rests_on(reason):
            del self.evidence["credentials"]
            self.include, self.certainty = None, "certain"

    def rests_on(self, reason: Reason) -> bool:
        """Return whether this is the reason that the credentials mode is taken to be known."""
        evidence = self.evidence.get("credentials")
        return evidence is not None and evidence.reason is reason


@lru_cache(maxsize=256)
def _give_evidence(include: bool, reason: Reason, certainty: Certainty, details: tuple[str, ...]) -> Evidence:
    """Return why a fetch's credentials mode is taken to be this one: usually it is the same for many."""
    return Evidence("credentials", "include" if include else "not-include", reason, certainty, details)


@value
class Patched:
    """What a patch did to a response: its edits, and the exchange as it would have been without.

    None where the server was not asked.
    """

    edits: tuple[str, ...]
    without: Exchange | None


def read_patched(exchange: Exchange) -> Patched | None:
    """Return what a patch did to a recorded exchange, as far as it tells; None where no response came."""
    if exchange.response is None:
        return None
    without = replace(exchange, response=exchange.sent) if exchange.sent is not None else None
    return Patched(list_edits(exchange.sent, exchange.response), without)


@dataclass(slots=True, eq=False)
class Entry:
    """One exchange in its fetch: what it said, what it was judged by, and what came of it.

    `mode` and `destination` are its fetch's, which a request after a redirect no longer has to tell. `index` is the
    number of URLs of its fetch before its own, `crossed` whether one of them already made it a CORS fetch. `tainting`
    is its response tainting, `tainting_too` the other one it may be. `sequel` tells what followed a preflight or a
    redirect: unknown, the request that proves it passed, or its absence. `differing` names the engines that would
    decide otherwise than the browser's, `advice` what could be better, `patched` what a patch changed before the
    browser saw it, `before` what would be said without it, given these facts. `rivals` are the preflights that the
    request which is joined to this one may have followed as well, `spared` tells that it may have needed none, or that
    a request which is joined to a redirect may be the page's own, `strayed` that it may have come from another redirect
    to its URL, of another mode. `stored` is what a 304 made of the response that it confirmed, `stored_too` the same of
    others that it may have confirmed. `server` is its URL's origin, `weight` how many bytes its URL and headers have,
    `digest` the server's response in short.
    """

    exchange: Exchange
    reading: Reading
    fetch: Fetch
    mode: str = "unknown"
    destination: str = "unknown"
    index: int = 0
    crossed: bool = False
    tainting: Tainting = "basic"
    tainting_too: Tainting | None = None
    role: Role = "request"
    facts: Facts | None = None
    stored: Response | None = None
    stored_too: tuple[Response, ...] = ()
    sequel: Literal["unknown", "followed", "absent"] = "unknown"
    evidence: dict[str, Evidence] = field(default_factory=dict)
    verdict: Verdict | None = None
    differing: tuple[EngineName, ...] = ()
    patched: Patched | None = None
    before: tuple[Facts, Ruling] | None = None
    advice: tuple[str, ...] = ()
    rivals: tuple[Entry, ...] = ()
    spared: bool = False
    strayed: bool = False
    weight: int = 0
    digest: Digest | None = None
    server: str = field(init=False)

    def __post_init__(self) -> None:
        self.server = origin_of(self.exchange.request.url)

    @property
    def contested(self) -> bool:
        """Whether the request that is joined to a preflight may have followed a rival, or none; or whether what is
        joined to a redirect may have followed another.
        """
        return self.spared or self.strayed or any(rival.sequel != "followed" for rival in self.rivals)

    @property
    def failed(self) -> bool:
        """Whether it was blocked for certain."""
        verdict = self.verdict
        return verdict is not None and verdict.certainty == "certain" and verdict.outcome is Outcome.BLOCKED

    @property
    def preflight(self) -> Response | None:
        """The answer of the preflight that went just before it, if one did."""
        before: Entry | None = None
        for entry in self.fetch.entries:
            if entry is self:
                break
            before = entry
        return before.exchange.response if before is not None and before.role == "preflight" else None
