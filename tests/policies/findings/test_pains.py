"""The pains that people report most: a sequence of exchanges like each report's, and the cause that is found in it.

The reports are named where they stand. Beside each stands what looks like it and is something else.
"""

from __future__ import annotations

import pytest

from tests.policies.findings.traffic import (
    ALLOW,
    API,
    CHROMIUM,
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

NGINX: Pair = ("Server", "nginx/1.24.0")
OTHER = "https://other.example"
DATE: Pair = ("Date", "Sun, 22 Nov 2026 10:00:00 GMT")


def allowing(methods: str = "PUT", headers: str = "", *more: Pair) -> tuple[Pair, ...]:
    listed: tuple[Pair, ...] = (("Access-Control-Allow-Headers", headers),) if headers else ()
    return ALLOW, VARY, ("Access-Control-Allow-Methods", methods), *listed, *more


# -- 1 to 3: error replies -------------------------------------------------------------------------------------------


def test_1_an_error_reply_without_cors_headers() -> None:
    """Kludex/starlette#1116, fastapi/fastapi#775: an exception's 500 comes from outside the CORS middleware."""
    traffic = Traffic()
    traffic.passed(14, ("Server", "uvicorn"))
    traffic.get("/orders", 500, ("Content-Type", "text/plain"), ("Server", "uvicorn"))
    finding = only(traffic)
    assert finding.code == "framework-error-without-cors"
    assert (
        "This origin is allowed on other responses of api.example; only the 500 lacks the header." in finding.evidence
    )
    assert "the real problem is the 500" in finding.cause
    assert "log" in finding.action
    assert "Starlette" in told(finding)
    assert finding.rules == ("allow-origin-missing",)


def test_1_not_where_the_server_never_speaks_of_cors() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, JSON)
    traffic.get("/b", 500, JSON)
    assert traffic.codes() == ["allow-origin-missing"]


def test_1_a_404_is_named_as_what_it_is() -> None:
    traffic = Traffic()
    traffic.passed(2)
    traffic.get("/typo", 404, JSON)
    finding = only(traffic)
    assert finding.code == "error-reply-without-cors"
    assert finding.title.startswith("The real problem is the 404 (not found)")


def test_1_an_error_alone_is_only_likely() -> None:
    traffic = Traffic()
    traffic.get("/a", 500, JSON)
    finding = only(traffic)
    assert (finding.code, finding.certainty, finding.certain) == ("framework-error-without-cors", "likely", 1)
    assert "the CORS headers may be wrong as well as the 500" in finding.evidence[0]


def test_2_nginx_adds_no_headers_to_errors_without_always() -> None:
    """monsur/enable-cors.org#106, kubernetes/ingress-nginx#1679."""
    traffic = Traffic()
    traffic.passed(3, NGINX)
    traffic.get("/orders/9", 404, JSON, NGINX)
    finding = only(traffic)
    assert finding.code == "nginx-add-header-without-always"
    assert "always" in finding.action
    assert "add_header Access-Control-Allow-Origin https://shop.example always;" in finding.action
    assert finding.actor == "proxy"


def test_2_not_where_another_error_of_nginx_carries_the_header() -> None:
    traffic = Traffic()
    traffic.passed(3, NGINX)
    traffic.get("/orders/9", 404, JSON, NGINX, ALLOW, VARY)
    traffic.get("/orders/8", 500, JSON, NGINX)
    finding = only(traffic)
    assert finding.code == "framework-error-without-cors"
    assert any("Other errors have the header (404)" in line for line in finding.evidence)


@pytest.mark.parametrize(
    ("status", "marks", "who"),
    [
        (403, (("x-amzn-ErrorType", "ForbiddenException"), ("x-amz-apigw-id", "abc=")), "AWS API Gateway"),
        (502, (("Server", "awselb/2.0"), HTML), "AWS load balancer"),
        (413, (NGINX, HTML), "nginx"),
        (504, (("Server", "CloudFront"), ("X-Cache", "Error from cloudfront"), ("X-Amz-Cf-Id", "x")), "CloudFront"),
        (522, (("Server", "cloudflare"), ("CF-RAY", "1"), HTML), "Cloudflare"),
        (503, (("Server", "istio-envoy"), ("Content-Type", "text/plain")), "Envoy"),
    ],
)
def test_3_an_error_made_by_a_gateway(status: int, marks: tuple[Pair, ...], who: str) -> None:
    """serverless/serverless#3896, aws/serverless-application-model#1983."""
    traffic = Traffic()
    traffic.passed(5)
    traffic.get("/orders", status, *marks)
    finding = only(traffic)
    assert finding.code == "gateway-error-without-cors"
    assert who in finding.title
    assert f"the real problem is the {status}" in finding.cause
    assert finding.actor == "proxy"


