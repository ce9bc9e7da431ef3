"""Firefox.

Sources: netwerk/protocol/http/nsCORSListenerProxy.cpp, dom/fetch/InternalHeaders.cpp; measured with ESR 140 and 153.
"""

from corsight.policies.engines.changes import FIREFOX
from corsight.policies.engines.policy import Departure, EnginePolicy
from corsight.policies.fetch.orb import OrbRules
from corsight.policies.fetch.preflight_cache import CacheRules

# Scripts pass by name, media types are sniffed (netwerk/protocol/http/OpaqueResponseUtils.cpp).
ORB = OrbRules(
    safelisted=frozenset(
        {
            *("application/dash+xml", "application/vnd.apple.mpegurl", "audio/mpegurl"),
            *("image/svg+xml", "text/css", "text/vtt"),
        }
    ),
    types_read="beginnings",
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
    stored_by_credentials=True,
    empty_lines_dropped=True,
    allow_origin_lines_counted=True,
    image_address_is_mixed=False,
    track_is_mixed=False,
    invalid_resource_policy_is_none=False,
    uninherited=frozenset({"about:blank", "blob: shared worker"}),
    types_read="beginnings",
    types_unchecked=frozenset({"worklet"}),
    opaque_response_blocking=ORB,
    cache=CacheRules(
        bad_max_age="not-cached",
        negative="not-cached",
        wildcard_hits=False,
        credentials_shared=False,
        head_exempt=False,
    ),
    departures={
        "identical_locations": Departure(
            "Follows a redirect that has the Location header several times, if all have the same value. By the "
            "standard this is a network error.",
            "measured",
        ),
        "preflight_order": Departure(
            "Checks a preflight's response in another order: the CORS check comes before the status of a "
            "redirect, and the method before the syntax of Access-Control-Allow-Headers. If several of them fail, "
            "the console names another one.",
            "nsCORSListenerProxy.cpp CheckPreflightRequestApproved",
        ),
        "authorization_by_wildcard": Departure(
            "Accepts `Access-Control-Allow-Headers: *` for the Authorization header, with a warning in the "
            "console. By the standard, Authorization has to be listed by name: list it.",
            "pref network.cors_preflight.authorization_covered_by_wildcard",
        ),
        "same_origin_preflight_unchecked": Departure(
            "Sends the page's own origin in a preflight after a redirect, where the standard sends `null`. If "
            "the redirect leads back to the page's own origin, the preflight's response need not pass the CORS check.",
            "measured: redirects back to the page's origin with a wrong Access-Control-Allow-Origin pass",
        ),
        "unsafe_total_limit": Departure(
            "Has no limit on the size of all safelisted request headers together. By the standard, a preflight "
            "is needed above 1024 bytes.",
            "dom/fetch/InternalHeaders.cpp GetUnsafeHeaders",
        ),
        "expose_wildcard_survives": Departure(
            "Ignores the names in a malformed Access-Control-Expose-Headers, but not a `*` before the malformed "
            "element. This holds for fetch(). XMLHttpRequest ignores the whole header, as the standard says. "
            "Corsight judges both like fetch().",
            "dom/fetch/InternalHeaders.cpp CORSHeaders",
        ),
        "empty_lines_dropped": Departure(
            "Leaves out empty values when it joins the lines of a header. So `Access-Control-Allow-Origin: "
            "https://a` and a second, empty one count as `https://a`. By the standard, the value is `https://a, ` "
            "and matches no origin.",
            "netwerk/protocol/http/nsHttpHeaderArray.cpp; measured with ESR 153",
        ),
        "allow_origin_lines_counted": Departure(
            "Blocks a response with two header lines named Access-Control-Allow-Origin in exactly this "
            "spelling, even if one is empty.",
            "nsCORSListenerProxy.cpp CheckRequestApproved; measured with ESR 153",
        ),
        "track_is_mixed": Departure(
            "Loads a track (such as captions) over http on an https page. By the standard, it is blocked as "
            "mixed content.",
            "measured; dom/security/nsMixedContentBlocker.cpp",
        ),
        "image_address_is_mixed": Departure(
            "Loads images, audio and video over http from an IP address on an https page. By the standard, they "
            "are blocked.",
            "dom/security/nsMixedContentBlocker.cpp; measured with ESR 153",
        ),
        "invalid_resource_policy_is_none": Departure(
            "Loads a response with a malformed Cross-Origin-Resource-Policy on a page with "
            "Cross-Origin-Embedder-Policy, and blocks it only if the header is missing or empty. By the standard, a "
            "malformed one counts as missing.",
            "netwerk/protocol/http/nsHttpChannel.cpp ProcessCrossOriginResourcePolicyHeader; measured",
        ),
        "uninherited": Departure(
            "Gives no embedder policy to the shared worker of a blob: URL, and none to a window or frame that is "
            "led back to about:blank. By the standard, these have the policy of the page that made them.",
            "measured with ESR 153 on web-platform-tests: worker-inheritance, about-blank-popup",
        ),
        "types_read": Departure(
            "Takes all before the first white space or semicolon for the type, if there is a slash. By the "
            'standard, `text/javascript x` and `"text/css"` are not MIME types.',
            "netwerk/base/nsURLHelper.cpp net_ParseContentType; measured with ESR 153",
        ),
        "types_unchecked": Departure(
            "Loads the module of a worklet with any Content-Type except those of images, audio, video and "
            "text/csv. By the HTML standard, it has to be a JavaScript type.",
            "measured with ESR 153",
        ),
        "opaque_response_blocking": Departure(
            "Blocks opaque responses (mode no-cors) that are data, such as JSON or HTML, by their headers or "
            "the first bytes of their body (opaque response blocking). A response with a JavaScript type always "
            "passes. This is not in the standard.",
            "netwerk/protocol/http/OpaqueResponseUtils.cpp",
        ),
        "cache": Departure(
            "Does not count `*` in the preflight cache, keeps preflights with and without credentials apart, "
            "does not cache them if Access-Control-Max-Age is malformed, and needs HEAD in "
            "Access-Control-Allow-Methods. So list methods and header names by name if preflights are to be cached.",
            "nsCORSListenerProxy.cpp nsPreflightCache",
        ),
        "separate_connections": Departure(
            "Never sends requests with and without credentials on the same HTTP/1.1 connection. So if Corsight "
            "knows one request of a connection, it knows whether the others have credentials.",
            "netwerk/protocol/http/nsHttpConnectionInfo.h SetAnonymous; measured",
        ),
        "stored_by_credentials": Departure(
            "Keeps responses to requests with and without credentials apart in its HTTP cache. So a 304 confirms the "
            "response to a request of the same kind.",
            "netwerk/cache2, isAnonymous of nsILoadContextInfo; measured with ESR 153",
        ),
        "storage_access_told": Departure(
            "Sends Sec-Fetch-Storage-Access with all cross-site requests that have credentials, and with their "
            "preflights. So it shows Corsight which requests have credentials.",
            "measured on 270 requests; missing after a redirect",
        ),
    },
)
