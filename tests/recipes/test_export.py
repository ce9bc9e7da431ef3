"""What recipes say: exactly what the policy grants, written for each language; what a target cannot say is refused."""

from __future__ import annotations

import ast
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from corsight.policies.fetch.headers import is_token
from corsight.policies.server.export import TARGETS, RecipeError, render
from corsight.policies.server.export.grant import grant
from corsight.policies.server.export.writing import write_comment
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.server.origins import names_origin
from corsight.policies.server.sent import Sent
from tests.recipes.syntaxes import parse

HOST = Match(hosts=("api.shop.example",))
SHOP = ServerPolicy(
    name="shop",
    match=HOST,
    origins=("https://app.shop.example", "https://admin.shop.example:8443"),
    methods=("GET", "PUT"),
    request_headers=("content-type", "x-csrf"),
    expose_headers=("x-total",),
    credentials=True,
    max_age=600,
)
PATTERNS = ("https://*.shop.example", "http://localhost:*", "http://*.localhost:*", "https://*.shop.example:8443")
ODD = ("x-$tr'i`c%k", "x-#1", "x-a|b^c~d", "x-*", "x-$x", "x-!&+.")


def with_(policy: ServerPolicy = SHOP, **changes: object) -> ServerPolicy:
    return ServerPolicy.model_validate(policy.model_dump() | changes)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_names_all_that_is_granted_and_no_wildcard(target: str) -> None:
    text = render(target, SHOP)
    if target == "vite-dev-proxy":
        assert '"/api": {' in text
        assert 'target: "https://api.shop.example"' in text
        return
    for origin in SHOP.origins:
        assert origin in re.sub(r"\\([./])", r"\1", text)
    wanted = (*SHOP.request_headers, *SHOP.expose_headers, "600", *SHOP.methods)
    assert [value for value in wanted if value.lower() not in text.lower()] == []
    assert not re.search(r"""["']\*["']""", re.sub(r"paths' => .*|registerCors.*|resource '\*'", "", text))


@pytest.mark.parametrize("target", sorted(TARGETS.keys() - {"vite-dev-proxy"}))
def test_any_origin_goes_without_credentials(target: str) -> None:
    text = render(target, with_(origins=("*",), credentials=False))
    assert "*" in text or "AllowAnyOrigin()" in text
    assert not re.search(r"(?i)credentials\W+true|AllowCredentials\(", text)


