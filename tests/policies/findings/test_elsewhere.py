"""What mends a request elsewhere than in the server's CORS headers: in recordings and in messages alike."""

from __future__ import annotations

import pytest

from corsight.policies.findings.pasted import explain_message
from tests.policies.findings.traffic import FIREFOX, HTML, JSON, Traffic

WAYS = pytest.mark.parametrize("way", ["recording", "message"])


def cure(way: str, page: str, url: str, status: int = 200) -> str:
    """Return what is to be done about a response without a header."""
    if way == "recording":
        traffic = Traffic()
        traffic.send("GET", url, status, JSON, origin=page)
        [finding] = traffic.findings()
        return finding.action
    rule = "allow-origin-missing"
    cause = explain_message(rule, "chromium", origin=page, url=url, value=None, preflight=False, status=status)
    return "" if cause is None else cause.action


@WAYS
@pytest.mark.parametrize(
    ("page", "url", "differs"),
    [
        ("http://localhost:8082", "http://127.0.0.1:8082/x", "only the name of this computer differs"),
        ("https://www.shop.example", "https://shop.example/x", "only the www. differs"),
        ("http://shop.example", "https://shop.example/x", "only the scheme differs"),
    ],
)
def test_a_page_that_asks_its_own_server_by_another_name_is_told(way: str, page: str, url: str, differs: str) -> None:
    told = cure(way, page, url)
    assert differs in told
    assert url.removesuffix("/x") in told


@WAYS
@pytest.mark.parametrize(
    ("page", "url"),
    [
        ("http://localhost:8082", "http://127.0.0.1:3000/x"),
        ("http://localhost:8082", "http://localhost:3000/x"),
        ("https://www.shop.example", "https://shop.example:8443/x"),
        ("https://app.shop.example", "https://shop.example/x"),
    ],
)
def test_another_server_is_not_taken_for_the_page_s_own(way: str, page: str, url: str) -> None:
    assert "page's own server" not in cure(way, page, url)


@WAYS
@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("login.microsoftonline.com", "Single-page application"),
        ("dev-1.eu.auth0.com", "Allowed Web Origins"),
        ("dev-1.okta.com", "Trusted Origins"),
    ],
)
def test_an_identity_server_is_told_where_the_page_is_registered(way: str, host: str, words: str) -> None:
    assert words in cure(way, "http://localhost:3000", f"https://{host}/token")
    # Of an error the error comes first.
    failed = cure(way, "http://localhost:3000", f"https://{host}/token", 400)
    assert words in failed
    assert "400" in failed


@WAYS
def test_a_host_that_only_looks_like_one_is_none(way: str) -> None:
    assert "Auth0" not in cure(way, "http://localhost:3000", "https://notauth0.com/token")


def test_a_storage_that_refuses_an_upload_names_the_reason_itself() -> None:
    traffic = Traffic()
    asked = (("Content-Type", "image/png"),)
    traffic.send("PUT", "https://storage.googleapis.com/b/o", 403, ("Server", "UploadServer"), asked=asked)
    [finding] = traffic.findings()
    assert "SignatureDoesNotMatch" in finding.action
    assert "gcloud storage buckets update" in finding.action


@pytest.mark.parametrize(("server", "status", "told"), [("nginx", 400, True), ("nginx", 500, False), ("x", 400, False)])
def test_a_client_certificate_is_named_where_nginx_may_ask_for_one(server: str, status: int, told: bool) -> None:
    traffic = Traffic(agent=FIREFOX)
    traffic.preflight("PUT", "/x", status, ("Server", server), HTML)
    [finding] = traffic.findings()
    assert ("client certificate" in finding.cause) is told
    assert ("ssl_verify_client" in finding.action) is told


@pytest.mark.parametrize("preflight", [True, False])
def test_options_is_what_has_to_be_answered_where_the_preflight_lacks_the_header(*, preflight: bool) -> None:
    traffic = Traffic()
    if preflight:
        traffic.preflight("POST", "/pkg.Svc/Get", 200, names="x-grpc-web")
    else:
        traffic.get("/pkg.Svc/Get", 200, JSON)
    [finding] = traffic.findings()
    assert ("OPTIONS" in finding.action) is preflight
