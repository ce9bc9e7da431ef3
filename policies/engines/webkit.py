"""WebKit: Safari, every browser on iOS, WebKitGTK, WPE.

Sources: Source/WebCore/loader/CrossOriginAccessControl.cpp, CrossOriginPreflightResultCache.cpp,
Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp; measured with WebKitGTK 2.50.6 and WPE WebKit
2.38.6.
"""

from corsight.policies.engines.changes import WEBKIT
from corsight.policies.engines.policy import Departure, EnginePolicy
from corsight.policies.fetch.preflight_cache import CacheRules

POLICY = EnginePolicy(
    name="webkit",
    label="WebKit",
    measured=(16, 26),
    changes=WEBKIT,
    unled_redirects_refused=False,
    empty_location="fails",
    preflight_order=("status", "cors", "methods-syntax", "headers-syntax", "method", "header"),
    authorization_by_wildcard=True,
    unsafe_total_limit=None,
    repeated_lines_joined=True,
    extra_exposed=frozenset({"accept"}),
    deletes_turn_to_get=True,
    localhost_is_mixed=True,
    unknown_uses=frozenset({"css module"}),
    json_modules_as_scripts=True,
    types_read="first type",
    modules_read="standard",
    credentialless_unknown=True,
    confirmations_checked=True,
    uninherited=frozenset({"data: worker"}),
    fonts_ask_with_cors=False,
    cache_cleared_on_failure=False,
    cache=CacheRules(
        cap_seconds=600,
        negative="expired",
        authorization_by_wildcard=True,
        per_token=False,
        wildcard_with_credentials="without",
        int64=True,
    ),
    departures={
        "unled_redirects_refused": Departure(
            "Takes a redirect without a Location for a response like any other, also in a fetch() with redirect: "
            '"error". By the standard, such a fetch() fails at every status of a redirect.',
            "measured with WebKitGTK 2.50.6",
        ),
        "empty_location": Departure(
            "Fails if the Location of a redirect is empty. By the standard, an empty Location means the same "
            "URL again.",
            "measured with WebKitGTK 2.50.6",
        ),
        "preflight_order": Departure(
            "Checks the status of a preflight's response before the CORS check, and names a redirect like any "
            "other wrong status. If several checks fail, the console names another one than in the standard's order.",
            "CrossOriginAccessControl.cpp validatePreflightResponse",
        ),
        "authorization_by_wildcard": Departure(
            "Accepts `Access-Control-Allow-Headers: *` for the Authorization header, also from the cache. By "
            "the standard, Authorization has to be listed by name: list it.",
            "CrossOriginPreflightResultCache.cpp validateCrossOriginHeaders",
        ),
        "unsafe_total_limit": Departure(
            "Has no limit on the size of all safelisted request headers together. By the standard, a preflight "
            "is needed above 1024 bytes.",
            "CrossOriginAccessControl.cpp isSimpleCrossOriginAccessRequest",
        ),
        "repeated_lines_joined": Departure(
            "Joins the values of a request header that a page sets several times, and then measures them. By "
            "the standard, each value may have 128 bytes. So a preflight may be needed that the standard does not "
            "ask for.",
            "measured by third parties on the web platform tests",
        ),
        "credentialless_unknown": Departure(
            "Ignores `Cross-Origin-Embedder-Policy: credentialless`. Only `require-corp` has an effect.",
            "measured with WebKitGTK 2.50.6",
        ),
        "confirmations_checked": Departure(
            "Blocks an image on a page with Cross-Origin-Embedder-Policy if a 304 confirms it that has no "
            "Cross-Origin-Resource-Policy of its own. By the standard, that of the stored response counts. So send the "
            "header with each 304, too.",
            "measured with WebKitGTK 2.50.6 on web-platform-tests: require-corp-revalidated-images",
        ),
        "uninherited": Departure(
            "Gives no embedder policy to the worker of a data: URL. By the standard, it has that of the page that "
            "made it.",
            "measured with WebKitGTK 2.50.6 on web-platform-tests: worker-inheritance",
        ),
        "extra_exposed": Departure(
            "Lets pages read the response header Accept without Access-Control-Expose-Headers.",
            "HTTPHeaderNames / isCrossOriginSafeHeader",
        ),
        "cache_cleared_on_failure": Departure(
            "Keeps a preflight's response in the cache if the request after it fails the CORS check. By the "
            "standard, it is removed. So after a fix on the server, an old preflight may count until its "
            "Access-Control-Max-Age is over.",
            "CrossOriginPreflightResultCache.cpp: nothing clears it but time",
        ),
        "cache": Departure(
            "Caches one preflight for each URL, and replaces it as a whole by the next one; at most for 600 "
            "seconds. A `*` counts only for requests without credentials. By the standard, methods and header names "
            "are cached one by one. So if a server lists only what was asked, requests with different headers that "
            "take turns need a preflight each time.",
            "CrossOriginPreflightResultCache.cpp",
        ),
        "fonts_ask_with_cors": Departure(
            "Requests the fonts of style sheets in mode no-cors, where the standard uses CORS. So a font "
            "without CORS headers loads in WebKit and is blocked in other browsers. Only a preload of a font uses "
            "CORS.",
            "measured with WebKitGTK 2.50.6",
        ),
        "unknown_uses": Departure(
            "Has no CSS modules: no import takes a style sheet.",
            "measured with WebKitGTK 2.50.6",
        ),
        "json_modules_as_scripts": Departure(
            "Requests a JSON module like any script, and does not apply nosniff to it. By the standard, its "
            "destination is `json`.",
            "measured with WebKitGTK 2.50.6",
        ),
        "types_read": Departure(
            "Goes by the first type of a Content-Type with several, for style sheets and nosniff. By the "
            "standard, the last counts.",
            "platform/network/HTTPParsers.cpp extractMIMETypeFromMediaType; measured with WebKitGTK 2.50.6",
        ),
        "modules_read": Departure(
            "For modules the last of several types counts, as in the standard.",
            "measured with WebKitGTK 2.50.6",
        ),
        "deletes_turn_to_get": Departure(
            "Turns a DELETE into a GET if it is redirected to another origin, even by a 307 or 308. By the "
            "standard, these keep the method.",
            "NetworkDataTaskSoup.cpp shouldRedirectAsGET, measured with WebKitGTK 2.50.6",
        ),
        "localhost_is_mixed": Departure(
            "Blocks http://localhost as mixed content on an https page. By the standard, localhost is secure.",
            "WebKit bug 171934",
        ),
    },
)
