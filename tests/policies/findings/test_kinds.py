"""Kinds of reports beside the pains: who answered in the application's place, what a list lacks, and what to do then.

Each product and layer is told by several features, each tried by itself.
"""

from __future__ import annotations

import pytest

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.findings.products import PRODUCTS, recognize
from tests.policies.findings.traffic import (
    ALLOW,
    API,
    CREDENTIALS,
    FIREFOX,
    HTML,
    JSON,
    PAGE,
    STAR,
    VARY,
    WEBKIT,
    WITH,
    Pair,
    Traffic,
    only,
    told,
)

TEXT: Pair = ("Content-Type", "text/plain")
WWW = "https://www.shop.example"


# -- storages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "status", "headers", "name"),
    [
        (f"{API}/k", 403, (("Server", "AmazonS3"),), "S3"),
        (f"{API}/k", 403, (("x-amz-id-2", "a"), ("x-amz-request-id", "b")), "S3"),
        ("https://photos.s3.eu-west-3.amazonaws.com/k", 403, (), "S3"),
        ("https://s3.eu-west-3.amazonaws.com/photos/k", 403, (), "S3"),
        (f"{API}/k", 403, (("x-ms-error-code", "CorsPreflightFailure"),), "Azure Blob Storage"),
        (f"{API}/k", 403, (("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"),), "Azure Blob Storage"),
        ("https://a1.r2.cloudflarestorage.com/k", 403, (("Server", "cloudflare"),), "Cloudflare R2"),
        ("https://pub-1.r2.dev/k", 403, (), "Cloudflare R2"),
        (f"{API}/k", 200, (("x-guploader-uploadid", "a"),), "Google Cloud Storage"),
        ("https://storage.googleapis.com/photos/k", 200, (), "Google Cloud Storage"),
        ("https://firebasestorage.googleapis.com/v0/b/p/o/k", 403, (), "Google Cloud Storage"),
        (f"{API}/k", 403, (("Server", "MinIO"),), "MinIO"),
    ],
)
def test_a_bucket_whose_rules_nothing_matches(url: str, status: int, headers: tuple[Pair, ...], name: str) -> None:
    traffic = Traffic()
    asked = (("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "content-type,x-amz-acl"))
    traffic.send("OPTIONS", url, status, *headers, asked=asked)
    finding = only(traffic)
    assert finding.code == "storage-rule-does-not-match"
    assert name in finding.title
    assert finding.actor == "server"
    assert f"{PAGE}, with the method PUT and the headers content-type and x-amz-acl" in finding.action
    # Nobody can set a header on a bucket by hand.
    assert not any(mismatch.fix for mismatch in finding.mismatches)
    assert "authentication" not in told(finding)


def test_a_bucket_that_lists_the_origin_for_another_method_says_so() -> None:
    traffic = Traffic()
    server: Pair = ("Server", "AmazonS3")
    traffic.get("/k", 200, ALLOW, VARY, server)
    traffic.preflight("DELETE", "/k", 403, server)
    assert any("no rule lists the origin together with the method DELETE" in line for line in only(traffic).evidence)


def test_a_file_of_a_bucket_without_a_rule() -> None:
    traffic = Traffic()
    traffic.get("/k.json", 200, JSON, ("Server", "AmazonS3"))
    assert only(traffic).code == "storage-rule-does-not-match"


def test_an_expired_signature_is_an_error_first() -> None:
    traffic = Traffic()
    traffic.get("/k.json", 403, ("Content-Type", "application/xml"), ("Server", "AmazonS3"))
    assert only(traffic).title.startswith("The real problem is the 403")


# -- the server's own CORS layer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        # Starlette and FastAPI.
        (400, (TEXT, ("Vary", "Origin"), ("Server", "uvicorn"))),
        (400, (TEXT, ("Access-Control-Allow-Methods", "DELETE, GET"), ("Vary", "Origin"))),
        # Spring.
        (403, (("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),)),
        # rs/cors, django-cors-headers, Express's cors.
        (204, (("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),)),
        (200, (("Vary", "origin"), ("Content-Length", "0"))),
        (204, (("Vary", "Origin"), ("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE"))),
        (500, (HTML, ("X-Powered-By", "Express"))),
        # ASP.NET Core.
        (204, (("Server", "Kestrel"),)),
    ],
)
def test_a_cors_layer_that_does_not_know_the_origin(status: int, headers: tuple[Pair, ...]) -> None:
    traffic = Traffic()
    traffic.preflight("DELETE", "/orders/7", status, *headers)
    finding = only(traffic)
    assert finding.code == "preflight-refused-by-cors-layer"
    assert f"the origin {PAGE} " in finding.title
    assert finding.title.endswith("is not on its list")
    assert f"dd the origin {PAGE}" in finding.action
    assert "authentication" not in told(finding)
    assert finding.certainty == "likely"


def test_what_starlettes_lists_lack_is_named() -> None:
    traffic = Traffic()
    lists = (("Access-Control-Allow-Methods", "GET, POST"), ("Access-Control-Allow-Headers", "Accept, X-A"))
    traffic.preflight("PATCH", "/a", 400, TEXT, ALLOW, VARY, *lists, names="x-a,x-b")
    finding = only(traffic)
    assert finding.title.endswith("the method PATCH and the header x-b are not on its list")
    assert finding.mismatches[0].fix == (
        "answer OPTIONS with status 204",
        "Access-Control-Allow-Methods: GET, POST, PATCH",
        "Access-Control-Allow-Headers: Accept, X-A, x-b",
    )


def test_an_origin_that_passes_elsewhere_is_not_what_the_list_lacks() -> None:
    traffic = Traffic()
    traffic.passed(2)
    vary: Pair = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    traffic.preflight("PATCH", "/a", 403, vary, names="x-a")
    assert only(traffic).title.endswith("the method PATCH or the header x-a is not on its list")


def test_a_refusal_that_asks_for_a_login_is_no_cors_layer() -> None:
    traffic = Traffic()
    traffic.preflight("PATCH", "/a", 403, VARY, ("WWW-Authenticate", "Bearer"))
    assert only(traffic).code == "preflight-needs-authentication"


def test_another_spelling_of_the_origin_that_was_allowed_is_said() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, ("Access-Control-Allow-Origin", WWW), VARY, JSON, origin=WWW)
    traffic.get("/a", 200, VARY, JSON)
    finding = only(traffic)
    assert finding.code == "origin-not-listed"
    assert f"api.example did allow {WWW}, which differs in www.; the page is {PAGE}." in finding.evidence
    traffic.preflight("PUT", "/a", 403)
    assert any(
        WWW in line for one in traffic.findings() for line in one.evidence if one.rules and "preflight" in one.code
    )


def test_a_request_that_springs_layer_refused() -> None:
    traffic = Traffic()
    traffic.get("/a", 403, TEXT, ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"))
    finding = only(traffic)
    assert finding.code == "origin-not-listed"
    assert "Vary names headers that only CORS middleware looks at" in finding.cause


# -- tunnels, checks and logins --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "status", "headers", "code", "said"),
    [
        (
            f"{API}/a",
            200,
            (HTML, ("ngrok-error-code", "ERR_NGROK_6024")),
            "tunnel-warning-page",
            "skip-browser-warning",
        ),
        (f"{API}/a", 404, (HTML, ("ngrok-error-code", "ERR_NGROK_3200")), "tunnel-offline", "Start the tunnel"),
        ("https://a.loca.lt/a", 511, (HTML,), "tunnel-warning-page", "bypass-tunnel-reminder"),
        ("https://a.share.zrok.io/a", 200, (HTML,), "tunnel-warning-page", "skip_zrok_interstitial"),
        ("https://w-8080.app.github.dev/a", 401, (), "tunnel-port-private", "visibility Public"),
        ("https://abc-8080.usw2.devtunnels.ms/a", 401, (), "tunnel-port-private", "visibility Public"),
        (f"{API}/a", 403, (HTML, ("cf-mitigated", "challenge")), "challenge-in-place-of-reply", "Cloudflare"),
        (f"{API}/a", 202, (HTML, ("x-amzn-waf-action", "challenge")), "challenge-in-place-of-reply", "AWS WAF"),
        (f"{API}/a", 429, (HTML, ("x-vercel-mitigated", "challenge")), "challenge-in-place-of-reply", "Vercel"),
        (f"{API}/a", 403, (HTML, ("Server", "AkamaiGHost")), "challenge-in-place-of-reply", "Akamai"),
    ],
)
def test_what_answered_in_the_applications_place(
    url: str, status: int, headers: tuple[Pair, ...], code: str, said: str
) -> None:
    traffic = Traffic()
    traffic.send("GET", url, status, *headers)
    finding = only(traffic)
    assert finding.code == code
    assert said in told(finding)
    assert not any(mismatch.fix for mismatch in finding.mismatches)


@pytest.mark.parametrize(
    ("headers", "name", "actor"),
    [
        ((("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM")), "Windows authentication", "server"),
        ((("x-goog-iap-generated-response", "true"),), "Google's Identity-Aware Proxy", "proxy"),
        ((("Set-Cookie", "_vercel_sso_nonce=a"), HTML), "Vercel's deployment protection", "server"),
        ((("WWW-Authenticate", 'Cloudflare-Access resource_metadata="x"'),), "Cloudflare Access", "proxy"),
        ((("x-amzn-ErrorType", "AccessDeniedException"), JSON), "AWS API Gateway or Lambda", "proxy"),
        ((("Server", "Google Frontend"), HTML), "Cloud Run or Cloud Functions", "server"),
        ((("WWW-Authenticate", 'AzureApiManagementKey realm="x"'),), "Azure API Management", "proxy"),
    ],
)
def test_a_login_before_the_application_gets_its_own_cure(headers: tuple[Pair, ...], name: str, actor: str) -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 401, *headers)
    finding = only(traffic)
    assert (finding.code, finding.actor) == ("preflight-needs-authentication", actor)
    assert finding.title == f"The preflight was refused by {name}"
    assert finding.action == next(one.cure for one in PRODUCTS.values() if one.name == name)


@pytest.mark.parametrize("location", ["https://team.cloudflareaccess.com/cdn-cgi/access/login/x", "/oauth2/start?rd=x"])
def test_a_preflight_that_a_login_gate_redirects(location: str) -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 302, ("Location", location))
    finding = only(traffic)
    assert (finding.code, finding.actor) == ("preflight-redirected-to-login", "proxy")


@pytest.mark.parametrize(
    ("url", "status", "headers"),
    [
        ("https://x.execute-api.eu-west-1.amazonaws.com/a", 403, ()),
        (f"{API}/a", 403, (("x-iinfo", "1"), JSON)),
        (f"{API}/a", 403, (("x-azure-ref", "1"), HTML, ("X-Powered-By", "Express"))),
        (f"{API}/a", 200, (("Set-Cookie", "_oauth2_proxy=1"), JSON)),
        ("https://a.example.loca.lt.example/a", 200, (HTML,)),
        ("https://a.loca.lt/a", 200, (JSON,)),
    ],
)
def test_what_looks_like_a_product_and_is_none(url: str, status: int, headers: tuple[Pair, ...]) -> None:
    assert recognize(url, Response(status, HeaderList.of(*headers))) is None


def test_every_product_says_what_to_do_and_can_be_told() -> None:
    for product in PRODUCTS.values():
        assert product.signs or product.hosts
        assert product.cure.endswith(".")


# -- logins by fetch -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["/login/start", "/orders"])
def test_a_login_by_fetch_is_a_navigation(first: str) -> None:
    traffic = Traffic()
    idp = "https://accounts.idp.example/o/oauth2/v2/auth"
    traffic.get(first, 302, ALLOW, VARY, CREDENTIALS, ("Location", f"{idp}?client_id=x"), asked=(WITH,))
    traffic.send("GET", f"{idp}?client_id=x", 200, HTML, origin="null", asked=(WITH,), after=0.01)
    finding = only(traffic)
    assert finding.code == "redirect-to-login"
    assert f"location.href = '{API + first if 'login' in first else idp}'" in finding.action
    assert "Access-Control-Allow-Origin: null" not in told(finding)
    assert finding.actor == "client"


@pytest.mark.parametrize(
    ("destination", "said"),
    [("manifest", "on its link element"), ("script", "on its script element"), ("image", "sends them")],
)
def test_what_markup_asks_for_gets_the_cure_of_its_markup(destination: str, said: str) -> None:
    traffic = Traffic()
    there = ("Location", "https://sso.example/login?to=x")
    traffic.get("/asset", 302, there, destination=destination)
    finding = only(traffic)
    assert 'crossorigin="use-credentials"' in finding.action
    assert said in finding.action
    assert finding.actor == "client"


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        ("font", "browsers always request fonts with CORS"),
        ("script", "Module scripts are always requested with CORS"),
        ("image", "remove crossorigin from the element"),
        ("manifest", "serve the manifest from the page's own origin"),
    ],
)
def test_what_markup_asks_for_can_do_without(destination: str, said: str) -> None:
    traffic = Traffic()
    traffic.get("/asset", 200, destination=destination)
    assert said in only(traffic).action


def test_a_script_that_fetches_gets_no_cure_of_markup() -> None:
    traffic = Traffic()
    traffic.get("/asset", 200, JSON)
    assert "crossorigin" not in told(only(traffic))


# -- what the reply lacks, and what came instead ---------------------------------------------------------------------

GRANTED = (ALLOW, VARY, ("Access-Control-Allow-Methods", "PUT"))


def test_a_reply_that_lacks_what_its_preflight_had() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 204, *GRANTED)
    traffic.send("PUT", f"{API}/a", 200, JSON, after=0.01)
    finding = only(traffic)
    assert finding.code == "header-on-preflight-only"
    assert any(line.startswith("Its preflight passed") for line in finding.evidence)
    assert finding.mismatches[0].fix[0] == f"Access-Control-Allow-Origin: {PAGE}"


