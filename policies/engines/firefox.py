"""Firefox.

Sources: netwerk/protocol/http/nsCORSListenerProxy.cpp, dom/locales/en-US/chrome/security/security.properties,
dom/fetch/InternalHeaders.cpp; measured with ESR 140 and 153.
"""

from __future__ import annotations

from corsight.policies.engines.changes import FIREFOX
from corsight.policies.engines.policy import Departure, EnginePolicy
from corsight.policies.engines.wording import Wording
from corsight.policies.fetch.headers import find_invalid_token
from corsight.policies.fetch.orb import NEVER_SNIFFED, OrbRules, extract_mime_essence
from corsight.policies.fetch.preflight_cache import CacheRules

# Scripts pass by name, media types are sniffed (netwerk/protocol/http/OpaqueResponseUtils.cpp).
ORB = OrbRules(
    safelisted=frozenset(
        {
            *("application/dash+xml", "application/vnd.apple.mpegurl", "audio/mpegurl"),
            *("image/svg+xml", "text/css", "text/vtt"),
        }
    ),
    javascript=True,
    also_never_sniffed=frozenset({"application/x-protobuffer"}),
    plain_nosniff_allowed=True,
    partial_data=True,
    partial_malformed=True,
)

POLICY = EnginePolicy(
    name="firefox",
    label="Firefox",
    measured=(140, 153),
    changes=FIREFOX,
    preflight_order=("cors", "redirect", "status", "methods-syntax", "method", "headers-syntax", "header"),
    authorization_by_wildcard=True,
    identical_locations=True,
    same_origin_preflight_unchecked=True,
    unsafe_total_limit=None,
    expose_wildcard_survives=True,
    storage_access_told=True,
    separate_connections="http/1.1",
    empty_lines_dropped=True,
    allow_origin_lines_counted=True,
    image_address_is_mixed=False,
    track_is_mixed=False,
    invalid_resource_policy_is_none=False,
    styles_need_css=True,
    opaque_response_blocking=ORB,
    cache=CacheRules(
        default_seconds=5,
        cap_seconds=86400,
        bad_max_age="not-cached",
        negative="not-cached",
        wildcard_hits=False,
        authorization_by_wildcard=False,
        per_token=True,
        credentials_shared=False,
        head_exempt=False,
        max_url_length=None,
    ),
    departures=(
        Departure(
            field="identical_locations",
            what="a Location that is repeated word for word is followed",
            source="measured",
        ),
        Departure(
            field="preflight_order",
            what="the method is held against Access-Control-Allow-Methods before Access-Control-Allow-Headers is "
            "parsed",
            source="nsCORSListenerProxy.cpp CheckPreflightRequestApproved",
        ),
        Departure(
            field="authorization_by_wildcard",
            what="`*` in Access-Control-Allow-Headers covers Authorization, with a warning",
            source="pref network.cors_preflight.authorization_covered_by_wildcard",
        ),
        Departure(
            field="same_origin_preflight_unchecked",
            what="a preflight after a redirect carries the page's own origin, not `null`; to that origin it is not "
            "checked",
            source="measured: redirects back to the page's origin with a wrong Access-Control-Allow-Origin pass",
        ),
        Departure(
            field="unsafe_total_limit",
            what="no limit on the safelisted request headers together",
            source="dom/fetch/InternalHeaders.cpp GetUnsafeHeaders",
        ),
        Departure(
            field="expose_wildcard_survives",
            what="a malformed element ends Access-Control-Expose-Headers and voids the names before it, not a `*` "
            "(fetch(); XMLHttpRequest voids all, and the wire does not tell the two apart)",
            source="dom/fetch/InternalHeaders.cpp CORSHeaders",
        ),
        Departure(
            field="empty_lines_dropped",
            what="`Access-Control-Allow-Origin: https://a` followed by an empty line of that name is `https://a`",
            source="netwerk/protocol/http/nsHttpHeaderArray.cpp; measured with ESR 153",
        ),
        Departure(
            field="allow_origin_lines_counted",
            what="two lines named exactly Access-Control-Allow-Origin are too many, even if one is empty",
            source="nsCORSListenerProxy.cpp CheckRequestApproved; measured with ESR 153",
        ),
        Departure(
            field="track_is_mixed",
            what="a track over http is loaded on a secure page, as mixed display content",
            source="measured; dom/security/nsMixedContentBlocker.cpp",
        ),
        Departure(
            field="image_address_is_mixed",
            what="images, audio and video over http from an IP address are loaded",
            source="dom/security/nsMixedContentBlocker.cpp; measured with ESR 153",
        ),
        Departure(
            field="invalid_resource_policy_is_none",
            what="under an embedder policy only an absent or empty Cross-Origin-Resource-Policy blocks, not a "
            "malformed one",
            source="netwerk/protocol/http/nsHttpChannel.cpp ProcessCrossOriginResourcePolicyHeader; measured",
        ),
        Departure(
            field="styles_need_css",
            what="a style sheet of another origin is loaded as text/css or without a type, and of no other type",
            source="measured with ESR 153; layout/style/Loader.cpp",
        ),
        Departure(
            field="opaque_response_blocking",
            what="opaque responses that are data by their headers are blocked; scripts are told by their type",
            source="netwerk/protocol/http/OpaqueResponseUtils.cpp",
        ),
        Departure(
            field="cache",
            what="`*` never hits; credentialed and uncredentialed entries are apart; a malformed Max-Age keeps "
            "nothing; HEAD "
            "has to be listed",
            source="nsCORSListenerProxy.cpp nsPreflightCache",
        ),
        Departure(
            field="separate_connections",
            what="credentialed and uncredentialed requests never share an HTTP/1.1 connection",
            source="netwerk/protocol/http/nsHttpConnectionInfo.h SetAnonymous; measured",
        ),
        Departure(
            field="storage_access_told",
            what="Sec-Fetch-Storage-Access comes with every credentialed cross-site request, and with its preflight",
            source="measured on 270 requests; missing after a redirect",
        ),
    ),
)

