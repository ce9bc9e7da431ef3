"""Platforms, servers and libraries that have settings of their own: which one it is, and near cases where it is not.

Each is a kind that public reports show; the facts are from the products' own documentation.
"""

from __future__ import annotations

import pytest

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.findings.causes.phrases import find_adder
from corsight.policies.findings.causes.platforms import find_note
from corsight.policies.findings.makers import find_maker
from corsight.policies.findings.products import find_tunnel
from tests.policies.findings.traffic import ALLOW, API, HTML, JSON, PAGE, VARY, Pair, Traffic, only, told

NGINX: Pair = ("Server", "nginx/1.25.3")
APACHE: Pair = ("Server", "Apache/2.4.58 (Ubuntu)")
CLOUDFRONT: tuple[Pair, ...] = (("Server", "CloudFront"), ("X-Cache", "Error from cloudfront"), HTML)
GOOGLE: Pair = ("Server", "Google Frontend")
HTTP_API: Pair = ("apigw-requestid", "a1=")


# -- clouds ----------------------------------------------------------------------------------------------------------


def test_cloudfront_that_takes_get_and_head_only() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/f", 403, *CLOUDFRONT)
    finding = only(traffic)
    assert finding.title == "CloudFront itself refused OPTIONS (403)"
    assert "allowed HTTP methods" in finding.action
    assert "authentication" not in told(finding)
    assert (finding.actor, finding.certainty) == ("proxy", "likely")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        # An error of the server behind it, which CloudFront only marks.
        (403, (("Server", "nginx"), ("X-Cache", "Error from cloudfront"), HTML)),
        (404, CLOUDFRONT),
    ],
)
def test_not_every_error_by_cloudfront_is_about_methods(status: int, headers: tuple[Pair, ...]) -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/f", status, *headers)
    assert "allowed HTTP methods" not in told(only(traffic))


def test_a_resource_of_api_gateway_without_options() -> None:
    traffic = Traffic()
    traffic.preflight("POST", "/prod/a", 403, JSON, ("x-amzn-errortype", "MissingAuthenticationTokenException"))
    finding = only(traffic)
    assert finding.code == "preflight-not-routed"
    assert "enable CORS for this resource" in finding.action
    assert "the stage or the path" in finding.action


def test_an_http_api_that_does_not_list_the_origin() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 204, HTTP_API)
    finding = only(traffic)
    assert finding.code == "preflight-refused-by-cors-layer"
    assert f"Add {PAGE} to its allowed origins" in finding.action
    assert finding.certainty == "likely"


def test_an_http_api_leaves_the_applications_headers_out() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, JSON, HTTP_API)
    assert "the CORS headers of the application behind it are ignored" in only(traffic).action


def test_a_success_of_an_application_behind_an_http_api_is_no_refusal() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 200, JSON, HTTP_API)
    assert only(traffic).code != "preflight-refused-by-cors-layer"


@pytest.mark.parametrize(("status", "said"), [(502, "statusCode, headers, and a body"), (504, "29 or 30 seconds")])
def test_a_lambda_function_that_fails_or_is_too_slow(status: int, said: str) -> None:
    traffic = Traffic()
    traffic.get("/a", status, JSON, ("x-amzn-errortype", "InternalServerErrorException"))
    assert said in only(traffic).action


@pytest.mark.parametrize(
    "headers",
    [
        (GOOGLE, HTML),
        (("x-vercel-error", "DEPLOYMENT_NOT_FOUND"), ("Server", "Vercel")),
        (("x-railway-fallback", "true"),),
        (("x-render-routing", "no-server"),),
    ],
)
def test_nothing_is_deployed_at_the_address(headers: tuple[Pair, ...]) -> None:
    traffic = Traffic()
    traffic.preflight("POST", "/sendMail", 404, *headers, names="content-type")
    finding = only(traffic)
    assert finding.code == "nothing-deployed-there"
    assert (finding.actor, finding.certainty) == ("client", "likely")
    assert not any(mismatch.fix for mismatch in finding.mismatches)


def test_an_application_that_has_answered_is_deployed() -> None:
    traffic = Traffic()
    traffic.get("/ok", 200, JSON, GOOGLE)
    traffic.preflight("POST", "/a", 404, GOOGLE, HTML)
    assert "nothing-deployed-there" not in traffic.codes()