def test_an_error_after_a_right_preflight_is_the_error() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 204, *GRANTED)
    traffic.send("PUT", f"{API}/a", 503, JSON, after=0.01)
    finding = only(traffic)
    assert finding.title.startswith("The real problem is the 503")
    assert any("Its preflight passed" in line for line in finding.evidence)


def test_a_page_in_place_of_the_apis_reply() -> None:
    traffic = Traffic()
    traffic.passed(2)
    traffic.get("/orders", 200, HTML)
    finding = only(traffic)
    assert finding.code == "page-in-place-of-reply"
    assert "text/html" in finding.cause


def test_a_page_of_a_server_that_never_speaks_of_cors_is_its_own() -> None:
    traffic = Traffic()
    traffic.get("/", 200, HTML)
    assert only(traffic).code == "allow-origin-missing"


@pytest.mark.parametrize("sign", [("Age", "8640"), ("X-Cache", "HIT"), ("CF-Cache-Status", "HIT")])
def test_a_cached_answer_for_another_origin_seen_once(sign: Pair) -> None:
    traffic = Traffic()
    traffic.get("/font.woff2", 200, ("Access-Control-Allow-Origin", "https://else.example"), sign, destination="font")
    finding = only(traffic)
    assert (finding.code, finding.certainty) == ("cache-answered-for-another-origin", "likely")
    assert "everybody" not in told(finding)


