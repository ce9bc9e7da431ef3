"""What Firefox writes beside the texts of today's CORS errors.

Sources, by their names in Firefox's tree: dom/locales/en-US/chrome/security/security.properties (of 2014 to today) and
csp.properties; dom/locales/en-US/chrome/dom/dom.properties; netwerk/locales/en-US/necko.properties;
dom/locales/en-US/chrome/appstrings.properties; caps/ and dom/script for what may be loaded.
"""

from __future__ import annotations

from corsight.policies.console.saying import Saying, say, say_reasons
from corsight.policies.rules.isolation import MIME_TYPE

SAYINGS = (
    # -- CORS: reasons of today that no exchange leads to, and older ones ------------------------------------------
    *say_reasons("cors-disabled", "CORS disabled)."),
    *say_reasons("origin-header-not-added", "CORS header ‘Origin’ cannot be added)."),
    Saying("page-from-file", "disallows reading the remote resource at file:{any}. (Reason: CORS request not http)."),
    *say_reasons("scheme-not-fetchable", "CORS request not http)."),
    *say_reasons("network-error", "CORS request failed)."),
    *say_reasons("preflight-status-not-ok", "CORS preflight channel did not succeed).", preflight=True),
    *say_reasons("preflight-redirect", "CORS request external redirect not allowed)."),
    *say_reasons(
        "preflight-header-not-allowed",
        "missing token ‘{value}’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel).",
        preflight=True,
    ),
    *say_reasons(
        "preflight-method-not-allowed",
        "missing token ‘{value}’ in CORS header ‘Access-Control-Allow-Methods’",
        preflight=True,
    ),
    *say_reasons(
        "allow-origin-missing", "This can be fixed by moving the resource to the same domain or enabling CORS."
    ),
    Saying(
        "allow-origin-missing",
        "downloadable font: download failed ({any}): bad URI or cross-site access not allowed source: {url}",
    ),
    Saying(
        "authorization-by-wildcard",
        "Cross-Origin Request Warning: The Same Origin Policy will disallow reading the remote resource at {url} soon. (Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization` header is not covered.",
    ),
    # -- opaque responses ------------------------------------------------------------------------------------------
    *say(
        "opaque-response-blocked",
        "The resource at “{url}” was blocked by OpaqueResponseBlocking. Reason: “{value}”.",
        "A resource is blocked by OpaqueResponseBlocking, please check browser console for details.",
        "blocked by OpaqueResponseBlocking",
    ),
    # -- mixed content ---------------------------------------------------------------------------------------------
    Saying("mixed-content", "Blocked loading mixed display content “{target}”"),
    Saying("mixed-content-upgraded", "Upgrading insecure display request ‘{target}’ to use ‘{any}’"),
    Saying("mixed-content-loaded", "Loading mixed (insecure) display content “{target}” on a secure page"),
    Saying("mixed-content-upgraded", "Upgrading insecure request ‘{target}’ to use ‘{any}’"),
    # -- the page's policy -----------------------------------------------------------------------------------------
    *say(
        "csp-forbids-it",
        "The page’s settings blocked the loading of a resource ({any}) at {url} because it violates the following directive: “{directive}",
        "The page’s settings blocked the loading of a resource at {url} (“{value}”).",
        "The page’s settings blocked the loading of a resource at {url} ({value})",
        "The page’s settings blocked {any} at {url} from being {any} because it violates the following directive: “{directive}",
        "downloadable font: failed to start download ({any}): content blocked source: {url}",
        "The page’s settings blocked {any} because it violates the following directive: “{directive}",
    ),
    # -- web sockets and streams -----------------------------------------------------------------------------------
    Saying("event-source-failed", "can’t establish a connection to the server at {url}."),
    Saying("request-given-up", "The connection to {url} was interrupted while the page was loading."),
    # -- workers, canvases, service workers ------------------------------------------------------------------------
    Saying("operation-insecure", "SecurityError: The operation is insecure."),
    Saying("operation-insecure", "DOMException: The operation is insecure."),
    Saying(
        "canvas-tainted",
        "The HTMLMediaElement passed to createMediaElementSource has a cross-origin resource, the node will output silence.",
    ),
    Saying("worker-from-another-origin", "Failed to load worker script at “{url}”"),
    Saying("worker-from-another-origin", "ServiceWorkerContainer.register: Non-same-origin scope URL"),
    Saying(
        "not-cross-origin-isolated",
        "The {value} object cannot be serialized. The Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy HTTP headers can be used to enable this.",
    ),
    # -- what scripts are told -------------------------------------------------------------------------------------
    Saying("no-cors-forbids-it", "Window.fetch: Invalid request method {value}."),
    Saying("url-with-credentials", "Window.fetch: {url} is an url with embedded credentials."),
    Saying("url-with-credentials", "Request constructor: {url} is an url with embedded credentials."),
    Saying("style-sheet-unreadable", "CSSStyleSheet.{any}: Not allowed to access cross-origin stylesheet"),
    Saying("request-given-up", "AbortError: The operation was aborted."),
    Saying("document-sandboxed", "Forbidden in a sandboxed document without the ‘allow-same-origin’ flag."),
    Saying("reply-is-not-json", "JSON.parse: unexpected character at line 1 column 1 of the JSON data"),
    Saying("reply-is-not-json", "JSON.parse: unexpected end of data at line 1 column 1 of the JSON data"),
    Saying("failed-without-reason", "Module source URI is not allowed in this document: “{url}”."),
    Saying("failed-without-reason", "<script> source URI is not allowed in this document: “{url}”."),
    Saying("failed-without-reason", "Loading failed for the {any} with source “{url}”."),
    Saying("local-file-asked", "Security Error: Content at {page} may not load or link to file:{any}."),
    Saying("page-from-file", "Security Error: Content at file:{any} may not load data from file:{any}."),
    Saying(
        "service-worker-opaque",
        "Failed to load ‘{url}’. A ServiceWorker passed an opaque Response to FetchEvent.respondWith() while handling a ‘{any}’ FetchEvent.",
    ),
    Saying("service-worker-failed", "Failed to load ‘{url}’. A ServiceWorker {value}."),
    # -- blockers --------------------------------------------------------------------------------------------------
    *say(
        "stopped-by-extension",
        "The resource at “{url}” was blocked because content blocking is enabled.",
        "The resource at “{url}” was blocked because Enhanced Tracking Protection is enabled.",
        "Request to access cookie or storage on “{url}” was blocked because it came from a tracker",
    ),
    # -- types, preloads, integrity --------------------------------------------------------------------------------
    *(
        Saying(MIME_TYPE, f"{what} was blocked because of a disallowed MIME type (“{{value}}”).")
        for what in (
            "Loading module from “{url}”",
            "Loading JSON module from “{url}”",
            "Loading Worker from “{url}”",
            "Loading script from “{url}” with importScripts()",
        )
    ),
    Saying("module-import-failed", "error loading dynamically imported module: {url}"),
    Saying("wrong-type", "The resource from “{url}” was blocked due to MIME type (“{value}”) mismatch"),
    Saying("preload-unused", "The resource at “{url}” preloaded with link preload was not used within a few seconds."),
    Saying(
        "preload-not-matching", "Preload of {url} was ignored due to unknown “as” or “type” values, or non-matching"
    ),
    Saying(
        "integrity-needs-cors",
        "“{url}” is not eligible for integrity checks since it’s neither CORS-enabled nor same-origin.",
    ),
    Saying(
        "integrity-mismatch",
        "None of the “{any}” hashes in the integrity attribute match the content of the subresource at “{url}”.",
    ),
    Saying(
        "post-message-origin",
        "Failed to execute ‘postMessage’ on ‘DOMWindow’: The target origin provided (‘{value}’) does not match the recipient window’s origin (‘{origin}’).",
    ),
    Saying("frame-refused", "The loading of “{url}” in a frame is denied by “X-Frame-Options“ directive"),
    Saying("frame-of-another-origin", 'Permission denied to access property "{value}" on cross-origin object'),
    # -- no answer -------------------------------------------------------------------------------------------------
    Saying("tls-failed", "SEC_ERROR_{value}", rule="network-error"),
    Saying("tls-failed", "MOZILLA_PKIX_ERROR_{value}", rule="network-error"),
    Saying("tls-failed", "SSL_ERROR_{value}", rule="network-error"),
    Saying("host-not-found", "NS_ERROR_UNKNOWN_HOST", rule="network-error"),
    Saying("connection-refused", "NS_ERROR_CONNECTION_REFUSED", rule="network-error"),
    Saying("connection-closed", "NS_ERROR_NET_{value}", rule="network-error"),
    Saying("request-given-up", "NS_BINDING_ABORTED", rule="network-error"),
    Saying("corp-same-origin", "NS_ERROR_DOM_CORP_FAILED"),
    Saying("corp-required-by-coep", "NS_ERROR_DOM_COEP_FAILED"),
)
