"""Chromium's error names and console texts.

Sources: services/network/public/mojom/cors.mojom,
third_party/blink/renderer/platform/loader/cors/cors_error_string.cc; measured with 156.
"""

from __future__ import annotations

from functools import lru_cache

from corsight.policies.engines.policy import ConsoleTexts
from corsight.policies.engines.wording import Wording
from corsight.policies.fetch.local_network import find_address_space
from corsight.policies.fetch.main_fetch import NESTED
from corsight.policies.fetch.origin import origin_of, split_origin

TEXTS = ConsoleTexts(
    invalid_origin_hint=" Have the server send the header with a valid value.",
    cors_schemes="chrome, chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, data, http, "
    "https, isolated-app",
)
"""What the console says today."""

ERRORS = {
    "allow-origin-missing": "MissingAllowOriginHeader",
    "allow-origin-wildcard": "WildcardOriginNotAllowed",
    "allow-origin-multiple": "MultipleAllowOriginValues",
    "allow-origin-invalid": "InvalidAllowOriginValue",
    "allow-origin-mismatch": "AllowOriginMismatch",
    "allow-credentials-not-true": "InvalidAllowCredentials",
    "preflight-status-not-ok": "PreflightInvalidStatus",
    "preflight-redirect": "PreflightDisallowedRedirect",
    "preflight-allow-methods-invalid": "InvalidAllowMethodsPreflightResponse",
    "preflight-allow-headers-invalid": "InvalidAllowHeadersPreflightResponse",
    "preflight-method-not-allowed": "MethodDisallowedByPreflightResponse",
    "preflight-header-not-allowed": "HeaderDisallowedByPreflightResponse",
    "redirect-userinfo": "RedirectContainsCredentials",
    "redirect-scheme": "CorsDisabledScheme",
    "redirect-cross-origin": "origin",
    "mixed-content": "mixed-content",
    "local-network-access": "LocalNetworkAccessPermissionDenied",
    "corp-same-origin": "corp-not-same-origin",
    "corp-same-site": "corp-not-same-site",
    "corp-required-by-coep": "corp-not-same-origin-after-defaulted-to-same-origin-by-coep",
    "worker-needs-coep": "coep-frame-resource-needs-coep-header",
}
"""Our rule -> DevTools' CorsError (services/network/public/mojom/cors.mojom) or blocked reason."""

NET_ERRORS = {
    "corp-same-origin": "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin",
    "corp-same-site": "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite",
    "corp-required-by-coep": "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep",
    "worker-needs-coep": "net::ERR_BLOCKED_BY_RESPONSE",
    "opaque-response-blocked": "net::ERR_BLOCKED_BY_ORB",
    "redirect-too-many": "net::ERR_TOO_MANY_REDIRECTS",
    "redirect-location-invalid": "net::ERR_INVALID_REDIRECT",
    "network-error": "net::ERR_FAILED",
    "proxy-authentication": "net::ERR_UNEXPECTED_PROXY_AUTH",
    "redirect-refused": "net::ERR_FAILED",
}
"""Rules that are no CORS error: DevTools prints the network error."""

UNSAFE_SCHEMES = {"about", "blob", "data", "file", "filesystem"}
"""Where a redirect may never lead."""

PREFLIGHT_TWINS = {rule for rule in ERRORS if rule.startswith("allow-")}
SUFFIXED = {"allow-origin-multiple", "allow-origin-invalid", "allow-origin-mismatch"}

KINDS = {
    "empty": "fetch",
    "audio": "audio",
    "font": "font",
    "image": "image",
    "manifest": "manifest",
    "script": "script",
    "style": "CSS stylesheet",
    "track": "text track",
    "video": "video",
    "xslt": "XSL stylesheet",
    "serviceworker": "script",
    "sharedworker": "script",
    "worker": "script",
}
"""Resource::ResourceTypeToString by request destination. fetch and XMLHttpRequest look alike on the wire: fetch is
said, unless the browser or a recording tells them apart."""