def test_one_origin_that_was_named_once_is_not_said_to_be_everybodys() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, ("Access-Control-Allow-Origin", "https://else.example"), JSON)
    assert "everybody" not in told(only(traffic))
    assert "every reply" not in told(only(traffic))


def test_an_error_page_behind_orb() -> None:
    traffic = Traffic()
    orb = (JSON, ("X-Content-Type-Options", "nosniff"))
    traffic.get("/photo.jpg", 404, *orb, mode="no-cors", destination="image", origin=None)
    finding = only(traffic)
    assert finding.code == "error-behind-orb"
    assert finding.title.startswith("The real problem is the 404 (not found)")


# -- preflights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "names", "said"),
    [
        ("POST", "", "an upload listener (XMLHttpRequest.upload"),
        ("GET", "content-type", "A GET has no body and does not need that header"),
        ("PUT", "x-a", "The preflight is needed for the method PUT and the header x-a."),
    ],
)
def test_why_there_was_a_preflight_at_all(method: str, names: str, said: str) -> None:
    traffic = Traffic()
    traffic.preflight(method, "/a", 400, JSON, names=names)
    assert said in told(only(traffic))


def test_an_upload_listener_can_be_taken_off() -> None:
    traffic = Traffic()
    traffic.preflight("POST", "/a", 400, JSON)
    assert "remove the upload listener" in only(traffic).action


