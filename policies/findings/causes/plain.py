"""The plain rule's own finding: what is said where the traffic shows no cause behind the rule."""

from __future__ import annotations

from corsight.policies.findings.case import Case, listed, plural
from corsight.policies.findings.model import Cause, shown
from corsight.policies.findings.seen import was
from corsight.policies.rules import RULES

NEVER_SENT = "The browser asked first, with OPTIONS, and was turned down, so it never sent the request itself."


def plain(case: Case) -> Cause:
    """The finding of the rule itself."""
    rule = RULES[case.rule]
    title, action = _concrete(case) or (rule.title, rule.advice)
    sentences = [answered(case), rule.why]
    if case.preflight:
        sentences.append(NEVER_SENT)
    return Cause(rule.code, title, " ".join(sentences), action, rule.actor, tuple(_evidence(case)))


def _concrete(case: Case) -> tuple[str, str] | None:
    """Title and action with the names in question, for the rules that are about names."""
    if case.rule == "allow-origin-missing" and case.page != "null":
        send = (
            f"Send Access-Control-Allow-Origin: {case.page} and Vary: Origin on every reply that this page may read, "
            "errors included."
        )
        ours = "" if case.known.allow_origins else f" If {case.host} is not yours, ask it from your own server instead."
        return RULES[case.rule].title, send + ours
    if case.rule == "preflight-method-not-allowed":
        method = shown(case.facts.method, 40)
        return (
            f"The method {method} is not allowed",
            f"Add {method} to Access-Control-Allow-Methods, if pages are to use it.",
        )
    if case.rule == "preflight-header-not-allowed" and case.missing_names:
        names = listed([shown(name, 60) for name in case.missing_names[:5]])
        one = len(case.missing_names) == 1
        return (
            f"The request header{'' if one else 's'} {names} {'is' if one else 'are'} not allowed",
            f"Add {names} to Access-Control-Allow-Headers, or let the page not send {'it' if one else 'them'}.",
        )
    return None


def answered(case: Case) -> str:
    """What came, in a sentence."""
    if case.response is None:
        return f"{case.host} gave no answer to {case.asked}."
    sent = "the preflight for " if case.preflight else ""
    if case.rule == "allow-origin-missing":
        said = "without an Access-Control-Allow-Origin header"
    else:
        lines = [line for line in was(RULES[case.rule], case.exchange, case.response) if not line.startswith("status")]
        said = f"and {lines[0]}" if lines else ""
    if case.facts.origin is None:
        asking = "asked without CORS"
    elif case.page == "null":
        asking = "asked by a page without an origin of its own (Origin: null)"
    else:
        asking = f"asked by a page of {case.page}"
    return shown(
        f"{case.host} answered {sent}{case.asked} with status {case.status} {said}".rstrip() + f", {asking}.", 900
    )


def _evidence(case: Case) -> list[str]:
    standing = case.standing
    if case.rule != "allow-origin-missing" or case.page == "null":
        return []
    if standing.replies:
        return [f"This origin passed on {plural(standing.replies, 'other reply', 'other replies')} of {case.host}."]
    if not case.known.allow_origins:
        return [f"No reply of {case.host} here carries the header, whoever asks: CORS seems not to be set up there."]
    return []
