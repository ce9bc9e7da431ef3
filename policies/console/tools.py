"""What no browser writes, or several write alike: texts of servers, libraries and their tools, and their logs.

Sources: the texts in each project's own code or, where that is not public, in bug reports: Express's cors, Starlette,
Spring, ASP.NET Core, Fiber, Django, Laravel, Rails (Action Dispatch, Action Cable), SvelteKit, Apollo Server,
cors-anywhere, Jupyter, react-admin, Socket.IO, Microsoft Entra, webpack-dev-server, Vite, Next.js, tus-js-client, Uppy,
PDF.js, ffmpeg.wasm, Godot, SQLite's wasm build, Emscripten, code-server, the SDKs of Anthropic, OpenAI and the Model
Context Protocol, webpack, Gin. V8's and SpiderMonkey's words for an unknown name are the same.
"""

from __future__ import annotations

import re

from corsight.policies.console.model import Message
from corsight.policies.console.saying import Saying, say, say_reasons

SAYINGS = (
    # -- CORS layers ----------------------------------------------------------------------------------------------
    Saying("origin-not-listed", "Error: Not allowed by CORS"),
    Saying("origin-not-listed", "The CORS policy for this site does not allow access from the specified Origin"),
    Saying("origin-not-listed", "CORS Origin not allowed"),
    *say_reasons(
        "preflight-refused-by-cors-layer",
        "Disallowed CORS origin",
        "Disallowed CORS method",
        "Disallowed CORS headers",
        "Invalid CORS request",
    ),
    *say(
        "cors-settings-contradict",
        'When allowCredentials is true, allowedOrigins cannot contain the special value "*"',
        "The CORS protocol does not allow specifying a wildcard (any) origin and credentials at the same time.",
        "[CORS] Insecure setup, 'AllowCredentials' is set to true",
    ),
    # -- other checks of the origin -------------------------------------------------------------------------------
    Saying("csrf-check-refused", "Origin checking failed - {origin} does not match any trusted origins."),
    Saying("csrf-check-refused", "CSRF verification failed. Request aborted."),
    Saying("csrf-check-refused", "CSRF token mismatch."),
    Saying("csrf-check-refused", "Can't verify CSRF token authenticity."),
    Saying("csrf-check-refused", "HTTP Origin header ({origin}) didn't match request.base_url"),
    Saying("csrf-check-refused", "Cross-site {method} form submissions are forbidden"),
    Saying("csrf-check-refused", "has been blocked as a potential Cross-Site Request Forgery (CSRF)."),
    Saying("websocket-refused", "Request origin not allowed: {origin}"),
    Saying("origin-check-refused", "Blocking Cross Origin API request for {any}. Origin: {origin}, Host: {any}"),
    Saying("origin-check-refused", "Blocking Cross Origin API request. Origin: {origin}, Host: {any}"),
    Saying("origin-check-refused", "Blocking Cross Origin API request"),
    Saying("cors-proxy-refused", "Missing required request header. Must specify one of: origin,x-requested-with"),
    Saying("cors-proxy-refused", "See /corsdemo for more info"),
    Saying("login-not-for-pages", "AADSTS9002326: Cross-origin token redemption is permitted only for the"),
    Saying("login-not-for-pages", "check that the redirectUri is registered in the Azure App Portal as type 'SPA'"),
    Saying(
        "login-only-for-pages",
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests",
    ),
    Saying("api-not-for-pages", "CORS requests must set '{value}' header"),
    Saying("api-not-for-pages", "CORS requests are not allowed for this Organization"),
    Saying("api-not-for-pages", "It looks like you're running in a browser-like environment."),
    Saying("development-server-refused", "Invalid Host/Origin header"),
    Saying("development-server-refused", "Invalid Host header"),
    Saying("development-server-refused", "Blocked cross-origin request from {value}to /_next/"),
    Saying("development-server-warns", "Cross origin request detected from {value} to /_next/"),
    Saying("development-server-refused", "Blocked cross-origin request to Next.js dev resource"),
    Saying("development-server-refused", 'Blocked request. This host ("{value}") is not allowed.'),
    Saying("development-server-refused", "Blocked hosts: {value}"),
    Saying("development-server-refused", "Blocked host: {value}"),
    # -- libraries ------------------------------------------------------------------------------------------------
    Saying(
        "header-not-read",
        "tus: invalid or missing {value} header, originated from request (method: {method}, url: {url}, response code: {status},",
    ),
    Saying("header-not-read", "tus: invalid or missing {value} header"),
    Saying("header-not-read", "tus: invalid or missing {value} value"),
    Saying("header-not-read", "Bad Request: Missing session ID"),
    Saying("header-not-read", "The {value} header is missing in the HTTP Response."),
    Saying("header-not-read", "Bad Request: No valid session ID provided"),
    Saying("header-not-read", "Bad Request: Mcp-Session-Id header is required"),
    Saying("header-not-read", "Could not read the {value} header. This likely means CORS is not configured correctly"),
    Saying("module-import-failed", "Loading chunk {value} failed. (error: {url})"),
    Saying("module-import-failed", "Loading chunk {value} failed. (missing: {url})"),
    Saying("module-import-failed", "Loading chunk {value} failed."),
    Saying("module-import-failed", "Loading CSS chunk {value} failed. ({url})"),
    Saying("module-import-failed", "Loading CSS chunk {value} failed."),
    Saying("module-import-failed", "Unable to preload CSS for {url}"),
    Saying("module-import-failed", "Loading script failed. (missing: {url})"),
    Saying("module-import-failed", "Loading script failed. (error: {url})"),
    Saying("socket-io-not-connected", "xhr poll error"),
    Saying("websocket-failed", "[vite] failed to connect to websocket"),
    Saying("websocket-closed", "WebSocket close with status code {value}"),
    Saying("websocket-closed", "WebSocket closed with status code: {value}"),
    Saying("viewer-refuses-origin", "file origin does not match viewer's"),
    Saying("link-fetched-by-framework", "Failed to fetch RSC payload for {url}. Falling back to browser navigation."),
    Saying("header-set-by-browser", 'Refused to set unsafe header "{value}"'),
    Saying("header-set-by-browser", "Attempt to set a forbidden header was denied: {value}"),
    # -- isolation ------------------------------------------------------------------------------------------------
    Saying("not-cross-origin-isolated", "SharedArrayBuffer is not defined"),
    Saying("not-cross-origin-isolated", "Your browser doesn't support SharedArrayBuffer"),
    Saying("not-cross-origin-isolated", "Missing SharedArrayBuffer and/or Atomics."),
    Saying("not-cross-origin-isolated", "requested a shared WebAssembly.Memory but the returned buffer is not"),
    Saying("not-cross-origin-isolated", "Cross Origin Isolation - Check web server configuration"),
    Saying("not-cross-origin-isolated", "SharedArrayBuffer - Check web server configuration"),
)
_LOGGED = (
    re.compile(r"\bOPTIONS (?P<path>/[^\s\"]{0,2000})(?: HTTP/[\d.]+)?\"? (?:- )?(?P<status>[345]\d\d)\b"),
    re.compile(r"\| (?P<status>[345]\d\d) \|[^\"]{1,200}\| OPTIONS +\"(?P<path>/[^\s\"]{0,2000})\""),
)
"""A preflight in the log of a server, as most of them and as Gin write it."""
_OF_STATUSES = {
    **dict.fromkeys((401, 407), "preflight-needs-authentication"),
    **dict.fromkeys((404, 405, 501), "preflight-not-routed"),
    400: "preflight-refused-by-cors-layer",
}


def read_log(line: str) -> Message | None:
    """Return what a line of a server's log tells of a preflight that failed; None for any other line."""
    found = next((found for one in _LOGGED if (found := one.search(line)) is not None), None)
    if found is None:
        return None
    status = int(found["status"])
    redirected = "preflight-redirected" if status < 400 else "preflight-failed"
    cause = _OF_STATUSES.get(status, redirected)
    rule = "preflight-redirect" if status < 400 else "preflight-status-not-ok"
    return Message("standard", (rule,), cause, exact=False, preflight=True, method="OPTIONS", status=status)