def test_a_target_nobody_knows_is_named_with_those_there_are() -> None:
    with pytest.raises(RecipeError, match="no recipe is called 'iis'; there are: express, fastify"):
        render("iis", SHOP)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"origins": ()}, "policy shop: no origin is granted"),
        ({"origins": ("*",)}, r"beside credentials, \* in origins grants nothing"),
        ({"methods": ("*",)}, r"beside credentials, \* in methods"),
        ({"request_headers": ("*",)}, r"beside credentials, \* in request_headers"),
        ({"expose_headers": ("*",)}, r"beside credentials, \* in expose_headers"),
        ({"request_headers": ("x-a b",)}, "'x-a b' in request_headers is not a token"),
        ({"methods": ("GET\n",)}, r"'GET\\n' in methods is not a token"),
        (
            {"origins": ("https://app.shop.example/",)},
            "'https://app.shop.example/' in origins is not what a browser sends",
        ),
        ({"origins": ('https://a"b.example',)}, "is not what a browser sends"),
        ({"origins": ("https://app.*.example",)}, "is not what a browser sends"),
        ({"origins": ("null",)}, "null in origins grants nothing; say dangerously_allow_null_origin"),
        ({"dangerously_allow_null_origin": True}, "not to null"),
    ],
)
@pytest.mark.parametrize("target", ["express", "nginx"])
def test_what_no_server_can_be_told_is_refused(target: str, changes: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        render(target, with_(**changes))


@pytest.mark.parametrize(
    ("target", "changes", "said"),
    [
        ("aws-api-gateway", {"origins": ("https://*.shop.example",)}, "cannot grant every subdomain"),
        ("aws-api-gateway", {"origins": ("http://localhost:*",)}, "cannot grant any port"),
        ("aws-api-gateway", {"methods": ("PURGE",)}, "cannot grant the method PURGE"),
        ("s3", {"methods": ("PATCH",)}, "cannot grant the method PATCH; it knows DELETE, GET"),
        ("s3", {"methods": ()}, "list the methods, GET too"),
        ("s3", {"origins": ("http://*.localhost:*",)}, "cannot grant subdomains on any port"),
        ("rails", {"methods": ("patch",)}, "cannot grant the method patch"),
        ("go-rs-cors", {"methods": ("*",), "credentials": False}, r"cannot grant any method \(\*\); list the methods"),
        ("go-jub0bs", {"dangerously_allow_null_origin_with_credentials": True}, "cannot grant the origin null"),
        (
            "go-jub0bs",
            {"origins": ("https://my_app.example",)},
            "cannot grant https://my_app.example: it takes no host",
        ),
        ("go-jub0bs", {"origins": ("https://*.-a.example",)}, r"cannot grant https://\*.-a.example: it takes no host"),
        ("vite-dev-proxy", {"match": {}}, "name it in match: hosts"),
        ("vite-dev-proxy", {"match": {"hosts": ["*.shop.example"]}}, "name it in match: hosts"),
    ],
)
def test_what_a_target_has_no_way_to_say_is_refused(target: str, changes: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        render(target, with_(**changes))


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        # What cors.NewMiddleware of jub0bs/cors 1.0.2 said of each.
        ("chrome-extension://abcdefghijklmnop", True),
        ("moz-extension://1f2c3a4b-0000-4000-8000-123456789abc", False),
        ("http://tauri.localhost", True),
        ("http://10.0.0.1:8080", True),
        ("https://my_app.example", False),
        ("http://*.localhost:*", True),
        ("https://xn--bcher-kva.example", True),
        ("app://-", False),
        ("http://[::1]:3000", True),
        ("http://[::1]:*", True),
        ("https://app.example.", False),
        ("http://*.10.0.0.1", False),
        ("https://-a.example", False),
        (f"https://{'a' * 64}.example", False),
        ("http://0.0.0.0:3000", True),
        ("http://127.1.2.3:*", True),
    ],
)
def test_go_refuses_as_a_policy_what_it_would_end_with(origin: str, taken: bool) -> None:
    policy = with_(origins=(origin,), credentials=False)
    if taken:
        assert origin in render("go-jub0bs", policy)
    else:
        with pytest.raises(RecipeError, match="no host that DNS has no name for"):
            render("go-jub0bs", policy)


def test_what_s3_does_beyond_the_policy_is_said_in_the_text() -> None:
    assert "S3 always allows credentials" in render("s3", with_(credentials=False))
    assert "S3 always allows credentials" not in render("s3", SHOP)


@pytest.mark.parametrize("target", TARGETS)
def test_a_name_ends_no_comment(target: str) -> None:
    name = "a\n*/ ?> --> \\u000a #{x} {{ 7 }} `$(y)` \u2028 end"
    text = render(target, with_(name=name))
    first = next(line for line in text.splitlines() if "CORS policy" in line)
    assert first.startswith(("// CORS policy a", "# CORS policy a"))
    assert "end, for api.shop.example" in first
    assert not re.search(r"\*/|\?>|\\|\{|`|\$", first)


@given(st.text())
def test_a_comment_is_one_line_of_harmless_signs(text: str) -> None:
    made = write_comment(text)
    assert made.isascii()
    assert made.isprintable()
    assert not re.search(r"[\\`$?<>{}#\"]|\*/", made)


