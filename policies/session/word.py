"""The browser's own word: what it said of a request when it was asked is evidence like any other."""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Word
from corsight.policies.session.fetches import Entry
from corsight.policies.session.judging import Judge, split_branches
from corsight.policies.verdict import Outcome, Unknown


def heed(entry: Entry, word: Word, judge: Judge) -> None:
    """Take in what the browser said of an exchange that was judged, and judge its fetch again.

    What it says of the outcome rules out branches. Where none agrees, it contradicts the verdict, which stands: a word
    may have been taken for that of another request.
    """
    entry.exchange = replace(entry.exchange, word=word)
    fetch = entry.fetch
    if word.initiator is not None:
        reason = Reason.BROWSER_PLACE if word.place else Reason.BROWSER_INITIATOR
        details = (word.place,) if word.place else ()
        entry.evidence["initiator"] = Evidence("initiator", word.initiator, reason, details=details)
    if word.credentials is not None:
        fetch.learn(word.credentials == "include", Reason.BROWSER_CREDENTIALS)
    judge.revise(fetch)
    _settle(entry, word)
    judge.revise(fetch)


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
    """Whether the browser's identifier is the one of a ruling: Firefox has two spellings of its own."""
    return ours is not None and said.casefold() == ours.casefold()
