"""A redirect on the way: it is checked like any reply, and what it leads to as well."""

from __future__ import annotations

from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import describe_passed, describe_told_by
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import count, name_host


def find_hop(case: Case) -> Cause | None:
    """Return that a redirect's own reply lacks what it needs, or that it led to a login page."""
    if not case.rule.startswith("allow-") or case.preflight or case.reply is None:
        return None
    if case.role == "request":
        if case.led_to_login:
            return _explain_login(case, quotes.FIRST_HOST, "led there", quotes.URL, "The fetch ended at")
        if case.status in REDIRECT_STATUSES and not case.reply.located:
            return _explain_nowhere(case)
        return None
    if case.redirect is not None and case.redirect.kind == "login":
        how = f"answered {case.asked} with status {case.status} and a redirect there"
        return _explain_login(case, case.host, how, quotes.TARGET, "Location:")
    if case.rule != "allow-origin-missing":
        # It does speak of the origin: what is wrong with that is told as of any reply.
        return None
    evidence = [
        f"The redirect itself (status {case.status}) has no Access-Control-Allow-Origin; the browser looks at each "
        "reply on the way."
    ]
    if case.redirect is not None:
        passed = case.traffic.find_standing(case.asker, case.redirect.server).replies
        if passed:
            evidence.append(
                f"The target is not at fault: this origin is allowed on {count(passed, 'reply', 'replies')} of "
                f"{name_host(case.redirect.server)}."
            )
    return Cause(
        "redirect-without-cors",
        "The redirect itself lacks the CORS header",
        f"{case.host} answered {case.asked} with a redirect ({case.status}) to {quotes.TARGET}, and that reply has no "
        "Access-Control-Allow-Origin. A redirect is a reply like any other: without leave for the page's origin the "
        "browser stops there and never asks the target.",
        f"Send the CORS headers on the redirect too, or let the page ask {quotes.TARGET} directly.",
        "server",
        tuple(evidence),
    )


def _explain_nowhere(case: Case) -> Cause:
    return Cause(
        "redirect-without-location",
        f"A redirect that says not where to ({case.status} without Location)",
        f"{case.host} answered {case.asked} with status {case.status} and no Location: it leads nowhere, so the "
        "browser takes it for the reply itself, and that has no Access-Control-Allow-Origin.",
        "Let what redirects name its target in Location, with the CORS headers on the redirect too; or let the page "
        "ask the final URL.",
        "server",
        tuple(describe_passed(case)),
    )


def _explain_login(case: Case, host: str, how: str, login: str, where: str) -> Cause:
    product = case.reply.product if case.reply is not None else None
    gate = product.product if product is not None and product.kind in ("login", "private") else None
    cure = f" {gate.cure}" if gate is not None else ""
    return Cause(
        "redirect-to-login",
        "The request was redirected to a login page: the session is missing, not CORS",
        f"{host} {how} ({login}), a login page, since it sees no session. A login is a navigation, not a "
        "fetch: a script can neither show that page nor log in there, and it has no CORS header for the page. The real "
        "problem is the missing login.",
        f"Let the page send its user to the login, by a link or location.href = '{quotes.ENTRY}', instead of asking "
        "for it with fetch or XMLHttpRequest. Answer scripts without a session with 401 (and the CORS headers) instead "
        f"of a redirect; if the user is logged in, see that the cookie is sent: credentials: 'include'.{cure}",
        "client" if gate is None else gate.actor,
        (
            f"{where} {login}.",
            f"The way it went: {quotes.HOPS}.",
            *([describe_told_by(case, gate.name)] if gate is not None else []),
            *describe_passed(case),
        ),
        edits=False,
        needed="a navigation to the login, and for scripts an answer of its own, such as 401",
    )


def find_downgrade(case: Case) -> Cause | None:
    """Return that a secure page's request was redirected to http."""
    redirect = case.redirect
    if case.rule != "mixed-content" or redirect is None:
        return None
    why = "A page loaded over https may load nothing over http, and no CORS header changes that."
    action = f"Redirect to {quotes.SECURE_TARGET}."
    if redirect.same:
        why = (
            "The server does not know that it is reached over https: something in front of it ends TLS, and it builds "
            "the URL with http."
        )
        action = "Tell the server of the TLS in front of it (X-Forwarded-Proto), or let it redirect to a path alone."
    slash = "The redirect adds a slash at the end: a page that asks with the slash is not redirected."
    return Cause(
        "redirect-to-http",
        "Not CORS: an https request was redirected to http",
        f"{case.host} answered {case.asked} with a redirect to {quotes.TARGET}, which is not secure. {why}",
        action,
        "server",
        (f"Status {case.status}, Location: {quotes.TARGET}.", *([slash] if redirect.slash else [])),
        edits=False,
    )