@pytest.mark.parametrize(
    "marks",
    [
        (("Server", "cloudflare"), ("CF-RAY", "1"), ("X-Request-Id", "7")),
        (("x-amz-apigw-id", "abc="), ("x-amzn-RequestId", "7")),
        (("x-azure-ref", "7"),),
        (("Server", "envoy"), ("x-envoy-upstream-service-time", "12")),
    ],
)
def test_3_not_where_a_gateway_passes_an_applications_error_on(marks: tuple[Pair, ...]) -> None:
    traffic = Traffic()
    traffic.passed(5)
    traffic.get("/orders", 500, JSON, *marks)
    assert traffic.codes() == ["framework-error-without-cors"]


# -- 4 and 5: what the header says -----------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [ALLOW, STAR])
def test_4_two_layers_both_answer(second: Pair) -> None:
    """digitalfabrik/entitlementcard#1639, labstack/echo#1419, expressjs/cors#145."""
    traffic = Traffic()
    traffic.get("/me", 200, ALLOW, second, CREDENTIALS, CREDENTIALS, NGINX)
    finding = only(traffic)
    assert finding.code == "two-layers-answer"
    assert "one place only" in finding.action
    assert "proxy_hide_header Access-Control-Allow-Origin" in finding.action
    assert f"'{PAGE}' and '{second[1]}'" in finding.cause
    assert any("access-control-allow-credentials" in line for line in finding.evidence)


def test_4_not_a_list_of_different_origins() -> None:
    traffic = Traffic()
    traffic.get("/me", 200, ("Access-Control-Allow-Origin", f"{PAGE}, {OTHER}"))
    finding = only(traffic)
    assert finding.code == "origin-list"
    assert f"{PAGE} is in the list." in finding.evidence


def test_5_a_wildcard_with_credentials() -> None:
    """socketio/socket.io#3323; expressjs/cors#177: the preflight is right, the reply says `*`."""
    traffic = Traffic()
    traffic.preflight("PUT", "/cart", 204, *allowing("PUT", "", CREDENTIALS))
    traffic.send("PUT", f"{API}/cart", 200, STAR, JSON, asked=(WITH,), after=0.01)
    finding = only(traffic)
    assert finding.code == "wildcard-with-credentials"
    assert any("Only the response itself has *" in line for line in finding.evidence)
    assert "credentials: 'include'" in finding.cause
    assert finding.mismatches[0].fix[0] == f"Access-Control-Allow-Origin: {PAGE}"


def test_5_not_without_credentials() -> None:
    traffic = Traffic()
    traffic.get("/news", 200, STAR)
    assert traffic.codes() == []


# -- 6 to 9: caches --------------------------------------------------------------------------------------------------


def test_6_a_cache_that_answers_for_another_origin() -> None:
    """mozilla/addons-frontend#5825, apache/trafficserver#3954: Vary: Origin is missing."""
    traffic = Traffic()
    theirs = ("Access-Control-Allow-Origin", OTHER)
    filled = traffic.get("/fonts", 200, theirs, DATE, ("ETag", '"7"'), origin=OTHER)
    traffic.get("/fonts", 200, theirs, DATE, ("ETag", '"7"'), ("Age", "12"), ("X-Cache", "HIT"))
    finding = only(traffic)
    assert finding.code == "cache-answered-for-another-origin"
    assert "Vary: Origin" in finding.action
    assert any(f"exchange {filled[:8]}" in line and OTHER in line for line in finding.evidence)
    assert any("X-Cache: HIT" in line for line in finding.evidence)


def test_6_not_a_server_that_always_names_one_origin() -> None:
    traffic = Traffic()
    theirs = ("Access-Control-Allow-Origin", OTHER)
    traffic.get("/fonts", 200, theirs, DATE, ("ETag", '"7"'), origin=OTHER)
    traffic.get("/fonts", 200, theirs, ("Date", "Sun, 22 Nov 2026 10:00:03 GMT"), ("ETag", '"7"'))
    finding = only(traffic)
    assert finding.code == "origin-fixed"
    assert "one other origin" in finding.title


def test_7_a_cdn_that_ignores_vary() -> None:
    """ror-community/ror-roadmap#427."""
    traffic = Traffic()
    theirs = ("Access-Control-Allow-Origin", OTHER)
    traffic.get("/v1", 200, theirs, VARY, DATE, origin=OTHER)
    traffic.get("/v1", 200, theirs, VARY, DATE, ("CF-Cache-Status", "HIT"))
    finding = only(traffic)
    assert finding.code == "cache-ignores-vary"
    assert finding.actor == "proxy"
    assert "part of the cache key" in finding.action


