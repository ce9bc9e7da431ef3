"""What earlier versions of the engines did otherwise, the youngest change of each engine first.

A version is the engine's own major number: of Chromium that beside `Chrome/`, of WebKit Safari's (26 is WebKitGTK 2.50,
18 is 2.46 and 2.48, 16 is 2.38 and 2.40). Each was measured on both sides of its boundary unless its source says
otherwise.
"""

from __future__ import annotations

import re

from corsight.policies.engines.policy import Change

_MEASURED = "measured with"
_DECIMAL = re.compile(r"\d+(\.\d+)?")
CHROMIUM_SAFELISTED = {
    **dict.fromkeys(("dpr", "device-memory"), _DECIMAL),
    **dict.fromkeys(("width", "viewport-width"), re.compile(r"\d+")),
    "save-data": re.compile("on"),
    "intervention": re.compile(".*"),
}
"""Request headers that every measured Chromium safelists beyond the standard."""

_NO_CORS_HINT = "set the request's mode to 'no-cors' to fetch the resource with CORS disabled."

CHROMIUM = (
    Change(
        what="a page may set Access-Control-Request-Private-Network from 155 on, and might before 110; in between it "
        "is a forbidden header",
        until=150,
        since=155,
        source=f"{_MEASURED} 109, 110, 150, 156",
    ),
    Change(
        what="the console names no chrome-experimental-site-token-provider among the schemes of CORS",
        until=150,
        since=155,
        field="texts.cors_schemes",
        before="chrome, chrome-extension, chrome-untrusted, data, http, https, isolated-app",
        source=f"{_MEASURED} 150, 156",
    ),
    Change(
        what="after a response with status 425, the browser itself sends the request again",
        until=143,
        since=147,
        source=f"{_MEASURED} 143, 147",
    ),
    Change(
        what="http://0.0.0.0 is mixed content on a secure page",
        until=143,
        since=147,
        field="zero_address_is_mixed",
        before=True,
        source=f"{_MEASURED} 143, 147",
    ),
    Change(
        what="local network access needs no permission: no request is blocked for it. Behind a proxy none ever is",
        until=141,
        since=142,
        field="local_network_access",
        before=False,
        source=f"{_MEASURED} 141, 143; services/network/local_network_access_checker.cc",
    ),
    Change(
        what="http URLs of the local network are mixed content on a secure page, after a redirect as well",
        until=141,
        since=142,
        field="local_network_is_mixed",
        before=True,
        source=f"{_MEASURED} 141, 143; third_party/blink/renderer/core/loader/mixed_content_checker.cc",
    ),
    Change(
        what="private network access: a preflight with Access-Control-Request-Private-Network goes before what leads "
        "to a less public address, and the request follows whatever answers it. Behind a forward proxy none is sent",
        until=138,
        since=140,
        field="private_network_warned",
        before=True,
        source=f"{_MEASURED} 103 to 138, 140; kPrivateNetworkAccessRespectPreflightResults, off by default",
    ),
    Change(
        what="the console recommends mode no-cors where Access-Control-Allow-Origin is missing",
        until=134,
        since=137,
        field="texts.missing_origin_hint",
        before=f" If an opaque response serves your needs, {_NO_CORS_HINT}",
        source=f"{_MEASURED} 134, 137; third_party/blink/renderer/platform/loader/cors/cors_error_string.cc",
    ),
    Change(
        what="the console recommends mode no-cors where Access-Control-Allow-Origin has another value",
        until=134,
        since=137,
        field="texts.invalid_origin_hint",
        before=f" Have the server send the header with a valid value, or, if an opaque response serves your needs, "
        f"{_NO_CORS_HINT}",
        source=f"{_MEASURED} 134, 137; cors_error_string.cc",
    ),
    Change(
        what="after a 303 that turned a POST into a GET, the preflight still asks for the Content-Type it dropped",
        until=134,
        since=137,
        field="content_type_asked_again",
        before=True,
        source=f"{_MEASURED} 134, 137",
    ),
    Change(
        what="Sec-Fetch-Storage-Access is never sent. The server switched it on in some of Chrome 133",
        until=132,
        since=134,
        field="storage_access_told",
        before=False,
        source=f"{_MEASURED} 132, 133, 134; kStorageAccessHeaders, off in the code before",
    ),
    Change(
        what="the console lists the schemes of CORS unsorted",
        until=127,
        since=132,
        field="texts.cors_schemes",
        before="http, data, chrome, https, chrome-untrusted",
        source=f"{_MEASURED} 127, 132; cors_error_string.cc",
    ),
    Change(
        what="an opaque response that is blocked comes to script and style elements as an empty one, unless its "
        "status is an error",
        until=122,
        since=123,
        field="opaque_emptied",
        before=frozenset({"script", "style"}),
        source=f"{_MEASURED} 122, 123; kOpaqueResponseBlockingV02",
    ),
    Change(
        what="the console says nothing of blocked opaque responses",
        until=122,
        since=123,
        field="texts.opaque_blocking_said",
        before=False,
        source=f"{_MEASURED} 122, 123; kOpaqueResponseBlockingV02",
    ),
    Change(
        what="a redirect to another origin keeps the page's Authorization, which a preflight then asks for",
        until=118,
        since=119,
        field="authorization_kept",
        before=True,
        source=f"{_MEASURED} 118, 119; kRemoveAuthorizationOnCrossOriginRedirect",
    ),
    Change(
        what="images, audio and video over http from an IP address are upgraded to https like any",
        until=110,
        since=111,
        source=f"{_MEASURED} 110, 111",
    ),
    Change(
        what="a method is upper-cased before it is looked for in Access-Control-Allow-Methods: `patch` passes where "
        "`PATCH` is allowed, and only there. The policy AccessControlAllowMethodsInCORSPreflightSpecConformant brought "
        "that back for a while",
        until=108,
        since=109,
        field="methods_upper_cased",
        before=True,
        source=f"{_MEASURED} 108, 109",
    ),
    Change(
        what="Downlink, RTT and ECT are not safelisted",
        until=108,
        since=109,
        field="extra_safelisted",
        before=CHROMIUM_SAFELISTED,
        source=f"{_MEASURED} 108, 109; services/network/public/cpp/cors/cors.cc",
    ),
    Change(
        what="X-HTTP-Method-Override with a forbidden method is preflighted, not forbidden",
        until=108,
        since=109,
        source=f"{_MEASURED} 108, 109",
    ),
    Change(
        what="a Set-Cookie that a page sets is preflighted, not forbidden",
        until=103,
        since=106,
        source=f"{_MEASURED} 103, 106",
    ),
    Change(
        what="the console says nothing of a redirect that leaves HTTP",
        until=92,
        since=103,
        field="texts.cors_schemes",
        before="",
        source=f"{_MEASURED} 92, 108",
    ),
    Change(
        what="no preflight carries Access-Control-Request-Private-Network",
        until=92,
        since=103,
        field="private_network_warned",
        before=False,
        source=f"{_MEASURED} 92, 103",
    ),
    Change(
        what="Range is not safelisted",
        until=98,
        since=99,
        field="never_safelisted",
        before=frozenset({"range"}),
        source=f"{_MEASURED} 92, 103; browser-compat-data says 99",
    ),
)  # fmt: skip