BLOCKED = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "

CATEGORIES = {
    "allow-origin-missing": "CORSMissingAllowOrigin2",
    "allow-origin-wildcard": "CORSNotSupportingCredentials",
    "allow-origin-multiple": "CORSAllowOriginNotMatchingOrigin",
    "allow-origin-invalid": "CORSAllowOriginNotMatchingOrigin",
    "allow-origin-mismatch": "CORSAllowOriginNotMatchingOrigin",
    "allow-credentials-not-true": "CORSMissingAllowCredentials",
    "preflight-status-not-ok": "CORSPreflightDidNotSucceed3",
    "preflight-redirect": "CORSExternalRedirectNotAllowed",
    "preflight-allow-methods-invalid": "CORSInvalidAllowMethod",
    "preflight-allow-headers-invalid": "CORSInvalidAllowHeader",
    "preflight-method-not-allowed": "CORSMethodNotFound",
    "preflight-header-not-allowed": "CORSMissingAllowHeaderFromPreflight2",
    "mixed-content": "Mixed Content Blocker",
    "opaque-response-blocked": "ORB",
    "mime-type-blocked": "MIMEMISMATCH",
    "nosniff-mime-type": "MIMEMISMATCH",
    "network-error": "CORSDidNotSucceed2",
    "redirect-scheme": "CORSDidNotSucceed2",
    "redirect-userinfo": "CORSDidNotSucceed2",
    "redirect-location-invalid": "CORSDidNotSucceed2",
    "redirect-too-many": "CORSDidNotSucceed2",
    "redirect-cross-origin": "SOP",
    "corp-same-origin": "COEP",
    "corp-same-site": "COEP",
    "corp-required-by-coep": "COEP",
}
"""Our rule -> the console message's category."""

