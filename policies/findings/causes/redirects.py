"""A redirect on the way: it is checked like any reply, and what it leads to as well."""

from __future__ import annotations

from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import describe_passed, describe_told_by
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, name_host

SPELLINGS = {
    "slash": ", with or without the slash at its end just as it stands there",
    "slashes": ", without the two slashes in a row (mostly a base URL that ends in a slash, joined with a path that "
    "begins with one)",
}
"""What is said of the target, where only the slashes differ."""
PREFETCHED = frozenset({"rsc", "next-router-prefetch", "next-router-state-tree"})
"""Request headers (lower case) by which Next.js fetches the pages behind links."""


def find_login(case: Case) -> Cause | None:
    """Return that a redirect led to a login, which may redirect once more, or be asked by a preflight first."""
    if case.reply is None or not case.led_to_login or not case.rule.startswith(("allow-", "preflight-")):
        return None
    if case.preflight and case.reply.allow_origin:
        # Whatever it is, it answers pages.
        return None
    return _explain_login(case, quotes.FIRST_HOST, "redirected the request", quotes.URL, "The fetch ended at")


def find_hop(case: Case) -> Cause | None:
    """Return that a redirect's own reply lacks what it needs, or that it led to a login page."""
    if not case.rule.startswith("allow-") or case.preflight or case.reply is None:
        return None
    if case.role == "request":
        if case.status in REDIRECT_STATUSES and not case.reply.located:
            return _explain_nowhere(case)
        return _find_page(case)
    if case.redirect is not None and case.redirect.kind == "login":
        how = f"answered {case.asked} with a redirect ({case.status})"
        return _explain_login(case, case.host, how, quotes.TARGET, "Location:")
    if case.rule != "allow-origin-missing":
        # It does speak of the origin: what is wrong with that is told as of any reply.
        return None
    evidence = [
        f"The redirect itself (status {case.status}) has no Access-Control-Allow-Origin; the browser checks each "
        "response on the way."
    ]
    kind = None if case.redirect is None else case.redirect.kind
    spelling = SPELLINGS.get(kind or "", "")
    if case.redirect is not None and case.traffic.find_standing(case.asker, case.redirect.server).replies:
        evidence.append(
            f"The target may be right: this origin is allowed on responses of {name_host(case.redirect.server)}."
        )
    return Cause(
        "redirect-without-cors",
        "The redirect itself lacks the CORS header",
        f"{case.host} answered {case.asked} with a redirect ({case.status}) to {quotes.TARGET}, and the redirect has "
        "no Access-Control-Allow-Origin. A redirect has to pass the CORS check like any other response. It does not, "
        "so the browser stops there and never requests the target.",
        f"In the page, request {quotes.TARGET} directly{spelling}: then nothing is redirected. Or send the CORS "
        "headers on the redirect too."
        if spelling
        else f"Send the CORS headers on the redirect too, or request {quotes.TARGET} directly from the page.",
        "server",
        tuple(evidence),
    )


