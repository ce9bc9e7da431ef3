"""Chromium: Chrome, Edge, Opera, Brave, Electron, Android WebView.

Sources: services/network/public/cpp/cors/cors.cc, services/network/cors/preflight_controller.cc, preflight_result.cc,
preflight_cache.cc; measured with 156. What earlier versions did differently was measured with 24 of them, from 92 on
(changes.py).
"""

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
    unled_redirects_refused=False,
    empty_location="none",
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
    types_read="elements",
    document_isolation_known=True,
    local_network_is_mixed=False,
    local_network_access=True,
    image_address_is_mixed=False,
    types_unchecked=frozenset({"worker"}),
    # Media types pass by name, scripts are sniffed for data (orb_impl.cc, orb_mimetypes.cc).
    opaque_response_blocking=OrbRules(
        types_read="elements",
        own_origin_spared=True,
        safelisted=frozenset(
            {
                *("application/dash+xml", "application/ogg", "application/vnd.apple.mpegurl"),
                *("image/svg+xml", "text/css", "text/vtt"),
            }
        ),
        safelisted_prefixes=("audio/", "video/"),
        also_never_sniffed=frozenset({"application/x-protobuffer", "text/pdf"}),
        plain_nosniff=True,
        fails_open=True,
        data=frozenset({"data", "loop"}),
    ),
    cache_cleared_on_failure=False,
    cache=CacheRules(
        cap_seconds=7200,
        negative="expired",
        per_token=False,
        max_url_length=1024,
        wildcard_with_credentials="none",
        int64=True,
    ),
    departures={
        "identical_locations": Departure(
            "Follows a redirect that has the Location header several times, if all have the same value. By the "
            "standard this is a network error.",
            "measured",
        ),
        "loops_in_its_cache": Departure(
            "Asks once if a 301 or 308 leads to its own URL, and answers the other twenty redirects from its "
            "HTTP cache. Then the request fails. So the server sees one request, not twenty-one.",
            "measured",
        ),
        "location_read_anyhow": Departure(
            "Fails (net::ERR_INVALID_REDIRECT) if the Location is not a valid URL, even in a fetch() with "
            'redirect: "manual". By the standard, such a fetch() does not read the Location.',
            "measured with 156",
        ),
        "unled_redirects_refused": Departure(
            "Takes a redirect without a Location for a response like any other, also in a fetch() with redirect: "
            '"error". By the standard, such a fetch() fails at every status of a redirect.',
            "measured with 156",
        ),
        "empty_location": Departure(
            "Takes a redirect whose Location is empty for a response like any other, which the page gets, also in "
            'a fetch() with redirect: "error". By the standard, an empty Location means the same URL again.',
            "measured with 156, of fetch(), XMLHttpRequest, images and scripts; HttpResponseHeaders::IsRedirect",
        ),
        "proxy_authentication_fails": Departure(
            "Fails with net::ERR_UNEXPECTED_PROXY_AUTH if a server behind a proxy's tunnel (https) answers 407, "
            "whatever CORS headers it sends. Servers should use another status, such as 401.",
            "measured with 156; a 407 over plain http, which a proxy may have sent, is read",
        ),
        "type_checks": Departure(
            "Does opaque response blocking first, then nosniff, then the MIME type. By the standard, the MIME "
            "type comes before nosniff. If several of them block a response, the reason in the console is therefore "
            "another one.",
            "measured with 156",
        ),
        "authorization_by_wildcard": Departure(
            "Accepts `Access-Control-Allow-Headers: *` for the Authorization header, but never takes such a "
            "preflight from the cache. By the standard, Authorization has to be listed by name: list it.",
            "services/network/public/cpp/features.cc kCorsNonWildcardRequestHeadersSupport, off by default",
        ),
        "repeated_lines_joined": Departure(
            "Joins the values of a request header that a page sets several times, and then measures them. By "
            "the standard, each value may have 128 bytes. So a preflight may be needed that the standard does not "
            "ask for.",
            "services/network/public/cpp/cors/cors.cc",
        ),
        "extra_safelisted": Departure(
            "Needs no preflight if a page sets client hints (DPR, Device-Memory, Width, Viewport-Width, "
            "Save-Data, Downlink, RTT, ECT) or Intervention to a valid value. Other browsers need one: list these "
            "headers in Access-Control-Allow-Headers.",
            "services/network/public/cpp/cors/cors.cc IsCorsSafelistedHeader",
        ),
        "cache_cleared_on_failure": Departure(
            "Keeps a preflight's response in the cache if the request after it fails the CORS check. By the "
            "standard, it is removed. So after a fix on the server, an old preflight may count until its "
            "Access-Control-Max-Age is over.",
            "services/network/cors/preflight_cache.cc: nothing clears it but time",
        ),
        "cache": Departure(
            "Caches one preflight for each URL, and replaces it as a whole by the next one; at most for 7200 "
            "seconds, and not for URLs of 1024 characters or more. By the standard, methods and header names are "
            "cached one by one. So if a server lists only what was asked, requests with different headers that take "
            "turns need a preflight each time.",
            "services/network/cors/preflight_cache.cc",
        ),
        "opaque_response_blocking": Departure(
            "Blocks opaque responses (mode no-cors) that are data, such as JSON or HTML, by their headers or "
            "the first bytes of their body (opaque response blocking). This is not in the standard.",
            "services/network/orb/orb_impl.cc",
        ),
        "types_unchecked": Departure(
            "Loads the script of a worker that is not a module with any Content-Type except those of images, "
            "audio, video and text/csv. By the HTML standard, it has to be a JavaScript type.",
            "measured with 156",
        ),
        "document_isolation_known": Departure(
            "Blocks images and scripts of other origins without Cross-Origin-Resource-Policy also on a page with "
            "`Document-Isolation-Policy`. Corsight then says that they are likely, not certainly, allowed or blocked.",
            "wicg.github.io/document-isolation-policy; measured with 156",
        ),
        "types_read": Departure(
            "Takes all before the first white space or semicolon for the type, if there is a slash. By the "
            'standard, `text/javascript x` and `"text/css"` are not MIME types.',
            "net/http/http_util.cc; measured with 156",
        ),
        "embedded_userinfo_blocked": Departure(
            "Blocks redirects of fetch() and of elements to a URL with a user name, also to the same origin and "
            "in mode no-cors. By the standard, and for XMLHttpRequest, only a CORS request to another origin is "
            "blocked.",
            "third_party/blink/renderer/core/loader/base_fetch_context.cc; measured with 156",
        ),
        "local_network_is_mixed": Departure(
            "Does not block http URLs of the local network (by address or .local) as mixed content on an https "
            "page. Local network access decides about them: see the next row.",
            "third_party/blink/renderer/core/loader/mixed_content_checker.cc ShouldBlockFetch; measured with 156",
        ),
        "local_network_access": Departure(
            "Lets a public page send requests to the local network only if it is an https page and the user "
            "allows it (local network access). Through a proxy, the user is not asked.",
            "services/network/local_network_access_checker.cc",
        ),
        "image_address_is_mixed": Departure(
            "Loads images, audio and video over http from an IP address on an https page, with a warning. By "
            "the standard, they are blocked.",
            "mixed_content_checker.cc, optionally blockable content; measured with 156",
        ),
        "streams_uploads": Departure(
            "Uploads a stream (a fetch() whose body is a ReadableStream) over HTTP/2 only. Over HTTP/1.1 the "
            "fetch() fails after its preflight, even if that passed.",
            "measured with 156",
        ),
        "preflight_outlives_abort": Departure(
            "Finishes and caches the preflight of a fetch() that the page aborts. Firefox and WebKit abort the "
            "preflight too.",
            "measured: 15 of 27 aborted in Chromium, 39 of 42 left unanswered in the others",
        ),
        "separate_connections": Departure(
            "Never sends requests with and without credentials on the same connection. So if Corsight knows one "
            "request of a connection, it knows whether the others have credentials.",
            "net/socket/client_socket_pool.cc GroupId privacy_mode; measured on 287 connections",
        ),
        "storage_access_told": Departure(
            "Sends Sec-Fetch-Storage-Access with all cross-site requests that have credentials, and with no "
            "others. So it shows Corsight which requests have credentials.",
            "services/network/sec_header_helpers.cc; measured on 900 requests",
        ),
    },
)
