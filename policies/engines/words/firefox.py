"""Firefox's console categories and texts.

Sources: dom/locales/en-US/chrome/security/security.properties; measured with ESR 140 and 153.
"""

from __future__ import annotations

from corsight.policies.engines.firefox import ORB
from corsight.policies.engines.wording import Wording
from corsight.policies.fetch.headers import find_invalid_token
from corsight.policies.fetch.orb import NEVER_SNIFFED, extract_mime_essence

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


LOADED = {
    "module script": "Loading module from “{}”",
    "JSON module": "Loading JSON module from “{}”",
    "worker": "Loading Worker from “{}”",
    "script for importScripts()": "Loading script from “{}” with importScripts()",
}
"""What the console calls what it did not load for its type."""
UNWORDED = ("service worker", "CSS module")
"""Of these nothing was seen in it."""


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
    if rule == "mime-type-blocked" and wording.destination == "style" and wording.use not in UNWORDED:
        return "CSS Loader", (
            f"The stylesheet {wording.url} was not loaded because its MIME type, “{wording.value}”, is not “text/css”."
        )
    if rule == "mime-type-blocked":
        if wording.use in UNWORDED:
            return category, None
        what = LOADED.get(wording.use, "Script from “{}”").format(wording.url)
        return category, f"{what} was blocked because of a disallowed MIME type (“{wording.value}”)."
    if rule == "redirect-cross-origin":
        page = wording.page or wording.page_origin + "/"
        return category, f"Security Error: Content at {page} may not load data from {wording.target}."
    if rule.startswith("corp-"):
        return category, (
            f"The resource at “{wording.url}” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). "
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
