"""Failures: why no answer came, by what the proxy says of it."""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.actor import Actor


class Failure(NamedTuple):
    """A way to fail: its code, the words (lower case) by which the proxy's error tells it, and its texts.

    The texts are templates of {host} and {asked}.
    """

    code: str
    signs: tuple[str, ...]
    title: str
    cause: str
    action: str
    actor: Actor = "server"


FAILURES = (
    Failure(
        "request-killed",
        ("connection killed",),
        "A blocker or one of the proxy's rules stopped the request",
        "Something in the proxy stopped {asked} to {host} before it was answered: a block list, a filter, or a person.",
        "Look for a block list or a script in the proxy that stops this URL.",
        "proxy",
    ),
    Failure(
        "stopped-by-extension",
        ("blocked_by_client",),
        "An extension or a rule of the browser stopped the request",
        "{asked} to {host} was stopped inside the browser, by a blocker or by an address that is blocked in its "
        "developer tools.",
        "Try without extensions, and look at the browser's list of blocked requests.",
        "client",
    ),
    Failure(
        "answer-not-recorded",
        ("err_failed",),
        "The request failed in the browser, and the recording does not hold the response that shows why",
        "{asked} to {host} failed the way requests fail that CORS blocks, but the recording holds neither the response "
        "nor the preflight.",
        "Record it with mitmproxy, save a HAR from the browser's network panel, or record a Playwright trace, whose "
        "console messages give the reason.",
        "client",
    ),
    Failure(
        "request-given-up",
        ("client disconnected", "stream reset by client"),
        "The browser cancelled the request before it was answered",
        "The browser closed the connection while {asked} to {host} was waiting for its response: the page was closed, "
        "a script aborted the request, or an extension stopped it.",
        "Look for an abort or a timeout in the page's code, and try without extensions.",
        "client",
    ),
    Failure(
        "tls-failed",
        ("certificate", "tls", "ssl", "err_cert"),
        "The secure connection to the server failed: TLS, not CORS",
        "No connection to {host} could be made because TLS failed. Usually the certificate is self-signed, expired, or "
        "for another name.",
        "Give {host} a certificate that its clients trust. Opening its URL in a tab shows the browser's reason.",
    ),
    Failure(
        "host-not-found",
        ("name or service", "getaddrinfo", "nodename", "resolve", "errno -2", "errno -3", "no address"),
        "The server's name does not resolve",
        "No address was found for {host}: the name is misspelt, or known only on another network.",
        "Check the URL that the page requests, and the DNS entry.",
    ),
    Failure(
        "connection-timed-out",
        ("timed out", "timed_out", "timeout", "errno 110", "errno 60"),
        "The server did not answer in time",
        "{host} did not answer {asked}: it is down, overloaded, or behind a firewall that drops packets.",
        "Find out whether the server runs and can be reached from here.",
    ),
    Failure(
        "connection-refused",
        ("refused", "connect call failed", "errno 111", "errno 61"),
        "The server refused the connection: nothing is listening there",
        "Nothing answered at {host}: the server is not running, or listens on another port.",
        "Start the server, or correct the host and port that the page requests.",
    ),
    Failure(
        "connection-closed",
        ("closed", "empty_response", "disconnect", "reset", "connection lost", "eof", "broken"),
        "The server closed the connection without an answer",
        "{host} received {asked} and closed the connection without answering: a crash, a restart, or a firewall.",
        "Check the server's own log at this time.",
    ),
    Failure(
        "no-answer",
        ("",),
        "The server gave no answer: a network failure, not CORS",
        "No answer to {asked} came from {host}.",
        "Look at the server, its TLS certificate and the network.",
    ),
)
"""In this order, since errors name several; the last has no sign and takes what is left."""


def classify_failure(error: str | None) -> Failure:
    """Return the failure that the proxy's error tells of."""
    text = (error or "").lower()
    return next(failure for failure in FAILURES if any(sign in text for sign in failure.signs))
