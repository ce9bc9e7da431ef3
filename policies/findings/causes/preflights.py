"""The preflight was turned down, or its answer was remembered from another time."""

from __future__ import annotations

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
from corsight.policies.findings.model import Actor, Cause
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
    action = f"Let the page ask {to}, or answer OPTIONS without redirecting."
    if kind == "login":
        code, title, actor = "preflight-redirected-to-login", "The preflight was sent to a login page", "server"
        what = f", a login page. {BARE}, so to the server it looks like somebody who is not logged in"
        action = (
            "Let OPTIONS pass before authentication, and answer requests of scripts that are not logged in with 401 "
            "instead of a redirect."
        )
        if reply.product is not None and reply.product.kind in ("login", "private"):
            action, actor = reply.product.product.cure, reply.product.product.actor
    elif kind == "slash":
        code, title = "preflight-redirected-to-slash", f"{title} for a slash at the end of the URL"
        what = ": the same URL but for the final slash"
        action = f"Let the page ask {to}, exactly as the server spells it, or switch the server's slash redirect off."
    elif kind == "https":
        code, title = "preflight-redirected-to-https", f"{title} from http to https"
        what = ": the page asks with http, and the server wants https"
        action = "Let the page ask with https:// in the URL."
    elif kind == "http":
        actor = "server"
        action = (
            "Answer OPTIONS without redirecting. The server takes the request for http: tell it of TLS in front of it "
            "(X-Forwarded-Proto)."
        )
    return Cause(
        code,
        title,
        f"{case.host} answered the preflight for {case.asked} with a redirect ({case.status}) to {to}{what}. Browsers "
        f"follow no redirect for a preflight. {NEVER_SENT}",
        action,
        actor,
        (f"Status {case.status}, Location: {to}.", *describe_reason(case)),
        needed="an answer to OPTIONS with a status from 200 to 299, at the URL that the page asks",
    )


def explain_by_browser(case: Case) -> Cause:
    """Return that the browser itself went on to https, since the host once asked for that."""
    return Cause(
        "redirected-by-browser",
        "The browser itself redirected to https (HSTS), and a preflight may not be redirected",
        f"{case.host} was never asked: it once sent Strict-Transport-Security, so the browser answers http URLs of "
        "that host with a redirect of its own (307 Internal Redirect). Browsers follow no redirect for a preflight.",
        "Let the page ask with https:// in the URL. Where the host is to be asked with http again, as localhost is, "
        "let the browser forget it (chrome://net-internals/#hsts), and send Strict-Transport-Security no more.",
        "client",
        (f"The redirect says that the browser made it: {quotes.quote_line('non-authoritative-reason')}.",),
        needed="the https URL, asked at once",
    )


def _explain_nowhere(case: Case) -> Cause:
    return Cause(
        "redirect-without-location",
        f"A redirect that says not where to ({case.status} without Location)",
        f"{case.host} answered the preflight for {case.asked} with status {case.status} and no Location. Browsers "
        f"follow no redirect for a preflight, and this one leads nowhere. {NEVER_SENT}",
        "Answer OPTIONS with 204 and the CORS headers before whatever redirects; and let that name its target.",
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
    evidence = [f"The reply comes from {maker.name} ({describe_maker(case, maker)})."] if maker is not None else []
    evidence += describe_passed(case, " that needed no preflight, or passed it: OPTIONS is the problem.")
    evidence += [*describe_spelling(case), *describe_reason(case)]
    actor: Actor = "proxy" if maker is not None and maker.gateway else "server"
    if reply.status in (404, 405, 501) or (reply.unknown_to_gateway and reply.status not in (401, 407)):
        return Cause(
            "preflight-not-routed",
            "No route for OPTIONS: the router refused the preflight",
            f"{what}: its router knows no OPTIONS for this path, and answers before any CORS code does. {NEVER_SENT}",
            f"Let the CORS middleware answer OPTIONS before the router, or add a route for OPTIONS {quotes.PATH}.",
            actor,
            (*evidence, f"The router knows these methods: Allow: {quotes.ALLOW}."),
        )
    if reply.status in (401, 403, 407):
        return _explain_login(case, what, actor, tuple(evidence))
    if reply.status in GONE:
        return Cause(
            "preflight-failed",
            f"The real problem is the {reply.status}: {MEANINGS[reply.status]}",
            f"{what}. That is no answer of the application: it does not run, failed as it started or was too slow, and "
            f"all requests end so. The browser speaks of CORS since nothing else is there. {NEVER_SENT}",
            "See that the application runs: look into its log, and into that of what stands before it.",
            "server",
            tuple(evidence),
            edits=False,
            needed="the application's own answer to OPTIONS",
        )
    forced = not case.names and is_cors_safelisted_method(case.method)
    without = " Or take the upload listener off: then nothing is asked first." if forced else ""
    return Cause(
        "preflight-failed",
        f"The preflight ended in an error ({reply.status})",
        f"{what}. Often OPTIONS is taken for the request itself then, which it is not: it has no body, no cookies and "
        f"no token. {NEVER_SENT}",
        f"Answer OPTIONS in the CORS middleware, before the application's own code runs.{without}",
        actor,
        tuple(evidence),
    )


def _explain_login(case: Case, what: str, actor: Actor, evidence: tuple[str, ...]) -> Cause:
    reply = case.reply
    product = reply.product.product if reply is not None and reply.product is not None else None
    login = product if product is not None and product.kind == "login" else None
    told = reply is not None and (reply.status != 403 or reply.asks_for_login or login is not None)
    action = "Answer OPTIONS before authentication: put the CORS middleware first, or exempt OPTIONS from the login."
    other = ""
    if not told:
        other = " Some servers answer 403 as well where the origin is not on their list of allowed ones."
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
        else "The preflight was refused (403): by a list of origins, a login or a firewall",
        f"{what}. {BARE}: the browser never sends them there, so a server that asks for a login before it answers "
        f"OPTIONS turns every page away.{other} {NEVER_SENT}",
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
        "Something other than the CORS code answered the preflight",
        f"{case.host} answered the preflight for {case.asked} with status {case.status} and no CORS header. Many "
        f"frameworks answer OPTIONS by themselves, with the methods they know, before CORS code runs. {NEVER_SENT}",
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
        "The preflight's answer was remembered, and the server answers differently now",
        f"The browser asked nothing before {case.asked}: it remembered the leave that {case.host} gave to {before} in "
        f"an earlier preflight. The reply itself now has {name_header('Access-Control-Allow-Origin', value, 100)}: the "
        "preflight and the reply follow different policies.",
        "Answer preflights and requests by one policy, and lower Access-Control-Max-Age while it changes. To test a "
        "new policy, clear the browser's cache or open a new private window.",
        "server",
        (
            f"No preflight was sent: it was {quotes.WHY_PREFLIGHT}.",
            f"That preflight (exchange {quotes.REMEMBERED}) said Access-Control-Allow-Origin: {before}{lasts}.",
        ),
    )
