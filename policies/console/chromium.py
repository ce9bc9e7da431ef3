"""What Chromium writes beside the texts of today's CORS errors.

Sources, by their names in Chromium's tree; what has no other was read in bug reports of its time:

- of CORS, as of 2013 to 2018: core/loader/DocumentThreadableLoader.cpp, core/fetch/CrossOriginAccessControl.cpp,
  ResourceFetcher.cpp; platform/loader/cors/cors_error_string.cc, private network access included (to 140)
- csp: core/frame/csp/csp_directive_list.cc; of fetches: core/loader/document_threadable_loader.cc
- web sockets: net/websockets/websocket_channel.cc, modules/websockets/websocket_channel_impl.cc
- workers: core/workers/abstract_worker.cc, shared_worker.cc, worker_global_scope.cc
- canvases: core/html/canvas/, modules/canvas/, modules/webgl/; audio: modules/webaudio/
- service workers: modules/service_worker/fetch_respond_with_observer.cc, core/fetch/fetch_manager.cc
- event sources: modules/eventsource/event_source.cc; preloads: platform/loader/fetch/resource_fetcher.cc
- mixed content: core/loader/mixed_content_checker.cc; frames: core/frame/local_dom_window.cc, dom_window.cc
- types: core/loader/base_fetch_context.cc, core/script/module_script_fetcher.cc; integrity: subresource_integrity.cc
- xhr: core/xmlhttprequest/xml_http_request.cc
"""

from __future__ import annotations

from corsight.policies.console.saying import Saying, say, say_reasons
from corsight.policies.rules.isolation import MIME_TYPE

