"""No answer came: TLS, the network, a name that does not resolve, a request that was given up. CORS has no say."""

from __future__ import annotations

from corsight.policies.evidence import Reason
from corsight.policies.exchange import Exchange
from corsight.policies.facts import Facts
from corsight.policies.fetch.mixed_content import is_local_network
from corsight.policies.fetch.origin import is_localhost, origin_of, split_origin
from corsight.policies.findings.case import Case, host_of
from corsight.policies.findings.model import Cause, shown

NOT_CORS = "This is not CORS, although the browser's console may say so: there were no headers to look at."

_TLS = ("certificate", "tls", "ssl")
_REFUSED = ("refused", "connect call failed", "errno 111", "errno 61")
_NAME = ("name or service", "getaddrinfo", "nodename", "resolve", "errno -2", "errno -3", "no address")
_TIME = ("timed out", "timeout", "errno 110", "errno 60")
_KILLED = ("connection killed",)
_LEFT = ("client disconnected", "stream reset by client")
_CLOSED = ("closed", "disconnect", "reset", "connection lost", "eof", "broken")


def no_answer(case: Case) -> Cause | None:
    """Why no answer came, by what the proxy says of it."""
    if case.response is not None:
        return None
    error = (case.exchange.error or "").lower()
    said = (f"The proxy says: {shown(case.exchange.error, 200)}",) if case.exchange.error else ()
    seen: tuple[str, ...] = ()
    if case.exchange.proxy_status is not None:
        seen = (
            f"The browser got status {case.exchange.proxy_status} from the proxy, which has no CORS headers. Without "
            "the proxy it would see a network error (status 0).",
        )
    standing = case.standing
    passed = (
        (f"Other requests of {case.page} to {case.host} were answered: {standing.replies}.",)
        if standing.replies
        else ()
    )

    def cause(code: str, title: str, what: str, action: str, actor: str = "server") -> Cause:
        return Cause(code, title, f"{what} {NOT_CORS}", action, actor, (*said, *passed, *seen), edits=False)  # type: ignore[arg-type]

    host, asked = case.host, case.asked
    if any(part in error for part in _KILLED):
        return cause(
            "request-killed",
            "The request was stopped on its way, by a blocker or a rule of the proxy",
            f"Something in the proxy ended {asked} to {host} before it was answered: a block list, a filter, or a "
            "person.",
            "Look for a block list or a script in the proxy that stops this URL.",
            "proxy",
        )
    if any(part in error for part in _LEFT):
        return cause(
            "request-given-up",
            "The browser gave the request up before it was answered",
            f"{asked} to {host} was on its way when the browser left: the page was closed, the script aborted it, or "
            "an extension stopped it.",
            "Look for an abort or a timeout in the page's code, and try without extensions.",
            "client",
        )
    if any(part in error for part in _TLS):
        return cause(
            "tls-failed",
            "The secure connection to the server failed: TLS, not CORS",
            f"No connection to {host} could be made, since TLS failed: mostly a certificate that is self-signed, "
            "expired, or for another name.",
            f"Give {host} a certificate that its clients trust. Opening its URL in a tab shows the browser's reason.",
        )
    if any(part in error for part in _NAME):
        return cause(
            "host-not-found",
            "The server's name does not resolve",
            f"No address was found for {host}: the name is misspelt, or known only on another network.",
            "Check the URL that the page asks, and the DNS entry.",
        )
    if any(part in error for part in _TIME):
        return cause(
            "connection-timed-out",
            "The server did not answer in time",
            f"{host} did not answer {asked}: it is down, overloaded, or behind a firewall that drops packets.",
            "Find out whether the server runs and can be reached from here.",
        )
    if any(part in error for part in _REFUSED):
        return cause(
            "connection-refused",
            "The server refused the connection: nothing listens there",
            f"Nothing answered at {host}: the server is not running, or listens on another port.",
            "Start the server, or correct the host and port that the page asks.",
        )
    if any(part in error for part in _CLOSED):
        return cause(
            "connection-closed",
            "The server closed the connection without an answer",
            f"{host} took {asked} and closed without answering: a crash, a restart, or a firewall.",
            "Look into the server's own log at this time.",
        )
    return cause(
        "no-answer",
        "The server gave no answer: a network failure, not CORS",
        f"No answer to {asked} came from {host}.",
        "Look at the server, its TLS certificate and the network.",
    )


def not_followed(case: Case) -> Cause | None:
    """A preflight into the local network that would pass, and that no request followed: a permission is missing."""
    if not case.preflight or case.judged.verdict.certainty == "certain":
        return None
    unfollowed = Reason.PREFLIGHT_UNFOLLOWED
    if not case.entry.fetch.rests_on(unfollowed) and not any(
        one.reason is unfollowed for one in case.entry.evidence.values()
    ):
        return None
    return local_network(case.exchange, case.facts)


def local_network(exchange: Exchange, facts: Facts) -> Cause | None:
    """A public page asks a machine of the local network: browsers ask their user first. None where it does not."""
    page = facts.page_origin or facts.origin or "null"
    there, here = split_origin(origin_of(exchange.request.url)), split_origin(page)
    if there is None or here is None or not _is_local(there[1]) or _is_local(here[1]):
        return None
    host, get = host_of(exchange.request.url), exchange.request.headers.get
    evidence = [f"{host} is an address of this computer or of the local network; {shown(page)} is not."]
    if get("access-control-request-private-network") or get("access-control-request-local-network"):
        response = exchange.response
        allowed = None if response is None else response.headers.get("access-control-allow-private-network")
        evidence.append(
            "The preflight asks for leave to reach the private network (Access-Control-Request-Private-Network: true), "
            + ("and the answer gives it." if allowed == "true" else "and the answer does not give it.")
        )
    return Cause(
        "local-network-access",
        "A public page asks a machine of the local network: that takes a permission beside CORS",
        f"The page {shown(page)} asks {host}. Browsers protect the local network: Chromium asks its user first, and "
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