REASONS = {
    "CORSMissingAllowOrigin2": "CORS header ‘Access-Control-Allow-Origin’ missing). Status code: {status}.",
    "CORSNotSupportingCredentials": "Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).",
    "CORSMultipleAllowOriginNotAllowed": "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
    "CORSAllowOriginNotMatchingOrigin": "CORS header ‘Access-Control-Allow-Origin’ does not match ‘{value}’).",
    "CORSMissingAllowCredentials": "expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",
    "CORSPreflightDidNotSucceed3": "CORS preflight response did not succeed). Status code: {status}.",
    "CORSExternalRedirectNotAllowed": "CORS request external redirect not allowed).",
    "CORSInvalidAllowMethod": "invalid token ‘{value}’ in CORS header ‘Access-Control-Allow-Methods’).",
    "CORSInvalidAllowHeader": "invalid token ‘{value}’ in CORS header ‘Access-Control-Allow-Headers’).",
    "CORSMethodNotFound": "Did not find method in CORS header ‘Access-Control-Allow-Methods’).",
    "CORSMissingAllowHeaderFromPreflight2": "header ‘{value}’ is not allowed according to header "
    "‘Access-Control-Allow-Headers’ from CORS preflight response).",
    "CORSDidNotSucceed2": "CORS request did not succeed). Status code: (null).",
    "CORSRequestNotHttp": "CORS request not http).",
}
"""Category -> what follows "(Reason: " in the console's text (security.properties)."""


def word(wording: Wording) -> tuple[str | None, str | None]:
    """Return the console message's category and text."""
    rule = wording.rule
    category = CATEGORIES.get(rule)
    if rule == "mixed-content":
        return category, f"Blocked loading mixed active content “{wording.target}”"
    if rule == "opaque-response-blocked":
        return (
            category,
            f"The resource at “{wording.url}” was blocked by OpaqueResponseBlocking. Reason: “{_orb_reason(wording)}”.",
        )
    if rule == "nosniff-mime-type":
        return category, (
            f"The resource from “{wording.url}” was blocked due to MIME type (“{wording.value}”) mismatch "
            "(X-Content-Type-Options: nosniff)."
        )
    if rule == "mime-type-blocked" and wording.destination == "style":
        return "CSS Loader", (
            f"The stylesheet {wording.url} was not loaded because its MIME type, “{wording.value}”, is not “text/css”."
        )
    if rule == "mime-type-blocked":
        return (
            category,
            f"Script from “{wording.url}” was blocked because of a disallowed MIME type (“{wording.value}”).",
        )
    if rule == "redirect-cross-origin":
        page = wording.page or wording.page_origin + "/"
        return category, f"Security Error: Content at {page} may not load data from {wording.target}."
    if rule.startswith("corp-"):
        return category, (
            f"The resource at “{wording.url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack "
            f"thereof). "
            "See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#"
        )
    if rule == "allow-origin-multiple" and wording.separate_lines > 1:
        # Only lines named exactly so are counted: never those of HTTP/2, whose names are lower case.
        category = "CORSMultipleAllowOriginNotAllowed"
    url = f"‘{wording.url}’" if category == "CORSNotSupportingCredentials" else wording.url
    if category == "CORSDidNotSucceed2":
        if rule == "redirect-scheme" and wording.tainting != "opaque" and (wording.target or "").startswith("ftp:"):
            category, url = "CORSRequestNotHttp", wording.target or ""
        elif wording.tainting != "cors" and rule != "redirect-userinfo":
            # Only CORS requests are reported as failed ones; a redirect with userinfo makes one.
            return None, None
    if category is None:
        return None, None
    value = wording.value
    if category in ("CORSInvalidAllowMethod", "CORSInvalidAllowHeader"):
        value = find_invalid_token(value) or value
    reason = REASONS[category].format(value=read_as_utf8(value), status=wording.status)
    return category, f"{BLOCKED}{url}. (Reason: {reason}"


def _orb_reason(wording: Wording) -> str:
    essence = extract_mime_essence(wording.value)
    if essence in NEVER_SNIFFED or essence in ORB.also_never_sniffed:
        return "mimeType is an opaque-blocklisted-never-sniffed MIME type"
    if wording.status == 206:
        return "response's status is 206 and mimeType is an opaque-blocklisted MIME type"
    return "nosniff is true and mimeType is an opaque-blocklisted MIME type or its essence is 'text/plain'"


def read_as_utf8(value: str) -> str:
    """Return a header's value as the console shows it: its bytes read as UTF-8, what is none replaced."""
    return value if value.isascii() else value.encode("latin-1", "replace").decode("utf-8", "replace")