def test_an_applications_own_404_behind_googles_front_end() -> None:
    traffic = Traffic()
    traffic.preflight("POST", "/a", 404, GOOGLE, HTML, ("X-Powered-By", "Express"))
    assert only(traffic).code == "preflight-not-routed"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("us-central1-p.cloudfunctions.net", "allow unauthenticated invocations"),
        ("svc-1-uc.a.run.app", "nothing of that name is deployed"),
        ("abc.execute-api.eu-west-1.amazonaws.com", "Missing Authentication Token"),
        ("abc.lambda-url.eu-west-1.on.aws", "function URL"),
        ("p.supabase.co", "Edge Function"),
        ("a.azurewebsites.net", "own CORS headers do not count"),
        ("s.myshopify.com", "own server"),
    ],
)
def test_a_platform_that_a_hosts_name_tells(host: str, said: str) -> None:
    assert said in (find_note(host) or "")


@pytest.mark.parametrize("host", ["api.example", "run.app.example", "notsupabase.co", "execute-api.example"])
def test_any_other_host_tells_no_platform(host: str) -> None:
    assert find_note(host) is None


# -- servers ---------------------------------------------------------------------------------------------------------


def test_a_location_of_nginx_with_an_add_header_of_its_own() -> None:
    traffic = Traffic()
    traffic.passed(2, NGINX)
    traffic.get("/static/b.json", 200, JSON, NGINX, ("Cache-Control", "max-age=3600"))
    finding = only(traffic)
    assert (finding.code, finding.certainty) == ("nginx-add-header-dropped", "likely")
    assert "repeat the add_header lines" in finding.action


@pytest.mark.parametrize("headers", [(JSON, ("Server", "uvicorn")), (JSON, NGINX, VARY)])
def test_another_server_and_an_origin_that_was_looked_at_are_not_nginxs_matter(headers: tuple[Pair, ...]) -> None:
    traffic = Traffic()
    traffic.passed(2)
    traffic.get("/b", 200, *headers)
    assert only(traffic).code != "nginx-add-header-dropped"


def test_apache_leaves_errors_out_without_always() -> None:
    traffic = Traffic()
    traffic.passed(2, APACHE)
    traffic.get("/b", 404, HTML, APACHE)
    finding = only(traffic)
    assert (finding.code, finding.certainty) == ("apache-header-without-always", "likely")
    assert "Header always set" in finding.action


def test_apache_that_sends_the_header_on_another_error_has_always() -> None:
    traffic = Traffic()
    traffic.passed(2, APACHE)
    traffic.get("/c", 403, ALLOW, VARY, HTML, APACHE)
    traffic.get("/b", 404, HTML, APACHE)
    assert "apache-header-without-always" not in traffic.codes()


def test_iis_answers_options_by_itself() -> None:
    traffic = Traffic()
    methods = "OPTIONS, TRACE, GET, HEAD, POST"
    traffic.preflight("PUT", "/a", 200, ("Allow", methods), ("Public", methods), ("Server", "Microsoft-IIS/10.0"))
    assert "OPTIONSVerbHandler" in only(traffic).action


def test_debug_output_of_php_in_place_of_the_reply() -> None:
    traffic = Traffic()
    traffic.passed(1)
    traffic.get("/items", 200, HTML, ("X-Powered-By", "PHP/8.2.1"))
    finding = only(traffic)
    assert finding.code == "page-in-place-of-reply"
    assert "dd(), var_dump() and exit" in finding.action


def test_cowboy_is_herokus_only_in_a_page_of_its_own() -> None:
    server: Pair = ("Server", "Cowboy")
    own = find_maker(Response(503, HeaderList.of(server, HTML)))
    assert own is not None
    assert own.name == "Heroku's router"
    # Phoenix and other applications in Elixir are served by it.
    for status, headers in ((404, (server, JSON)), (500, (server, HTML, ("x-request-id", "a")))):
        assert find_maker(Response(status, HeaderList.of(*headers))) is None


# -- CORS layers -----------------------------------------------------------------------------------------------------


def test_a_layer_that_let_the_preflight_go_on_to_the_router() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/users", 404, JSON, VARY, ("x-request-id", "a"), ("x-runtime", "0.1"))
    assert "compare its CORS configuration with the origin" in only(traffic).action