def test_8_an_image_cached_without_cors() -> None:
    """niklasvh/html2canvas#2815, #1544: an <img> filled the cache, then crossorigin asks."""
    traffic = Traffic()
    image = (("Content-Type", "image/png"), ("ETag", '"1"'), DATE)
    traffic.get("/lamp.png", 200, *image, origin=None, mode="no-cors", destination="image")
    traffic.get("/lamp.png", 200, *image, ("Age", "40"), destination="image")
    finding = only(traffic)
    assert finding.code == "cached-without-cors"
    assert "fetched without CORS" in finding.title
    assert "crossorigin" in finding.action
    assert "without Origin" in finding.evidence[0]


def test_8_an_image_whose_first_request_was_not_recorded() -> None:
    traffic = Traffic()
    traffic.passed(1)
    traffic.get("/lamp.png", 200, ("Content-Type", "image/png"), ("Age", "40"), destination="image")
    finding = only(traffic)
    assert (finding.code, finding.certainty) == ("cached-without-cors", "likely")
    assert finding.title.startswith("The image in the cache")


def test_8_not_a_server_that_sends_no_header_either_way() -> None:
    traffic = Traffic()
    image = (("Content-Type", "image/png"), ("ETag", '"1"'))
    traffic.get("/lamp.png", 200, *image, origin=None, mode="no-cors", destination="image")
    traffic.get("/lamp.png", 200, *image, destination="image")
    assert traffic.codes() == ["allow-origin-missing"]


def test_9_a_304_without_cors_headers() -> None:
    """Unleash/unleash-proxy#82, FreiFahren/FreiFahren#470."""
    traffic = Traffic()
    traffic.get("/features", 304, ("ETag", '"1"'), asked=(("If-None-Match", '"1"'),))
    finding = only(traffic)
    assert finding.code == "not-modified-without-cors"
    assert "304" in finding.title
    assert "304 responses" in finding.action


def test_9_a_304_that_confirms_what_was_stored_without_cors() -> None:
    traffic = Traffic()
    traffic.get(
        "/lamp.png",
        200,
        ("ETag", '"1"'),
        ("Content-Type", "image/png"),
        origin=None,
        mode="no-cors",
        destination="image",
    )
    traffic.get("/lamp.png", 304, ("ETag", '"1"'), asked=(("If-None-Match", '"1"'),), destination="image")
    finding = only(traffic)
    assert finding.code == "cached-without-cors"
    assert any("304" in line for line in finding.evidence)


def test_9_a_304_that_changes_the_headers() -> None:
    traffic = Traffic()
    traffic.get("/features", 200, ALLOW, ("ETag", '"1"'))
    changed = ("Access-Control-Allow-Origin", OTHER)
    traffic.get("/features", 304, changed, ("ETag", '"1"'), asked=(("If-None-Match", '"1"'),))
    assert traffic.codes() == ["not-modified-changed-headers"]


def test_9_not_a_304_that_confirms_what_was_always_wrong() -> None:
    traffic = Traffic()
    slash = ("Access-Control-Allow-Origin", f"{PAGE}/")
    traffic.get("/features", 200, slash, ("ETag", '"1"'))
    traffic.get("/features", 304, ("ETag", '"1"'), asked=(("If-None-Match", '"1"'),))
    assert traffic.codes() == ["origin-not-exact"]


def test_9_a_browsers_cache_that_answers_for_another_origin() -> None:
    traffic = Traffic()
    theirs = ("Access-Control-Allow-Origin", OTHER)
    traffic.get("/features", 200, theirs, ("ETag", '"1"'), origin=OTHER)
    traffic.get("/features", 304, ("ETag", '"1"'), asked=(("If-None-Match", '"1"'),))
    finding = only(traffic)
    assert finding.code == "cache-answered-for-another-origin"
    assert finding.cause.startswith("The browser's own cache")


def test_9_not_a_304_that_keeps_the_stored_headers() -> None:
    traffic = Traffic()
    traffic.get("/features", 200, ALLOW, VARY, ("ETag", '"1"'))
    traffic.get("/features", 304, ("ETag", '"1"'), asked=(("If-None-Match", '"1"'),))
    assert traffic.codes() == []


# -- 10 and 11: what scripts cannot read, and misspelt headers -------------------------------------------------------