def _find_page(case: Case) -> Cause | None:
    """Return that a script was redirected to a page, which is there to be opened and not to be read."""
    reply = case.reply
    if reply is None or not (case.redirected and reply.html) or case.status >= 400:
        return None
    if case.rule != "allow-origin-missing" or case.destination not in ("empty", "unknown"):
        return None
    if case.server == case.page_origin:
        return Cause(
            "redirect-to-page",
            "The request was redirected back to a page of the app instead of being answered",
            f"{quotes.FIRST_HOST} redirected the request to {quotes.URL}, a page of {clean(case.page_origin)} itself. "
            "Frameworks answer so to a form: when a field is not valid, or when a login or a token is missing. On the "
            "way back from another origin the browser sends Origin: null, and the page's own server has no CORS header "
            "for that.",
            "In the page's code, send Accept: application/json with the request: Laravel and others then answer with a "
            "status (422, 401) and data. Or let the server answer scripts so in any case, without a redirect.",
            "client",
            (f"The redirects: {quotes.HOPS}.", *describe_passed(case)),
            "likely",
            edits=False,
            needed="a status and data, without a redirect",
        )
    return Cause(
        "redirect-to-page",
        "The request was redirected to a page, which has to be opened and cannot be read by a script",
        f"{quotes.FIRST_HOST} redirected the request to {quotes.URL}, an HTML page of {case.host}. A payment, a form "
        "or a download begins so. A script can neither show that page nor read it, since it has no CORS header for the "
        "app.",
        f"Let {quotes.FIRST_HOST} answer with the URL as data instead of a redirect, and let the page go there: "
        "location.href = url. A form or a link, without fetch, can follow the redirect as it is.",
        "server",
        (f"The redirects: {quotes.HOPS}.", f"It is a page: {quotes.quote_line('content-type')}."),
        "likely",
        edits=False,
        needed="the URL as data, or a page that goes there itself",
    )


def _explain_nowhere(case: Case) -> Cause:
    return Cause(
        "redirect-without-location",
        f"A redirect without a target ({case.status} without Location)",
        f"{case.host} answered {case.asked} with status {case.status} and no Location. It leads nowhere, so the "
        "browser treats it as the response itself, which has no Access-Control-Allow-Origin.",
        "Send Location with the redirect, and the CORS headers too; or request the final URL from the page.",
        "server",
        tuple(describe_passed(case)),
    )


def _explain_login(case: Case, host: str, how: str, login: str, where: str) -> Cause:
    product = case.reply.product if case.reply is not None else None
    gate = product.product if product is not None and product.kind in ("login", "private") else None
    cure = f" {gate.cure}" if gate is not None else ""
    if PREFETCHED & {name.lower() for name in case.names}:
        cure += (
            " It is Next.js that fetched the page behind a link: the browser opens the link by itself all the same. "
            "prefetch={false} on the link stops the error."
        )
    return Cause(
        "redirect-to-login",
        "Redirected to a login page: the request has no session (not CORS)",
        f"{host} {how} to a login page ({login}), because the request has no session. A script cannot log in "
        "there, and the login page has no CORS header for the page. The real problem is the missing login.",
        f"Send the user to the login by a link or location.href = '{quotes.ENTRY}', not by fetch or XMLHttpRequest. "
        "Answer scripts without a session with 401 (and the CORS headers) instead of a redirect. If the user is logged "
        f"in, make sure that the cookie is sent: credentials: 'include'.{cure}",
        "client" if gate is None else gate.actor,
        (
            f"{where} {login}.",
            f"The redirects: {quotes.HOPS}.",
            *([describe_told_by(case, gate.name)] if gate is not None else []),
            *describe_passed(case),
        ),
        edits=False,
        needed="a link to the login page; for scripts, a status such as 401",
    )


def find_downgrade(case: Case) -> Cause | None:
    """Return that a secure page's request was redirected to http."""
    redirect = case.redirect
    if case.rule != "mixed-content" or redirect is None:
        return None
    why = "A page loaded over https may not load anything over http, and no CORS header changes that."
    action = f"Redirect to {quotes.SECURE_TARGET}."
    if redirect.same:
        why = (
            "The server does not know that it was reached over https, because a proxy in front of it ends TLS. So it "
            "writes http:// into the URL."
        )
        action = (
            "Let the proxy pass X-Forwarded-Proto, and let the server trust it. Or redirect to a path alone, without "
            "scheme and host."
        )
    slash = "The redirect adds a slash at the end: a request with the slash is not redirected."
    return Cause(
        "redirect-to-http",
        "Not CORS: an https request was redirected to http",
        f"{case.host} answered {case.asked} with a redirect to {quotes.TARGET}, which is http. {why}",
        action,
        "server",
        (f"Status {case.status}, Location: {quotes.TARGET}.", *([slash] if redirect.slash else [])),
        edits=False,
    )
