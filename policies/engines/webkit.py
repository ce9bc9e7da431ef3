"""WebKit: Safari, every browser on iOS, WebKitGTK, WPE.

Sources: Source/WebCore/loader/CrossOriginAccessControl.cpp, CrossOriginPreflightResultCache.cpp,
Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp; measured with WebKitGTK 2.50.6 and WPE WebKit
2.38.6.
"""

from __future__ import annotations

from corsight.policies.engines.changes import WEBKIT
from corsight.policies.engines.policy import Departure, EnginePolicy
from corsight.policies.engines.wording import Wording
from corsight.policies.fetch.preflight_cache import CacheRules

POLICY = EnginePolicy(
    name="webkit",
    label="WebKit",
    measured=(16, 26),
    changes=WEBKIT,
    empty_location_fails=True,
    preflight_order=("status", "cors", "methods-syntax", "headers-syntax", "method", "header"),
    authorization_by_wildcard=True,
    unsafe_total_limit=None,
    repeated_lines_joined=True,
    extra_exposed=frozenset({"accept"}),
    localhost_is_mixed=True,
    styles_need_css=True,
    credentialless_unknown=True,
    fonts_ask_with_cors=False,
    cache_cleared_on_failure=False,
    cache=CacheRules(
        default_seconds=5,
        cap_seconds=600,
        bad_max_age="default",
        negative="expired",
        wildcard_hits=True,
        authorization_by_wildcard=True,
        per_token=False,
        credentials_shared=True,
        head_exempt=True,
        max_url_length=None,
        wildcard_with_credentials="without",
        int64=True,
    ),
    departures=(
        Departure(
            field="empty_location_fails",
            what="a redirect whose Location is empty fails",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="preflight_order",
            what="the status is looked at first, and a redirect is a status like any other",
            source="CrossOriginAccessControl.cpp validatePreflightResponse",
        ),
        Departure(
            field="authorization_by_wildcard",
            what="`*` in Access-Control-Allow-Headers covers Authorization, in the cache too",
            source="CrossOriginPreflightResultCache.cpp validateCrossOriginHeaders",
        ),
        Departure(
            field="unsafe_total_limit",
            what="no limit on the safelisted request headers together",
            source="CrossOriginAccessControl.cpp isSimpleCrossOriginAccessRequest",
        ),
        Departure(
            field="repeated_lines_joined",
            what="repeated request header lines are joined before the 128-byte rule",
            source="measured by third parties on the web platform tests",
        ),
        Departure(
            field="credentialless_unknown",
            what="Cross-Origin-Embedder-Policy: credentialless isolates nothing",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="extra_exposed",
            what="the Accept response header can be read",
            source="HTTPHeaderNames / isCrossOriginSafeHeader",
        ),
        Departure(
            field="cache_cleared_on_failure",
            what="a request that fails leaves its preflight's answer in the cache",
            source="CrossOriginPreflightResultCache.cpp: nothing clears it but time",
        ),
        Departure(
            field="cache",
            what="one result a URL, replaced whole, 600 s at most; a `*` serves requests without credentials only",
            source="CrossOriginPreflightResultCache.cpp",
        ),
        Departure(
            field="fonts_ask_with_cors",
            what="fonts of stylesheets are asked for in mode no-cors; with CORS only preloads are, in the mode they say",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="styles_need_css",
            what="a style sheet of another origin is loaded as text/css or without a type, and of no other type",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="localhost_is_mixed",
            what="http://localhost is mixed content on a secure page",
            source="WebKit bug 171934",
        ),
    ),
)


_NAMES = (
    *("Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control"),
    *("Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-Type"),
    *("If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Last-Event-ID", "Pragma"),
    *("Purpose", "Range", "Upgrade-Insecure-Requests", "User-Agent"),
)
SPELLED = {name.lower(): name for name in _NAMES}
"""Request headers that WebKit knows, and so spells its own way (WebCore/platform/network/HTTPHeaderNames.in)."""


def word(wording: Wording) -> tuple[None, str | None]:
    """Return no error, since WebKit names none, and the console's text; `due to access control checks.` follows it."""
    rule, value = wording.rule, wording.value
    denied = f"Origin {wording.origin} is not allowed by Access-Control-Allow-Origin. Status code: {wording.status}"
    text = {
        "allow-origin-missing": denied,
        "allow-origin-wildcard": "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
        "allow-origin-multiple": "Access-Control-Allow-Origin cannot contain more than one origin."
        if "," in value
        else denied,
        "allow-origin-invalid": denied,
        "allow-origin-mismatch": denied,
        "allow-credentials-not-true": 'Credentials flag is true, but Access-Control-Allow-Credentials is not "true".',
        "preflight-status-not-ok": f"Preflight response is not successful. Status code: {wording.status}",
        "preflight-allow-methods-invalid": f"Header Access-Control-Allow-Methods has an invalid value: {value}",
        "preflight-allow-headers-invalid": f"Header Access-Control-Allow-Headers has an invalid value: {value}",
        "preflight-method-not-allowed": f"Method {value} is not allowed by Access-Control-Allow-Methods.",
        # A name of its own the page may have spelled otherwise: that never reaches the wire when the preflight fails.
        "preflight-header-not-allowed": f"Request header field {SPELLED.get(value.lower(), value)} is not allowed by "
        "Access-Control-Allow-Headers.",
        "redirect-userinfo": f"redirection URL {wording.target} has credentials",
        "redirect-scheme": "not allowed to follow a cross-origin CORS redirection with non CORS scheme",
        "redirect-too-many": "Load cannot follow more than 20 redirections",
        "redirect-cross-origin": f"Unsafe attempt to load URL {wording.target} from origin {wording.page_origin}. Domains, "
        "protocols and ports must match.",
        "mixed-content": f"[blocked] The page at {wording.page or wording.page_origin + '/'} requested insecure content from "
        f"{wording.target}. This content was blocked and must be served over HTTPS.",
        "corp-same-origin": f"Cancelled load to {wording.url} because it violates the resource's "
        "Cross-Origin-Resource-Policy response header.",
    }
    if rule in ("mime-type-blocked", "nosniff-mime-type"):
        return None, _refuse_type(wording)
    text["corp-same-site"] = text["corp-required-by-coep"] = text["corp-same-origin"]
    message = text.get(rule)
    if (
        message is not None
        and wording.target is not None
        and rule.startswith(("allow-", "corp-", "redirect-userinfo", "redirect-scheme"))
    ):
        message = (
            f"Cross-origin redirection to {wording.target} denied by Cross-Origin Resource Sharing policy: {message}"
        )
    return None, message


def _refuse_type(wording: Wording) -> str:
    if wording.destination == "style":
        return f"Did not parse stylesheet at '{wording.url}' because non CSS MIME types are not allowed in strict mode."
    because = (
        f"{wording.value} is not a script MIME type."
        if wording.rule == "mime-type-blocked"
        else '"X-Content-Type-Options: nosniff" was given and its Content-Type is not a script MIME type.'
    )
    return f"Refused to execute {wording.url} as script because {because}"
