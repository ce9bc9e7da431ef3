"""Sentences that several causes share."""

from __future__ import annotations

from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.makers import Maker
from corsight.policies.findings.words import count

NEVER_SENT = "The browser asked first, with OPTIONS, and was turned down, so it never sent the request itself."


def describe_answer(case: Case) -> str:
    """Return what came, in a sentence."""
    if case.reply is None:
        return f"{case.host} gave no answer to {case.asked}."
    if case.origin is None:
        asking = "asked without CORS"
    elif case.page == "null":
        asking = "asked by a page without an origin of its own (Origin: null)"
    else:
        asking = f"asked by a page of {case.page}"
    header = (
        " without an Access-Control-Allow-Origin header" if case.rule == "allow-origin-missing" else quotes.MISMATCH
    )
    sent = "the preflight for " if case.preflight else ""
    return f"{case.host} answered {sent}{case.asked} with status {case.status}{header}, {asking}."


def describe_passed(case: Case, ending: str = ".", start: str = "This") -> list[str]:
    """Return how many replies passed, in a sentence; no sentence where none did."""
    replies = count(case.passed, "reply", "replies")
    return [f"{start} origin passed on {replies} of {case.host}{ending}"] if case.passed else []


def describe_maker(case: Case, maker: Maker) -> str:
    """Return what tells who made the reply."""
    return quotes.quote_line(maker.header) if maker.header else f"status {case.status}"
