"""What WebKit writes beside the texts of today's CORS errors.

Sources, by their names in WebKit's tree: Source/WebCore/loader/ (CrossOriginAccessControl, DocumentThreadableLoader,
MixedContentChecker, FrameLoader), page/csp/ContentSecurityPolicy.cpp, Modules/websockets/, page/EventSource.cpp,
html/canvas/, workers/; Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp. What the system says of connections:
CFNetwork's localised descriptions (NSURLError.h).
"""

from __future__ import annotations

from corsight.policies.console.saying import Saying, say, say_reasons
from corsight.policies.rules.isolation import MIME_TYPE

SAYINGS = (
    # -- CORS ------------------------------------------------------------------------------------------------------
    *say_reasons("preflight-status-not-ok", "Preflight response is not successful", preflight=True),
    *say_reasons("preflight-status-not-ok", "Preflight response was blocked", preflight=True),
    # Of versions before 2016, which named no origin.
    Saying("allow-origin-missing", "Origin is not allowed by Access-Control-Allow-Origin."),
    Saying("allow-origin-missing", "Cross-origin script load denied by Cross-Origin Resource Sharing policy."),
    Saying("allow-origin-missing", "Cross-origin media resource load denied by Cross-Origin Resource Sharing policy."),
    Saying("allow-origin-missing", "Cross-origin text track load denied by Cross-Origin Resource Sharing policy."),
    Saying("allow-origin-missing", "Cross-origin redirection denied by Cross-Origin Resource Sharing policy."),
    Saying("page-from-file", "Cross origin requests are only supported for HTTP. file:{any}"),
    # Chromium of before 2014 says the same.
    *say_reasons("scheme-not-fetchable", "Cross origin requests are only supported for HTTP."),
    Saying(
        "redirect-userinfo",
        "Cross-origin redirection to {target} denied by Cross-Origin Resource Sharing policy: redirection URL {any} has credentials",
    ),
    Saying("header-not-exposed", 'Refused to get unsafe header "{value}"'),
    # -- mixed content, the page's policy --------------------------------------------------------------------------
    *say(
        "mixed-content",
        "[blocked] The page at {page} was not allowed to run insecure content from {target}.",
        "[blocked] The page at {page} was not allowed to display insecure content from {target}.",
        "The page at {page} requested insecure content from {target}. This content was blocked",
        "The page at {page} requested insecure content from {target}. This content was not upgraded to HTTPS and must be served from the local host.",
        "The page at {page} was blocked from connecting insecurely to {target} either because the protocol is insecure or the page is embedded from an insecure page.",
        "Blocked mixed content {target} because 'block-all-mixed-content' appears in the Content Security Policy.",
    ),
    Saying(
        "mixed-content-upgraded",
        "The page at {page} requested insecure content from {target}. This content was automatically upgraded",
    ),
    Saying("response-not-acceptable", "Not allowed to request resource"),
    Saying(
        "csp-forbids-it",
        "Refused to {any} {url} because it does not appear in the {value} directive of the Content Security Policy.",
    ),
    Saying("csp-forbids-it", "because it does not appear in the {value} directive of the Content Security Policy"),
    Saying("csp-forbids-it", "Blocked by Content Security Policy."),
    Saying("stopped-by-extension", "Blocked by content extension"),
    Saying("worker-needs-coep", "Refused to load '{url}' worker because of Cross-Origin-Embedder-Policy."),
    Saying("worker-needs-coep", "Refused to display '{url}' in a frame because of Cross-Origin-Embedder-Policy."),
    Saying(
        "stopped-by-extension", "Content blocker prevented frame displaying {page} from loading a resource from {url}"
    ),
    # -- web sockets, streams, workers, canvases -------------------------------------------------------------------
    Saying("websocket-refused", "WebSocket connection to '{url}' failed: Unexpected response code: {status}"),
    Saying(
        "canvas-tainted",
        "Unable to get image data from canvas because the canvas has been tainted by cross-origin data.",
    ),
    Saying(
        "websocket-refused", "WebSocket connection to '{url}' failed: The server did not accept the WebSocket handshake"
    ),
    Saying("websocket-failed", "WebSocket connection to '{url}' failed: Connection terminated unexpectedly"),
    Saying("worker-from-another-origin", "URL of the shared worker is cross-origin"),
    Saying("worker-from-another-origin", "Script origin does not match the registering client's origin"),
    Saying("service-worker-opaque", "Response served by service worker is opaque"),
    Saying("service-worker-failed", "Response served by service worker has {value}"),
    Saying("service-worker-failed", "FetchEvent.respondWith received an error: {value}"),
    Saying(
        "frame-of-another-origin",
        'Blocked a frame with origin "{origin}" from accessing a cross-origin frame. Protocols, domains, and ports must match.',
    ),
    # -- what scripts are told -------------------------------------------------------------------------------------
    Saying("not-cross-origin-isolated", "Can't find variable: SharedArrayBuffer"),
    Saying("operation-insecure", "Unhandled Promise Rejection: SecurityError: The operation is insecure."),
    Saying("no-cors-forbids-it", "Method must be GET, POST or HEAD in no-cors mode."),
    Saying("url-with-credentials", "URL is not valid or contains user credentials."),
    Saying("redirect-refused", "Not allowed to follow a redirection while loading {url}"),
    Saying("request-given-up", "AbortError: Fetch is aborted"),
    Saying("reply-is-not-json", "SyntaxError: The string did not match the expected pattern."),
    Saying("reply-is-not-json", "JSON Parse error: Unrecognized token '<'"),
    Saying("reply-is-not-json", "JSON Parse error: Unexpected EOF"),
    Saying(
        "history-of-another-origin",
        "Blocked attempt to use history.{any}State() to change session history URL from {page} to {url}.",
    ),
    Saying("style-sheet-unreadable", "Not allowed to access cross-origin stylesheet"),
    Saying("integrity-mismatch", "Cannot load {any} {url}. Failed integrity metadata check."),
    Saying(
        "wrong-type",
        "Did not parse stylesheet at '{url}' because non CSS MIME types are not allowed for cross-origin stylesheets.",
    ),
    Saying("module-import-failed", "Importing a module script failed."),
    Saying(MIME_TYPE, "'{value}' is not a valid JavaScript MIME type."),
    # -- no answer -------------------------------------------------------------------------------------------------
    Saying("host-not-found", "A server with the specified hostname could not be found.", rule="network-error"),
    Saying("connection-closed", "Connection terminated unexpectedly", rule="network-error"),
    Saying("unsafe-port", "Not allowed to use restricted network port {any}: {url}", rule="network-error"),
    Saying("connection-refused", "Could not connect to the server.", rule="network-error"),
    Saying("connection-timed-out", "The request timed out.", rule="network-error"),
    Saying("connection-closed", "The network connection was lost.", rule="network-error"),
    Saying("computer-offline", "The Internet connection appears to be offline.", rule="network-error"),
    Saying("tls-failed", "The certificate for this server is invalid.", rule="network-error"),
    Saying(
        "tls-failed",
        "An SSL error has occurred and a secure connection to the server cannot be made.",
        rule="network-error",
    ),
)
