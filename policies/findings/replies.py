"""Replies: the traits of a response that causes may turn on, and where its Location leads."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.headers import read_list
from corsight.policies.fetch.origin import origin_of, parse_url, split_origin
from corsight.policies.findings.makers import Maker, find_cache_sign, find_framework, find_maker, find_server, is_nginx
from corsight.policies.findings.products import Recognized, recognize
from corsight.policies.findings.words import capitalize_name, clean
from corsight.policies.rules import placement

LOGIN = re.compile(
    r"(?:^|[/._-])(?:log[-_]?in|sign[-_]?(?:in|on)|sso|auth|oauth2?|authorize|saml2?|cas|adfs|session/new|accounts?/login|"
    r"keycloak|okta|auth0|onelogin|microsoftonline|idp|identity)(?:[/._?-]|$)",
    re.IGNORECASE,
)

LOGIN_HOSTS = ("accounts.", "account.", "id.", "passport.")
"""How names of hosts begin that people log in at, beside those that LOGIN knows."""

LONGEST = 4096
"""Characters of a URL that are looked at to tell a login."""
MANY = 256
"""Header names that are looked at for a misspelt one."""

SLASHES = re.compile(r"(?<!:)/{2,}")
"""Slashes in a row, in the path of a URL."""

SERVERS, SERVERS_OF_ERRORS = ("nginx", "IIS"), ("Apache", "CloudFront")
"""Servers that leave CORS headers out in a way of their own: of other replies, and of errors."""

RedirectKind = Literal["login", "https", "http", "slash", "slashes", "host", "elsewhere"]

NEEDED = {
    "allow-origin-missing": "access-control-allow-origin",
    "allow-credentials-not-true": "access-control-allow-credentials",
    "preflight-method-not-allowed": "access-control-allow-methods",
    "preflight-header-not-allowed": "access-control-allow-headers",
}
"""The header that is missing where each rule blocks."""


class Misspelling(NamedTuple):
    """A header that seems to be the missing one: its name as it was sent and as it should be, whether it is empty."""

    wrong: str
    right: str
    empty: bool


class Redirect(NamedTuple):
    """Where a Location leads: what it changes of the URL, the target's origin, whether the URL stays the same but for
    its scheme, and whether a slash is added at its end.
    """

    kind: RedirectKind
    server: str
    same: bool
    slash: bool


class Reply(NamedTuple):
    """All that a cause may turn on in a response.

    Of what varies without meaning (dates, ids, versions) only a trait is here; a text that shows more quotes it.
    `repeated` are the CORS headers on several lines. `html` tells that it is a page, `by_browser` that the browser
    redirected by itself (as HAR files have it), `located` that it says where to go on. `product` is what is known to
    answer so in an application's place. `maker`, `framework` and `nginx` are told of redirects and errors, the
    framework of empty answers and pages too, and nginx where a header came twice. `server` is the web server or gateway
    that the Server header names; `http_api` tells that API Gateway's HTTP API passed it on.
    """

    status: int
    allow_origin: tuple[str, ...]
    allow_credentials: str | None
    allow_methods: tuple[str, ...]
    allow_headers: tuple[str, ...]
    repeated: tuple[str, ...]
    speaks_cors: bool
    grants_private_network: bool
    varies_by_origin: bool
    varies_by_preflight: bool
    asks_for_login: bool
    lists_methods: bool
    cache_sign: str | None
    misspelling: Misspelling | None
    html: bool = False
    by_browser: bool = False
    located: bool = False
    product: Recognized | None = None
    maker: Maker | None = None
    framework: str | None = None
    nginx: bool = False
    unknown_to_gateway: bool = False
    server: str | None = None
    http_api: bool = False


def read_reply(response: Response, rule: str, url: str) -> Reply:
    """Return what causes may turn on in a response to this URL that this rule blocked."""
    headers, get = response.headers, response.headers.get
    cors = [name for name in headers.names() if name.startswith(placement.PREFIX)]
    vary = {part.strip().lower() for part in (get("vary") or "").split(",")}
    html = (get("content-type") or "").lower().startswith("text/html")
    reply = Reply(
        status=response.status,
        allow_origin=headers.lines("access-control-allow-origin"),
        allow_credentials=get("access-control-allow-credentials"),
        allow_methods=read_list(get("access-control-allow-methods")),
        allow_headers=read_list(get("access-control-allow-headers")),
        repeated=tuple(name for name in cors if len(headers.lines(name)) > 1) if headers.repeats else (),
        speaks_cors=bool(cors),
        grants_private_network=get("access-control-allow-private-network") == "true",
        varies_by_origin="origin" in vary or "*" in vary,
        varies_by_preflight="access-control-request-method" in vary,
        asks_for_login="www-authenticate" in headers,
        lists_methods="allow" in headers,
        cache_sign=find_cache_sign(response),
        misspelling=_read_misspelling(headers, NEEDED[rule]) if rule in NEEDED else None,
        html=html,
        by_browser=(get("non-authoritative-reason") or "").lower() in ("hsts", "delegate"),
        located="location" in headers,
        product=recognize(url, response),
        framework=find_framework(response) if response.status >= 300 or response.status == 204 or html else None,
        nginx=rule == "allow-origin-multiple" and is_nginx(response),
        server=_tell_server(response),
        http_api="apigw-requestid" in headers,
    )
    if response.status < 300:
        return reply
    return reply._replace(
        maker=find_maker(response),
        nginx=is_nginx(response),
        unknown_to_gateway=(get("x-amzn-errortype") or "").lower().startswith("missingauthenticationtoken"),
    )


def _tell_server(response: Response) -> str | None:
    """Return the server that the Server header names, where it has a part in what lacks CORS headers."""
    server = find_server(response)
    return server if server in (SERVERS_OF_ERRORS if response.status >= 400 else SERVERS) else None


def find_misspelt(headers: HeaderList, needed: str) -> str | None:
    """Return the name (lower case) of the header that seems to be `needed` misspelt; None where that is there, or none
    is.
    """
    if needed in headers:
        return None
    names = headers.names()[:MANY]
    found = next((name for name in names if (placement.find_meant(name) or "").lower() == needed), None)
    asked = needed.replace("-allow-headers", "-request-headers").replace("-allow-methods", "-request-method")
    return asked if found is None and asked in headers else found


def _read_misspelling(headers: HeaderList, needed: str) -> Misspelling | None:
    found = find_misspelt(headers, needed)
    if found is None:
        return None
    sent = next(name for raw, _ in headers.fields if (name := raw.decode("latin-1")).lower() == found)
    wrong = capitalize_name(found) if sent == found else sent
    return Misspelling(clean(wrong, 80), capitalize_name(needed), not headers.get(found))


def read_redirect(url: str, location: str | None) -> Redirect | None:
    """Return where a Location leads from this URL; None where it leads nowhere."""
    target = None if location is None else parse_url(location, url)
    if target is None:
        return None
    here, there = url.partition("?")[0], target.partition("?")[0]
    rest, other = here.partition("://")[2], there.partition("://")[2]
    slash = other.endswith("/") and not rest.endswith("/")
    kind: RedirectKind = "login" if leads_to_login(url, target) else _compare(here, there)
    return Redirect(kind, origin_of(target), rest.rstrip("/") == other.rstrip("/"), slash)


def _compare(here: str, there: str) -> RedirectKind:
    """Return what differs between two URLs without query."""
    parts, others = split_origin(origin_of(here)), split_origin(origin_of(there))
    if parts is None or others is None:
        return "elsewhere"
    if parts[0] == "http" and others[0] == "https" and parts[1] == others[1]:
        return "https"
    if parts[0] == "https" and others[0] == "http":
        return "http"
    if here.rstrip("/") == there.rstrip("/"):
        return "slash"
    if SLASHES.search(here) and SLASHES.sub("/", here).rstrip("/") == there.rstrip("/"):
        return "slashes"
    path, other = here.partition("://")[2].partition("/")[2], there.partition("://")[2].partition("/")[2]
    return "host" if path == other else "elsewhere"


def leads_to_login(url: str, target: str) -> bool:
    """Return whether a redirect from this URL leads to a login page: from a login to that of another origin, too."""
    return is_login(target) and (not is_login(url) or origin_of(url) != origin_of(target))


def is_login(url: str) -> bool:
    """Return whether a URL looks like that of a login page."""
    host, _, path = url[:LONGEST].partition("://")[2].partition("?")[0].partition("/")
    return LOGIN.search("/" + path) is not None or LOGIN.search(host) is not None or host.startswith(LOGIN_HOSTS)
