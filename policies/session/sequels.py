"""What follows a preflight or a redirect, and what that proves: it passed, or it did not."""

from __future__ import annotations

from math import inf

from corsight.policies.engines import EnginePolicy
from corsight.policies.evidence import Certainty, Evidence, Reason
from corsight.policies.exchange import Told
from corsight.policies.fetch.corp import FRAMES
from corsight.policies.fetch.preflight_cache import PreflightCache
from corsight.policies.session.absence import may_be_stream, proves_together
from corsight.policies.session.caching import cache_preflight
from corsight.policies.session.clients import Client
from corsight.policies.session.credentials import Credentials
from corsight.policies.session.expected import PATIENCE, Expected, overtook
from corsight.policies.session.fetches import Entry
from corsight.policies.session.judging import Judge, Judged, split_branches
from corsight.policies.session.leading import LED
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome, Unknown

SETTLED = 0.25
"""Seconds of further recording that make an absence at its very end certain."""

FOLLOWED = {"preflight": Reason.PREFLIGHT_FOLLOWED, "redirect": Reason.REDIRECT_FOLLOWED}
BY_CONNECTION = (Reason.CONNECTION_REUSED, Reason.CONNECTION_CLOSED)
UNFOLLOWED = {"preflight": Reason.PREFLIGHT_UNFOLLOWED, "redirect": Reason.REDIRECT_UNFOLLOWED}