MODULES = {
    "module script": "JavaScript-or-Wasm",
    "worklet": "JavaScript-or-Wasm",
    "JSON module": "JSON",
    "CSS module": "CSS",
}
"""What the console calls the modules it expected, by what a response was to be."""

REASONS = {
    "allow-origin-missing": "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
    "allow-origin-wildcard": "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard "
    "'*' when the request's credentials mode is 'include'.",
    "allow-origin-multiple": "The 'Access-Control-Allow-Origin' header contains multiple values '{value}', but only one is "
    "allowed.",
    "allow-origin-invalid": "The 'Access-Control-Allow-Origin' header contains the invalid value '{value}'.",
    "allow-origin-mismatch": "The 'Access-Control-Allow-Origin' header has a value '{value}' that is not equal to the supplied "
    "origin.",
    "allow-credentials-not-true": "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' "
    "which must be 'true' when the request's credentials mode is 'include'.",
    "preflight-status-not-ok": "It does not have HTTP ok status.",
    "preflight-redirect": "Redirect is not allowed for a preflight request.",
    "preflight-allow-methods-invalid": "Cannot parse Access-Control-Allow-Methods response header field in preflight response.",
    "preflight-allow-headers-invalid": "Cannot parse Access-Control-Allow-Headers response header field in preflight response.",
    "preflight-method-not-allowed": "Method {value} is not allowed by Access-Control-Allow-Methods in preflight response.",
    "preflight-header-not-allowed": "Request header field {value} is not allowed by Access-Control-Allow-Headers in preflight "
    "response.",
    # The location is left out of the text: the network service hands none over.
    "redirect-userinfo": "Redirect location '' contains a username and password, which is disallowed for cross-origin requests.",
    "redirect-scheme": "Cross origin requests are only supported for protocol schemes: {schemes}.",
}
"""Our rule -> the last sentence of the console's text (GetErrorStringForConsoleMessage)."""

INSECURE_CLIENT = "The request client is not a secure context and the resource is in more-private address space `{}`."
PERMISSION_DENIED = "Permission was denied for this request to access the `{}` address space."
"""What local network access says: of pages that are not secure, and of those that were not given leave."""

MIXED_CONTEXTS = {
    **dict.fromkeys(NESTED, "frame"),
    **{"empty": "resource", "font": "font", "image": "element", "script": "script", "style": "stylesheet"},
}


def word(wording: Wording) -> tuple[str | None, str | None]:
    """Return DevTools' error name and the console's text."""
    rule, texts, page = wording.rule, wording.texts or TEXTS, wording.page or wording.page_origin + "/"
    error = ERRORS.get(rule)
    if rule == "local-network-access" and wording.page_origin.startswith("http:"):
        error = "InsecureLocalNetwork"
    if error is not None and wording.preflight and rule in PREFLIGHT_TWINS:
        error = "Preflight" + error
    if rule == "mixed-content":
        context = (
            "EventSource endpoint" if wording.event_source else MIXED_CONTEXTS.get(wording.destination, "resource")
        )
        return error, (
            f"Mixed Content: The page at '{page}' was loaded over HTTPS, but requested an insecure {context} "
            f"'{wording.target}'. This request has been blocked; the content must be served over HTTPS."
        )
    if rule == "redirect-cross-origin":
        return error, (
            f"Unsafe attempt to load URL {wording.target} from frame with URL {page}. "
            "Domains, protocols and ports must match."
        )
    if rule in ("mime-type-blocked", "nosniff-mime-type"):
        return None, _refuse_type(wording)
    if rule == "redirect-userinfo" and wording.value == "embedded":
        # Blink's own check, of which the console never hears.
        return "origin", None
    if rule == "redirect-refused" and wording.destination == "serviceworker":
        return error, "The script resource is behind a redirect, which is disallowed."
    net_error = _scheme_error(wording) if rule == "redirect-scheme" else NET_ERRORS.get(rule)
    if rule == "redirect-location-invalid" and wording.separate_lines > 1:
        net_error = "net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION"
    if rule == "opaque-response-blocked" and not texts.opaque_blocking_said:
        return error, None
    if rule == "redirect-scheme" and net_error is None and not texts.cors_schemes:
        return error, None
    if net_error is not None:
        return (None if rule == "redirect-scheme" else error), f"Failed to load resource: {net_error}"
    kind = "resource" if wording.event_source else KINDS.get(wording.destination, "resource")
    if wording.xhr and kind == "fetch":
        kind = "XMLHttpRequest"
    # Of a scheme Chromium learns when it has already turned to it.
    url = wording.target if rule in ("redirect-scheme", "local-network-access") and wording.target else wording.url
    redirected = f"(redirected from '{wording.initial_url}') " if wording.initial_url != url else ""
    check = "Response to preflight request doesn't pass access control check: " if _checks_access(wording) else ""
    return error, (
        f"Access to {kind} at '{url}' {redirected}from origin '{wording.page_origin}' has been blocked by CORS "
        f"policy: {check}{_reason(wording, kind, texts)}"
    )


