"""The reply itself lacks what its preflight had, or is something else than what was asked for."""

from __future__ import annotations

from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import describe_passed, describe_preflight, describe_told_by
from corsight.policies.findings.model import Cause


def find_page(case: Case) -> Cause | None:
    """Return that an HTML page came in place of the reply that a script asked for."""
    reply = case.reply
    if case.role != "request" or case.rule != "allow-origin-missing" or reply is None or reply.status >= 400:
        return None
    expected = case.preflight_allow_origin is not None or case.passed
    if not reply.html or case.destination not in ("empty", "unknown") or not expected:
        return None
    product = reply.product
    return Cause(
        "page-in-place-of-reply",
        "An HTML page was sent instead of the API's response",
        f"{case.host} answered {case.asked} with status {reply.status} and an HTML page (text/html) without CORS "
        "headers, but its other responses to this page have them. Such an HTML page is usually a login, an error page "
        "of a gateway, or a web site's fallback for unknown paths.",
        f"Open the URL of {case.asked} in a tab to see the page, and find out what sends it: the path may be wrong, "
        "the session may have expired, or a proxy may answer first. Let the API answer scripts with data or an error "
        "status, not with a page.",
        "server",
        (
            *describe_preflight(case),
            *describe_passed(case),
            *([describe_told_by(case, product.name)] if product is not None else []),
        ),
        "likely",
        edits=False,
        needed="the application's own response, with its CORS headers",
    )


def find_dropped(case: Case) -> Cause | None:
    """Return that nginx may have dropped the header on the way to one location, where its other replies have it."""
    reply = case.reply
    if case.role != "request" or case.rule != "allow-origin-missing" or reply is None or reply.status >= 400:
        return None
    if reply.server != "nginx" or not case.passed or reply.varies_by_origin or reply.speaks_cors:
        return None
    return Cause(
        "nginx-add-header-dropped",
        "Other responses have the header, this one lacks it: in nginx, a location may have dropped it",
        f"{case.host} answered {case.asked} with status {reply.status} and no Access-Control-Allow-Origin, which its "
        "other responses to this page have. nginx hands add_header lines down to a location only if that has no "
        "add_header of its own: one such line there, such as Cache-Control, drops all of those around it.",
        "If nginx sets the header: repeat the add_header lines for CORS in the location of this path (or include them "
        "from a file in both), with always at the end of each. If the application behind nginx sets it: nginx serves "
        "this path by itself, or the path is not covered by the application's CORS settings.",
        "proxy",
        (
            *describe_passed(case),
            *describe_preflight(case),
            f"The response comes through nginx: {quotes.quote_line('server')}.",
        ),
        "likely",
    )


def find_lacking(case: Case) -> Cause | None:
    """Return that the preflight was right, and the reply to the request itself lacks the header."""
    reply = case.reply
    if case.role != "request" or case.rule != "allow-origin-missing" or reply is None or reply.status >= 400:
        return None
    if case.preflight_allow_origin is None:
        return None
    return Cause(
        "header-on-preflight-only",
        "The preflight passed, but the response to the request itself lacks the header",
        f"{case.host} allowed {case.asked} in its preflight, and then answered the request with status {reply.status} "
        "and no Access-Control-Allow-Origin. Every response needs the header; that the preflight passed is not enough. "
        "Often a gateway or a rule of the web server adds it to OPTIONS only, or the handler of this request skips the "
        "CORS code.",
        f"Send Access-Control-Allow-Origin: {case.page} and Vary: Origin on the reply to {case.method_name} too, from "
        "the same place that answers OPTIONS. In an identity server such as Keycloak, list the page's origin among the "
        "client's web origins.",
        "server",
        (*describe_preflight(case), f"The reply has {quotes.quote_line('content-type', 'server')}."),
    )