def test_a_redirect_without_a_target() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 301)
    assert only(traffic).code == "redirect-without-location"
    other = Traffic()
    other.get("/a", 301)
    assert only(other).code == "redirect-without-location"


def test_a_redirect_of_the_browsers_own() -> None:
    traffic = Traffic()
    own = (("Location", "https://api.example/a"), ("Non-Authoritative-Reason", "HSTS"))
    traffic.send("OPTIONS", "http://api.example/a", 307, *own, asked=(("Access-Control-Request-Method", "PUT"),))
    finding = only(traffic)
    assert (finding.code, finding.actor) == ("redirected-by-browser", "client")


# -- one finding, one fix --------------------------------------------------------------------------------------------


def test_methods_that_one_list_lacks_are_one_finding_with_one_fix() -> None:
    traffic = Traffic()
    listed: Pair = ("Access-Control-Allow-Methods", "GET, POST")
    for method in ("PATCH", "DELETE"):
        traffic.preflight(method, "/orders/7", 204, ALLOW, VARY, listed)
    finding = only(traffic)
    assert finding.title == "The methods PATCH and DELETE are not allowed"
    [mismatch] = finding.mismatches
    assert mismatch.fix == ("Access-Control-Allow-Methods: GET, POST, PATCH, DELETE",)
    assert mismatch.expected == "Access-Control-Allow-Methods: PATCH, DELETE"
    assert [place.method for place in mismatch.places] == ["PATCH", "DELETE"]


