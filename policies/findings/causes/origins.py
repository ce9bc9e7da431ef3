"""What Access-Control-Allow-Origin says: two layers, a wildcard beside credentials, nearly the origin, another one."""

from __future__ import annotations

import re

from corsight.policies.findings import quotes
from corsight.policies.findings.case import ALLOW_ORIGIN, Case
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, clean_all
from corsight.policies.rules.nearness import compare_origins

EXACT = "The browser compares it character by character with the page's origin"


def find_several(case: Case) -> Cause | None:
    """Return that two layers both answered, or one sent a list."""
    if case.rule != "allow-origin-multiple" or case.reply is None:
        return None
    sent = case.reply.allow_origin
    parts = [part for line in sent for part in line.replace(",", " ").split()]
    if len(sent) > 1 or len(set(parts)) < len(parts) or "*" in parts:
        came = " and ".join(f"'{line}'" for line in clean_all(sent, 3, 100))
        how = f"on {len(sent)} lines" if len(sent) > 1 else "with several values"
        evidence = [f"Access-Control-Allow-Origin came {how}: {came}."]
        if len(case.reply.repeated) > 1:
            others = [name for name in case.reply.repeated if name != ALLOW_ORIGIN]
            evidence.append(f"Other headers came twice as well: {', '.join(clean_all(others, 8))}.")
        return _explain_layers(
            case,
            f"{case.host} answered {case.asked} with Access-Control-Allow-Origin twice: {came}.",
            "Browsers accept exactly one value, so both together fail, even if each alone is right.",
            (*evidence, f"What answered: {quotes.quote_line('server', 'via', 'x-powered-by')}."),
        )
    return _explain_list(case, sent, parts)


def _explain_list(case: Case, sent: tuple[str, ...], parts: list[str]) -> Cause:
    return Cause(
        "origin-list",
        "Access-Control-Allow-Origin holds a list, but it can contain only one origin",
        f"{case.host} sends Access-Control-Allow-Origin: {clean(', '.join(sent), 150)}. The header can contain only "
        f"one origin. Browsers compare the list as one text, which does not equal {case.page}.",
        f"Look up the request's Origin in the list on the server, and answer with that one origin: {case.page}. Send "
        "Vary: Origin too.",
        "server",
        (f"{case.page} is {'in' if case.asker in parts else 'not in'} the list.",),
    )


def _explain_layers(case: Case, what: str, why: str, evidence: tuple[str, ...] = ()) -> Cause:
    action = (
        "Set the CORS headers in one place only: in the application or in the proxy, and remove them from the other."
    )
    if case.reply is not None and case.reply.nginx:
        action += (
            " In nginx, either remove the add_header lines for CORS, or drop the application's headers with "
            "proxy_hide_header, such as proxy_hide_header Access-Control-Allow-Origin."
        )
    return Cause(
        "two-layers-answer",
        "Two layers both send CORS headers, so a header arrives twice",
        f"{what} Usually the application sets it, and a proxy in front of the application adds it again. {why}",
        action,
        "server",
        evidence,
    )


def find_wildcard(case: Case) -> Cause | None:
    """Return that `*` does not count beside credentials."""
    if case.rule != "allow-origin-wildcard":
        return None
    evidence: list[str] = []
    if case.preflight_allow_origin not in (None, "*"):
        named = clean(case.preflight_allow_origin or "", 100)
        evidence.append(
            f"The preflight (exchange {quotes.PREFLIGHT}) named the origin: {named}. Only the response itself has *."
        )
    if case.include_is_told:
        evidence.append(f"The request has credentials: {quotes.WHY_CREDENTIALS}.")
    return Cause(
        "wildcard-with-credentials",
        "Access-Control-Allow-Origin: * does not count for a request with credentials",
        f"The page {case.page} sends its request to {case.host} with credentials (credentials: 'include', or "
        "withCredentials), and the answer is Access-Control-Allow-Origin: *. For such a request the response has to "
        "name the origin, and Access-Control-Allow-Credentials has to be true.",
        f"Send Access-Control-Allow-Origin: {case.page} (only for origins that you trust), Vary: Origin and "
        "Access-Control-Allow-Credentials: true. Or, if no cookie is needed, send the request without credentials.",
        "server",
        tuple(evidence),
    )


UNSET = re.compile(
    r"(?:undefined|none|nil|nan|false|true|\[object \w+\])|.*(?:\$[A-Za-z_{(]|\{\{|%\{|<%|process\.env|@Origin@).*",
    re.IGNORECASE | re.DOTALL,
)
"""Values that a program or a template left as they were."""
_SEPARATORS = re.compile(r"\s*[|;]\s*")
"""What people put between origins, beside commas and spaces."""
LONGEST = 300
"""Characters of a value that are looked at."""


def find_unset(case: Case) -> Cause | None:
    """Return that the value is a word for nothing, or a variable that nobody replaced."""
    value = case.allow_origin
    rules = ("allow-origin-mismatch", "allow-origin-invalid", "allow-origin-multiple")
    if case.rule not in rules or not value or case.asker == "null":
        return None
    if not UNSET.fullmatch(value[:LONGEST]):
        return None
    named = clean(value, 120)
    return Cause(
        "origin-never-set",
        "Access-Control-Allow-Origin holds no origin, but a variable that was not set or not replaced",
        f"{case.host} sends Access-Control-Allow-Origin: {named}. That is what a program or a configuration writes "
        "where a variable has no value, or where its name stands in a text that replaces no variables. No page has "
        "that origin.",
        "Set the variable where the server really runs (environment, container, deployment), and look whether its "
        f"name is replaced at that place of the configuration. For this page the value has to be {case.page}.",
    )


