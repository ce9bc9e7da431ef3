"""Origins, sites and URLs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.fetch import origin
from corsight.policies.fetch.origin import (
    has_userinfo,
    is_ip_address,
    is_potentially_trustworthy,
    is_serialized_origin,
    origin_of,
    parse_url,
    registrable_domain,
    same_origin,
    same_site,
    schemelessly_same_site,
    split_origin,
)

LABELS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
ORIGINS = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}" + (f":{port}" if port not in (None, 80, 443) else ""),
    st.sampled_from(["http", "https"]),
    HOSTS,
    st.none() | st.integers(1, 65535),
)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example/x?y#z", "https://a.example"),
        ("https://a.example:443/", "https://a.example"),
        ("https://a.example:80/", "https://a.example:80"),
        ("http://a.example:80/", "http://a.example"),
        ("HTTPS://A.Example/", "https://a.example"),
        ("https://user:password@a.example/", "https://a.example"),
        ("https://a.example:0/", "https://a.example:0"),
        ("https://a.example./", "https://a.example."),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example"),
        ("http://0x7f.1/", "http://127.0.0.1"),
        ("http://[0:0::1]:8080/", "http://[::1]:8080"),
        ("ws://a.example:80/", "ws://a.example"),
        ("wss://a.example:443/", "wss://a.example"),
        ("ftp://a.example:21/", "ftp://a.example"),
        ("blob:https://a.example/uuid", "https://a.example"),
        ("blob:null/uuid", "null"),
        ("data:text/html,x", "null"),
        ("about:blank", "null"),
        ("file:///etc/hosts", "null"),
        ("javascript:0", "null"),
        ("a.example", "null"),
        ("https://", "null"),
        ("https://a b/", "null"),
        ("https://a.example:99999/", "null"),
        ("null", "null"),
        ("", "null"),
        ("\ud800", "null"),
    ],
)
def test_the_origin_of_a_url(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("origin", "parts"),
    [
        ("https://a.example", ("https", "a.example", 443)),
        ("http://a.example:8080", ("http", "a.example", 8080)),
        ("http://[::1]", ("http", "[::1]", 80)),
        ("ws://a", ("ws", "a", 80)),
        ("wss://a", ("wss", "a", 443)),
        ("ftp://a", ("ftp", "a", 21)),
        ("http://a:65535", ("http", "a", 65535)),
        ("http://a:65536", None),
        ("moz-extension://1b2c", ("moz-extension", "1b2c", None)),
        ("null", None),
        ("https://a.example/", None),
        ("https://a.example:99999", None),
        ("https://a.example:", None),
        ("https://u@a.example", None),
        ("a.example", None),
        ("https://a, https://b", None),
    ],
)
def test_an_origin_splits_into_scheme_host_and_port(origin: str, parts: tuple[str, str, int | None] | None) -> None:
    assert split_origin(origin) == parts


@pytest.mark.parametrize("text", ["https://a.example", "http://a.example:8080", "http://[::1]:1", "http://127.0.0.1"])
def test_what_an_origin_serializes_to_is_a_serialized_origin(text: str) -> None:
    assert is_serialized_origin(text)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "*",
        "",
        "https://a.example/",
        "https://A.example",
        "https://a.example:443",
        " https://a.example",
        "a.example",
    ],
)
def test_what_comes_close_is_none(text: str) -> None:
    assert not is_serialized_origin(text)


@given(ORIGINS)
def test_an_origin_is_its_own_origin(origin: str) -> None:
    assert origin_of(origin) == origin_of(origin + "/path?query") == origin
    assert is_serialized_origin(origin)
    parts = split_origin(origin)
    assert parts is not None
    assert parts[2] is not None
    assert origin_of(f"{parts[0]}://{parts[1]}:{parts[2]}/") == origin


@given(st.text(max_size=40) | st.text("ht:/?#[]@.%\\ a1", max_size=40).map("https://".__add__))
def test_no_text_raises(text: str) -> None:
    assert origin_of(text) == "null" or is_serialized_origin(origin_of(text))
    assert isinstance(is_potentially_trustworthy(text), bool)
    assert isinstance(has_userinfo(text), bool)
    split_origin(text)
    registrable_domain(text)
    for base in (None, "https://a.example/b/c?d", text):
        url = parse_url(text, base)
        if url is not None and url.startswith(("http://", "https://")):
            assert "#" not in url
            assert parse_url(url, None) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/",
        "wss://a.example",
        "file:///x",
        "http://localhost:3000/",
        "http://localhost.",
        "http://a.localhost",
        "http://127.0.0.1/",
        "http://127.255.0.3",
        "http://[::1]:80/",
        "about:blank",
        "about:srcdoc",
        "data:,x",
        "blob:https://a.example/u",
    ],
)
def test_what_is_delivered_safely_is_potentially_trustworthy(url: str) -> None:
    assert is_potentially_trustworthy(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "ws://a.example",
        "null",
        "",
        "http://192.168.0.1",
        "http://notlocalhost",
        "about:config",
        "x:blank",
        "http://127.0.0.1.example",
    ],
)
def test_what_is_not_is_not(url: str) -> None:
    assert not is_potentially_trustworthy(url)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.example", "a.example"),
        ("b.a.example", "a.example"),
        ("a.co.uk", "a.co.uk"),
        ("x.y.a.co.uk", "a.co.uk"),
        ("co.uk", None),
        ("CO.UK", None),
        ("co.uk.", None),
        ("B.a.CO.UK.", "a.co.uk."),
        ("ck", None),
        ("x.ck", None),
        ("a.x.ck", "a.x.ck"),
        ("www.ck", "www.ck"),
        ("a.www.ck", "www.ck"),
        ("a.b.kobe.jp", "a.b.kobe.jp"),
        ("a.city.kobe.jp", "city.kobe.jp"),
        ("xn--55qx5d.cn", None),
        ("a.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("a.xn--8.xn--55qx5d.cn", "xn--8.xn--55qx5d.cn"),
        ("xn--a.xn--9999999999b.example", "xn--9999999999b.example"),
        ("公司.cn", None),
        ("a.食狮.公司.cn", "食狮.公司.cn"),
        ("münchen.example", "münchen.example"),
        ("unlisted", None),
        ("a.b.unlisted", "b.unlisted"),
        ("a." * 1000 + "b.co.uk", "b.co.uk"),
        ("xn--" + "a" * 10_000 + ".co.uk", "xn--" + "a" * 10_000 + ".co.uk"),
        ("localhost", None),
        ("api.localhost", "api.localhost"),
        ("api.app.test", "app.test"),
        ("a.example.", "a.example."),
        ("192.168.0.1", None),
        ("[::1]", None),
        ("192.168.0.1.", None),
        ("a..b", None),
        (".a.example", None),
        ("a.example..", None),
        (".", None),
        ("", None),
    ],
)
def test_the_registrable_domain_is_the_public_suffix_and_one_label_more(host: str, domain: str | None) -> None:
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    "suffix",
    [
        "appspot.com",
        "azurewebsites.net",
        "fly.dev",
        "github.io",
        "gitlab.io",
        "herokuapp.com",
        "netlify.app",
        "onrender.com",
        "pages.dev",
        "s3.amazonaws.com",
        "supabase.co",
        "vercel.app",
        "web.app",
        "workers.dev",
    ],
)
def test_each_customer_of_a_platform_is_a_site_of_its_own(suffix: str) -> None:
    assert registrable_domain(suffix) is None
    assert registrable_domain(f"b.a.{suffix}") == f"a.{suffix}"
    assert same_site(f"https://a.{suffix}", f"https://b.a.{suffix}")
    assert not same_site(f"https://a.{suffix}", f"https://b.{suffix}")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("app.example.test", "api.example.test", True),
        ("example.test", "api.example.test", True),
        ("app.test", "api.test", False),
        ("a.co.uk", "b.co.uk", False),
        ("co.uk", "co.uk", True),
        ("a.github.io", "b.github.io", False),
        ("192.168.0.1", "192.168.0.1", True),
        ("192.168.0.1", "193.168.0.1", False),
        ("localhost", "localhost", True),
        ("a.localhost", "b.localhost", False),
        ("a.example", "a.example.", False),
    ],
)
def test_hosts_of_one_registrable_domain_are_one_site(a: str, b: str, same: bool) -> None:
    assert schemelessly_same_site(a, b) is same
    assert schemelessly_same_site(b, a) is same


@given(HOSTS, LABELS)
def test_a_name_under_a_registrable_domain_stays_in_its_site(host: str, label: str) -> None:
    domain = registrable_domain(host)
    if domain is not None:
        assert registrable_domain(f"{label}.{domain}") == domain
        assert schemelessly_same_site(f"{label}.{domain}", host)


def test_what_has_no_host_is_of_no_site() -> None:
    assert not same_site("https://a.test", "null")
    assert not same_site("null", "https://a.test")
    assert not same_site("null", "null")


def test_a_site_has_a_scheme_and_no_port() -> None:
    assert same_site("https://a.example", "https://b.a.example:8443")
    assert not same_site("https://a.example", "http://a.example")
    assert not same_site("null", "null")


def test_no_opaque_origin_is_the_same_as_another() -> None:
    assert same_origin("https://a.example", "https://a.example")
    assert not same_origin("https://a.example", "https://a.example:8443")
    assert not same_origin("null", "null")


BASE = "https://u:p@a.example:8443/b/c?d"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "https://u:p@a.example:8443/b/c?d"),
        ("#f", "https://u:p@a.example:8443/b/c?d"),
        ("?x#f", "https://u:p@a.example:8443/b/c?x"),
        ("x", "https://u:p@a.example:8443/b/x"),
        ("./x", "https://u:p@a.example:8443/b/x"),
        ("../../x", "https://u:p@a.example:8443/x"),
        ("%2e%2E/x", "https://u:p@a.example:8443/x"),
        ("/x/../y", "https://u:p@a.example:8443/y"),
        ("\\x\\y?\\", "https://u:p@a.example:8443/x/y?\\"),
        ("x\\y\\", "https://u:p@a.example:8443/b/x/y/"),
        ("x?a\\b", "https://u:p@a.example:8443/b/x?a\\b"),
        ("?a\\b", "https://u:p@a.example:8443/b/c?a\\b"),
        ("ht\ntp://b.example/", "http://b.example/"),
        ("htt\tps:/x", "https://u:p@a.example:8443/x"),
        ("//b.example", "https://b.example/"),
        ("\\/b.example", "https://b.example/"),
        ("///b.example", "https://b.example/"),
        ("https:x", "https://u:p@a.example:8443/b/x"),
        ("https:/x", "https://u:p@a.example:8443/x"),
        ("https://b.example/x#f", "https://b.example/x"),
        ("https:\\\\b.example", "https://b.example/"),
        ("http:x", "http://x/"),
        ("HTTP://B.Example:80", "http://b.example/"),
        (" \t/x\n ", "https://u:p@a.example:8443/x"),
        ("/a\tb\nc", "https://u:p@a.example:8443/abc"),
        ("/ü?ü", "https://u:p@a.example:8443/%C3%BC?%C3%BC"),
        ("x:y", "x:y"),
        (" data:text/plain,x ", "data:text/plain,x"),
        ("http://", None),
        ("http://a:b/", None),
        ("//a b/", None),
        ("https://[::1", None),
    ],
)
def test_a_reference_is_read_against_its_base(text: str, url: str | None) -> None:
    assert parse_url(text, BASE) == url


@pytest.mark.parametrize(("text", "url"), [("https:/b", "https://b/"), ("/x", None), ("x", None), ("", None)])
def test_without_a_base_only_absolute_urls_parse(text: str, url: str | None) -> None:
    assert parse_url(text, None) == url
    assert parse_url(text, "about:blank") == url


@pytest.mark.parametrize(
    "url", ["https://u@a.example/", "https://:p@a.example", "http://u:p@a/", "https://a@b@c/", "ftp://u@h"]
)
def test_a_user_name_or_a_password_is_userinfo(url: str) -> None:
    assert has_userinfo(url)


@pytest.mark.parametrize(
    "url", ["https://a.example/u@h", "https://a.example?u@h", "https://@a/", "https://:@a/", "mailto:u@h", ""]
)
def test_an_at_sign_elsewhere_is_not(url: str) -> None:
    assert not has_userinfo(url)


@pytest.mark.parametrize(
    ("host", "is_ip"), [("1.2.3.4", True), ("[::1]", True), ("1.2.3.example", False), ("a", False)]
)
def test_ip_addresses_are_told_from_names(host: str, is_ip: bool) -> None:
    assert is_ip_address(host) is is_ip


def test_hosts_that_differ_in_their_last_two_labels_need_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise AssertionError("the list was loaded")

    monkeypatch.setattr(origin, "_public_suffixes", load)
    origin._registrable_domain.cache_clear()
    assert not schemelessly_same_site("shop.example", "api.example")
    assert not schemelessly_same_site("a.co.uk", "b.com")
    with pytest.raises(AssertionError, match="the list was loaded"):
        schemelessly_same_site("a.shop.example", "b.Shop.example")


@pytest.mark.parametrize("text", ["", "#f"])
def test_a_reference_to_the_same_page_keeps_its_query_where_it_has_one(text: str) -> None:
    assert parse_url(text, "https://a.example/b") == "https://a.example/b"
    assert parse_url(text, "https://a.example/b?") == "https://a.example/b?"


def test_what_is_known_of_a_url_that_is_none_is_not_taken_for_longer_ones() -> None:
    for start in ("blob:https:", "data:text", "https://a.example?x="):
        origin_of(start)
    assert origin_of("blob:https://a.example/x") == "https://a.example"
    assert origin_of("https://a.example?x=/b") == "https://a.example"
    assert origin_of("data:text/plain") == "null"
