"""Origin: null, and where it came from: a redirect across origins, a sandboxed frame, a local file."""

from __future__ import annotations

from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, name_header

RULES = (
    "allow-origin-missing",
    "allow-origin-wildcard",
    "allow-origin-multiple",
    "allow-origin-invalid",
    "allow-origin-mismatch",
)

OWN = "a request from a page with an origin of its own (allowing null allows everybody)"


def find_null_origin(case: Case) -> Cause | None:
    """Return why the browser says null in place of the page's origin."""
    if case.origin != "null" or case.rule not in RULES or (case.status >= 400 and not case.redirected):
        return None
    value = case.allow_origin
    answer = f"{'sends' if value is None else 'answers'} {name_header('Access-Control-Allow-Origin', value, 120)}"
    if case.redirected and case.page_origin not in (None, "null"):
        return Cause(
            "origin-null-by-redirect",
            "A redirect from one origin to another turned the page's Origin header into null",
            f"The page {clean(case.page_origin or '')} sent its request to {quotes.FIRST_HOST}, which redirected it to "
            "another origin. After such a redirect the browser no longer names the page: it sends Origin: null, and "
            f"{case.host} {answer}.",
            f"In the page, request the final URL on {case.host} directly, or answer at {quotes.FIRST_HOST} without "
            "redirecting to another origin.",
            "client",
            (f"The redirects: {quotes.HOPS}.",),
            needed=OWN,
        )
    if case.has_referrer:
        return Cause(
            "origin-null-sandbox",
            "A sandboxed frame sends Origin: null",
            f"The request comes from {quotes.REFERRER_HOST}, but its Origin is null: the frame is sandboxed without "
            f"allow-same-origin, or its document is (Content-Security-Policy: sandbox). {case.host} {answer}, which "
            "does not match null.",
            "Add allow-same-origin to the frame's sandbox if its content is your own, or send the request from the "
            "page around the frame.",
            "client",
            (f"The Referer is {quotes.REFERRER}, but the Origin is null.",),
            needed=OWN,
        )
    return Cause(
        "origin-null-file",
        "The page has no origin: a local file, a data: URL or a sandboxed frame",
        "The browser sends Origin: null and no Referer. It does so for a page opened from disk (file:), from a data: "
        f"URL, or in a sandboxed frame. {case.host} {answer}, which does not match null.",
        "Open the page through a web server, such as http://localhost, not from a file, and allow that origin.",
        "client",
        ("The request has Origin: null and no Referer.",),
        "likely",
        needed=OWN,
    )