def test_another_endpoint_is_granted_its_own_method_only() -> None:
    traffic = Traffic()
    listed: Pair = ("Access-Control-Allow-Methods", "GET")
    traffic.preflight("PATCH", "/a", 204, ALLOW, VARY, listed)
    traffic.preflight("DELETE", "/b", 204, ALLOW, VARY, listed)
    assert {mismatch.fix for mismatch in only(traffic).mismatches} == {
        ("Access-Control-Allow-Methods: GET, PATCH",),
        ("Access-Control-Allow-Methods: GET, DELETE",),
    }


@pytest.mark.parametrize("destination", ["empty", "font", "manifest"])
@pytest.mark.parametrize("agent", [FIREFOX, WEBKIT])
def test_a_page_is_never_told_to_change_headers(agent: str, destination: str) -> None:
    traffic = Traffic(agent)
    traffic.get("/a", 302, ALLOW, VARY, ("Location", "https://cdn.example/b"), destination=destination)
    traffic.send("GET", "https://cdn.example/b", 200, origin="null", destination=destination, after=0.01)
    for finding in traffic.findings():
        if finding.actor in ("client", "nobody"):
            assert not any(mismatch.fix for mismatch in finding.mismatches)


# -- what passes, and is not what the page wants ---------------------------------------------------------------------


def test_the_etag_of_a_part_is_wanted() -> None:
    traffic = Traffic()
    traffic.send("PUT", f"{API}/k?partNumber=2&uploadId=u", 200, STAR, ("ETag", '"1"'))
    finding = only(traffic, "advice")
    assert finding.code == "headers-asked-in-vain"
    assert finding.mismatches[0].fix == ("Access-Control-Expose-Headers: etag",)
    other = Traffic()
    other.get("/k", 200, STAR, ("ETag", '"1"'))
    assert "headers-asked-in-vain" not in other.codes("advice")


@pytest.mark.parametrize(("origin", "status", "found"), [(PAGE, 403, True), (API, 403, False), (PAGE, 101, False)])
def test_a_websocket_that_was_refused_for_its_origin(origin: str, status: int, found: bool) -> None:
    traffic = Traffic()
    upgrade = (("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x"))
    traffic.send("GET", f"{API}/ws", status, asked=upgrade, origin=origin, mode="websocket", destination="websocket")
    assert ("websocket-refused" in traffic.codes("advice")) == found


def test_safari_keeps_no_third_party_cookies() -> None:
    traffic = Traffic(WEBKIT)
    traffic.get("/login", 200, ALLOW, VARY, CREDENTIALS, ("Set-Cookie", "sid=1; SameSite=None; Secure"))
    finding = next(one for one in traffic.findings() if one.code == "cookie-third-party")
    assert "Safari" in finding.title
    chromium = Traffic()
    chromium.get("/login", 200, ALLOW, VARY, CREDENTIALS, ("Set-Cookie", "sid=1; SameSite=None; Secure"))
    assert "cookie-third-party" not in chromium.codes("advice")


def test_a_layer_that_says_nothing_leaves_open_which_list_it_is() -> None:
    traffic = Traffic()
    vary: Pair = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    traffic.preflight("DELETE", "/a", 204, vary, names="x-a")
    assert f"the origin {PAGE} or the method DELETE or the header x-a is not on its list" in only(traffic).title