def test_a_router_without_a_layer_in_front() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/users", 404, JSON)
    action = only(traffic).action
    assert "Vary" not in action
    assert "If api.example is not yours" in action


def test_a_server_that_allows_pages_is_not_called_foreign() -> None:
    traffic = Traffic()
    traffic.passed(2)
    traffic.preflight("PUT", "/users", 404, JSON)
    assert "is not yours" not in only(traffic).action


def test_a_403_to_any_request_of_an_origin_that_is_not_listed() -> None:
    traffic = Traffic()
    traffic.get("/a", 403, ("Content-Length", "0"))
    assert f"list of allowed origins: add {PAGE} to it" in only(traffic).action


@pytest.mark.parametrize("headers", [(HTML,), (JSON, ("WWW-Authenticate", "Bearer"))])
def test_a_403_by_something_else_is_not_laid_to_the_origin(headers: tuple[Pair, ...]) -> None:
    traffic = Traffic()
    traffic.get("/a", 403, *headers)
    assert "list of allowed origins" not in only(traffic).action


def test_a_403_to_an_origin_that_passes_elsewhere_is_not_laid_to_it() -> None:
    traffic = Traffic()
    traffic.passed(1)
    traffic.get("/a", 403, ("Content-Length", "0"))
    assert "list of allowed origins" not in only(traffic).action


def test_a_list_of_methods_that_nobody_has_set() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 204, ALLOW, VARY, ("Access-Control-Allow-Methods", "GET,HEAD,POST"))
    assert any("@fastify/cors" in line for line in only(traffic).evidence)


def test_any_other_list_of_methods_is_nobodys_default() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/a", 204, ALLOW, VARY, ("Access-Control-Allow-Methods", "GET,POST"))
    assert not any("if nothing else is set" in line for line in only(traffic).evidence)


@pytest.mark.parametrize("value", ["undefined", "None", "$http_origin", "${ORIGIN}", "{{ origin }}", "[object Object]"])
def test_an_origin_that_was_never_set(value: str) -> None:
    traffic = Traffic()
    traffic.get("/a", 200, JSON, ("Access-Control-Allow-Origin", value))
    finding = only(traffic)
    assert finding.code == "origin-never-set"
    assert PAGE in finding.action


@pytest.mark.parametrize("value", ["https://other.example", f"{PAGE}/", "*.example", "none.example"])
def test_an_origin_that_is_another_was_set(value: str) -> None:
    traffic = Traffic()
    traffic.get("/a", 200, JSON, ("Access-Control-Allow-Origin", value))
    assert only(traffic).code != "origin-never-set"


def test_too_many_cookies_for_the_headers() -> None:
    traffic = Traffic()
    traffic.get("/a", 431)
    assert "delete the site's cookies" in only(traffic).action


# -- libraries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("x-stainless-os", "Stainless"),
        ("hx-current-url", "htmx"),
        ("x-inertia", "Inertia"),
        ("rsc", "Next.js"),
        ("x-grafana-device-id", "Grafana"),
        ("x-amz-user-agent", "AWS"),
        ("x-requested-with", "jQuery"),
    ],
)
def test_who_adds_a_header(name: str, who: str) -> None:
    assert who in (find_adder(name) or "")


@pytest.mark.parametrize("name", ["x-stainless", "hx", "x-session", "authorization", ""])
def test_a_header_that_no_library_is_known_for(name: str) -> None:
    assert find_adder(name) is None


@pytest.mark.parametrize("headers", [(JSON,), (("Access-Control-Allow-Origin", "https://other.example"), JSON)])
def test_socket_io_has_a_cors_option_of_its_own(headers: tuple[Pair, ...]) -> None:
    traffic = Traffic()
    traffic.get("/socket.io/?EIO=4&transport=polling&t=a", 200, *headers)
    assert f"cors: {{ origin: '{PAGE}'" in only(traffic).action


def test_another_path_is_not_socket_ios() -> None:
    traffic = Traffic()
    traffic.get("/socket.io-docs?x=/socket.io/", 200, JSON)
    assert "Socket.IO" not in told(only(traffic))


# -- redirects -------------------------------------------------------------------------------------------------------