class Sequels:
    """Holds the verdicts of one browser against what came after them, or did not.

    `outlives` tells that its preflights go on to their end when the fetch is aborted. `now` is when the last request
    set out, `due` when what is waited for longest was in vain. `gaps` tells that some requests were not seen.
    """

    def __init__(
        self,
        client: Client,
        policy: EnginePolicy,
        judge: Judge,
        credentials: Credentials,
        expected: Expected,
        cache: PreflightCache,
        size: int,
    ) -> None:
        self._policy = policy
        self._judge = judge
        self._credentials = credentials
        self._expected = expected
        self._cache = cache
        self.outlives = client.engine not in ("firefox", "webkit") or policy.preflight_outlives_abort
        self._waiting: Memory[str, tuple[float, Entry]] = Memory(size)
        self._by_connection: Memory[str, Entry] = Memory(size)
        self._unfollowed: Memory[str, Entry] = Memory(size)
        self._framed: Memory[str, Entry] = Memory(size)
        self.now, self.due = 0.0, inf
        self.gaps = False

    def expect(self, judged: Judged, received: float) -> None:
        """Expect what is to come after a preflight or a redirect that was answered at `received`, if it passed."""
        entry = judged.entry
        if entry.role == "request":
            if entry.destination in FRAMES and judged.verdict.divided:
                self._framed.put(entry.exchange.request.url, entry, entry.fetch.weight)
            return
        if entry.role == "redirect" and judged.facts.target:
            self._expected.after_redirect(entry, judged.facts.target)
        rests_on_absence = entry.role == "preflight" and entry.fetch.rests_on(Reason.NO_STORAGE_ACCESS)
        # A preflight that passes is followed, where nothing is missing.
        reveals_gaps = not (self.outlives or self.gaps) and self._passes_for_certain(entry)
        if judged.verdict.certainty == "likely" or rests_on_absence or reveals_gaps:
            self._waiting.put(entry.exchange.id, (received, entry), entry.fetch.weight)
            self._note_due()

    def note_asking(self, referrer: str | None) -> None:
        """Note that a page asks: where it is a frame's document that may have been blocked, it likely was not."""
        entry = self._framed.get(referrer) if referrer is not None and len(self._framed) else None
        if entry is not None:
            self._framed.forget(entry.exchange.request.url)
            self.settle(entry, passed=True, certainty="likely", reason=Reason.DOCUMENT_ASKED)

    def pass_time(self, now: float) -> None:
        """Let time go by, once something is due: what was waited for in vain is absent."""
        while now > self.due:
            name, (_, entry) = next(iter(self._waiting.items()))
            self._waiting.forget(name)
            self._note_due()
            self._miss(entry, "certain")

    def _note_due(self) -> None:
        received, _ = next(iter(self._waiting.values()), (inf, None))
        self.due = received + PATIENCE

    def finish(self) -> None:
        """End the recording: what is still waited for will not come."""
        while self._waiting:
            name, (received, entry) = next(iter(self._waiting.items()))
            self._waiting.forget(name)
            settled = max(SETTLED, self._expected.pace.slack)
            self._miss(entry, "certain" if self.now - received > settled else "likely")
        self._note_due()

    def follow(
        self, entry: Entry, rivals: tuple[Entry, ...] = (), cached: str | None = None, needless: bool = False
    ) -> None:
        """Take what followed for proof that a preflight or redirect passed: branches that block are out.

        It may have followed one of the `rivals` of a preflight instead, or gone by the `cached` answer of another: then
        it proves no more than that one of them passed, until each has a request of its own. One that may have gone
        without any (`needless`) hardly proves that.
        """
        if entry.sequel == "absent":
            # It was there all along, and only read late.
            entry.fetch.doubt(UNFOLLOWED[entry.role])
            entry.evidence.pop("sequel", None)
            self._judge.revise(entry.fetch)
            for other in self._expected.list_alike(entry):
                if other.sequel == "absent":
                    # What is awaited of it may be as late.
                    self._doubt_absence(other)
        entry.sequel = "followed"
        if self._proves_nothing(entry):
            return
        entry.rivals, entry.spared = rivals, needless or cached is not None
        sure = not needless and all(_list_modes(rival) == _list_modes(entry) for rival in rivals)
        self.settle(entry, passed=True, certainty="certain" if sure else "likely", reason=FOLLOWED[entry.role])
        if entry.contested and (rivals or entry.spared):
            others = (rival.exchange.id for rival in rivals if rival.sequel != "followed")
            reason, detail = Reason.PREFLIGHT_CONTESTED, cached or next(others, "")
            if needless:
                reason = Reason.PREFLIGHT_NEEDLESS
            entry.evidence["sequel"] = Evidence("sequel", "followed", reason, "likely", (detail,))
            self._judge.revise(entry.fetch)
        if entry.role == "preflight":
            cache_preflight(self._cache, entry, shared=self._policy.cache.credentials_shared)
            self._end_contests(entry)

    def follow_doubtfully(self, redirect: Entry, entry: Entry, *, stated: bool) -> None:
        """Take a request that may be the page's own for what follows a redirect; neither is certain by the other.

        `stated` tells that the request itself tells its credentials mode.
        """
        entry.spared = not stated
        if not _tells_more(redirect):
            # Which redirect mode it has, a follower tells all the same: hardly a page asks twice because of that.
            self.follow(redirect)
            return
        redirect.sequel, redirect.spared = "followed", True
        self.settle(redirect, passed=True, certainty="likely", reason=FOLLOWED["redirect"])
        redirect.evidence["sequel"] = Evidence("sequel", "followed", Reason.REDIRECT_CONTESTED, "likely")
        self._judge.revise(redirect.fetch)

    def _end_contests(self, entry: Entry) -> None:
        """Make other preflights' requests certain, where this one was their last rival and now has a request of its
        own.
        """
        for other in self._expected.list_alike(entry):
            if other.rivals and not other.contested:
                other.rivals = ()
                other.evidence.pop("sequel", None)
                self.settle(other, passed=True, certainty="certain", reason=FOLLOWED["preflight"])
                self._judge.revise(other.fetch)

    def hear(self, entry: Entry, told: Told) -> None:
        """Take the browser's own outcome, as a recording holds it, for proof of what became of an exchange."""
        if told.passed is not None and entry.exchange.response is not None:
            reason = Reason.RECORDED_PASSED if told.passed else Reason.RECORDED_FAILED
            details = () if told.passed else (told.error or "without a reason",)
            self.settle(entry, passed=told.passed, certainty="certain", reason=reason, details=details)

    def settle(
        self,
        entry: Entry,
        *,
        passed: bool,
        certainty: Certainty,
        reason: Reason,
        details: tuple[str, ...] = (),
    ) -> None:
        """Hold the branches of a verdict against what came; where that leaves one credentials mode, it is known."""
        verdict = entry.verdict
        if verdict is None or not verdict.divided:
            return
        if reason in BY_CONNECTION:
            self._by_connection.put(entry.exchange.id, entry, entry.fetch.weight)
        agreeing, _ = split_branches(verdict, passed=passed, led=reason in LED)
        modes = {branch.assumed(Unknown.CREDENTIALS) for branch in agreeing}
        if modes in ({"include"}, {"not-include"}) and entry.fetch.learn(
            modes == {"include"}, reason, certainty, details
        ):
            if reason is not Reason.CONNECTION_REUSED:
                # That only ever speaks for the one mode, and so makes no habit.
                self._credentials.remember(entry.fetch)
            agreeing = agreeing if entry.role == "redirect" and passed else []
        if agreeing:
            # That a redirect was followed also tells its redirect mode.
            value = "followed" if passed else "absent"
            entry.evidence["sequel"] = Evidence("sequel", value, reason, certainty, details)
        self._judge.revise(entry.fetch)

    def take_back(self) -> None:
        """Forget what connections told of exchanges: they turned out not to be the browser's own."""
        for entry in self._by_connection.values():
            sequel = entry.evidence.get("sequel")
            if sequel is not None and sequel.reason in BY_CONNECTION:
                del entry.evidence["sequel"]
            for reason in BY_CONNECTION:
                entry.fetch.doubt(reason)
            self._judge.revise(entry.fetch)
        self._by_connection.clear()

    def _proves_nothing(self, entry: Entry) -> bool:
        """Return whether the request follows a preflight whatever answered it."""
        return (
            entry.role == "preflight"
            and self._policy.private_network_warned
            and "access-control-request-private-network" in entry.reading.sent
        )

    def _miss(self, entry: Entry, certainty: Certainty) -> None:
        """Rule out the branches that pass, since no request followed."""
        if entry.sequel != "unknown":
            return
        entry.sequel = "absent"
        if self._proves_nothing(entry):
            return
        if self._passes_for_certain(entry):
            # Two of WebKit's behind a redirect led no further, and a GET or HEAD may come out of the HTTP cache.
            if certainty == "certain" and entry.index == 0 and entry.reading.method not in ("GET", "HEAD"):
                self._note_gap()
            return
        if entry.role == "redirect" and entry.fetch.include is not None:
            # A redirect is left alone for other reasons too: they do not outweigh what tells the credentials mode.
            return
        if self._judge.would_block(entry):
            # Firefox leaves the header out for keepalive; a preflight that passed would have been followed.
            entry.fetch.doubt(Reason.NO_STORAGE_ACCESS)
            self._judge.revise(entry.fetch)
        alike = self._expected.list_alike(entry)
        followed = [other for other in alike if other.sequel == "followed"]
        for other in followed if self.outlives else ():
            if overtook(other, entry):
                self._give_up(entry, other)
                return
        typed_over = self._expected.find_typed_over(entry) if self.outlives else None
        if typed_over is not None:
            self._give_up(entry, typed_over)
            return
        # A page may abort its fetch, or be left. That it did so each time is not to be believed, unless it asked anew
        # before it was answered.
        outlives, slack = self.outlives, self._expected.pace.slack
        again = [] if followed else [other for other in alike if other.sequel == "absent"]
        again = [other for other in again if proves_together(other, entry, slack=slack, outlives=outlives)]
        if may_be_stream(entry, self._policy):
            # One stream after another fails behind a preflight that passed: each may be of another mode than the one
            # before it, and is asked for anew then whatever the cache holds.
            again = []
        proven = not (self.gaps or entry.exchange.request.url in self._expected.loops) and (
            bool(again) or (not followed and self._proves_alone(entry))
        )
        self._settle_absent(entry, certainty if proven else "likely")
        if proven and certainty == "certain":
            for other in again:
                self._settle_absent(other, certainty)

    def _passes_for_certain(self, entry: Entry) -> bool:
        """Return whether a preflight passes whatever may be doubted of it."""
        verdict = entry.verdict
        if entry.role != "preflight" or verdict is None or verdict.certainty == "likely":
            return False
        if verdict.outcome is not Outcome.ALLOWED:
            return False
        return not (entry.fetch.rests_on(Reason.NO_STORAGE_ACCESS) and self._judge.would_block(entry))

    def _settle_absent(self, entry: Entry, certainty: Certainty) -> None:
        if certainty == "certain" and not self.outlives:
            self._unfollowed.put(entry.exchange.id, entry, entry.fetch.weight)
        self.settle(entry, passed=False, certainty=certainty, reason=UNFOLLOWED[entry.role])

    def _note_gap(self) -> None:
        """A preflight that passes was followed by nothing: requests are missing, and that others are proves nothing."""
        self.gaps = True
        for entry in self._unfollowed.values():
            self._doubt_absence(entry)
        self._unfollowed.clear()

    def _doubt_absence(self, entry: Entry) -> None:
        """Take it for likely only that a preflight or redirect was not followed because it was blocked."""
        reason = UNFOLLOWED[entry.role]
        entry.fetch.doubt(reason)
        sequel = entry.evidence.get("sequel")
        if sequel is not None and sequel.reason is reason:
            del entry.evidence["sequel"]
        self._judge.revise(entry.fetch)
        self.settle(entry, passed=False, certainty="likely", reason=reason)

    def _proves_alone(self, entry: Entry) -> bool:
        """Return whether a single preflight that was answered in vain proves that it was blocked.

        Where an abort ends the preflight as well, it stays unanswered: of 141 answered ones that nothing followed, all
        were blocked. But what they went before may have come out of the HTTP cache; and on its way to a browser that is
        far away, an answer meets the page's giving up: 4 of 33 behind a road of 10 to 300 ms. That three of those
        connections were used again did not tell them from others.
        """
        if entry.role != "preflight" or self.outlives or self._expected.pace.is_slow or self._expected.asked_on(entry):
            return False
        return entry.reading.method not in ("GET", "HEAD") or not self._expected.is_kept(entry.exchange.request.url)

    def _give_up(self, entry: Entry, followed: Entry) -> None:
        """Take a preflight for given up: a request followed another one like it that set out meanwhile.

        The page gave up the first and asked again, as an effect does that runs twice, or a search that is typed.
        """
        name = followed.exchange.id
        entry.evidence["sequel"] = Evidence("sequel", "given up", Reason.GIVEN_UP, "likely", (name,))
        if followed.fetch.include is not None:
            entry.fetch.learn(followed.fetch.include, Reason.LIKE_ANOTHER, "likely", (name,))
        self._judge.revise(entry.fetch)


def _list_modes(entry: Entry) -> set[str | None]:
    """Return the credentials modes in which an exchange passes, as far as its verdict turns on them."""
    agreeing, _ = split_branches(entry.verdict, passed=True) if entry.verdict is not None else ([], [])
    return {branch.assumed(Unknown.CREDENTIALS) for branch in agreeing}


def _tells_more(redirect: Entry) -> bool:
    """Return whether a redirect that is followed tells more of what its verdict turns on than its redirect mode."""
    verdict = redirect.verdict
    if verdict is None or not verdict.divided:
        return False
    passing, _ = split_branches(verdict, passed=True)
    facts = {fact for branch in verdict.branches for fact, _ in branch.assumptions} - {Unknown.REDIRECT}
    return any(
        {branch.assumed(fact) for branch in passing} != {branch.assumed(fact) for branch in verdict.branches}
        for fact in facts
    )
