"""Chromium: Chrome, Edge, Opera, Brave, Electron, Android WebView.

Sources: services/network/public/cpp/cors/cors.cc, services/network/cors/preflight_controller.cc, preflight_result.cc,
preflight_cache.cc; measured with 156, and what
earlier versions did otherwise with 24 of them from 92 on (changes.py).
"""

from __future__ import annotations

import re

from corsight.policies.engines.changes import CHROMIUM, CHROMIUM_SAFELISTED
from corsight.policies.engines.policy import Departure, EnginePolicy
from corsight.policies.engines.words.chromium import TEXTS
from corsight.policies.fetch.orb import OrbRules
from corsight.policies.fetch.preflight_cache import CacheRules

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
    streams_uploads=True,
    preflight_outlives_abort=True,
    embedded_userinfo_blocked=True,
    lenient_types=True,
    local_network_is_mixed=False,
    local_network_access=True,
    image_address_is_mixed=False,
    types_unchecked=frozenset({"worker"}),
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
            what="client hint headers that a page sets need no preflight",
            source="services/network/public/cpp/cors/cors.cc IsCorsSafelistedHeader",
        ),
        Departure(
            field="cache_cleared_on_failure",
            what="if a request fails, its preflight's response stays in the cache",
            source="services/network/cors/preflight_cache.cc: nothing clears it but time",
        ),
        Departure(
            field="cache",
            what="the preflight cache keeps one result for each URL, and a new one replaces it as a whole; 7200 s at "
            "most; URLs of 1024 characters and more are not cached",
            source="services/network/cors/preflight_cache.cc",
        ),
        Departure(
            field="opaque_response_blocking",
            what="opaque responses that are data by their headers are blocked",
            source="services/network/orb/orb_impl.cc",
        ),
        Departure(
            field="types_unchecked",
            what="a worker that is no module may be of any type that is not a picture's, a sound's or text/csv",
            source="measured with 156",
        ),
        Departure(
            field="lenient_types",
            what="a MIME type ends at its first white space, whatever follows",
            source="net/http/http_util.cc; measured with 156",
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
            what="from 142 on a public page needs the user's permission to reach the local network, and has to be an "
            "https page; through a proxy the user is not asked",
            source="services/network/local_network_access_checker.cc",
        ),
        Departure(
            field="image_address_is_mixed",
            what="images, audio and video over http from an IP address are loaded, with a warning",
            source="mixed_content_checker.cc, optionally blockable content; measured with 156",
        ),
        Departure(
            field="streams_uploads",
            what="a stream is uploaded over HTTP/2 only: over HTTP/1.1 the fetch() fails after its preflight",
            source="measured with 156",
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
