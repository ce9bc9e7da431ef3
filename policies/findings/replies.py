"""What a reply's own headers tell of who made it, whether a cache kept it, and where a redirect leads."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from corsight.policies.exchange import Response
from corsight.policies.fetch.origin import origin_of, parse_url, split_origin
from corsight.policies.findings.model import shown

LOGIN = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|sso|auth|oauth2?|authorize|saml2?|cas|adfs|session/new|accounts?/login|"
    r"keycloak|okta|auth0|onelogin|microsoftonline|idp|identity)(?:[/._?-]|$)",
    re.IGNORECASE,
)

RedirectKind = Literal["login", "https", "http", "slash", "host", "elsewhere"]


class Maker(NamedTuple):
    """What answered in place of the application: its name in words, whether it is a gateway, and what tells."""

    name: str
    told_by: str
    gateway: bool


_BY_HEADER: tuple[tuple[str, str | None, str], ...] = (
    ("x-amzn-errortype", None, "AWS API Gateway"),
    ("x-amz-cf-id", "error from cloudfront", "CloudFront"),
    ("cf-mitigated", None, "Cloudflare"),
    ("x-kong-response-latency", None, "Kong"),
    ("x-envoy-response-flags", None, "Envoy"),
)
"""Headers of replies that a gateway made itself: their names, a text that X-Cache has to hold, and the gateway."""

_PASSING: tuple[tuple[str, str], ...] = (
    ("x-azure-ref", "Azure Front Door"),
    ("x-sucuri-id", "the Sucuri firewall"),
    ("x-iinfo", "the Imperva firewall"),
)
"""Headers that a gateway puts on every reply, also on those that it only passes on."""

_BY_SERVER: tuple[tuple[str, str], ...] = (
    ("awselb", "the AWS load balancer"),
    ("cloudfront", "CloudFront"),
    ("cloudflare", "Cloudflare"),
    ("akamaighost", "Akamai"),
    ("varnish", "Varnish"),
    ("envoy", "Envoy"),
    ("istio-envoy", "Envoy"),
    ("kong", "Kong"),
    ("bigip", "the F5 load balancer"),
    ("haproxy", "HAProxy"),
    ("openresty", "nginx"),
    ("nginx", "nginx"),
    ("microsoft-azure-application-gateway", "the Azure application gateway"),
    ("google frontend", "Google's front end"),
    ("squid", "Squid"),
    ("traefik", "Traefik"),
    ("caddy", "Caddy"),
    ("apache", "Apache"),
    ("mitmproxy", "mitmproxy"),
)

ALWAYS_GATEWAYS = frozenset(
    {
        "the AWS load balancer",
        "CloudFront",
        "Akamai",
        "Varnish",
        "the F5 load balancer",
        "the Azure application gateway",
        "Squid",
    }
)
"""Those whose name in Server is that of the reply's maker. Others write theirs on every reply they pass on."""

GATEWAY_STATUSES = frozenset({413, 414, 431, 494, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530})
"""Statuses that what stands before an application answers with, more than the application."""

APPLICATION = ("x-powered-by", "x-aspnet-version", "x-runtime", "x-request-id", "x-correlation-id", "set-cookie")
"""Headers that an application or its framework sends, and a gateway's own error page does not."""


def maker_of(response: Response) -> Maker | None:
    """Who made this error reply, as far as its headers tell; None where they do not."""
    get = response.headers.get
    cache = (get("x-cache") or "").lower()
    for name, needed, called in _BY_HEADER:
        if name in response.headers and (needed is None or needed in cache):
            return Maker(called, _line(response, name if needed is None else "x-cache"), True)
    plain = not any(name in response.headers for name in APPLICATION)
    page = (get("content-type") or "text/html").lower().startswith(("text/html", "text/plain"))
    for name, called in _PASSING:
        if name in response.headers:
            return Maker(called, _line(response, name), plain and page)
    server = (get("server") or "").lower()
    for start, called in _BY_SERVER:
        if server.startswith(start):
            gateway = called in ALWAYS_GATEWAYS or (response.status in GATEWAY_STATUSES and plain and page)
            return Maker(called, _line(response, "server"), gateway)
    if response.status in (502, 503, 504) and plain and page:
        return Maker("a gateway", f"status {response.status}", True)
    return None


def is_nginx(response: Response) -> bool:
    """Whether nginx passed this reply on."""
    return (response.headers.get("server") or "").lower().startswith(("nginx", "openresty", "tengine"))


def framework_of(response: Response) -> str | None:
    """The framework or its server that made this reply, as its headers tell."""
    get = response.headers.get
    powered, server = (get("x-powered-by") or "").lower(), (get("server") or "").lower()
    if powered.startswith("express"):
        return "Express"
    if server.startswith(("uvicorn", "hypercorn")):
        return "the Python framework (Starlette, FastAPI)"
    if server.startswith(("werkzeug", "gunicorn")):
        return "the Python framework (Flask, Django)"
    if server.startswith("kestrel") or "asp.net" in powered:
        return "ASP.NET"
    if powered.startswith("php"):
        return "PHP"
    return None


def cache_sign(response: Response) -> str | None:
    """The header line that tells that a cache answered, or None."""
    get = response.headers.get
    age = get("age")
    for name in ("cf-cache-status", "x-cache", "x-cache-status", "x-proxy-cache", "x-vercel-cache", "x-nextjs-cache"):
        value = (get(name) or "").lower()
        if "hit" in value.replace("white", "") or value in ("stale", "revalidated", "updating"):
            return _line(response, name)
    if age is not None and age.isdigit() and int(age) > 0:
        return f"Age: {age[:12]}"
    if "hit" in (get("cache-status") or "").lower():
        return _line(response, "cache-status")
    hits = get("x-cache-hits")
    if hits is not None and any(part.strip().isdigit() and int(part) > 0 for part in hits.split(",")):
        return _line(response, "x-cache-hits")
    return None


def varies(vary: str | None) -> bool:
    """Whether a Vary header names Origin."""
    return any(part.strip().lower() in ("origin", "*") for part in (vary or "").split(","))


def redirect_kind(url: str, location: str | None) -> RedirectKind | None:
    """What a redirect changes of the URL; None where it leads nowhere."""
    target = None if location is None else parse_url(location, url)
    if target is None:
        return None
    if is_login(target) and not is_login(url):
        return "login"
    here, there = url.partition("?")[0], target.partition("?")[0]
    parts, others = split_origin(origin_of(here)), split_origin(origin_of(there))
    if parts is None or others is None:
        return "elsewhere"
    if parts[0] == "http" and others[0] == "https" and parts[1] == others[1]:
        return "https"
    if parts[0] == "https" and others[0] == "http":
        return "http"
    if here.rstrip("/") == there.rstrip("/"):
        return "slash"
    path, other = here.partition("://")[2].partition("/")[2], there.partition("://")[2].partition("/")[2]
    return "host" if path == other else "elsewhere"


def is_login(url: str) -> bool:
    """Whether a URL looks like that of a login page."""
    rest = url.partition("://")[2].partition("?")[0]
    host, _, path = rest.partition("/")
    return LOGIN.search("/" + path) is not None or LOGIN.search(host) is not None


def _line(response: Response, name: str) -> str:
    """A header line as texts show it."""
    raw = next((one for one, _ in response.headers.fields if one.lower().decode("latin-1") == name), name.encode())
    title = "-".join(part.capitalize() for part in raw.decode("latin-1").split("-"))
    return shown(f"{title}: {response.headers.get(name) or ''}".rstrip(": "), 100)
