"""The preflight was turned down, or its answer was remembered from another time."""

from __future__ import annotations

from corsight.policies.actor import Actor
from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.errors import MEANINGS
from corsight.policies.findings.causes.phrases import (
    NEVER_SENT,
    describe_maker,
    describe_passed,
    describe_reason,
    describe_spelling,
    describe_told_by,
)
from corsight.policies.findings.makers import GONE
from corsight.policies.findings.model import Cause
from corsight.policies.findings.replies import Reply
from corsight.policies.findings.words import clean, name_header

BARE = "A preflight is an OPTIONS request without cookies and without Authorization"


def find_redirected(case: Case) -> Cause | None:
    """Return where the preflight was redirected to: browsers follow no redirect for it."""
    reply = case.reply
    if not case.preflight or reply is None or case.status not in REDIRECT_STATUSES:
        return None
    if reply.by_browser:
        return explain_by_browser(case)
    redirect, to = case.redirect, quotes.TARGET
    if redirect is None:
        return _explain_nowhere(case) if not reply.located else None
    kind = redirect.kind
    actor: Actor = "client"
    code, title, what = "preflight-redirected", "The preflight was redirected", ""
    action = f"In the page, request {to}, or answer OPTIONS without redirecting."
    if kind == "login":
        code, title, actor = "preflight-redirected-to-login", "The preflight was sent to a login page", "server"
        what = f", a login page. {BARE}, so the server treats it like a user who is not logged in"
        action = (
            "Answer OPTIONS before authentication, and answer scripts that are not logged in with 401 instead of a "
            "redirect."
        )
        if reply.product is not None and reply.product.kind in ("login", "private"):
            action, actor = reply.product.product.cure, reply.product.product.actor
    elif kind == "slash":
        code, title = "preflight-redirected-to-slash", f"{title} because of a slash at the end of the URL"
        what = ": the same URL except for the final slash"
        action = f"In the page, request {to}, exactly as the server spells it, or switch off its slash redirect."
    elif kind == "slashes":
        title = f"{title} because of two slashes in a row in the URL"
        what = ": the same URL with one slash instead of two"
        action = (
            f"In the page, request {to}. Mostly a base URL that ends in a slash is joined with a path that begins with "
            "one: remove one of the two."
        )
    elif kind == "https":
        code, title = "preflight-redirected-to-https", f"{title} from http to https"
        what = ": the page used http, and the server wants https"
        action = "In the page, use https:// in the URL."
    elif kind == "http":
        actor = "server"
        action = (
            "Answer OPTIONS without redirecting. The server does not know that it was reached over https: pass "
            "X-Forwarded-Proto to it from the proxy in front."
        )
    return Cause(
        code,
        title,
        f"{case.host} answered the preflight for {case.asked} with a redirect ({case.status}) to {to}{what}. Browsers "
        "do not follow a redirect of a preflight, so the browser never sent the request itself.",
        action,
        actor,
        (f"Status {case.status}, Location: {to}.", *describe_reason(case)),
        needed="a response to OPTIONS with a status from 200 to 299, at the URL that the page requests",
    )


def explain_by_browser(case: Case) -> Cause:
    """Return that the browser itself went on to https, since the host once asked for that."""
    return Cause(
        "redirected-by-browser",
        "The browser itself redirected to https (HSTS), and a preflight may not be redirected",
        f"The request never reached {case.host}. The host once sent Strict-Transport-Security, so the browser "
        "redirects its http URLs to https by itself (307 Internal Redirect). Browsers do not follow a redirect of a "
        "preflight.",
        "In the page, use https:// in the URL. If http should work again, as on localhost, let the browser forget the "
        "host (chrome://net-internals/#hsts), and stop sending Strict-Transport-Security.",
        "client",
        (f"The redirect was made by the browser: {quotes.quote_line('non-authoritative-reason')}.",),
        needed="a request to the https URL",
    )


