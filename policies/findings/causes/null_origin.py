"""Origin: null, and where it came from: a redirect across origins, a sandboxed frame, a local file."""

from __future__ import annotations

from corsight.policies.findings.case import Case, host_of
from corsight.policies.findings.model import Cause, shown

RULES = (
    "allow-origin-missing",
    "allow-origin-wildcard",
    "allow-origin-multiple",
    "allow-origin-invalid",
    "allow-origin-mismatch",
)


def where_from(case: Case) -> Cause | None:
    """Why the browser says null in place of the page's origin."""
    if case.facts.origin != "null" or case.rule not in RULES or (case.status >= 400 and not case.facts.chain):
        return None
    said = case.allow_origin
    answer = (
        "sends no Access-Control-Allow-Origin"
        if said is None
        else f"answers Access-Control-Allow-Origin: {shown(said, 120)}"
    )
    page = case.entry.fetch.page_origin
    if case.facts.chain and page not in (None, "null"):
        last, first = case.exchange.request.url, case.facts.chain[0]
        hops = " -> ".join(host_of(url) for url in (*case.facts.chain, last))
        return Cause(
            "origin-null-by-redirect",
            "A redirect from one foreign origin to another turned the page's origin into null",
            f"The page {shown(page)} asked {host_of(first)}, which redirected to another origin. After such a redirect "
            f"the browser no longer says who asked: it sends Origin: null, and {case.host} {answer}.",
            f"Let the page ask the final URL on {case.host} directly, or answer at {host_of(first)} without "
            "redirecting to another origin.",
            "client",
            (f"The way it went: {hops}.",),
            edits=said is not None,
        )
    referrer = case.entry.reading.referrer
    if referrer is not None and referrer.startswith("http"):
        return Cause(
            "origin-null-sandbox",
            "A sandboxed frame asks with Origin: null",
            f"The request comes from {host_of(referrer)}, but its Origin is null: the frame is sandboxed without "
            f"allow-same-origin, or its document is (Content-Security-Policy: sandbox). {case.host} {answer}, which "
            "does not match null.",
            "Add allow-same-origin to the frame's sandbox if its content is your own, or let the page around it ask "
            "in its place.",
            "client",
            (f"The Referer is {shown(referrer.partition('?')[0], 120)}, and yet the Origin is null.",),
        )
    return Cause(
        "origin-null-file",
        "The page has no origin: a local file, a data: URL or a sandboxed frame",
        "The browser sends Origin: null, and no Referer: that is how a page opened from disk (file:) asks, and one "
        f"from a data: URL or in a sandboxed frame. {case.host} {answer}, which does not match null.",
        "Open the page through a web server, such as http://localhost, instead of from a file, and allow that origin.",
        "client",
        ("The request has Origin: null and no Referer.",),
        "likely",
    )