@given(st.from_regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", fullmatch=True).filter(lambda token: token != "*"))
def test_a_token_is_read_back_as_it_was(token: str) -> None:
    assert is_token(token)
    text = render("flask", with_(request_headers=(token,)))
    strings = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    assert token in strings
    rule = YAML(typ="safe").load(render("s3", with_(request_headers=(token,))))
    assert rule["Resources"]["Bucket"]["Properties"]["CorsConfiguration"]["CorsRules"][0]["AllowedHeaders"] == [token]
    [headers] = re.findall(r"allowedHeaders: (\[.*\]),", render("express", with_(request_headers=(token,))))
    assert json.loads(headers) == [token]


@pytest.mark.parametrize("target", ["flask", "fastapi", "django"])
def test_python_is_python(target: str) -> None:
    for origins in (PATTERNS, ("*",), ("chrome-extension://abc", *SHOP.origins)):
        for paths in ((), ("/v1/**", "/a.b/**")):
            match = Match(hosts=HOST.hosts, paths=paths)
            policy = with_(origins=origins, credentials=False, request_headers=ODD, match=match)
            ast.parse(render(target, policy))


@pytest.mark.parametrize("target", ["express", "nginx", "rails"])
def test_null_is_granted_where_the_policy_says_that_it_is_dangerous(target: str) -> None:
    text = render(target, with_(origins=(), dangerously_allow_null_origin_with_credentials=True))
    assert re.search(r"\bA?null\b", text)
    assert "null" not in render(target, SHOP)


@pytest.mark.parametrize("target", ["traefik", "envoy", "s3", "aws-api-gateway"])
def test_yaml_is_yaml(target: str) -> None:
    for origins in (("*",), SHOP.origins, *([] if target == "aws-api-gateway" else [PATTERNS[:2]])):
        policy = with_(origins=origins, credentials=False, request_headers=ODD, expose_headers=ODD)
        assert YAML(typ="safe").load(render(target, policy))


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example",
        "https://a.shop.example",
        "https://a.b.shop.example",
        "https://a.shop.example:8443",
        "https://a.shop.example:443",
        "https://ashop.example",
        "https://a.shopxexample",
        "https://a.shop.example.evil.example",
        "https://-.shop.example",
        "http://a.shop.example",
        "http://localhost",
        "http://localhost:5173",
        "http://localhost:",
        "http://localhost:5173.evil.example",
        "http://a.localhost:1",
        "https://localhost:5173",
        "http://[::1]:3000",
        "null",
    ],
)
def test_the_regular_expression_names_what_the_policy_names(origin: str) -> None:
    policy = with_(origins=(*PATTERNS, "http://[::1]:*"))
    assert (re.fullmatch(grant(policy).regex, origin) is not None) == names_origin(policy.origins, origin)


def test_the_default_of_a_library_is_never_longer_than_what_was_asked() -> None:
    for target, said in {"fastapi": "max_age=5", "rails": "max_age: 5", "django": "MAX_AGE = 0"}.items():
        assert said in render(target, with_(max_age=None))


def test_recipes_that_know_paths_keep_to_them_and_the_others_say_so() -> None:
    policy = with_(match=Match(hosts=HOST.hosts, paths=("/v1/**",)))
    for name, target in TARGETS.items():
        text = render(name, policy)
        assert ("put it where no others pass" in text.splitlines()[0 if name != "laravel" else 1]) != target.scopes
        assert "v1" in text
    odd = with_(match=Match(hosts=HOST.hosts, paths=("/v*/items",)))
    assert all("put it where no others pass" in render(name, odd) for name in TARGETS)


# -- what the server sends by itself -----------------------------------------------------------------------------------

HALF_RIGHT = (
    Sent("Access-Control-Allow-Origin", "*", "GET https://api.shop.example/v1/items"),
    Sent("Access-Control-Allow-Credentials", 'true"; }\n*/ ?> eval', "GET https://api.shop.example/v1/items"),
)


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_recording_showed_is_said_to_be_taken_out(name: str) -> None:
    plain, text = render(name, SHOP), render(name, SHOP, HALF_RIGHT)
    said = [line for line in text.splitlines() if line not in plain.splitlines()]
    assert said[1].endswith("- Access-Control-Allow-Origin: * on GET https://api.shop.example/v1/items")
    assert len(said) == 3
    assert "are dropped" in said[0]
    shapes = [parse(TARGETS[name].language, one).shape for one in (plain, text)]
    # Comments are lines to Caddy.
    shape, other = ([part for part in one if part != "\n"] for one in shapes)
    assert shape == other
