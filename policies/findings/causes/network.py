"""No answer came, or the browser asks for leave to reach the local network. CORS has no say."""

from __future__ import annotations

from corsight.policies.fetch.local_network import leaves_public
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, name_host
from corsight.policies.rules import RULES
from corsight.policies.rules.isolation import LOCAL_NETWORK

NOT_CORS = (
    "This is not CORS, although the browser's console may say so: no response came, so there are no headers to check."
)

UNRECORDED = "answer-not-recorded"
"""The one failure that usually is CORS."""


def find_failure(case: Case) -> Cause | None:
    """Return why no answer came."""
    failure = case.failure
    if failure is None:
        return None
    if case.named:
        return _tell_rule(case)
    texts = {"host": case.host, "asked": case.asked}
    evidence = [f"The {'recording' if case.recorded else 'proxy'} says: {quotes.ERROR}"]
    if case.passed:
        evidence.append(f"Other requests of {case.page} to {case.host} were answered and allowed.")
    evidence.append(
        f"The browser got status {quotes.PROXY_STATUS} from the proxy, without CORS headers. Without the proxy it "
        "would get a network error (status 0)."
    )
    return Cause(
        failure.code,
        failure.title,
        failure.cause.format(**texts) + ("" if failure.code == UNRECORDED else f" {NOT_CORS}"),
        failure.action.format(**texts),
        failure.actor,
        tuple(evidence),
        edits=False,
    )


def _tell_rule(case: Case) -> Cause:
    """Return the rule that the browser names as the cause, where the recording lacks the response that broke it."""
    rule = RULES[case.rule]
    return Cause(
        case.rule,
        rule.title,
        f"The browser itself reports this for {case.asked} to {case.host}; the recording does not hold the response "
        f"that it checked. {rule.why}",
        rule.advice,
        rule.actor,
        edits=False,
        needed=rule.needed.format_map(_Open({"origin": case.page, "method": clean(case.method, 40)})),
    )


class _Open(dict[str, str]):
    """Values by name, of which those that are not recorded are left open."""

    def __missing__(self, name: str) -> str:
        return f"(the {name} it asked for)"


def find_unfollowed(case: Case) -> Cause | None:
    """Return that a permission is missing, where no request followed a preflight that would pass."""
    if not case.preflight or not case.unfollowed:
        return None
    granted = case.reply is not None and case.reply.grants_private_network
    page = case.page_origin or case.asker
    return find_local_network(page, case.server, asks=case.asks_for_private_network, granted=granted)


def find_denied(case: Case) -> Cause | None:
    """Return that the browser itself keeps a public page from the local network."""
    if case.rule != LOCAL_NETWORK:
        return None
    return find_local_network(case.page_origin or case.asker, case.server, asks=False, granted=False)


def find_local_network(page: str, server: str, *, asks: bool, granted: bool) -> Cause | None:
    """Return that browsers ask their user first, where a public page asks a machine of the local network.

    `asks` and `granted` tell whether the preflight asks for it by a header, and whether its answer allows it. That is
    the way of older versions, which had no permission. Where a name leads, only its resolver knows: likely at most.
    """
    if not leaves_public(page, server):
        return None
    host, page = name_host(server), clean(page)
    evidence = f"{host} is an address of this computer or of the local network; {page} does not look like one."
    if asks:
        return Cause(
            "private-network-access",
            "A public page requests a machine on the local network, and an older Chromium asks the server for "
            "permission",
            f"The page {page} sends a request to {host}, and the preflight has Access-Control-Request-Private-Network: "
            "true. Chromium 104 to 138 sends this, and prints a warning if the response does not allow it. From 142 "
            "on, Chromium asks its user for permission instead, and reports a CORS error if there is none.",
            "For the older versions, answer the preflight with Access-Control-Allow-Private-Network: true. For newer "
            f"ones, allow local network access for {page}, and serve it over https.",
            "server",
            (evidence, f"The response {'gives' if granted else 'does not give'} that permission."),
            "likely",
            edits=False,
            needed="Access-Control-Allow-Private-Network: true",
        )
    secure = page.startswith("https:")
    needs = "" if secure else f" Only https pages may ask for that, and {page} is not one."
    return Cause(
        LOCAL_NETWORK,
        "A public page requests a machine on the local network: that needs the user's permission, not only CORS",
        f"The page {page} sends a request to {host}. From version 142 on, Chromium asks its user first. If the user "
        f"says no or cannot be asked, it reports a CORS error although the CORS headers are right.{needs} Through this "
        "proxy Chromium does not ask; without the proxy it does.",
        f"Allow local network access for {page} (the icon next to the "
        f"address){'' if secure else ', after serving it over https'}, or serve page and API from one network.",
        "client",
        (evidence,),
        "likely",
        edits=False,
        needed="the user's permission for the local network",
    )
