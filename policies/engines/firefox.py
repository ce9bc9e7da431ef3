"""Firefox.

Sources: netwerk/protocol/http/nsCORSListenerProxy.cpp, dom/locales/en-US/chrome/security/security.properties,
dom/fetch/InternalHeaders.cpp; measured with ESR 153.
"""

from __future__ import annotations

from policies.engines.policy import Departure, EnginePolicy
from policies.engines.wording import Wording
from policies.fetch.orb import TRUSTS_SCRIPTS
from policies.fetch.preflight_cache import CacheRules

POLICY = EnginePolicy(
    name="firefox",
    label="Firefox",
    preflight_order=("cors", "redirect", "status", "methods-syntax", "method", "headers-syntax", "header"),
    authorization_by_wildcard=True,
    same_origin_preflight_unchecked=True,
    unsafe_total_limit=None,
    expose_grammar="firefox",
    storage_access_since=147,
    separate_connections="http/1.1",
    invalid_resource_policy_is_none=False,
    opaque_response_blocking=TRUSTS_SCRIPTS,
    cache=CacheRules(
        default_seconds=5,
        cap_seconds=86400,
        bad_max_age="not-cached",
        negative="not-cached",
        wildcard_hits=False,
        authorization_by_wildcard=None,
        per_token=True,
        credentials_shared=False,
        head_exempt=False,
        max_url_length=None,
        stores_failed=False,
    ),
    departures=(
        Departure(
            field="preflight_order",
            what="the method is held against Access-Control-Allow-Methods before Access-Control-Allow-Headers is parsed",
            source="nsCORSListenerProxy.cpp CheckPreflightRequestApproved",
        ),
        Departure(
            field="authorization_by_wildcard",
            what="`*` in Access-Control-Allow-Headers covers Authorization, with a warning",
            source="pref network.cors_preflight.authorization_covered_by_wildcard",
        ),
        Departure(
            field="same_origin_preflight_unchecked",
            what="a preflight after a redirect carries the page's own origin, not `null`; to that origin it is not checked",
            source="measured: redirects back to the page's origin with a wrong Access-Control-Allow-Origin pass",
        ),
        Departure(
            field="unsafe_total_limit",
            what="no limit on the safelisted request headers together",
            source="dom/fetch/InternalHeaders.cpp GetUnsafeHeaders",
        ),
        Departure(
            field="expose_grammar",
            what="a malformed token in Access-Control-Expose-Headers voids those before it and ends the list",
            source="dom/fetch/InternalHeaders.cpp CORSHeaders",
        ),
        Departure(
            field="invalid_resource_policy_is_none",
            what="under an embedder policy only an absent or empty Cross-Origin-Resource-Policy blocks, not a malformed one",
            source="netwerk/protocol/http/nsHttpChannel.cpp ProcessCrossOriginResourcePolicyHeader; measured",
        ),
        Departure(
            field="opaque_response_blocking",
            what="opaque responses that are data by their headers are blocked; scripts are told by their type",
            source="netwerk/protocol/http/OpaqueResponseUtils.cpp",
        ),
        Departure(
            field="cache",
            what="`*` never hits; credentialed and uncredentialed entries are apart; a malformed Max-Age keeps nothing; HEAD "
            "has to be listed",
            source="nsCORSListenerProxy.cpp nsPreflightCache",
        ),
        Departure(
            field="separate_connections",
            what="credentialed and uncredentialed requests never share an HTTP/1.1 connection",
            source="netwerk/protocol/http/nsHttpConnectionInfo.h SetAnonymous; measured",
        ),
        Departure(
            field="storage_access_since",
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
    "network-error": "CORSDidNotSucceed2",
    "redirect-scheme": "CORSRequestNotHttp",
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
    """The console message's category and text."""
    rule = wording.rule
    category = CATEGORIES.get(rule)
    if rule == "mixed-content":
        return category, f"Blocked loading mixed active content “{wording.target}”"
    if rule == "opaque-response-blocked":
        return category, "A resource is blocked by OpaqueResponseBlocking, please check browser console for details."
    if rule.startswith("corp-"):
        return category, (
            f"The resource at “{wording.url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). "
            "See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#"
        )
    if rule == "allow-origin-multiple" and wording.separate_lines > 1:
        # Only lines named exactly so are counted: never those of HTTP/2, whose names are lower case.
        category = "CORSMultipleAllowOriginNotAllowed"
    if category is None:
        return None, None
    url = f"‘{wording.url}’" if category == "CORSNotSupportingCredentials" else wording.url
    return category, f"{BLOCKED}{url}. (Reason: {REASONS[category].format(value=wording.value, status=wording.status)}"