def test_10_a_response_header_that_no_script_can_read() -> None:
    """axios/axios#71, #746, #895."""
    traffic = Traffic()
    traffic.get("/orders", 200, ALLOW, VARY, JSON, ("X-Total-Count", "7"), ("X-Request-Id", "1"))
    finding = only(traffic, "advice")
    assert finding.code == "headers-asked-in-vain"
    assert "x-total-count" in finding.title
    assert "Access-Control-Expose-Headers: x-total-count" in finding.action
    assert "x-request-id" not in finding.title


def test_10_exposed_on_the_preflight_only() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/orders", 204, *allowing("PUT", "", ("Access-Control-Expose-Headers", "X-Total-Count")))
    traffic.send("PUT", f"{API}/orders", 200, ALLOW, VARY, JSON, ("X-Total-Count", "7"), after=0.01)
    finding = only(traffic, "advice")
    assert finding.code == "expose-headers-on-preflight"
    assert "on the response" in finding.action


def test_10_not_what_is_exposed() -> None:
    traffic = Traffic()
    exposed = ("Access-Control-Expose-Headers", "X-Total-Count")
    traffic.get("/orders", 200, ALLOW, VARY, JSON, exposed, ("X-Total-Count", "7"), ("Server", "x"))
    assert traffic.codes("advice") == []


@pytest.mark.parametrize(
    "name", ["Access-Control-Allowed-Origin", "Access-Control-Allow-Orgin", "Acess-Control-Allow-Origin"]
)
def test_11_a_misspelt_header(name: str) -> None:
    """ipfs/ipfs-desktop#712, hawtio/hawtio#2374."""
    traffic = Traffic()
    traffic.get("/me", 200, (name, PAGE))
    finding = only(traffic)
    assert finding.code == "misspelt-header"
    assert finding.title == f"A misspelt header: {name} should be Access-Control-Allow-Origin"
    assert f"Rename {name}" in finding.action


def test_11_a_misspelt_list_of_headers() -> None:
    traffic = Traffic()
    answer = (ALLOW, VARY, ("Access-Control-Allow-Header", "x-token"))
    traffic.preflight("GET", "/me", 204, *answer, names="x-token")
    finding = only(traffic)
    assert finding.code == "misspelt-header"
    assert "Access-Control-Allow-Headers" in finding.title


def test_11_not_another_header_of_cors() -> None:
    traffic = Traffic()
    traffic.get("/me", 200, ("Access-Control-Allow-Methods", "GET"), ("Access-Control-Max-Age", "60"))
    assert traffic.codes() == ["allow-origin-missing"]


# -- 12: nearly the origin -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "word"),
    [
        (f"{PAGE}/", "origin-not-exact", "slash"),
        (f"{PAGE}/app", "origin-not-exact", "path"),
        ("https://Shop.Example", "origin-not-exact", "capital"),
        (f"{PAGE}:443", "origin-not-exact", "port"),
        ("shop.example", "origin-not-exact", "scheme"),
        (f'"{PAGE}"', "origin-not-exact", "quotes"),
        (f"{PAGE} {OTHER}", "origin-list", "list"),
        ("https://*.example", "origin-pattern", "pattern"),
        ("null", "origin-null-answered", "null"),
        ("http://shop.example", "origin-differs-slightly", "scheme"),
        (f"{PAGE}:8443", "origin-differs-slightly", "port"),
        ("https://www.shop.example", "origin-differs-slightly", "www."),
    ],
)
def test_12_an_origin_with_a_slash_a_path_or_a_list(value: str, code: str, word: str) -> None:
    """AKVorrat/dearmep#340, hummingbird-project/hummingbird#823, adamchainz/django-cors-headers#339."""
    traffic = Traffic()
    traffic.get("/me", 200, ("Access-Control-Allow-Origin", value))
    finding = only(traffic)
    assert finding.code == code
    assert word in finding.title.lower()
    assert value.split(" ")[0] in finding.cause
    assert PAGE in finding.cause + finding.action


# -- 13 to 15: preflights and redirects ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "location", "code", "word"),
    [
        (API, "/orders/", "preflight-redirected-to-slash", "slash"),
        ("http://api.example", f"{API}/orders", "preflight-redirected-to-https", "https"),
        (API, "https://login.example/authorize?code=s3cret", "preflight-redirected-to-login", "login"),
        (API, "https://cdn.example/else", "preflight-redirected", "redirected"),
    ],
)
def test_13_a_redirected_preflight(base: str, location: str, code: str, word: str) -> None:
    """corydolphin/flask-cors#257, dotnet/aspnetcore#36542, axios/axios#2616."""
    traffic = Traffic()
    asked = (("Access-Control-Request-Method", "PUT"),)
    traffic.send("OPTIONS", f"{base}/orders", 307, ALLOW, ("Location", location), asked=asked)
    finding = only(traffic)
    assert finding.code == code
    assert word in finding.title
    assert "never sent the request itself" in finding.cause
    assert "s3cret" not in told(finding)


