"""WebKit: Safari, every browser on iOS, WebKitGTK, WPE.

Sources: Source/WebCore/loader/CrossOriginAccessControl.cpp, CrossOriginPreflightResultCache.cpp,
Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp; measured with WebKitGTK 2.50.6 and WPE WebKit
2.38.6.
"""

from __future__ import annotations

from corsight.policies.engines.changes import WEBKIT
from corsight.policies.engines.policy import Departure, EnginePolicy
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
    deletes_turn_to_get=True,
    localhost_is_mixed=True,
    unknown_uses=frozenset({"css module"}),
    plain_workers=True,
    json_modules_as_scripts=True,
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
            what="the status is checked first, and a redirect is treated like any other status",
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
            what="Cross-Origin-Embedder-Policy: credentialless has no effect",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="extra_exposed",
            what="the Accept response header can be read",
            source="HTTPHeaderNames / isCrossOriginSafeHeader",
        ),
        Departure(
            field="cache_cleared_on_failure",
            what="if a request fails, its preflight's response stays in the cache",
            source="CrossOriginPreflightResultCache.cpp: nothing clears it but time",
        ),
        Departure(
            field="cache",
            what="the preflight cache keeps one result for each URL, and a new one replaces it as a whole; 600 s at "
            "most; a `*` counts only for requests without credentials",
            source="CrossOriginPreflightResultCache.cpp",
        ),
        Departure(
            field="fonts_ask_with_cors",
            what="fonts of style sheets are requested in mode no-cors; only preloads use CORS, in the mode that they "
            "name",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="unknown_uses",
            what="there are no CSS modules",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="plain_workers",
            what="a worker that is no module, and what importScripts() takes in, may be text/plain",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="json_modules_as_scripts",
            what="a JSON module is requested like any script, and nosniff does not count for it",
            source="measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="deletes_turn_to_get",
            what="a DELETE that is redirected to another origin goes on as a GET, whatever the redirect's status",
            source="NetworkDataTaskSoup.cpp shouldRedirectAsGET, measured with WebKitGTK 2.50.6",
        ),
        Departure(
            field="localhost_is_mixed",
            what="http://localhost is mixed content on a secure page",
            source="WebKit bug 171934",
        ),
    ),
)
