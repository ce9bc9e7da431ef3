"""Chromium: Chrome, Edge, Opera, Brave, Electron, Android WebView.

Sources: services/network/public/cpp/cors/cors.cc, services/network/cors/preflight_controller.cc, preflight_result.cc,
preflight_cache.cc; third_party/blink/renderer/platform/loader/cors/cors_error_string.cc; measured with 156, and what
earlier versions did otherwise with 24 of them from 92 on (changes.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

from corsight.policies.engines.changes import CHROMIUM, CHROMIUM_SAFELISTED
from corsight.policies.engines.policy import ConsoleTexts, Departure, EnginePolicy
from corsight.policies.engines.wording import Wording
from corsight.policies.fetch.local_network import find_address_space
from corsight.policies.fetch.orb import OrbRules
from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.fetch.preflight_cache import CacheRules

TEXTS = ConsoleTexts(
    invalid_origin_hint=" Have the server send the header with a valid value.",
    cors_schemes="chrome, chrome-experimental-site-token-provider, chrome-extension, chrome-untrusted, data, http, "
    "https, isolated-app",
)
"""What the console says today."""

POLICY = EnginePolicy(
    name="chromium",
    label="Chromium",
    measured=(92, 156),
    changes=CHROMIUM,
    texts=TEXTS,
    authorization_by_wildcard=True,
    identical_locations=True,
    loops_in_its_cache=True,
    location_read_anyhow=True,
    proxy_authentication_fails=True,
    type_checks=("orb", "nosniff", "mime-type"),
    repeated_lines_joined=True,
    extra_safelisted={
        **CHROMIUM_SAFELISTED,
        "downlink": re.compile(r"\d+(\.\d+)?"),
        "rtt": re.compile(r"\d+"),
        "ect": re.compile("slow-2g|2g|3g|4g"),
    },
    storage_access_told=True,
    separate_connections="always",
    preflight_outlives_abort=True,
    embedded_userinfo_blocked=True,
    local_network_is_mixed=False,
    local_network_access=True,
    image_address_is_mixed=False,
    # Media types pass by name, scripts are sniffed for data (orb_impl.cc, orb_mimetypes.cc).
    opaque_response_blocking=OrbRules(
        own_origin_spared=True,
        safelisted=frozenset(
            {
                *("application/dash+xml", "application/ogg", "application/vnd.apple.mpegurl"),
                *("image/svg+xml", "text/css", "text/vtt"),
            }
        ),
        safelisted_prefixes=("audio/", "video/"),
        also_never_sniffed=frozenset({"text/pdf"}),
        plain_nosniff=True,
        fails_open=True,
        data=frozenset({"data", "loop"}),
    ),
    cache_cleared_on_failure=False,
    cache=CacheRules(
        default_seconds=5,
        cap_seconds=7200,
        bad_max_age="default",
        negative="expired",
        wildcard_hits=True,
        authorization_by_wildcard=False,
        per_token=False,
        credentials_shared=True,
        head_exempt=True,
        max_url_length=1024,
        wildcard_with_credentials="none",
        int64=True,
    ),
    departures=(
        Departure(
            field="identical_locations",
            what="a Location that is repeated word for word is followed",
            source="measured",
        ),
        Departure(
            field="loops_in_its_cache",
            what="a 301 or 308 to its own URL fails after one exchange: the HTTP cache answers the other twenty",
            source="measured",
        ),
        Departure(
            field="location_read_anyhow",
            what='a Location that is no URL fails a fetch() of redirect mode "manual" as well (net::ERR_INVALID_REDIRECT)',
            source="measured with 156",
        ),
        Departure(
            field="proxy_authentication_fails",
            what="a 407 that comes through a proxy's tunnel is net::ERR_UNEXPECTED_PROXY_AUTH, whatever its headers say",
            source="measured with 156; a 407 over plain http, which a proxy may have sent, is read",
        ),
        Departure(
            field="type_checks",
            what="opaque response blocking comes before the checks of the MIME type, and of these nosniff first",
            source="measured with 156",
        ),
        Departure(
            field="authorization_by_wildcard",
            what="`*` in Access-Control-Allow-Headers covers Authorization; the preflight is never cached then",
            source="services/network/public/cpp/features.cc kCorsNonWildcardRequestHeadersSupport, off by default",
        ),
        Departure(
            field="repeated_lines_joined",
            what="repeated request header lines are joined before the 128-byte rule",
            source="services/network/public/cpp/cors/cors.cc",
        ),
        Departure(
            field="extra_safelisted",
            what="client hint headers a page sets by itself need no preflight",
            source="services/network/public/cpp/cors/cors.cc IsCorsSafelistedHeader",
        ),
        Departure(
            field="cache_cleared_on_failure",
            what="a request that fails leaves its preflight's answer in the cache",
            source="services/network/cors/preflight_cache.cc: nothing clears it but time",
        ),
        Departure(
            field="cache",
            what="one result a URL, replaced whole; 7200 s at most; URLs of 1024 characters and more are not kept",
            source="services/network/cors/preflight_cache.cc",
        ),
        Departure(
            field="opaque_response_blocking",
            what="opaque responses that are data by their headers are blocked",
            source="services/network/orb/orb_impl.cc",
        ),
        Departure(
            field="embedded_userinfo_blocked",
            what="fetch() and elements follow no redirect to a URL with a user name, of whatever origin; "
            "XMLHttpRequest does",
            source="third_party/blink/renderer/core/loader/base_fetch_context.cc; measured with 156",
        ),
        Departure(
            field="local_network_is_mixed",
            what="http URLs of the local network pass the mixed content check: local network access decides about them",
            source="third_party/blink/renderer/core/loader/mixed_content_checker.cc ShouldBlockFetch; measured with "
            "156",
        ),
        Departure(
            field="local_network_access",
            what="from 142 on public pages reach the local network with the user's permission only, and secure pages "
            "only; through a proxy nobody is asked",
            source="services/network/local_network_access_checker.cc",
        ),
        Departure(
            field="image_address_is_mixed",
            what="images, audio and video over http from an IP address are loaded, with a warning",
            source="mixed_content_checker.cc, optionally blockable content; measured with 156",
        ),
        Departure(
            field="preflight_outlives_abort",
            what="the preflight of an aborted fetch() is finished and cached; Firefox and WebKit leave it unanswered",
            source="measured: 15 of 27 aborted in Chromium, 39 of 42 left unanswered in the others",
        ),
        Departure(
            field="separate_connections",
            what="credentialed and uncredentialed requests never share a connection",
            source="net/socket/client_socket_pool.cc GroupId privacy_mode; measured on 287 connections",
        ),
        Departure(
            field="storage_access_told",
            what="Sec-Fetch-Storage-Access comes with every credentialed cross-site request and no other",
            source="services/network/sec_header_helpers.cc; measured on 900 requests",
        ),
    ),
)

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
}
"""Our rule -> DevTools' CorsError (services/network/public/mojom/cors.mojom) or blocked reason."""

NET_ERRORS = {
    "corp-same-origin": "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin",
    "corp-same-site": "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite",
    "corp-required-by-coep": "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep",
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

MIXED_CONTEXTS = {"empty": "resource", "font": "font", "image": "element", "script": "script", "style": "stylesheet"}


def word(wording: Wording) -> tuple[str | None, str | None]:
    """Return DevTools' error name and the console's text."""
    rule, texts = wording.rule, wording.texts or TEXTS
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
            f"Mixed Content: The page at '{wording.page or wording.page_origin + '/'}' was loaded over HTTPS, but "
            f"requested an "
            f"insecure {context} '{wording.target}'. This request has been blocked; the content must be served over "
            f"HTTPS."
        )
    if rule == "redirect-cross-origin":
        return error, (
            f"Unsafe attempt to load URL {wording.target} from frame with URL "
            f"{wording.page or wording.page_origin + '/'}. "
            "Domains, protocols and ports must match."
        )
    if rule in ("mime-type-blocked", "nosniff-mime-type"):
        return None, _refuse_type(wording)
    if rule == "redirect-userinfo" and wording.value == "embedded":
        # Blink's own check, of which the console never hears.
        return "origin", None
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
