"""A CORS header that is there, under a name that no browser knows."""

from __future__ import annotations

from corsight.policies.exchange import HeaderList
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause, shown
from corsight.policies.rules import placement

NEEDED = {
    "allow-origin-missing": "access-control-allow-origin",
    "allow-credentials-not-true": "access-control-allow-credentials",
    "preflight-method-not-allowed": "access-control-allow-methods",
    "preflight-header-not-allowed": "access-control-allow-headers",
}
"""The header whose absence each rule is about."""


def misspelt(case: Case) -> Cause | None:
    """The header that the rule missed is there, misspelt."""
    wanted = NEEDED.get(case.rule)
    response = case.exchange.response
    if wanted is None or response is None or wanted in response.headers:
        return None
    found = misspelling(response.headers, wanted)
    if found is None:
        return None
    right, wrong = title_case(wanted), written(response.headers, found)
    value = shown(response.headers.get(found) or "", 120)
    return Cause(
        "misspelt-header",
        f"A misspelt header: {wrong} should be {right}",
        f"{case.host} sends {wrong}: {value}. No browser knows that name, so it is as if nothing had been sent. The "
        f"header is called {right}.",
        f"Rename {wrong} to {right} where the server sets it.",
        "server",
        (f"The value may be right already: {value}.",) if case.rule == "allow-origin-missing" and value else (),
    )


def misspelling(headers: HeaderList, wanted: str) -> str | None:
    """The name (lower case) of a header that seems to be `wanted` misspelt."""
    for name in headers.names():
        known = placement.find_meant(name)
        if known is not None and known.lower() == wanted:
            return name
    if wanted == "access-control-allow-headers" and "access-control-request-headers" in headers:
        return "access-control-request-headers"
    if wanted == "access-control-allow-methods" and "access-control-request-method" in headers:
        return "access-control-request-method"
    return None


def title_case(name: str) -> str:
    """A header name as people write it."""
    return "-".join(part.capitalize() for part in name.split("-"))


def written(headers: HeaderList, name: str) -> str:
    """A header's name as it was sent, or as people write it where it came in lower case."""
    raw = next((one.decode("latin-1") for one, _ in headers.fields if one.lower().decode("latin-1") == name), name)
    return shown(title_case(raw) if raw == name else raw, 80)
