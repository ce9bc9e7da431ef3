"""No answer came, or the browser asks for leave to reach the local network. CORS has no say."""

from __future__ import annotations

from corsight.policies.fetch.mixed_content import is_local_network
from corsight.policies.fetch.origin import is_localhost, split_origin
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, name_host

NOT_CORS = "This is not CORS, although the browser's console may say so: there were no headers to look at."

UNRECORDED = "answer-not-recorded"
"""The one failure that mostly is CORS."""


def find_failure(case: Case) -> Cause | None:
    """Return why no answer came."""
    failure = case.failure
    if failure is None:
        return None
    texts = {"host": case.host, "asked": case.asked}
    evidence = [f"The {'recording' if case.recorded else 'proxy'} says: {quotes.ERROR}"]
    if case.passed:
        evidence.append(f"Other requests of {case.page} to {case.host} were answered: {case.passed}.")
    evidence.append(
        f"The browser got status {quotes.PROXY_STATUS} from the proxy, which has no CORS headers. Without the proxy it "
        "would see a network error (status 0)."
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


def find_unfollowed(case: Case) -> Cause | None:
    """Return that a permission is missing, where no request followed a preflight that would pass."""
    if not case.preflight or not case.unfollowed:
        return None
    granted = case.reply is not None and case.reply.grants_private_network
    page = case.page_origin or case.asker
    return find_local_network(page, case.server, asks=case.asks_for_private_network, granted=granted)


def find_local_network(page: str, server: str, *, asks: bool, granted: bool) -> Cause | None:
    """Return that browsers ask their user first, where a public page asks a machine of the local network.

    `asks` and `granted` tell whether the preflight asks for it by a header, and whether its answer allows it.
    """
    there, here = split_origin(server), split_origin(page)
    if there is None or here is None or not _is_local(there[1]) or _is_local(here[1]):
        return None
    host, page = name_host(server), clean(page)
    evidence = [f"{host} is an address of this computer or of the local network; {page} is not."]
    if asks:
        evidence.append(
            "The preflight asks for leave to reach the private network (Access-Control-Request-Private-Network: true), "
            f"and the answer {'gives' if granted else 'does not give'} it."
        )
    return Cause(
        "local-network-access",
        "A public page asks a machine of the local network: that takes a permission beside CORS",
        f"The page {page} asks {host}. Browsers protect the local network: Chromium asks its user first, and "
        "where that is denied or not possible, reports a CORS error although the CORS headers are right.",
        "Allow local network access for the page (Chromium: the padlock, Local network access), serve the page over "
        "https, and answer Access-Control-Allow-Private-Network: true where the preflight asks for it.",
        "client",
        tuple(evidence),
        "likely",
        edits=False,
        needed="the user's permission for the local network",
    )


def _is_local(host: str) -> bool:
    return is_localhost(host) or is_local_network(host)