def _explain_nowhere(case: Case) -> Cause:
    return Cause(
        "redirect-without-location",
        f"A redirect without a target ({case.status} without Location)",
        f"{case.host} answered the preflight for {case.asked} with status {case.status} and no Location. Browsers do "
        "not follow a redirect of a preflight, and this one leads nowhere. So the request itself was never sent.",
        "Answer OPTIONS with 204 and the CORS headers before the code that redirects; and let that code send Location.",
        "server",
        tuple(describe_reason(case)),
    )


def find_refused(case: Case) -> Cause | None:
    """Return what refused the preflight: a login, a router, or something that knows nothing of CORS."""
    reply = case.reply
    if not case.preflight or reply is None or reply.status in REDIRECT_STATUSES:
        return None
    if 200 <= reply.status < 300:
        return _find_ignorant(case)
    what = f"{case.host} answered the preflight for {case.asked} with status {reply.status}"
    maker = reply.maker
    evidence = [f"The response comes from {maker.name} ({describe_maker(case, maker)})."] if maker is not None else []
    evidence += describe_passed(case, " that needed no preflight, or passed it: OPTIONS is the problem.")
    evidence += [*describe_spelling(case), *describe_reason(case)]
    actor: Actor = "proxy" if maker is not None and maker.gateway else "server"
    if reply.status in (404, 405, 501) or (reply.unknown_to_gateway and reply.status not in (401, 407)):
        return Cause(
            "preflight-not-routed",
            "No route for OPTIONS: the router refused the preflight",
            f"{what}: its router has no route for OPTIONS at this path, and answers before any CORS code does. "
            f"{NEVER_SENT}",
            f"Let the CORS middleware answer OPTIONS before the router, or add a route for OPTIONS {quotes.PATH}."
            + _say_of_layer(case, reply)
            + _say_if_foreign(case),
            actor,
            (*evidence, f"The router knows these methods: Allow: {quotes.ALLOW}."),
        )
    if reply.status in (401, 403, 407):
        return _explain_login(case, what, actor, tuple(evidence))
    if reply.status in GONE:
        return Cause(
            "preflight-failed",
            f"The real problem is the {reply.status}: {MEANINGS[reply.status]}",
            f"{what}. This did not come from the application: it is not running, failed when it started, or was too "
            "slow, so every request fails. The browser reports a CORS error because the response has no CORS headers. "
            f"{NEVER_SENT}",
            "Check that the application is running: look into its log, and into the log of the gateway in front of it.",
            "server",
            tuple(evidence),
            edits=False,
            needed="the application's own response to OPTIONS",
        )
    forced = not case.names and is_cors_safelisted_method(case.method)
    without = " Or remove the upload listener: then no preflight is sent." if forced else ""
    certificate = ""
    if reply.status == 400 and reply.nginx:
        certificate = (
            " nginx answers so as well where it asks for a client certificate: Firefox and Safari send none with a "
            "preflight."
        )
        without += " If nginx asks for client certificates, let OPTIONS pass without (ssl_verify_client optional)."
    return Cause(
        "preflight-failed",
        f"The preflight ended in an error ({reply.status})",
        f"{what}. Often the application handles OPTIONS like the request itself, and fails because OPTIONS has no "
        f"body, no cookies and no token.{certificate} {NEVER_SENT}",
        f"Answer OPTIONS in the CORS middleware, before the application's own code runs.{without}",
        actor,
        tuple(evidence),
    )


def _say_of_layer(case: Case, reply: Reply) -> str:
    """Return what to look at where the reply was made with a look at the origin; nothing where it was not."""
    if not reply.varies_by_origin or reply.allow_origin:
        return ""
    return (
        " Vary: Origin shows that CORS middleware is there and let the preflight go on to the router, so what it asks "
        f"for is not all in its rules: compare its CORS configuration with the origin {case.page}, the path, the "
        "method and the headers."
    )