def _refuse_type(wording: Wording) -> str:
    strict = wording.rule == "nosniff-mime-type"
    mime_type = f"'{wording.url}' because its MIME type ('{wording.value}') is not"
    if wording.use in MODULES:
        return (
            f"Failed to load module script: Expected a {MODULES[wording.use]} module script but the server responded "
            f'with a MIME type of "{wording.value}". Strict MIME type checking is enforced for module scripts per HTML '
            "spec."
        )
    if wording.use == "service worker":
        has = f"has an unsupported MIME type ('{wording.value}')" if wording.value else "does not have a MIME type"
        return f"The script {has}."
    if wording.destination == "style":
        return f"Refused to apply style from {mime_type} a supported stylesheet MIME type, and strict MIME checking is enabled."
    ending = ", and strict MIME type checking is enabled" if strict else ""
    return f"Refused to execute script from {mime_type} executable{ending}."


def _scheme_error(wording: Wording) -> str | None:
    """Return the network error of a redirect that leaves HTTP; None where it is a CORS error."""
    scheme = (wording.target or "").partition(":")[0].lower()
    if scheme in UNSAFE_SCHEMES:
        return "net::ERR_UNSAFE_REDIRECT"
    return "net::ERR_UNKNOWN_URL_SCHEME" if wording.tainting == "opaque" else None


def _checks_access(wording: Wording) -> bool:
    return wording.preflight and wording.rule in PREFLIGHT_TWINS | {"preflight-status-not-ok", "preflight-redirect"}


def _reason(wording: Wording, kind: str, texts: ConsoleTexts) -> str:
    if wording.rule == "local-network-access":
        parts = split_origin(origin_of(wording.target or wording.url))
        text = INSECURE_CLIENT if wording.page_origin.startswith("http:") else PERMISSION_DENIED
        space = find_address_space(parts[1]) if parts is not None else None
        return text.format(wording.value or space or "unknown")
    hint = ""
    if kind == "fetch" and wording.rule in SUFFIXED:
        hint = texts.invalid_origin_hint
    elif kind == "fetch" and wording.rule == "allow-origin-missing":
        hint = texts.missing_origin_hint
    return REASONS[wording.rule].format(value=encode_hint(wording.value), schemes=texts.cors_schemes) + hint


def encode_hint(value: str) -> str:
    """Return the value with everything but printable ASCII as \\uXXXX (EncodeHint in cors_error_string.cc).

    Of a very long one, which no view shows, the beginning.
    """
    value = value[:LONGEST_VALUE]
    return value if value.isascii() and value.isprintable() else _encode_hint(value)


@lru_cache(maxsize=4)
def _encode_hint(value: str) -> str:
    # The same value stands in the messages of several branches.
    return value.translate(_HINTS)


LONGEST_VALUE = 16 * 1024


class _Hints(dict[int, str]):
    def __missing__(self, code: int) -> str:
        return f"\\u{code:04X}"


_HINTS = _Hints({code: chr(code) if 0x20 <= code <= 0x7E else f"\\u{code:04X}" for code in range(0x100)})
"""What stands for each character, by its code."""