def find_inexact(case: Case) -> Cause | None:
    """Return how the right origin differs from the way browsers write it."""
    value, page = case.allow_origin, case.asker
    if case.rule not in ("allow-origin-mismatch", "allow-origin-invalid") or not value or page == "null":
        return None
    parts = _SEPARATORS.split(value[:LONGEST])
    if len(parts) > 1 and all("://" in part for part in parts):
        return _explain_list(case, (value,), parts)
    named = clean(value, 120)
    difference = compare_origins(page, value)
    if "*" in value and difference is None:
        return Cause(
            "origin-pattern",
            "Access-Control-Allow-Origin holds a pattern, which browsers do not understand",
            f"{case.host} sends Access-Control-Allow-Origin: {named}. {EXACT}, {case.page}: a * inside a value is an "
            "ordinary character. Only * alone means every origin.",
            f"Match the pattern on the server, and answer with the requesting origin: {case.page}, with Vary: Origin.",
        )
    if difference is None or not difference.same:
        return None
    return Cause(
        "origin-not-exact",
        f"Access-Control-Allow-Origin is the right origin, but with {difference.what}"
        if difference.kind != "no-scheme"
        else "Access-Control-Allow-Origin is the right host, but without its scheme",
        f"{case.host} sends Access-Control-Allow-Origin: {named}, which {difference.wrong}. {EXACT}, {case.page}, and "
        "so they differ. An origin is scheme, host and port, nothing more.",
        f"Write it exactly like this: {case.page}"
        + (". A list in a variable or in JSON has to be read as a list before." if difference.kind == "list" else ""),
        "server",
        (f"Sent: {named}. Needed: {case.page}.",),
    )


def find_other(case: Case) -> Cause | None:
    """Return which other origin is named: nearly this one, or one and the same for all."""
    value, page = case.allow_origin, case.asker
    if case.rule != "allow-origin-mismatch" or value is None or page == "null":
        return None
    if value == "null":
        return Cause(
            "origin-null-answered",
            "Access-Control-Allow-Origin is null, which does not match the page",
            f"{case.host} sends Access-Control-Allow-Origin: null to the page {case.page}. In this header null does "
            "not mean nobody or everybody: it is the origin of sandboxed frames and local files. Usually it is a value "
            "that was never set, written out as text.",
            f"Send Access-Control-Allow-Origin: {case.page} if that page is allowed, and leave the header out if it "
            "is not. Never send null.",
        )
    named, difference = clean(value, 120), compare_origins(page, value)
    if difference is not None:
        return Cause(
            "origin-differs-slightly",
            f"Access-Control-Allow-Origin names nearly the page's origin, but the {difference.what} differs",
            f"{case.host} allows {named}, and the page is {case.page}. Both are compared character by character: "
            "scheme, "
            f"host and port all count, and here the {difference.what} differs"
            + (" (localhost and 127.0.0.1 are two origins)." if difference.kind == "loopback" else "."),
            f"Add {case.page} to the origins that the server allows, or open the page at {named}.",
            "server",
            (f"Sent: {named}. The page: {case.page}.",),
        )
    values = case.habits.allow_origins
    if set(values) == {value}:
        # That it does so whoever asks shows only where it has answered more than once.
        often = values[value] > 1
        whoever = "It names that one origin in every response" if often else "It named that one origin"
        return Cause(
            "origin-fixed",
            "The server allows one other origin only" if often else "The server allows another origin than the page's",
            f"{case.host} answers Access-Control-Allow-Origin: {named}, and the page is {case.page}. {whoever}; pages "
            "of other origins are blocked.",
            f"If {case.page} should be allowed, keep a list of origins on the server, and answer with the requesting "
            "origin if it is on the list, with Vary: Origin.",
            "server",
            (f"Every response of {case.host} with the header names {named}.",) if values[value] > 1 else (),
        )
    return None


def find_credentials(case: Case) -> Cause | None:
    """Return that Access-Control-Allow-Credentials is there, and not the one word that counts."""
    value = None if case.reply is None else case.reply.allow_credentials
    if case.rule != "allow-credentials-not-true" or not value:
        return None
    if value == "true, true":
        return _explain_layers(
            case,
            f"{case.host} answered {case.asked} with Access-Control-Allow-Credentials twice.",
            "Browsers read both as one text, 'true, true', which is not true.",
        )
    if value.strip("\"'").lower() not in ("true", "1", "yes", "*", "true, true"):
        return None
    return Cause(
        "credentials-not-exact",
        f"Access-Control-Allow-Credentials has to be true, not {clean(value, 20)}",
        f"{case.host} sends Access-Control-Allow-Credentials: {clean(value, 40)}. Only the word true in lower case "
        "counts, and the page sends its request with credentials.",
        "Write it exactly like this: Access-Control-Allow-Credentials: true",
    )