def _say_if_foreign(case: Case) -> str:
    """Return what to do where the server belongs to others; nothing where it has allowed pages."""
    if case.habits.allow_origins:
        return ""
    return f" If {case.host} is not yours, it may not be meant for pages: then send the request from your own server."


def _explain_login(case: Case, what: str, actor: Actor, evidence: tuple[str, ...]) -> Cause:
    reply = case.reply
    product = reply.product.product if reply is not None and reply.product is not None else None
    login = product if product is not None and product.kind == "login" else None
    told = reply is not None and (reply.status != 403 or reply.asks_for_login or login is not None)
    action = "Answer OPTIONS before authentication: put the CORS middleware first, or exempt OPTIONS from the login."
    other = ""
    if not told:
        other = " Some servers also answer 403 if the origin is not on their list of allowed origins."
        whose = "the page's origin" if case.page == "null" else case.page
        action = f"If the server has a list of allowed origins, add {whose} to it. If it has none: {action}"
    if login is not None:
        action, actor = login.cure, login.actor
        evidence = (*evidence, describe_told_by(case, login.name))
    by = "authentication" if login is None else login.name
    return Cause(
        "preflight-needs-authentication",
        f"The preflight was refused by {by}"
        if told
        else "The preflight was refused (403) by a list of allowed origins, a login or a firewall",
        f"{what}. {BARE}, so a server that requires a login before it answers OPTIONS refuses every preflight.{other} "
        f"{NEVER_SENT}",
        action,
        actor,
        (*evidence, f"It asks for a login: WWW-Authenticate: {quotes.CHALLENGE}."),
        "certain" if told else "likely",
    )


def _find_ignorant(case: Case) -> Cause | None:
    """Return that a success says nothing of CORS: the framework's automatic OPTIONS."""
    reply = case.reply
    if case.rule != "allow-origin-missing" or reply is None or reply.speaks_cors:
        return None
    if not reply.lists_methods and not case.passed and not case.standing.preflights:
        return None
    allow = f", but Allow: {quotes.ALLOW}" if reply.lists_methods else ""
    return Cause(
        "preflight-answered-without-cors",
        "Something other than the CORS middleware answered the preflight",
        f"{case.host} answered the preflight for {case.asked} with status {case.status} and no CORS header. Many "
        "frameworks answer OPTIONS by themselves, with a list of their methods, before the CORS middleware runs. "
        f"{NEVER_SENT}",
        "Put the CORS middleware before the router, and let it handle OPTIONS for this path.",
        "server",
        (
            f"The answer has no Access-Control header at all{allow}.",
            *describe_passed(case),
            *describe_spelling(case),
            *describe_reason(case),
        ),
    )


def find_remembered(case: Case) -> Cause | None:
    """Return that the request went by an earlier preflight, and the server answers differently since."""
    earlier, value = case.remembered, case.allow_origin
    if case.role != "request" or earlier is None or case.status >= 400:
        return None
    if not case.rule.startswith("allow-origin-") or earlier.allow_origin == value:
        return None
    before = clean(earlier.allow_origin or "(none)", 100)
    age = earlier.max_age or ""
    lasts = f", for {age[:9]} seconds" if age.isdecimal() else ""
    return Cause(
        "preflight-remembered",
        "The browser used a cached preflight, and the server answers differently now",
        f"The browser sent no preflight before {case.asked}: it used the cached response to an earlier one, in which "
        f"{case.host} allowed {before}. The response itself now has "
        f"{name_header('Access-Control-Allow-Origin', value, 100)}, so the two do not agree.",
        "Use the same CORS settings for preflights and requests, and lower Access-Control-Max-Age while they change. "
        "To test new settings, clear the browser's cache or open a new private window.",
        "server",
        (
            f"No preflight was sent: it was {quotes.WHY_PREFLIGHT}.",
            f"That preflight (exchange {quotes.REMEMBERED}) said Access-Control-Allow-Origin: {before}{lasts}.",
        ),
    )
