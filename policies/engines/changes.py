"""What earlier versions of the engines did otherwise, the youngest change of each engine first.

A version is the engine's own major number: of Chromium that beside `Chrome/`, of WebKit Safari's (26 is WebKitGTK 2.50,
18 is 2.46 and 2.48, 16 is 2.38 and 2.40). Each was measured on both sides of its boundary unless its source says
otherwise.
"""

import re

from corsight.policies.engines.policy import Change

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
        what="Opaque response blocking looked into bodies of the types text/pdf and application/x-protobuffer, and so "
        "let images of these types pass.",
        until=153,
        since=156,
        field="opaque_response_blocking.also_never_sniffed",
        before=frozenset(),
        source="measured with 153, 156; services/network/orb/orb_mimetypes.cc",
    ),
    Change(
        what="Modules, style sheets and nosniff went by what stands before the first comma or semicolon of the "
        "Content-Type. Of two types the first counted.",
        until=149,
        since=152,
        field="types_read",
        before="first",
        source="measured with 103, 122, 138, 147, 149, 152; third_party/blink/renderer/platform/network/http_parsers.cc "
        "ExtractMIMETypeFromMediaType",
    ),
    Change(
        what="Access-Control-Request-Private-Network was a forbidden header: a page could not set it. (Before 110 it "
        "could.)",
        until=150,
        since=155,
        source="measured with 109, 110, 150, 156",
    ),
    Change(
        what="The console did not name chrome-experimental-site-token-provider in the list of schemes that CORS "
        "supports.",
        until=150,
        since=155,
        field="texts.cors_schemes",
        before="chrome, chrome-extension, chrome-untrusted, data, http, https, isolated-app",
        source="measured with 150, 156",
    ),
    Change(
        what="Chromium sent a request again by itself after a response with status 425.",
        until=143,
        since=147,
        source="measured with 143, 147",
    ),
    Change(
        what="http://0.0.0.0 was blocked as mixed content on an https page.",
        until=143,
        since=147,
        field="zero_address_is_mixed",
        before=True,
        source="measured with 143, 147",
    ),
    Change(
        what="Pages could reach the local network without the user's permission. (Through a proxy they still can.)",
        until=141,
        since=142,
        field="local_network_access",
        before=False,
        source="measured with 141, 143; services/network/local_network_access_checker.cc",
    ),
    Change(
        what="http URLs of the local network were blocked as mixed content on an https page, after a redirect too.",
        until=141,
        since=142,
        field="local_network_is_mixed",
        before=True,
        source="measured with 141, 143; third_party/blink/renderer/core/loader/mixed_content_checker.cc",
    ),
    Change(
        what="Private network access: before a request to a less public address, Chromium sent a preflight with "
        "Access-Control-Request-Private-Network. Any answer was enough: a wrong one led only to a warning. Through a "
        "forward proxy there were no such preflights.",
        until=138,
        since=140,
        field="private_network_warned",
        before=True,
        source="measured with 103 to 138, 140; kPrivateNetworkAccessRespectPreflightResults, off by default",
    ),
    Change(
        what="The console recommended mode no-cors if Access-Control-Allow-Origin was missing.",
        until=134,
        since=137,
        field="texts.missing_origin_hint",
        before=f" If an opaque response serves your needs, {_NO_CORS_HINT}",
        source="measured with 134, 137; third_party/blink/renderer/platform/loader/cors/cors_error_string.cc",
    ),
    Change(
        what="The console recommended mode no-cors if Access-Control-Allow-Origin had a wrong value.",
        until=134,
        since=137,
        field="texts.invalid_origin_hint",
        before=" Have the server send the header with a valid value, or, if an opaque response serves your needs, "
        f"{_NO_CORS_HINT}",
        source="measured with 134, 137; cors_error_string.cc",
    ),
    Change(
        what="After a 303 that turned a POST into a GET, the preflight still asked for the Content-Type of the POST. "
        "Servers had to allow it.",
        until=134,
        since=137,
        field="content_type_asked_again",
        before=True,
        source="measured with 134, 137",
    ),
    Change(
        what="Chromium did not send Sec-Fetch-Storage-Access. (Google switched it on for a part of Chrome 133.)",
        until=132,
        since=134,
        field="storage_access_told",
        before=False,
        source="measured with 132, 133, 134; kStorageAccessHeaders, off in the code before",
    ),
    Change(
        what="The console listed the schemes that CORS supports in no order.",
        until=127,
        since=132,
        field="texts.cors_schemes",
        before="http, data, chrome, https, chrome-untrusted",
        source="measured with 127, 132; cors_error_string.cc",
    ),
    Change(
        what="If opaque response blocking blocked a script or style sheet, the element got an empty one, so its load "
        "event fired; only a response with an error status failed.",
        until=122,
        since=123,
        field="opaque_emptied",
        before=frozenset({"script", "style"}),
        source="measured with 122, 123; kOpaqueResponseBlockingV02",
    ),
    Change(
        what="The console did not mention opaque responses that were blocked.",
        until=122,
        since=123,
        field="texts.opaque_blocking_said",
        before=False,
        source="measured with 122, 123; kOpaqueResponseBlockingV02",
    ),
    Change(
        what="A redirect to another origin kept the Authorization header that the page had set. The preflight asked "
        "for it, and that server had to allow it.",
        until=118,
        since=119,
        field="authorization_kept",
        before=True,
        source="measured with 118, 119; kRemoveAuthorizationOnCrossOriginRedirect",
    ),
    Change(
        what="Images, audio and video over http from an IP address were upgraded to https, like those of other hosts.",
        until=110,
        since=111,
        source="measured with 110, 111",
    ),
    Change(
        what="The method was upper-cased before it was compared with Access-Control-Allow-Methods. So `patch` passed "
        "if `PATCH` was allowed, and failed if only `patch` was. (For a while, the policy "
        "AccessControlAllowMethodsInCORSPreflightSpecConformant could restore this.)",
        until=108,
        since=109,
        field="methods_upper_cased",
        before=True,
        source="measured with 108, 109",
    ),
    Change(
        what="A preflight was needed if a page set Downlink, RTT or ECT.",
        until=108,
        since=109,
        field="extra_safelisted",
        before=CHROMIUM_SAFELISTED,
        source="measured with 108, 109; services/network/public/cpp/cors/cors.cc",
    ),
    Change(
        what="A page could set X-HTTP-Method-Override to a forbidden method (such as TRACE); it needed a preflight.",
        until=108,
        since=109,
        source="measured with 108, 109",
    ),
    Change(
        what="A page could set Set-Cookie as a request header; it needed a preflight.",
        until=103,
        since=106,
        source="measured with 103, 106",
    ),
    Change(
        what="The console did not mention a redirect to a scheme that CORS does not support.",
        until=92,
        since=103,
        field="texts.cors_schemes",
        before="",
        source="measured with 92, 108",
    ),
    Change(
        what="Chromium did not send Access-Control-Request-Private-Network in preflights.",
        until=92,
        since=103,
        field="private_network_warned",
        before=False,
        source="measured with 92, 103",
    ),
    Change(
        what="A preflight was needed if a page set Range.",
        until=98,
        since=99,
        field="never_safelisted",
        before=frozenset({"range"}),
        source="measured with 92, 103; browser-compat-data says 99",
    ),
)  # fmt: skip