def test_where_another_spelling_passes_it_is_the_origin() -> None:
    traffic = Traffic()
    vary: Pair = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    traffic.get("/a", 200, ("Access-Control-Allow-Origin", WWW), vary, JSON, origin=WWW)
    traffic.preflight("DELETE", "/a", 204, vary)
    finding = only(traffic)
    assert finding.title.endswith(f"refused the preflight: the origin {PAGE} is not on its list")
    assert f"next to {WWW}, which is there" in finding.action


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("cache-control,expires,pragma", "cache-control, expires and pragma: usually added by a cache plugin"),
        ("x-signalr-user-agent", "usually added by SignalR's client"),
        ("x-own", ""),
    ],
)
def test_who_adds_a_header_that_the_page_never_wrote(names: str, said: str) -> None:
    traffic = Traffic()
    traffic.preflight("GET", "/a", 204, ALLOW, VARY, ("Access-Control-Allow-Headers", "content-type"), names=names)
    text = told(only(traffic))
    assert said in text
    assert ("usually added by" in text) == bool(said)


def test_a_page_that_a_script_got_alone_is_pointed_at() -> None:
    traffic = Traffic()
    traffic.get("/json", 200, HTML)
    assert any("HTML page" in line for line in only(traffic).evidence)


@pytest.mark.parametrize("path", ["/users/sign_in", "/log_in", "/adfs/ls/", "/realms/a/protocol/openid-connect/auth"])
def test_where_people_log_in(path: str) -> None:
    traffic = Traffic()
    traffic.get("/orders", 302, ("Location", f"https://id.corp.example{path}?next=1"))
    assert only(traffic).code == "redirect-to-login"


# -- what is not there, and what else is -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [502, 503, 504, 522])
def test_a_preflight_that_no_application_answered_is_no_matter_of_options(status: int) -> None:
    traffic = Traffic()
    asked = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"))
    traffic.send("OPTIONS", f"{API}/v1", status, TEXT, ("Server", "cloudflare"), asked=asked)
    finding = only(traffic)
    assert finding.code == "preflight-failed"
    assert finding.title.startswith(f"The real problem is the {status}")
    assert "Check that the application is running" in finding.action
    assert not any(mismatch.fix for mismatch in finding.mismatches)


@pytest.mark.parametrize(
    ("status", "server", "name"),
    [
        (403, "AirTunes/620.8.2", "AirPlay receiver of macOS"),
        (404, "Microsoft-HTTPAPI/2.0", "Windows' own web service"),
    ],
)
def test_another_program_on_the_port_is_told_by_its_name(status: int, server: str, name: str) -> None:
    traffic = Traffic()
    asked = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"))
    traffic.send("OPTIONS", "http://localhost:5000/v1", status, ("Server", server), asked=asked)
    finding = only(traffic)
    assert finding.code == "another-program-answered"
    assert name in finding.title
    assert "login" not in told(finding)


def test_a_bare_403_is_a_list_of_origins_too() -> None:
    traffic = Traffic()
    asked = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"))
    traffic.send("OPTIONS", f"{API}/v1", 403, asked=asked)
    finding = only(traffic)
    assert "by a list of allowed origins, a login or a firewall" in finding.title
    assert f"add {PAGE} to it" in finding.action


def test_a_header_that_is_named_twice_is_told_and_not_asked_for_twice() -> None:
    traffic = Traffic(FIREFOX)
    asked = (("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "b3,b3,traceparent"))
    vary = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    traffic.send("OPTIONS", f"{API}/v1", 204, vary, asked=asked)
    finding = only(traffic)
    assert finding.code == "preflight-refused-by-cors-layer"
    assert "names b3 twice" in told(finding)
    assert "b3, b3" not in told(finding)


def test_a_copy_that_a_storage_gave_without_cors_is_the_caches_matter() -> None:
    traffic = Traffic()
    server, tag = ("Server", "AmazonS3"), ("ETag", '"1"')
    element = {"mode": "no-cors", "destination": "style", "origin": None}
    traffic.get("/a.css", 200, ("Content-Type", "text/css"), ("Cache-Control", "max-age=60"), server, tag, **element)
    traffic.get("/a.css", 304, tag, asked=(("If-None-Match", '"1"'),), destination="style")
    codes = {finding.code for finding in traffic.findings() if finding.kind == "blocked"}
    assert codes == {"cached-without-cors"}


def test_a_body_that_is_too_large_is_told_first() -> None:
    traffic = Traffic()
    traffic.send("POST", f"{API}/upload", 413, HTML, ("Server", "nginx/1.24.0"))
    assert "Raise the size limit of nginx (client_max_body_size)" in only(traffic).action