SAYINGS = (
    # -- CORS of older versions: the reasons ----------------------------------------------------------------------
    *say_reasons(
        "preflight-status-not-ok", "Response for preflight has invalid HTTP status code {status}", preflight=True
    ),
    *say_reasons("preflight-status-not-ok", "Invalid HTTP status code {status}", preflight=True),
    *say_reasons("preflight-redirect", "Response for preflight is invalid (redirect)", preflight=True),
    *say_reasons(
        "preflight-redirect",
        "The request was redirected to '{target}', which is disallowed for cross-origin requests that require preflight",
        "Request requires preflight, which is disallowed to follow cross-origin redirect",
        preflight=False,
    ),
    *say_reasons(
        "redirect-scheme",
        "The request was redirected to a URL ('{target}') which has a disallowed scheme for cross-origin requests",
        preflight=False,
    ),
    *say_reasons(
        "redirect-userinfo",
        "The request was redirected to a URL ('{target}') containing userinfo, which is disallowed for cross-origin requests",
        preflight=False,
    ),
    *say_reasons(
        "allow-origin-wildcard",
        "A wildcard '*' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials flag is true",
    ),
    *say_reasons(
        "allow-credentials-not-true",
        "Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is '{value}'. It must be 'true' to allow credentials",
        'Credentials flag is true, but Access-Control-Allow-Credentials is not "true"',
    ),
    *say_reasons(
        "preflight-method-not-allowed", "Method {value} is not allowed by Access-Control-Allow-Methods", preflight=True
    ),
    *say_reasons(
        "preflight-header-not-allowed",
        "Request header field {value} is not allowed by Access-Control-Allow-Headers",
        preflight=True,
    ),
    *say_reasons("network-error", "Received an invalid response"),
    Saying(
        "opaque-response-blocked",
        "Cross-Origin Read Blocking (CORB) blocked cross-origin response {url} with MIME type {value}.",
    ),
    Saying("opaque-response-blocked", "Response was blocked by CORB (Cross-Origin Read Blocking)"),
    Saying("opaque-response-blocked", "Response was blocked by ORB"),
    # -- schemes --------------------------------------------------------------------------------------------------
    *say_reasons("scheme-not-fetchable", "Cross origin requests are only supported for protocol schemes: {value}."),
    Saying("scheme-not-fetchable", 'URL scheme "{value}" is not supported.'),
    # Swagger lists the same sentence among what may be wrong.
    Saying(
        "scheme-not-fetchable", 'Fetch API cannot load {url}. URL scheme must be "http" or "https" for CORS request.'
    ),
    Saying("local-file-asked", "Not allowed to load local resource: {url}"),
    Saying(
        "page-from-file",
        "Unsafe attempt to load URL {url} from frame with URL {page}. 'file:' URLs are treated as unique security origins.",
    ),
    # -- the local network ----------------------------------------------------------------------------------------
    *say_reasons(
        "local-network-access",
        "Permission was denied for this request to access the `{value}` address space.",
        "The request client is not a secure context and the resource is in more-private address space `{value}`.",
    ),
    *say_reasons(
        "local-network-wrong-space",
        "Request had a target IP address space of `{value}` yet the resource is in address space `{any}`.",
    ),
    *say_reasons(
        "private-network-access",
        "Request had no target IP address space, yet the resource is in address space `{value}`.",
    ),
    *say_reasons(
        "private-network-access",
        "No 'Access-Control-Allow-Private-Network' header was present in the preflight response for this private network request targeting the `{value}` address space.",
        "The 'Access-Control-Allow-Private-Network' header in the preflight response for this private network request targeting the `{any}` address space had a value of '{value}', not 'true'.",
        "No 'Private-Network-Access-{any}' header was present in the preflight response for this private network request targeting the `{value}` address space.",
        preflight=True,
    ),
    Saying(
        "private-network-access",
        "A site requested a resource from a network that it could only access because of its users' privileged network position.",
    ),
    Saying("local-network-access", "Local Network Access permission {any}denied"),
    # -- headers --------------------------------------------------------------------------------------------------
    Saying("header-not-exposed", 'Refused to get unsafe header "{value}"'),
    # -- mixed content --------------------------------------------------------------------------------------------
    *say(
        "mixed-content",
        "Mixed Content: The page at '{page}' was loaded over {any}, but attempted to connect to the insecure WebSocket endpoint '{target}'. This request has been blocked; this endpoint must be available over WSS.",
        "Mixed Content: The page at '{page}' was loaded over {any}, but requested an insecure {kind} '{target}'. This request has been blocked; the content must be served over HTTPS.",
    ),
    Saying(
        "mixed-content-loaded",
        "Mixed Content: The page at '{page}' was loaded over {any}, but requested an insecure {kind} '{target}'. This {any}should also be served over HTTPS.",
    ),
    Saying(
        "mixed-content-upgraded",
        "Mixed Content: The page at '{page}' was loaded over {any}, but requested an insecure {kind} '{target}'. This request was automatically upgraded to HTTPS",
    ),
    Saying(
        "mixed-content-loaded",
        "Mixed Content: The page at '{page}' was loaded over {any}, but requested an insecure {kind} '{target}'. This request was not upgraded to HTTPS because {value}.",
    ),
    Saying("mixed-content", "An insecure WebSocket connection may not be initiated from a page loaded over HTTPS."),
    # -- the page's policy ----------------------------------------------------------------------------------------
    *say(
        "csp-forbids-it",
        "Refused to {any} '{url}' because it violates the following Content Security Policy directive: \"{directive}",
        "'{url}' violates the following Content Security Policy directive: \"{directive}",
        'violates the following Content Security Policy directive: "{directive}',
        "cannot load {url}. Refused to connect because it violates the document's Content Security Policy.",
        "Refused to connect because it violates the document's Content Security Policy",
        "Access to the script at '{url}' is denied by the document's Content Security Policy.",
    ),
    # -- what scripts are told -------------------------------------------------------------------------------------
    Saying(
        "same-origin-mode",
        'Fetch API cannot load {url}. Request mode is "same-origin" but the URL\'s origin is not same as the request origin {origin}.',
    ),
    Saying("no-cors-forbids-it", "'{value}' is unsupported in no-cors mode."),
    Saying("no-cors-forbids-it", "Failed to execute 'fetch' on '{any}': '{value}' is unsupported in no-cors mode."),
    Saying("url-with-credentials", "Request cannot be constructed from a URL that includes credentials: {url}"),
    Saying("style-sheet-unreadable", "Failed to read the '{any}' property from 'CSSStyleSheet': Cannot access rules"),
    Saying("style-sheet-unreadable", "Failed to execute '{any}' on 'CSSStyleSheet': Cannot access StyleSheet to {any}"),
    Saying(
        "history-of-another-origin",
        "Failed to execute '{any}State' on 'History': A history state object with URL '{url}' cannot be created in a document with origin '{origin}'",
    ),
    Saying("request-given-up", "AbortError: signal is aborted without reason"),
    Saying("request-given-up", "AbortError: The user aborted a request."),
    Saying("reply-is-not-json", "Unexpected token '<', \"{any}\"... is not valid JSON"),
    Saying("reply-is-not-json", "Unexpected token < in JSON at position 0"),
    Saying("reply-is-not-json", "Unexpected end of JSON input"),
    Saying("reply-is-not-json", "Uncaught (in promise) SyntaxError: Unexpected end of input"),
    Saying(
        "document-sandboxed",
        "Failed to read the '{value}' property from '{any}': The document is sandboxed and lacks the 'allow-same-origin' flag.",
    ),
    Saying("document-sandboxed", "The document is sandboxed and lacks the 'allow-same-origin' flag."),
    # -- isolation ------------------------------------------------------------------------------------------------
    Saying("not-cross-origin-isolated", "SharedArrayBuffer will require cross-origin isolation"),
    Saying("not-cross-origin-isolated", "SharedArrayBuffer transfer requires self.crossOriginIsolated"),
    Saying("opener-policy-cuts-window", "Cross-Origin-Opener-Policy policy would block the {value} call."),
    Saying(
        "opener-policy-ignored",
        "The Cross-Origin-Opener-Policy header has been ignored, because the URL's origin was untrustworthy.",
    ),
    # -- web sockets ----------------------------------------------------------------------------------------------
    Saying(
        "websocket-refused",
        "WebSocket connection to '{url}' failed: Error during WebSocket handshake: Unexpected response code: {status}",
    ),
    Saying("websocket-refused", "Error during WebSocket handshake: Unexpected response code: {status}"),
    Saying("websocket-failed", "WebSocket connection to '{url}' failed: {value}"),
    Saying("websocket-failed", "WebSocket connection to '{url}' failed"),
    # -- workers --------------------------------------------------------------------------------------------------
    *say(
        "worker-from-another-origin",
        "Failed to construct '{any}Worker': Script at '{url}' cannot be accessed from origin '{origin}'.",
        "Script at '{url}' cannot be accessed from origin '{origin}'.",
        "The origin of the provided scriptURL ('{url}') does not match the current origin ('{origin}').",
    ),
    # -- canvases and sounds --------------------------------------------------------------------------------------
    Saying("canvas-tainted", "Failed to execute '{any}' on '{any}': Tainted canvases may not be {any}."),
    Saying("canvas-tainted", "Tainted canvases may not be exported."),
    Saying("canvas-tainted", "The canvas has been tainted by cross-origin data."),
    Saying("canvas-tainted", "The cross-origin image at {url} may not be loaded."),
    Saying("canvas-tainted", "Canvas is not origin-clean."),
    Saying("canvas-tainted", "Cannot capture from element with cross-origin data"),
    Saying("canvas-tainted", "element contains cross-origin data, and may not be loaded."),
    Saying("canvas-tainted", "MediaElementAudioSource outputs zeroes due to CORS access restrictions for {url}"),
    # -- service workers ------------------------------------------------------------------------------------------
    Saying(
        "service-worker-opaque",
        'The FetchEvent for "{url}" resulted in a network error response: an "opaque" response was used for a request whose type is not no-cors',
    ),
    Saying("service-worker-failed", 'The FetchEvent for "{url}" resulted in a network error response: {value}'),
    # -- streams --------------------------------------------------------------------------------------------------
    Saying("event-source-type", 'EventSource\'s response has a MIME type ("{value}") that is not "text/event-stream".'),
    Saying("event-source-type", 'EventSource\'s response has a charset ("{value}") that is not UTF-8.'),
    # -- preloads -------------------------------------------------------------------------------------------------
    Saying(
        "preload-not-matching",
        "A preload for '{url}' is found, but is not used because the request credentials mode does not match.",
    ),
    Saying("preload-not-matching", "A preload for '{url}' is found, but is not used {any}because {value}."),
    Saying(
        "preload-unused",
        "The resource {url} was preloaded using link preload but not used within a few seconds from the window's load event.",
    ),
    # -- types, frames, integrity ---------------------------------------------------------------------------------
    Saying("module-import-failed", "Failed to fetch dynamically imported module: {url}"),
    Saying(
        MIME_TYPE,
        'Failed to load module script: Expected a {any} module script but the server responded with a MIME type of "{value}".',
    ),
    Saying(MIME_TYPE, "Refused to {any} from '{url}' because its MIME type ('{value}') is not"),
    Saying(MIME_TYPE, "The script has an unsupported MIME type ('{value}')."),
    Saying(MIME_TYPE, "The script does not have a MIME type."),
    Saying("redirect-refused", "The script resource is behind a redirect, which is disallowed."),
    Saying("frame-refused", "Refused to display '{url}' in a frame because it set '{any}' to '{any}'."),
    Saying("frame-refused", "Refused to display '{url}' in a frame because it set multiple '{any}' headers"),
    Saying("frame-refused", "Refused to display '{url}' in a frame because an ancestor violates"),
    Saying(
        "frame-refused",
        "Refused to frame '{url}' because an ancestor violates the following Content Security Policy directive: \"{directive}",
    ),
    Saying("integrity-mismatch", "Failed to find a valid digest in the 'integrity' attribute for resource '{url}'"),
    Saying("frame-of-another-origin", 'Blocked a frame with origin "{origin}" from accessing a cross-origin frame.'),
    Saying(
        "frame-of-another-origin", 'Blocked a frame with origin "{origin}" from accessing a frame with origin "{value}"'
    ),
    Saying(
        "post-message-origin",
        "The target origin provided ('{value}') does not match the recipient window's origin ('{origin}').",
    ),
    Saying(
        "integrity-needs-cors",
        "The resource '{url}' has an integrity attribute, but the resource requires the request to be CORS enabled to check the integrity, and it is not.",
    ),
)