FIREFOX = (
    Change(
        what="Firefox did not send Sec-Fetch-Storage-Access.",
        until=140,
        since=147,
        field="storage_access_told",
        before=False,
        source="measured with 140, 153; browser-compat-data says 147",
    ),
    Change(
        what="http://localhost and its subdomains were blocked as mixed content on an https page, if requests to "
        "localhost go through a proxy (pref network.proxy.allow_hijacking_localhost). http://127.0.0.1 was not "
        "blocked.",
        until=140,
        since=153,
        field="localhost_is_mixed",
        before=True,
        source="measured with 140, 153",
    ),
    Change(
        what="A preflight was needed if a page set Range.",
        until=116,
        since=117,
        field="never_safelisted",
        before=frozenset({"range"}),
        source="not measured; browser-compat-data",
    ),
    Change(
        what="A redirect to another origin kept the Authorization header that the page had set. The preflight asked "
        "for it, and that server had to allow it.",
        until=110,
        since=111,
        field="authorization_kept",
        before=True,
        source="not measured; browser-compat-data, bug 1802086",
    ),
)

WEBKIT = (
    Change(
        what="Images, audio and video over http from an IP address were loaded on an https page, and those of other "
        "hosts were not upgraded to https.",
        until=16,
        since=26,
        field="image_address_is_mixed",
        before=False,
        source="measured with WPE WebKit 2.38, WebKitGTK 2.50",
    ),
    Change(
        what="`Range: bytes=-N` needed no preflight.",
        until=16,
        since=26,
        field="extra_safelisted",
        before={"range": re.compile(r"bytes=-\d+")},
        source="measured with WPE WebKit 2.38, WebKitGTK 2.50",
    ),
    Change(
        what="A page could set Set-Cookie, and X-HTTP-Method-Override with a forbidden method; they needed a "
        "preflight.",
        until=16,
        since=26,
        source="measured with WPE WebKit 2.38, WebKitGTK 2.50",
    ),
    Change(
        what="A preflight was needed if a page set Range.",
        until=15,
        since=16,
        field="never_safelisted",
        before=frozenset({"range"}),
        source="not measured; browser-compat-data",
    ),
)
