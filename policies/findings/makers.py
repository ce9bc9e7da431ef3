"""Who made a reply, as its headers tell: a gateway, a framework, a cache."""

from __future__ import annotations

import re
from typing import NamedTuple

from corsight.policies.exchange import Response


class Maker(NamedTuple):
    """What answered in place of the application: its name in words, the header that tells, and whether it is a gateway.

    Where no header tells it, but the status does, `header` is empty.
    """

    name: str
    header: str
    gateway: bool


_BY_HEADER: tuple[tuple[str, str | None, str], ...] = (
    ("x-amzn-errortype", None, "AWS API Gateway"),
    ("x-amz-cf-id", "error from cloudfront", "CloudFront"),
    ("cf-mitigated", None, "Cloudflare"),
    ("x-kong-response-latency", None, "Kong"),
    ("x-envoy-response-flags", None, "Envoy"),
    ("x-vercel-error", None, "Vercel"),
    ("x-railway-fallback", None, "Railway's edge"),
    ("x-render-routing", None, "Render's router"),
    ("x-squid-error", None, "Squid"),
)
"""Headers of replies that a gateway made itself: their names, a text that X-Cache has to hold, and the gateway."""

_PASSING: tuple[tuple[str, str], ...] = (
    ("x-azure-ref", "Azure Front Door"),
    ("x-sucuri-id", "the Sucuri firewall"),
    ("x-iinfo", "the Imperva firewall"),
)
"""Headers that a gateway puts on every reply, also on those that it only passes on."""

HEROKU = "Heroku's router"
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
    ("heroku", HEROKU),
    ("cowboy", HEROKU),
    ("squid", "Squid"),
    ("traefik", "Traefik"),
    ("caddy", "Caddy"),
    ("apache", "Apache"),
    ("microsoft-iis", "IIS"),
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

GONE = frozenset({502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530})
"""Statuses of a gateway that got no answer from the application."""
GATEWAY_STATUSES = frozenset({413, 414, 431, 494}) | GONE
"""Statuses that what stands before an application answers with, more than the application."""

APPLICATION = ("x-powered-by", "x-aspnet-version", "x-runtime", "x-request-id", "x-correlation-id", "set-cookie")
"""Headers that an application or its framework sends, and a gateway's own error page does not."""
_positive = re.compile(r"0*[1-9][0-9]*").fullmatch


def find_maker(response: Response) -> Maker | None:
    """Return who made this error reply, as far as its headers tell; None where they do not."""
    get = response.headers.get
    cache = (get("x-cache") or "").lower()
    for name, needed, called in _BY_HEADER:
        if name in response.headers and (needed is None or needed in cache):
            return Maker(called, name if needed is None else "x-cache", True)
    own = is_own_page(response)
    for name, called in _PASSING:
        if name in response.headers:
            return Maker(called, name, own)
    server = find_server(response)
    if server is not None:
        gateway = server in ALWAYS_GATEWAYS or (response.status in GATEWAY_STATUSES and own)
        # Cowboy is also the server of Elixir's and Erlang's applications: only its own page shows Heroku's router.
        shows = gateway or server != HEROKU or "cowboy" not in _read(response)
        return Maker(server, "server", gateway) if shows else None
    if response.status in GONE and own:
        return Maker("a gateway", "", True)
    return None


def find_server(response: Response) -> str | None:
    """Return the gateway or web server that the Server header names; None where it names none of these."""
    server = _read(response)
    return next((called for start, called in _BY_SERVER if server.startswith(start)), None)


def _read(response: Response) -> str:
    return (response.headers.get("server") or "").lower()


def is_own_page(response: Response, *, cookies: bool = False) -> bool:
    """Return whether a reply looks like a page that a gateway made by itself: text, and nothing that applications send.

    `cookies` tells that it may set cookies all the same.
    """
    page = (response.headers.get("content-type") or "text/html").lower().startswith(("text/html", "text/plain"))
    return page and not any(name in response.headers for name in APPLICATION if not (cookies and name == "set-cookie"))


def is_nginx(response: Response) -> bool:
    """Return whether nginx passed this reply on."""
    return (response.headers.get("server") or "").lower().startswith(("nginx", "openresty", "tengine"))


def find_framework(response: Response) -> str | None:
    """Return the framework or its server that made this reply, as its headers tell; None where they do not."""
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


def find_cache_sign(response: Response) -> str | None:
    """Return the header (lower case) that tells that a cache answered; None without one."""
    get = response.headers.get
    for name in ("cf-cache-status", "x-cache", "x-cache-status", "x-proxy-cache", "x-vercel-cache", "x-nextjs-cache"):
        value = (get(name) or "").lower()
        if "hit" in value.replace("white", "") or value in ("stale", "revalidated", "updating"):
            return name
    if _positive(get("age") or ""):
        return "age"
    if "hit" in (get("cache-status") or "").lower():
        return "cache-status"
    hits = (get("x-cache-hits") or "").split(",")
    return "x-cache-hits" if any(_positive(part.strip()) for part in hits) else None