def test_14_a_redirect_that_lacks_the_header_itself() -> None:
    """gothinkster/slim-php-realworld-example-app#7, digiaonline/lumen-cors#32."""
    traffic = Traffic()
    traffic.passed(3)
    traffic.get("/articles", 301, ("Location", f"{API}/articles/"))
    finding = only(traffic)
    assert finding.code == "redirect-without-cors"
    assert any("The target may be right" in line for line in finding.evidence)
    assert f"request {API}/articles/ directly" in finding.action


def test_14_a_redirect_to_a_login_page_is_a_missing_session() -> None:
    traffic = Traffic()
    traffic.passed(3)
    traffic.get("/account", 302, ("Location", "https://sso.example/login?next=x"))
    finding = only(traffic)
    assert finding.code == "redirect-to-login"
    assert "has no session (not CORS)" in finding.title
    assert "401" in finding.action


def test_14_not_a_redirect_that_names_a_wrong_origin() -> None:
    traffic = Traffic()
    traffic.get("/articles", 301, ("Access-Control-Allow-Origin", f"{PAGE}/"), ("Location", f"{API}/articles/"))
    assert traffic.codes() == ["origin-not-exact"]


def test_14_not_a_redirect_that_passes() -> None:
    traffic = Traffic()
    traffic.get("/articles", 301, ALLOW, ("Location", f"{API}/articles/"))
    traffic.get("/articles/", 200, ALLOW, after=0.01)
    assert traffic.codes() == []


@pytest.mark.parametrize(
    ("status", "extra", "code", "word"),
    [
        (401, ("WWW-Authenticate", "Bearer"), "preflight-needs-authentication", "authentication"),
        (403, JSON, "preflight-needs-authentication", "login or a firewall"),
        (404, JSON, "preflight-not-routed", "router"),
        (405, ("Allow", "GET, POST"), "preflight-not-routed", "router"),
        (500, JSON, "preflight-failed", "500"),
    ],
)
@pytest.mark.parametrize("cors", [True, False])
def test_15_a_preflight_refused(status: int, extra: Pair, code: str, word: str, cors: bool) -> None:
    """balvin-perrie/Access-Control-Allow-Origin---Unblock#8: a login or a router answers before CORS does."""
    traffic = Traffic()
    traffic.passed(2)
    traffic.preflight("PUT", "/orders", status, extra, *((ALLOW,) if cors else ()), names="authorization")
    finding = only(traffic)
    assert finding.code == code
    assert word in finding.title
    assert "OPTIONS" in finding.action
    assert any("or passed it: OPTIONS is the problem" in line for line in finding.evidence)
    if status == 405:
        assert any("Allow: GET, POST" in line for line in finding.evidence)


def test_15_not_a_cors_layer_that_says_no() -> None:
    traffic = Traffic()
    vary = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    traffic.preflight("PUT", "/orders", 403, vary)
    assert traffic.codes() == ["preflight-refused-by-cors-layer"]


def test_15_answered_by_something_that_knows_no_cors() -> None:
    traffic = Traffic()
    traffic.passed(1)
    traffic.preflight("PUT", "/orders", 200, ("Allow", "GET,HEAD,PUT"))
    finding = only(traffic)
    assert finding.code == "preflight-answered-without-cors"
    assert "before the router" in finding.action


# -- 16 to 19: headers and methods -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "who"),
    [
        ("baggage,sentry-trace", "Sentry"),
        ("traceparent,tracestate", "OpenTelemetry"),
        ("x-datadog-origin,x-datadog-trace-id", "Datadog"),
        ("newrelic,traceparent", "New Relic"),
        ("elastic-apm-traceparent", "Elastic"),
        ("x-posthog-session-id", "PostHog"),
    ],
)
def test_16_an_instrumentation_header_nobody_allowed(names: str, who: str) -> None:
    """getsentry/sentry-javascript#6077, PostHog/posthog#9639, #52182."""
    traffic = Traffic()
    traffic.passed(4)
    asked = ",".join(sorted(["content-type", *names.split(",")]))
    traffic.preflight("POST", "/orders", 204, *allowing("POST", "Content-Type"), names=asked)
    finding = only(traffic)
    assert finding.code == "instrumentation-header-not-allowed"
    assert who in finding.cause
    assert all(name in finding.title for name in names.split(","))
    assert finding.actor == "client"
    assert any("this origin is allowed on other responses" in line for line in finding.evidence)


