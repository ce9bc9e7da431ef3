"""Firefox.

Sources: netwerk/protocol/http/nsCORSListenerProxy.cpp, dom/fetch/InternalHeaders.cpp; measured with ESR 140 and 153.
"""

from __future__ import annotations

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
    types_unchecked=frozenset({"worklet"}),
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
            what="the method is compared with Access-Control-Allow-Methods before Access-Control-Allow-Headers is "
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
            what="a track over http is loaded on an https page, as mixed display content",
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
            field="types_unchecked",
            what="a worklet's module may be of any type that is not a picture's, a sound's or text/csv",
            source="measured with ESR 153",
        ),
        Departure(
            field="opaque_response_blocking",
            what="opaque responses that are data by their headers are blocked; scripts are recognised by their type",
            source="netwerk/protocol/http/OpaqueResponseUtils.cpp",
        ),
        Departure(
            field="cache",
            what="in the preflight cache `*` never counts, and entries with and without credentials are separate; with "
            "a malformed Max-Age nothing is cached; HEAD has to be listed",
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
