"""The preflight was turned down, or its answer was remembered from another time."""

from __future__ import annotations

from corsight.policies.fetch.origin import parse_url
from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.findings.case import Case, plural, short
from corsight.policies.findings.causes.plain import NEVER_SENT
from corsight.policies.findings.model import Actor, Cause, shown
from corsight.policies.findings.replies import maker_of, redirect_kind

BARE = "A preflight is an OPTIONS request without cookies and without Authorization"


def redirected(case: Case) -> Cause | None:
    """The preflight was redirected, and browsers follow none."""
    response = case.response
    if not case.preflight or response is None or response.status not in REDIRECT_STATUSES:
        return None
    location = response.headers.get("location")
    kind = redirect_kind(case.exchange.request.url, location)
    if location is None or kind is None:
        return None
    to = shown((parse_url(location, case.exchange.request.url) or location).partition("?")[0], 120)
    what = f"{case.host} answered the preflight for {case.asked} with a redirect ({case.status}) to {to}"
    never = f"Browsers follow no redirect for a preflight. {NEVER_SENT}"
    seen = (f"Status {case.status}, Location: {to}.",)
    if kind == "login":
        return Cause(
            "preflight-redirected-to-login",
            "The preflight was sent to a login page",
            f"{what}, a login page. {BARE}, so to the server it looks like somebody who is not logged in. {never}",
            "Let OPTIONS pass before authentication, and answer requests of scripts that are not logged in with 401 "
            "instead of a redirect.",
            "server",
            seen,
        )
    if kind == "slash":
        return Cause(
            "preflight-redirected-to-slash",
            "The preflight was redirected for a slash at the end of the URL",
            f"{what}: the same URL but for the final slash. {never}",
            f"Let the page ask {to}, exactly as the server spells it, or switch the server's slash redirect off.",
            "client",
            seen,
        )
    if kind == "https":
        return Cause(
            "preflight-redirected-to-https",
            "The preflight was redirected from http to https",
            f"{what}: the page asks with http, and the server wants https. {never}",
            "Let the page ask with https:// in the URL.",
            "client",
            seen,
        )
    action = f"Let the page ask {to}, or answer OPTIONS without redirecting."
    actor: Actor = "server" if kind == "http" else "client"
    if kind == "http":
        action = (
            "Answer OPTIONS without redirecting. The server takes the request for http: tell it of TLS in front of it "
            "(X-Forwarded-Proto)."
        )
    return Cause("preflight-redirected", "The preflight was redirected", f"{what}. {never}", action, actor, seen)


def refused(case: Case) -> Cause | None:
    """The preflight was answered with an error, or by something that knows nothing of CORS."""
    response = case.response
    if not case.preflight or response is None:
        return None
    if 200 <= response.status < 300:
        return _answered_without_cors(case)
    if response.status in REDIRECT_STATUSES:
        return None
    what = f"{case.host} answered the preflight for {case.asked} with status {response.status}"
    maker = maker_of(response)
    evidence: list[str] = []
    if maker is not None:
        evidence.append(f"The reply comes from {maker.name} ({maker.told_by}).")
    if case.standing.replies:
        evidence.append(
            f"This origin passed on {plural(case.standing.replies, 'reply', 'replies')} of {case.host} that needed no "
            "preflight, or passed it: the origin is allowed, OPTIONS is the problem."
        )
    get = response.headers.get
    unknown_method = (get("x-amzn-errortype") or "").lower().startswith("missingauthenticationtoken")
    if response.status in (401, 407) or (response.status == 403 and not unknown_method):
        vary = (get("vary") or "").lower()
        if response.status == 403 and "access-control-request-method" in vary:
            return Cause(
                "preflight-refused-by-cors-layer",
                "The server's own CORS layer refused the preflight",
                f"{what}, and Vary names {shown(get('vary') or '', 100)}: that is how a CORS layer (Spring's, for one) "
                f"answers an origin, a method or a header that is not on its list. {NEVER_SENT}",
                f"Add the origin {case.page}, the method {shown(case.facts.method, 40)} and the headers asked for to "
                "the CORS configuration.",
                "server",
                tuple(evidence),
                "likely",
            )
        challenge = get("www-authenticate")
        if challenge is not None:
            evidence.append(f"It asks for a login: WWW-Authenticate: {shown(challenge, 100)}.")
        told = response.status != 403 or challenge is not None
        return Cause(
            "preflight-needs-authentication",
            "The preflight was refused by authentication"
            if told
            else "The preflight was refused (403), most likely by a login or a firewall",
            f"{what}. {BARE}: the browser never sends them there, so a server that asks for a login before it answers "
            f"OPTIONS turns every page away. {NEVER_SENT}",
            "Answer OPTIONS before authentication: put the CORS middleware first, or exempt OPTIONS from the login.",
            "proxy" if maker is not None and maker.gateway else "server",
            tuple(evidence),
            "certain" if told else "likely",
        )
    if response.status in (404, 405, 501) or unknown_method:
        allow = get("allow")
        if allow is not None:
            evidence.append(f"The router knows these methods: Allow: {shown(allow, 100)}.")
        return Cause(
            "preflight-not-routed",
            "No route for OPTIONS: the router refused the preflight",
            f"{what}: its router knows no OPTIONS for this path, and answers before any CORS code does. {NEVER_SENT}",
            "Let the CORS middleware answer OPTIONS before the router, or add a route for OPTIONS "
            f"{case.asked.partition(' ')[2]}.",
            "proxy" if maker is not None and maker.gateway else "server",
            tuple(evidence),
        )
    return Cause(
        "preflight-failed",
        f"The preflight ended in an error ({response.status})",
        f"{what}. The server treated OPTIONS as if it were the request itself, which it is not: it has no body, no "
        f"cookies and no token. {NEVER_SENT}",
        "Answer OPTIONS in the CORS middleware, before the application's own code runs.",
        "proxy" if maker is not None and maker.gateway else "server",
        tuple(evidence),
    )