def test_16_not_a_header_of_the_pages_own_beside_it() -> None:
    traffic = Traffic()
    traffic.preflight("POST", "/orders", 204, *allowing("POST", "Content-Type"), names="baggage,x-token")
    finding = only(traffic)
    assert finding.code == "preflight-header-not-allowed"
    assert "x-token" in finding.title


def test_17_the_page_sends_the_servers_header() -> None:
    """pofider/node-simple-odata-server#31, gin-contrib/cors#110."""
    traffic = Traffic()
    answer = allowing("GET", "content-type")
    traffic.preflight("GET", "/me", 204, *answer, names="access-control-allow-origin,content-type")
    finding = only(traffic)
    assert finding.code == "cors-header-sent-by-page"
    assert finding.actor == "client"
    assert "Remove access-control-allow-origin" in finding.action
    assert finding.mismatches[0].fix == ()


def test_18_patch_in_lower_case() -> None:
    """JakeChampion/fetch#254, donavon/thwack#31."""
    traffic = Traffic()
    traffic.preflight("patch", "/orders/1", 204, *allowing("GET, PATCH"))
    finding = only(traffic)
    assert finding.code == "lower-case-method"
    assert "`patch`" in finding.title
    assert "method: 'PATCH'" in finding.action
    assert finding.actor == "client"


def test_18_not_patch_in_capitals() -> None:
    traffic = Traffic()
    traffic.preflight("PATCH", "/orders/1", 204, *allowing("GET, PUT"))
    finding = only(traffic)
    assert finding.code == "preflight-method-not-allowed"
    assert finding.title == "The method PATCH is not allowed"


def test_19_a_wildcard_that_does_not_cover_authorization() -> None:
    """LadybirdBrowser/ladybird#11181, weaviate/weaviate#958: by the standard; browsers let it pass for now."""
    from corsight.policies.session import Session

    traffic = Traffic(session=Session("standard"))
    traffic.preflight("GET", "/me", 204, STAR, ("Access-Control-Allow-Headers", "*"), names="authorization")
    finding = only(traffic)
    assert finding.code == "wildcard-not-enough"
    assert "*, Authorization" in finding.action


def test_19_a_wildcard_under_credentials() -> None:
    traffic = Traffic(FIREFOX)
    answer = (ALLOW, VARY, CREDENTIALS, ("Access-Control-Allow-Methods", "GET"), ("Access-Control-Allow-Headers", "*"))
    traffic.preflight("GET", "/me", 204, *answer, names="x-a")
    traffic.preflight("GET", "/me", 204, *answer, names="x-a")
    traffic.now += 10
    traffic.passed(1)
    finding = next(one for one in traffic.findings() if one.kind == "blocked")
    assert finding.code == "wildcard-not-enough"
    assert "with credentials" in finding.cause


# -- 20 and 21 -------------------------------------------------------------------------------------------------------


def test_20_a_failure_in_one_engine_only() -> None:
    """wasmerio/wasmer-sdk#465: only Safari and Firefox send the User-Agent that a page sets."""
    traffic = Traffic(WEBKIT)
    traffic.preflight("GET", "/registry", 204, *allowing("GET", "content-type"), names="user-agent")
    finding = only(traffic)
    assert finding.code == "user-agent-set-by-page"
    assert "Chromium ignores it" in finding.cause


def test_20_two_identical_lines_of_an_origin_pass_in_one_engine_only() -> None:
    traffic = Traffic(CHROMIUM)
    traffic.preflight("GET", "/a", 204, ALLOW, STAR, ("Access-Control-Allow-Headers", "x-a"), names="x-a")
    assert traffic.codes() == ["two-layers-answer"]


def test_21_a_preflight_answered_from_the_cache() -> None:
    """theopensystemslab/planx-new#6451, fruitcake/laravel-cors#344: the policy changed, the browser remembers."""
    traffic = Traffic()
    traffic.preflight("PUT", "/cart", 204, *allowing("PUT", "", ("Access-Control-Max-Age", "600")))
    traffic.send("PUT", f"{API}/cart", 200, ALLOW, VARY, after=0.01)
    traffic.send("PUT", f"{API}/cart", 200, JSON, after=60)
    finding = only(traffic)
    assert finding.code == "preflight-remembered"
    assert any("0001-opt" in line for line in finding.evidence)
    assert "Access-Control-Max-Age" in finding.action


