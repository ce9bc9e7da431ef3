"""The rule's own findings: blocked beside CORS, by one engine alone, or with no cause behind the rule that shows."""

from __future__ import annotations

from collections.abc import Sequence

from corsight.policies.decision.mend import RESOURCE_POLICY
from corsight.policies.engines import ENGINES
from corsight.policies.findings import quotes
from corsight.policies.findings.case import BROWSERS, Case
from corsight.policies.findings.causes.errors import name_status
from corsight.policies.findings.causes.phrases import (
    NEVER_SENT,
    describe_adders,
    describe_answer,
    describe_defaults,
    describe_page,
    describe_passed,
    describe_preflight,
    describe_reason,
    describe_spelling,
)
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean_all, continue_with, join
from corsight.policies.rules import RULES
from corsight.policies.rules.preflight import ALLOW_HEADERS, ALLOW_METHODS

ORB = "opaque-response-blocked"
METHOD, HEADER = "preflight-method-not-allowed", "preflight-header-not-allowed"
TITLES = {
    "corp-same-origin": "Not CORS: Cross-Origin-Resource-Policy allows only pages of the same origin",
    "corp-same-site": "Not CORS: Cross-Origin-Resource-Policy allows only pages of the same site",
    "corp-required-by-coep": "Not CORS: the page's Cross-Origin-Embedder-Policy (COEP) requires this resource to opt "
    "in",
    "worker-needs-coep": "Not CORS: the page has Cross-Origin-Embedder-Policy (COEP), its worker or frame has not",
    "nosniff-mime-type": "Not CORS: the MIME type does not fit the use, and nosniff makes it count",
    "mime-type-blocked": "Not CORS: the MIME type does not fit the use",
    "proxy-authentication": "Not CORS: the server answers like a proxy (407)",
    ORB: "Not CORS: data was requested as if it were an image or a script (ORB)",
}


def find_isolation(case: Case) -> Cause | None:
    """Return what kept the response from the page where it was not asked for with CORS."""
    title, rule = TITLES.get(case.rule), RULES[case.rule]
    if title is None:
        return None
    orb = case.rule == ORB
    if orb and case.status >= 400:
        return _explain_error_behind_orb(case)
    vain = " Allowing the origin changes nothing while the page makes the request without CORS." if orb else ""
    return Cause(
        case.rule,
        title,
        f"{describe_answer(case)} {rule.why}{vain}",
        rule.advice,
        "client" if orb else rule.actor,
        (f"The request's mode is {case.mode}: it was made without CORS, as elements without crossorigin do.",),
        edits=not orb,
        needed=f"{RESOURCE_POLICY}: same-site (page and resource are of one site; cross-origin lets every site in)"
        if case.same_site and case.rule == "corp-same-origin"
        else None,
    )


def _explain_error_behind_orb(case: Case) -> Cause:
    meaning = name_status(case.status)
    return Cause(
        "error-behind-orb",
        f"The real problem is the {meaning}: an error page came in place of the {case.destination}",
        f"{case.host} answered {case.asked} with status {meaning}. The body is an error page, not the "
        f"{case.destination}, and browsers hide such a body from a page that requested it without CORS (Opaque "
        "Response Blocking). The element would have failed without that, too.",
        f"Find out why {case.asked} ends in {case.status}: usually the URL is wrong, or the resource is gone.",
        "server",
        (f"It is {quotes.quote_line('content-type')}.",),
        edits=False,
        needed=f"a success with the {case.destination} itself",
    )


def find_lone_engine(case: Case) -> Cause | None:
    """Return what one engine alone blocks."""
    if not case.alone:
        return None
    rule = RULES[case.rule]
    names = join([ENGINES[name].label for name in sorted(BROWSERS - {case.engine})])
    return Cause(
        "blocked-in-one-engine",
        f"Only {ENGINES[case.engine].label} blocks this: {continue_with(rule.title)}",
        f"{describe_answer(case)} {rule.why} {names} would allow it, so tests in those browsers do not show the "
        "problem.",
        rule.advice,
        rule.actor,
        (f"Judged by the rules of {names}, the same exchange passes.",),
    )


def explain_rule(case: Case) -> Cause:
    """Return the rule itself as the cause."""
    rule = RULES[case.rule]
    names = find_lacking_names(case)
    title, action = word_lacking(rule.code, names) if names else _name_origin(case) or (rule.title, rule.advice)
    sentences = [describe_answer(case), rule.why, *([NEVER_SENT] if case.preflight else [])]
    evidence = (
        *_list_evidence(case),
        *describe_preflight(case),
        *(describe_spelling(case) if case.rule == "allow-origin-missing" else ()),
        *(describe_page(case) if case.rule == "allow-origin-missing" else ()),
        *(describe_reason(case) if not names else describe_adders(case)),
        *(describe_defaults(case) if rule.code == METHOD else ()),
    )
    return Cause(rule.code, title, " ".join(sentences), action, rule.actor, evidence, names=names)


def find_lacking_names(case: Case) -> tuple[str, ...]:
    """Return the method or the header names that a list lacks, for the rules that are about these."""
    if case.rule == METHOD:
        return (case.method_name,)
    return tuple(clean_all(case.missing_names, 8)) if case.rule == HEADER else ()


def word_lacking(code: str, names: Sequence[str]) -> tuple[str, str]:
    """Return title and action for what a list lacks: methods, or request headers."""
    kind, header = ("method", ALLOW_METHODS) if code == METHOD else ("request header", ALLOW_HEADERS)
    one, what = len(names) == 1, join(names)
    subject = f"The {kind}{'' if one else 's'} {what} {'is' if one else 'are'} not allowed"
    if code == METHOD:
        return subject, f"Add {what} to {header}, if pages should use {'it' if one else 'them'}."
    return subject, f"Add {what} to {header}, or do not send {'it' if one else 'them'} from the page."


def _name_origin(case: Case) -> tuple[str, str] | None:
    """Return title and action with the origin in question, where the header is missing."""
    if case.rule != "allow-origin-missing" or case.page == "null":
        return None
    send = (
        f"Send Access-Control-Allow-Origin: {case.page} and Vary: Origin on every response that this page may read, "
        "errors included."
    )
    if case.preflight:
        # What answered with success knows nothing of CORS: an application or a proxy that takes every method.
        send += " That holds for OPTIONS first: let the CORS layer answer it, before anything else does."
    foreign = f" If {case.host} is not yours, send the request from your own server instead."
    return RULES[case.rule].title, send + ("" if case.habits.allow_origins else foreign)


def _list_evidence(case: Case) -> tuple[str, ...]:
    if case.rule != "allow-origin-missing" or case.page == "null":
        return ()
    if case.passed:
        return tuple(describe_passed(case))
    if not case.habits.allow_origins and case.habits.replies > 1:
        return (f"No response seen of {case.host} has the header, for any origin: CORS seems not to be set up there.",)
    return ()