FIREFOX = (
    Change(
        what="Sec-Fetch-Storage-Access is never sent",
        until=140,
        since=147,
        field="storage_access_told",
        before=False,
        source=f"{_MEASURED} 140, 153; browser-compat-data says 147",
    ),
    Change(
        what="http://localhost and its subdomains are mixed content on a secure page where they go through a proxy "
        "(pref network.proxy.allow_hijacking_localhost); 127.0.0.1 is not",
        until=140,
        since=153,
        field="localhost_is_mixed",
        before=True,
        source=f"{_MEASURED} 140, 153",
    ),
    Change(
        what="Range is not safelisted",
        until=116,
        since=117,
        field="never_safelisted",
        before=frozenset({"range"}),
        source="not measured; browser-compat-data",
    ),
    Change(
        what="a redirect to another origin keeps the page's Authorization, which a preflight then asks for",
        until=110,
        since=111,
        field="authorization_kept",
        before=True,
        source="not measured; browser-compat-data, bug 1802086",
    ),
)

WEBKIT = (
    Change(
        what="images, audio and video over http from an IP address are loaded, and others are not upgraded to https",
        until=16,
        since=26,
        field="image_address_is_mixed",
        before=False,
        source=f"{_MEASURED} WPE WebKit 2.38, WebKitGTK 2.50",
    ),
    Change(
        what="`Range: bytes=-N` is safelisted too",
        until=16,
        since=26,
        field="extra_safelisted",
        before={"range": re.compile(r"bytes=-\d+")},
        source=f"{_MEASURED} WPE WebKit 2.38, WebKitGTK 2.50",
    ),
    Change(
        what="Set-Cookie, and X-HTTP-Method-Override with a forbidden method, are preflighted, not forbidden",
        until=16,
        since=26,
        source=f"{_MEASURED} WPE WebKit 2.38, WebKitGTK 2.50",
    ),
    Change(
        what="Range is not safelisted",
        until=15,
        since=16,
        field="never_safelisted",
        before=frozenset({"range"}),
        source="not measured; browser-compat-data",
    ),
)
