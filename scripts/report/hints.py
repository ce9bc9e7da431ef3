"""Gives hints on a console message beyond its rule: from its URLs, its origin and its status."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from corsight.policies.console import Message
from corsight.policies.engines.shells import find_shell
from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.local_network import asks_local_network, find_address_space
from corsight.policies.fetch.main_fetch import LOCAL_NETWORK, MIXED_CONTENT
from corsight.policies.fetch.origin import is_localhost, origin_of, registrable_domain, split_origin
from corsight.policies.findings.causes.headers import TARGETS, find_library
from corsight.policies.findings.causes.identity import is_identity_server
from corsight.policies.findings.causes.phrases import find_adder
from corsight.policies.findings.causes.platforms import find_note
from corsight.policies.findings.causes.programs import find_setting
from corsight.policies.findings.causes.redirects import SPELLINGS
from corsight.policies.findings.products import Product, find_tunnel, recognize
from corsight.policies.findings.replies import SLASHES, is_login, read_redirect
from corsight.policies.rules.isolation import CORP_SAME_ORIGIN, NETWORK_ERROR, ORB

LOCAL = ("loopback", "local")
INTERCEPTOR = "/_capacitor_http_interceptor_"
SIGNATURES = ("X-Amz-Signature", "X-Goog-Signature", "Signature", "sig")
"""Parameters that sign a URL of a storage."""
ELEMENTS = ("image", "css stylesheet", "script", "font", "video", "audio")
WITHOUT = (
    "without what makes a preflight necessary: a method other than GET, HEAD and POST, a header that the page sets, a "
    "Content-Type such as JSON (text/plain needs none)."
)


def is_redirected(message: Message) -> bool:
    """Return whether the URL that failed differs from the one that the page requested."""
    return message.initial_url is not None and message.initial_url != message.url


def leads_to_login(message: Message) -> bool:
    """Return whether a redirect led to what looks like a login."""
    return is_redirected(message) and is_login(message.url or "")


def list_hints(message: Message, *, told: bool = False) -> Iterator[tuple[str, str]]:
    """Yield labels and texts: what the message shows besides its rule or cause.

    `told` tells that a cause behind the rule is shown already.
    """
    yield from _tell_redirect(message)
    yield from _tell_origin(message)
    url, rule = message.url or "", message.rule
    if rule == "preflight-redirect" and url.startswith("http:"):
        yield (
            "or",
            "The URL is http: a server that wants https redirects it, and so does the browser itself if the host "
            "once sent Strict-Transport-Security (HSTS; 307 Internal Redirect in the network panel). Use the https "
            "URL in the page's code, or make the browser forget the host (chrome://net-internals/#hsts).",
        )
    if rule == "preflight-redirect" and SLASHES.search(url.partition("?")[0]):
        yield (
            "or",
            "The URL has two slashes in a row, which servers redirect to one. Mostly a base URL that ends in a slash "
            "is joined with a path that begins with one: remove one of the two in the page's code.",
        )
    if rule == "preflight-status-not-ok" and message.status is not None and 300 <= message.status < 400:
        yield (
            "note",
            f"Status {message.status} is a redirect, and browsers do not follow redirects of a preflight. Use its "
            "target in the page's code.",
        )
    if rule == "redirect-cross-origin" and message.engine == "firefox" and not is_redirected(message):
        yield (
            "or",
            "Firefox writes the same message for a worker whose script is from another origin (serve it from the "
            "page's own), and for fetch() with mode: 'same-origin' (remove that).",
        )
    if rule == ORB:
        yield (
            "or",
            "The server may have sent an error page (such as a 404 in JSON or HTML) instead of the image or script. "
            "Then that error is the real problem, and the browser only hides it. Open the URL in a tab to see its "
            "status.",
        )
    if rule in ("allow-origin-missing", "preflight-status-not-ok", "preflight-redirect"):
        yield from _tell_tunnel(_host_of(url))
    if rule == CORP_SAME_ORIGIN:
        yield (
            "note",
            "In Express, Helmet sets it to same-origin unless it is told otherwise: "
            "helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }).",
        )
        yield (
            "note",
            "The smallest value that is enough: same-site if page and resource belong to one site (two ports of "
            "localhost do), cross-origin only if pages of other sites should get it.",
        )
    if rule == "allow-origin-missing" and (message.status or 0) >= 400 and not told:
        yield (
            "note",
            f"The answer is an error ({message.status}): that is the real problem. Errors are often sent by code "
            "that does not add the CORS headers.",
        )
    if rule == "allow-origin-missing":
        yield from _tell_missing(message)
    if rule in ("preflight-status-not-ok", "preflight-redirect"):
        yield "or", f"If the host is not yours, send the request {WITHOUT}"
    if rule == "preflight-header-not-allowed" and message.value:
        yield from _tell_adder(message.value.lower())
        if message.value.lower() == "authorization":
            yield from _tell_signed(url)
    if rule == MIXED_CONTENT or message.cause in ("websocket-failed", "websocket-refused"):
        yield from _tell_local_network(message)
    if rule == LOCAL_NETWORK:
        yield (
            "note",
            'In an iframe, the outer page has to pass on the permission: allow="local-network-access".',
        )
    if rule == NETWORK_ERROR and message.cause is None and url:
        yield from _tell_no_answer(url)


def find_storage(message: Message) -> Product | None:
    """Return the storage service that answered without a CORS header, if the host's name shows one."""
    status = message.status or (403 if message.preflight else 200)
    if message.rule not in ("allow-origin-missing", "preflight-status-not-ok") or not message.url:
        return None
    if status >= 400 and not message.preflight:
        # Of a request's own error the error is the problem.
        return None
    found = recognize(message.url, Response(status, HeaderList(())))
    return found.product if found is not None and found.kind == "storage" else None