def test_21_not_where_preflight_and_reply_say_the_same() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/cart", 204, *allowing("PUT", "", CREDENTIALS, ("Access-Control-Max-Age", "600")))
    traffic.send("PUT", f"{API}/cart", 200, ALLOW, VARY, CREDENTIALS, asked=(WITH,), after=0.01)
    traffic.send("PUT", f"{API}/cart", 200, ALLOW, VARY, asked=(WITH,), after=60)
    assert traffic.codes() == ["allow-credentials-not-true"]


def test_21_not_where_a_preflight_was_asked() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/cart", 204, *allowing("PUT"))
    traffic.send("PUT", f"{API}/cart", 200, JSON, after=0.01)
    assert traffic.codes() == ["header-on-preflight-only"]


# -- 22 and 23: the network ------------------------------------------------------------------------------------------


def test_22_the_local_network() -> None:
    """mnfst/llm-gateway#2581, WICG/local-network-access#47."""
    traffic = Traffic()
    asked = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Private-Network", "true"))
    traffic.send("OPTIONS", "http://192.168.1.20:3000/v1", 204, *allowing("POST"), asked=asked)
    finding = only(traffic)
    assert (finding.code, finding.certainty) == ("private-network-access", "likely")
    assert "an older Chromium asks the server for permission" in finding.title
    assert "Access-Control-Allow-Private-Network: true" in finding.action
    assert any("does not give that permission" in line for line in finding.evidence)


def test_22_not_where_the_preflight_itself_is_refused() -> None:
    traffic = Traffic()
    asked = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Private-Network", "true"))
    traffic.send("OPTIONS", "http://192.168.1.20:3000/v1", 401, asked=asked)
    assert traffic.codes() == ["preflight-needs-authentication"]


def test_22_the_permission_of_today() -> None:
    traffic = Traffic()
    traffic.send("GET", "http://192.168.1.20:3000/v1", 200, ("Access-Control-Allow-Origin", PAGE), VARY)
    [finding] = [one for one in traffic.findings() if one.code == "local-network-access"]
    assert finding.certainty == "likely"
    assert "Through this proxy Chromium does not ask" in finding.cause
    assert "Allow local network access" in finding.action


def test_22_not_from_a_page_that_is_known_inside_only() -> None:
    traffic = Traffic()
    for inside in ("http://intranet", "https://wiki.corp", "https://nas.local"):
        traffic.send("GET", "http://10.0.0.7/v1", 200, ("Access-Control-Allow-Origin", inside), VARY, origin=inside)
    assert "local-network-access" not in traffic.codes("advice")


def test_22_not_from_a_local_page() -> None:
    traffic = Traffic()
    local = "http://localhost:5173"
    traffic.send("GET", "http://127.0.0.1:3000/v1", 200, ("Access-Control-Allow-Origin", local), VARY, origin=local)
    assert "local-network-access" not in traffic.codes("advice")


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        ("Certificate verify failed: self-signed certificate", "tls-failed", "certificate"),
        ("[Errno 111] Connect call failed ('127.0.0.1', 3000)", "connection-refused", "not running"),
        ("[Errno -2] Name or service not known", "host-not-found", "misspelt"),
        ("Connection timed out", "connection-timed-out", "firewall"),
        ("server closed connection", "connection-closed", "crash"),
        (None, "no-answer", "No answer"),
    ],
)
def test_23_did_not_succeed(error: str | None, code: str, word: str) -> None:
    """sillsdev/TheCombine#83, mdn/content#40111: TLS, the network, a blocker; not CORS."""
    traffic = Traffic()
    traffic.get("/me", None, error=error)
    finding = only(traffic)
    assert finding.code == code
    assert word in finding.cause
    assert "This is not CORS" in finding.cause
    assert [line for line in finding.evidence if line.startswith("The proxy says")] == (
        [] if error is None else [f"The proxy says: {error}"]
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [("Connection killed.", "request-killed"), ("Client disconnected.", "request-given-up")],
)
def test_23_what_never_reached_the_server_is_no_verdict_of_cors(error: str, code: str) -> None:
    traffic = Traffic()
    traffic.get("/me", None, error=error, proxy_status=None)
    assert traffic.codes("blocked") == []
    assert only(traffic, "failed").code == code


def test_23_what_no_page_asked_for_with_cors_is_no_finding() -> None:
    """Browsers ask their makers for things, and elements for images: where that fails, no console blames CORS."""
    traffic = Traffic()
    down = "[Errno -2] Name or service not known"
    traffic.get("/logo.png", None, error=down, origin=None, mode="no-cors", destination="image")
    traffic.get("/update", None, error=down, origin=None, mode="navigate", destination="document", site="none")
    assert traffic.findings() == []


# -- 24 and 25: cookies, and what is not CORS ------------------------------------------------------------------------