def _answered_without_cors(case: Case) -> Cause | None:
    """A success that says nothing of CORS: the framework's automatic OPTIONS."""
    allow = case.header("allow")
    response = case.response
    assert response is not None
    if case.rule != "allow-origin-missing" or any(
        name.startswith("access-control-") for name in response.headers.names()
    ):
        return None
    if allow is None and not case.standing.replies and not case.standing.preflights:
        return None
    evidence = [
        f"The answer has no Access-Control header at all{'' if allow is None else f', but Allow: {shown(allow, 100)}'}."
    ]
    if case.standing.replies:
        evidence.append(f"This origin passed on {plural(case.standing.replies, 'reply', 'replies')} of {case.host}.")
    return Cause(
        "preflight-answered-without-cors",
        "Something other than the CORS code answered the preflight",
        f"{case.host} answered the preflight for {case.asked} with status {case.status} and no CORS header. Many "
        f"frameworks answer OPTIONS by themselves, with the methods they know, before CORS code runs. {NEVER_SENT}",
        "Put the CORS middleware before the router, and let it handle OPTIONS for this path.",
        "server",
        tuple(evidence),
    )


def remembered(case: Case) -> Cause | None:
    """The request went by a preflight that was answered earlier, and the server has changed its mind since."""
    known = case.entry.evidence.get("preflight")
    if case.facts.role != "request" or known is None or known.value != "cached" or case.status >= 400:
        return None
    asked_before = case.traffic.preflights(case.exchange.request.url)
    earlier = next((one for one in asked_before if f"exchange {one.id}" in known.because), None)
    if not case.rule.startswith("allow-origin-") or earlier is None or earlier.allow_origin == case.allow_origin:
        return None
    before = shown(earlier.allow_origin or "(none)", 100)
    lasts = f", for {earlier.max_age[:9]} seconds" if (earlier.max_age or "").isdigit() and earlier.max_age else ""
    evidence = [
        f"No preflight was sent: it was {shown(known.because, 160)}.",
        f"That preflight (exchange {short(earlier.id)}) said Access-Control-Allow-Origin: {before}{lasts}.",
    ]
    now = (
        "no Access-Control-Allow-Origin"
        if case.allow_origin is None
        else f"Access-Control-Allow-Origin: {shown(case.allow_origin, 100)}"
    )
    return Cause(
        "preflight-remembered",
        "The preflight's answer was remembered, and the server answers differently now",
        f"The browser asked nothing before {case.asked}: it remembered the leave that {case.host} gave to {before} in "
        f"an earlier preflight. The reply itself now has {now}: the preflight and the reply follow different policies.",
        "Answer preflights and requests by one policy, and lower Access-Control-Max-Age while it changes. To test a "
        "new policy, clear the browser's cache or open a new private window.",
        "server",
        tuple(evidence),
    )