def test_a_redirect_that_changes_the_slash_names_the_url_to_ask() -> None:
    traffic = Traffic()
    traffic.get("/profile/2", 301, ("Location", "/profile/2/"))
    finding = only(traffic)
    assert f"request {API}/profile/2/ directly, with or without the slash" in finding.action


def test_a_preflight_with_two_slashes_in_a_row() -> None:
    traffic = Traffic()
    traffic.preflight("POST", "//login", 308, ("Location", "/login"))
    finding = only(traffic)
    assert finding.title.endswith("because of two slashes in a row in the URL")
    assert f"request {API}/login" in finding.action


def follow(target: str, status: int, *headers: Pair, redirect: int = 303, origin: str = "null") -> Traffic:
    """A request of the page that the API redirects to `target`, and what that answers."""
    traffic = Traffic()
    traffic.send("GET", f"{PAGE}/", 200, HTML, origin=None, mode="navigate", destination="document", site="none")
    traffic.send("POST", f"{API}/checkout", redirect, ALLOW, VARY, ("Location", target))
    traffic.send("GET", target, status, *headers, origin=origin, after=0.01)
    return traffic


def test_a_script_is_redirected_to_a_page_that_has_to_be_opened() -> None:
    finding = only(follow("https://pay.example/c/1", 200, HTML))
    assert finding.code == "redirect-to-page"
    assert "location.href" in finding.action
    assert "Accept:" not in finding.action
    assert not any(mismatch.fix for mismatch in finding.mismatches)


def test_a_script_is_redirected_back_to_the_form() -> None:
    finding = only(follow(f"{PAGE}/form", 200, HTML, redirect=302))
    assert finding.code == "redirect-to-page"
    assert "Accept: application/json" in finding.action


def test_a_redirect_to_data_is_not_one_to_a_page() -> None:
    assert only(follow("https://other.example/data", 200, JSON)).code == "origin-null-by-redirect"


def test_a_login_that_redirects_once_more_is_still_a_login() -> None:
    login = "https://pool.auth.example"
    traffic = Traffic()
    traffic.send("GET", f"{PAGE}/", 200, HTML, origin=None, mode="navigate", destination="document", site="none")
    location: Pair = ("Location", f"{login}/oauth2/authorize?client_id=1")
    traffic.send("GET", f"{PAGE}/api/me", 302, location, origin=None, site="same-origin")
    traffic.send("GET", location[1], 302, ("Location", f"{login}/login"), after=0.01)
    finding = only(traffic)
    assert finding.code == "redirect-to-login"
    assert "location.href" in finding.action


def test_a_preflight_to_the_login_that_a_link_was_redirected_to() -> None:
    traffic = Traffic()
    traffic.send("GET", f"{PAGE}/", 200, HTML, origin=None, mode="navigate", destination="document", site="none")
    login, rsc = "https://login.example/authorize?client_id=1", ("rsc", "1")
    traffic.send("GET", f"{PAGE}/a?_rsc=1", 307, ("Location", login), asked=(rsc,), origin=None, site="same-origin")
    asked = (("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "rsc"))
    traffic.send("OPTIONS", login, 405, HTML, asked=asked, after=0.01)
    finding = only(traffic)
    assert finding.code == "redirect-to-login"
    assert "Next.js" in finding.action


@pytest.mark.parametrize("value", [f"{PAGE}|https://b.example", f"https://b.example; {PAGE}"])
def test_a_list_with_other_separators_is_a_list(value: str) -> None:
    traffic = Traffic()
    traffic.get("/a", 200, JSON, ("Access-Control-Allow-Origin", value))
    finding = only(traffic)
    assert finding.code == "origin-list"
    assert any(f"{PAGE} is in the list" in line for line in finding.evidence)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("a1.ngrok-free.app", "ngrok"),
        ("a1.loca.lt", "localtunnel"),
        ("a-3000.app.github.dev", "the port forwarding of Codespaces or dev tunnels"),
    ],
)
def test_a_tunnel_that_a_hosts_name_tells(host: str, name: str) -> None:
    tunnel = find_tunnel(host)
    assert tunnel is not None
    assert tunnel.name == name


@pytest.mark.parametrize("host", ["ngrok.example", "loca.lt.example", "api.example"])
def test_any_other_host_tells_no_tunnel(host: str) -> None:
    assert find_tunnel(host) is None