def _tell_missing(message: Message) -> Iterator[tuple[str, str]]:
    """Yield possible reasons for a missing header: OPTIONS, the browser's cache, a host that is somebody else's."""
    if INTERCEPTOR in (message.url or ""):
        yield (
            "or",
            "It is Capacitor's own interceptor (CapacitorHttp) that was asked, inside the app, and not the server: a "
            "page from a development server is of another origin than the app. Switch CapacitorHttp off while the page "
            "is loaded from there (server.url), or call CapacitorHttp.request() itself.",
        )
    shell = find_shell(message.origin)
    known = find_storage(message) is not None or leads_to_login(message) or (shell is not None and not shell.listed)
    if message.preflight and message.status is None and not known:
        yield (
            "note",
            "The response to OPTIONS lacks the header. Usually something without CORS support answered it: a router "
            "(404, 405), a login or a list of origins (401, 403), or a handler that took OPTIONS for the request "
            "itself (500). The network panel shows the status. Answer OPTIONS before all of these.",
        )
    if (message.kind or "").lower() in ELEMENTS and not is_redirected(message):
        yield (
            "or",
            "If it fails only sometimes: the browser's cache may hold the file from an element without crossorigin, "
            "and that response had no CORS header. Always send Vary: Origin on the server, and try with the cache "
            "off.",
        )
    if asks_local_network(message.origin, message.url or ""):
        yield (
            "or",
            "If an extension's content script makes this request: such a request counts as the page's own. Let the "
            "extension's background script send it, with the host in host_permissions.",
        )
    note = find_note(_host_of(message.url))
    if note is not None:
        yield "note", note
    own, other = registrable_domain(_host_of(message.origin)), registrable_domain(_host_of(message.url))
    host = _host_of(message.url)
    elsewhere = leads_to_login(message) or find_storage(message) is not None or is_identity_server(host)
    if own != other and other is not None and not elsewhere:
        another = f" Or send the request {WITHOUT}" if message.preflight else ""
        yield (
            "or",
            f"If {host} is not yours, only its owner can add the header: request it from your own server instead."
            f"{another}",
        )


def _tell_adder(name: str) -> Iterator[tuple[str, str]]:
    """Yield what adds a request header that the page's own code did not set."""
    library = find_library(name)
    who = library or find_adder(name)
    if who is not None:
        targets = f" If you do not want to trace that server, remove it from the library's targets ({TARGETS})."
        yield "note", f"{name} is usually added by {who}.{targets if library is not None else ''}"


def _tell_signed(url: str) -> Iterator[tuple[str, str]]:
    """Yield that a URL is signed already, where an Authorization header is one permission too many."""
    if any(f"{name}=" in url for name in SIGNATURES):
        yield (
            "or",
            "The URL carries its own signature, so the storage needs no Authorization, and S3 refuses both together. "
            "Mostly an interceptor (axios, Angular) adds the app's token to every request: leave it out for this host.",
        )