def test_24_a_cookie_that_does_not_travel() -> None:
    """adamchainz/django-cors-headers#344: CORS is right, SameSite is not."""
    traffic = Traffic()
    cookie = ("Set-Cookie", "sessionid=secret; Path=/; HttpOnly; SameSite=Lax")
    traffic.send("POST", f"{API}/login", 200, ALLOW, VARY, CREDENTIALS, cookie, asked=(WITH,))
    traffic.get("/me", 401, ALLOW, VARY, CREDENTIALS, asked=(WITH,))
    finding = only(traffic, "advice")
    assert finding.code == "cookie-not-sent"
    assert "sessionid" in finding.title
    assert "SameSite=None; Secure" in finding.action
    assert any("SameSite=Lax" in line for line in finding.evidence)
    assert "secret" not in told(finding)


def test_24_not_within_one_site() -> None:
    traffic = Traffic()
    cookie = ("Set-Cookie", "sessionid=secret; SameSite=Lax")
    page, api = "https://app.shop.example", "https://api.shop.example"
    allow = ("Access-Control-Allow-Origin", page)
    traffic.send("POST", f"{api}/login", 200, allow, VARY, CREDENTIALS, cookie, origin=page, site="same-site")
    assert "cookie-not-sent" not in traffic.codes("advice")


def test_24_third_party_cookies_are_withheld() -> None:
    traffic = Traffic()
    traffic.get("/me", 401, ALLOW, VARY, CREDENTIALS, asked=(("Sec-Fetch-Storage-Access", "none"),))
    finding = only(traffic, "advice")
    assert finding.code == "cookie-third-party"
    assert "one site" in finding.action


def test_24_a_blocked_reply_that_still_set_a_cookie() -> None:
    """expressjs/cors#38, whatwg/fetch#769."""
    traffic = Traffic()
    cookie = ("Set-Cookie", "cart=1; SameSite=None; Secure")
    traffic.get("/cart", 200, STAR, cookie, asked=(WITH,))
    assert traffic.codes("blocked") == ["wildcard-with-credentials"]
    finding = only(traffic, "advice")
    assert finding.code == "cookie-set-by-blocked-reply"
    assert "cart" in finding.cause


def test_25_no_cors_hides_the_reply() -> None:
    """whatwg/fetch#854."""
    traffic = Traffic(FIREFOX)
    traffic.get("/data", 200, JSON, origin=None, mode="no-cors", asked=(("Referer", f"{PAGE}/"),))
    finding = only(traffic, "advice")
    assert finding.code == "no-cors-response-unreadable"
    assert "mode: 'no-cors'" in finding.action
    assert "let the server allow" in finding.action


def test_25_no_cors_is_not_needed_where_the_server_allows_the_page() -> None:
    """chubin/wttr.in#362."""
    traffic = Traffic(FIREFOX)
    traffic.get("/data", 200, JSON, STAR, origin=None, mode="no-cors", asked=(("Referer", f"{PAGE}/"),))
    finding = only(traffic, "advice")
    assert "allows the page's origin already" in finding.action


def test_25_data_asked_for_as_an_image() -> None:
    """DallasHoff/sqlocal#44, GoogleChromeLabs/quicklink#95: ORB and COEP, taken for CORS."""
    traffic = Traffic()
    nosniff = ("X-Content-Type-Options", "nosniff")
    traffic.get("/data", 200, JSON, nosniff, origin=None, mode="no-cors", destination="image")
    finding = only(traffic)
    assert finding.code == "opaque-response-blocked"
    assert finding.title.startswith("Not CORS")
    assert "without CORS" in finding.evidence[0]


def test_25_a_page_that_isolates_itself() -> None:
    traffic = Traffic()
    isolates = (HTML, ("Cross-Origin-Embedder-Policy", "require-corp"))
    traffic.send("GET", f"{PAGE}/", 200, *isolates, origin=None, mode="navigate", destination="document", site="none")
    image = ("Content-Type", "image/png")
    traffic.get(
        "/lamp.png", 200, image, origin=None, mode="no-cors", destination="image", asked=(("Referer", f"{PAGE}/"),)
    )
    finding = only(traffic)
    assert finding.code == "corp-required-by-coep"
    assert "requires this resource to opt in" in finding.title


def test_25_a_resource_kept_to_its_own_site() -> None:
    traffic = Traffic()
    policy = ("Cross-Origin-Resource-Policy", "same-origin")
    traffic.get("/lamp.png", 200, policy, origin=None, mode="no-cors", destination="image")
    finding = only(traffic)
    assert finding.code == "corp-same-origin"
    assert finding.title.startswith("Not CORS")
