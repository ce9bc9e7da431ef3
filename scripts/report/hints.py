"""What a console message tells beyond its rule: by its URLs, its origin and its status."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from corsight.policies.console import Message
from corsight.policies.engines.shells import find_shell
from corsight.policies.fetch.origin import is_localhost, origin_of, split_origin
from corsight.policies.findings.replies import is_login
from corsight.policies.rules.isolation import CORP_SAME_ORIGIN, NETWORK_ERROR, ORB

NAVIGATE = (
    "This is a login, and a login is for people: send the user there by a navigation (location.href, a link, a form), "
    "not by fetch or XMLHttpRequest. For a request without a session let your server answer 401 instead of a redirect."
)


def is_redirected(message: Message) -> bool:
    """Return whether the URL that failed is not the one that the page asked."""
    return message.initial_url is not None and message.initial_url != message.url


def leads_to_login(message: Message) -> bool:
    """Return whether a redirect led to what looks like a login."""
    return is_redirected(message) and is_login(message.url or "")


def list_hints(message: Message) -> Iterator[tuple[str, str]]:
    """Yield labels and texts: what the message shows besides what its rule or cause says."""
    yield from _tell_redirect(message)
    yield from _tell_origin(message)
    url, rule = message.url or "", message.rule
    if rule == "preflight-redirect" and url.startswith("http:"):
        yield (
            "or",
            "The browser itself redirected: a host that once sent Strict-Transport-Security (HSTS) is asked over https "
            "from then on (307 Internal Redirect in the network panel). Ask the https URL, or let the browser forget "
            "the host (chrome://net-internals/#hsts).",
        )
    if rule == "preflight-status-not-ok" and message.status is not None and 300 <= message.status < 400:
        yield "note", f"Status {message.status} is a redirect: browsers follow none of a preflight. Ask its target."
    if rule == ORB:
        yield (
            "or",
            "The answer is an error page (such as a 404 in JSON or HTML) in place of the image or script: then that "
            "error is the real problem, and the browser only hides it. Open the URL in a tab to see its status.",
        )
    if rule == CORP_SAME_ORIGIN:
        yield (
            "note",
            "The least that does: same-site where page and resource are of one site (two ports of localhost are), "
            "cross-origin only where other sites' pages are to have it.",
        )
    if rule is not None and rule.startswith("allow-origin-missing") and (message.status or 0) >= 400:
        yield (
            "note",
            f"The answer is an error ({message.status}): that is the real problem. Errors are often answered from "
            "outside the code that adds CORS headers.",
        )
    if rule == NETWORK_ERROR and message.cause is None:
        yield from _tell_no_answer(url)


def _tell_redirect(message: Message) -> Iterator[tuple[str, str]]:
    if not is_redirected(message):
        return
    yield "redirected", f"The page asked {message.initial_url}, which redirected it to {message.url}: that one failed."
    if leads_to_login(message):
        yield "do", NAVIGATE
    else:
        yield "do", "Let the page ask the last URL itself, or let the first one answer without a redirect."
    if message.origin == "null":
        yield (
            "note",
            "The origin is null since the redirect led from one foreign origin to another: the page has its own.",
        )


def _tell_origin(message: Message) -> Iterator[tuple[str, str]]:
    shell = find_shell(message.origin)
    if shell is not None:
        yield "origin", f"{message.origin} is the origin of {shell.what}."
        yield "do" if shell.listed else "fix", shell.listing


def _tell_no_answer(url: str) -> Iterator[tuple[str, str]]:
    parts = split_origin(origin_of(url))
    host = parts[1] if parts is not None else ""
    reasons = [
        "its certificate is not accepted (TLS)",
        "nothing listens there",
        "an extension, a blocker or tracking protection stopped it: try a window without them",
    ]
    if host == "0.0.0.0":
        reasons.insert(0, "0.0.0.0 is an address to listen on, not one to ask: use localhost")
    elif not is_localhost(host) and not _is_address(host):
        known = "it has no dot, so it may be known to containers or an own network only" if "." not in host else ""
        reasons.insert(
            0, f"the host's name {host} does not resolve where the browser runs" + (f" ({known})" if known else "")
        )
    elif is_localhost(host):
        reasons.insert(0, "localhost is the machine of the browser, not of the server or the container")
    yield "or", f"What it may be: {'; '.join(reasons)}. Open the URL in a tab of its own: that shows which."


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
