"""A redirect on the way: it is checked like any reply, and what it leads to as well."""

from __future__ import annotations

from corsight.policies.fetch.origin import origin_of, parse_url
from corsight.policies.findings.case import Case, host_of, plural
from corsight.policies.findings.model import Cause, shown
from corsight.policies.findings.replies import is_login, redirect_kind


def hop(case: Case) -> Cause | None:
    """The redirect's own reply lacks what it needs, or it led to a login page."""
    if not case.rule.startswith("allow-") or case.preflight or case.response is None:
        return None
    url = case.exchange.request.url
    if case.facts.role == "request":
        if (
            case.facts.chain
            and case.rule == "allow-origin-missing"
            and is_login(url)
            and not is_login(case.facts.chain[0])
        ):
            return _login(case, host_of(case.facts.chain[0]), shown(url.partition("?")[0], 120), "led there")
        return None
    if case.facts.role != "redirect":
        return None
    location = case.response.headers.get("location") or ""
    target = shown((parse_url(location, url) or location).partition("?")[0], 120)
    if redirect_kind(url, location) == "login":
        return _login(case, case.host, target, f"answered {case.asked} with status {case.status} and a redirect there")
    if case.rule != "allow-origin-missing":
        # It does speak of the origin: what is wrong with that is told as of any reply.
        return None
    said = "no Access-Control-Allow-Origin"
    evidence = [f"The redirect itself (status {case.status}) has {said}; the browser looks at each reply on the way."]
    there = case.traffic.standing(case.origin, origin_of(parse_url(location, url) or ""))
    if there.replies:
        evidence.append(
            f"The target is not at fault: this origin passed on {plural(there.replies, 'reply', 'replies')} of "
            f"{host_of(target)}."
        )
    return Cause(
        "redirect-without-cors",
        "The redirect itself lacks the CORS header",
        f"{case.host} answered {case.asked} with a redirect ({case.status}) to {target}, and that reply has {said}. A "
        "redirect is a reply like any other: without leave for the page's origin the browser stops there and never "
        "asks the target.",
        f"Send the CORS headers on the redirect too, or let the page ask {target} directly.",
        "server",
        tuple(evidence),
    )


def _login(case: Case, host: str, login: str, how: str) -> Cause:
    evidence = [f"Location: {login}."] if case.facts.role == "redirect" else [f"The fetch ended at {login}."]
    if case.standing.replies:
        evidence.append(f"This origin passed on {plural(case.standing.replies, 'reply', 'replies')} of {case.host}.")
    return Cause(
        "redirect-to-login",
        "The request was redirected to a login page: the session is missing, not CORS",
        f"{host} takes the request for one without a login: it {how} ({login}). A script cannot log in there, and the "
        "redirect has no CORS header for the page, so the browser reports CORS; the real problem is the missing login.",
        "Answer requests of scripts with 401 (and the CORS headers) instead of a redirect, and let the page send the "
        "user to the login. If the user is logged in, see that the cookie is sent: credentials: 'include'.",
        "server",
        tuple(evidence),
        edits=False,
        needed="an answer of its own, such as 401, in place of a login page",
    )


def to_http(case: Case) -> Cause | None:
    """A secure page's request was redirected to http."""
    if case.rule != "mixed-content" or case.response is None:
        return None
    url, location = case.exchange.request.url, case.response.headers.get("location") or ""
    target = parse_url(location, url) or location
    here, there = url.partition("?")[0], target.partition("?")[0]
    rest, other = here.partition("://")[2], there.partition("://")[2]
    same = rest.rstrip("/") == other.rstrip("/")
    evidence = [f"Status {case.status}, Location: {shown(there, 120)}."]
    if same:
        why = (
            "The server does not know that it is reached over https: something in front of it ends TLS, and it builds "
            "the URL with http."
        )
        action = "Tell the server of the TLS in front of it (X-Forwarded-Proto), or let it redirect to a path alone."
    else:
        why = "A page loaded over https may load nothing over http, and no CORS header changes that."
        action = f"Redirect to https://{shown(other, 100)}."
    if rest.rpartition("/")[2] and other.endswith("/") and not rest.endswith("/"):
        evidence.append("The redirect adds a slash at the end: a page that asks with the slash is not redirected.")
    return Cause(
        "redirect-to-http",
        "Not CORS: an https request was redirected to http",
        f"{case.host} answered {case.asked} with a redirect to {shown(there, 120)}, which is not secure. {why}",
        action,
        "server",
        tuple(evidence),
        edits=False,
    )
