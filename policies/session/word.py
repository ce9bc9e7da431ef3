"""The browser's own word: what it said of a request when it was asked is evidence like any other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Word
from corsight.policies.session.connections import Connections
from corsight.policies.session.credentials import Credentials
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.judging import Judge, split_branches
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome, Unknown


@dataclass(slots=True, eq=False)
class Words:
    """Takes in what a browser says of its exchanges, in a recording or, once it is attended to, live."""

    _judge: Judge
    _credentials: Credentials
    _connections: Connections
    _size: int
    _judged: Memory[str, Entry] | None = None

    def attend(self) -> None:
        """Remember what is judged from now on: something may be said of it."""
        if self._judged is None:
            self._judged = Memory(self._size)

    def keep(self, entry: Entry) -> bool:
        """Remember an exchange that was judged, if the browser is attended to; return whether it is."""
        if self._judged is None:
            return False
        self._judged.put(entry.exchange.id, entry, entry.fetch.weight)
        return True

    def find(self, id: str) -> Entry | None:
        """Return an exchange that is remembered; None where it is not."""
        return None if self._judged is None else self._judged.get(id)

    def heed(self, entry: Entry, word: Word) -> list[Fetch]:
        """Take in what was said of an exchange that was judged, and judge its fetch again.

        Return the fetches whose credentials mode is known by that. What is said of the outcome rules out branches.
        Where none agrees, it contradicts the verdict, which stands: it may have been said of another request.
        """
        entry.exchange = replace(entry.exchange, word=word)
        fetch = entry.fetch
        if word.initiator is not None:
            reason = Reason.BROWSER_PLACE if word.place else Reason.BROWSER_INITIATOR
            details = (word.place,) if word.place else ()
            entry.evidence["initiator"] = Evidence("initiator", word.initiator, reason, details=details)
        if word.credentials is not None:
            fetch.learn(word.credentials == "include", Reason.BROWSER_CREDENTIALS)
        self._judge.revise(fetch)
        _settle(entry, word)
        self._judge.revise(fetch)
        if fetch.include is None or fetch.certainty != "certain" or entry.tainting != "cors":
            return []
        if entry.role == "preflight" or not self._credentials.separates(entry.exchange):
            return [fetch]
        like = Reason.CONNECTION_OF_LIKE
        return [fetch, *self._connections.mark(entry.exchange.connection, fetch.include, like)]


def _settle(entry: Entry, word: Word) -> None:
    """Rule out the branches that end otherwise than the browser says; one credentials mode that is left is known."""
    verdict = entry.verdict
    if word.loaded is None or verdict is None or not verdict.divided:
        return
    agreeing, _ = split_branches(verdict, passed=word.loaded)
    if not word.loaded:
        # Several may block, each for its own reason, and the browser names its own.
        agreeing = [branch for branch in agreeing if _names(word.error, branch.ruling.error)] or agreeing
    if not agreeing:
        return
    reason = Reason.BROWSER_LOADED if word.loaded else Reason.BROWSER_REFUSED
    details = () if word.loaded else (word.error or "no reason given",)
    modes = {branch.assumed(Unknown.CREDENTIALS) for branch in agreeing}
    if modes in ({"include"}, {"not-include"}) and entry.fetch.learn(modes == {"include"}, reason, details=details):
        return
    value = "loaded" if any(branch.outcome is not Outcome.BLOCKED for branch in agreeing) else "refused"
    entry.evidence["outcome"] = Evidence("outcome", value, reason, details=details)


def _names(said: str, ours: str | None) -> bool:
    """Return whether the browser's identifier is the one of a ruling: Firefox has two spellings of its own."""
    return ours is not None and said.casefold() == ours.casefold()