def _tell_tunnel(host: str) -> Iterator[tuple[str, str]]:
    """Yield that a tunnel may have answered itself, where the host's name tells one."""
    tunnel = find_tunnel(host)
    if tunnel is not None:
        page = "with a warning page" if tunnel.kind == "warning" else "with a login, since a preflight has no cookie"
        yield "or", f"The host belongs to {tunnel.name}, which may have answered itself, {page}. {tunnel.cure}"


def _host_of(url: str | None) -> str:
    parts = split_origin(origin_of(url or ""))
    return parts[1] if parts is not None else ""


def _tell_local_network(message: Message) -> Iterator[tuple[str, str]]:
    """Yield how Chromium's local network access may explain the failure, if the address is local."""
    if message.engine != "chromium" or find_address_space(_host_of(message.url or message.target)) not in LOCAL:
        return
    if message.rule == MIXED_CONTENT:
        yield (
            "or",
            "The address is on the local network: newer versions of Chromium let an https page request it over "
            "http or ws, if its user allows local network access (for WebSockets from version 147 on).",
        )
    else:
        yield (
            "or",
            "The address is this computer's or of the local network: from version 147 on, Chromium connects a public "
            "page to it only if its user allows local network access, and otherwise reports only that the request "
            "failed. Allow it "
            'for the page (the icon beside the address); an iframe also needs allow="local-network-access".',
        )


def _tell_redirect(message: Message) -> Iterator[tuple[str, str]]:
    if not is_redirected(message):
        return
    yield (
        "redirected",
        f"The page requested {message.initial_url}, which redirected it to {message.url}. That last request failed.",
    )
    redirect = read_redirect(message.initial_url or "", message.url)
    spelling = SPELLINGS.get(redirect.kind, "") if redirect is not None else ""
    if spelling:
        yield "to do", f"In the page's code, use {message.url}{spelling}: then nothing is redirected."
    elif message.rule == "allow-origin-missing" and message.origin != "null" and not leads_to_login(message):
        yield (
            "to do",
            "The response of the last URL needs the header. If that server is not yours, your own server has to "
            "fetch it for the page. If it is a page to be opened (a payment, a form), no header helps: let the first "
            "server answer with the URL as data, and let the page go there with location.href.",
        )
    elif not leads_to_login(message):
        yield "to do", "Use the last URL in the page's code, or answer at the first one without a redirect."
    if "_rsc=" in (message.initial_url or ""):
        yield (
            "note",
            "It is Next.js that fetched the page behind a link: the browser opens the link by itself all the same. "
            "prefetch={false} on the link stops the error.",
        )
    if message.origin == "null":
        yield (
            "note",
            "The origin is null because the redirect led from one foreign origin to another. The page itself has an "
            "origin.",
        )


def _tell_origin(message: Message) -> Iterator[tuple[str, str]]:
    shell = find_shell(message.origin)
    if shell is not None:
        yield "origin", f"{message.origin} is the origin of {shell.what}."
        yield "to do" if shell.listed else "fix", shell.listing
        setting = find_setting(origin_of(message.url or ""), message.origin or "")
        if not shell.listed and setting is not None:
            yield "or", setting


def _tell_no_answer(url: str) -> Iterator[tuple[str, str]]:
    parts = split_origin(origin_of(url))
    host = parts[1] if parts is not None else ""
    reasons = [
        "its certificate is not accepted (TLS)",
        "nothing is listening there",
        "an extension, a blocker or tracking protection stopped it: try a window without them",
    ]
    if host == "0.0.0.0":
        reasons.insert(0, "0.0.0.0 is an address to listen on, not one to connect to: use localhost")
    elif not is_localhost(host) and not _is_address(host):
        known = (
            "it has no dot, so it may be known only to containers or inside a private network"
            if "." not in host
            else ""
        )
        reasons.insert(
            0, f"the host name {host} does not resolve where the browser runs" + (f" ({known})" if known else "")
        )
    elif is_localhost(host):
        reasons.insert(0, "localhost is the machine that the browser runs on, not the server or the container")
    yield "or", f"Possible reasons: {'; '.join(reasons)}. Open the URL in a tab of its own: that shows which."


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
