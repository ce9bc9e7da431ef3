"""Loading refuses what cannot work or is unsafe, all of it at once, and says where, why and what to write instead."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.server.load import load, load_all
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.problems import PolicyError, Problem, Reason

GOOD: dict[str, Any] = {
    "name": "api",
    "match": {"hosts": ["api.shop.example"]},
    "origins": ["https://shop.example"],
    "methods": ["GET"],
}


def problems(*policies: dict[str, Any], **more: Any) -> list[Problem]:
    """What is wrong with a file of these policies."""
    with pytest.raises(PolicyError) as caught:
        load(json.dumps({"version": 1, "policies": policies, **more}), "file.json")
    return list(caught.value.problems)


def told(policy: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Field, reason and what to write instead, for each problem of one policy."""
    return [(one.field.removeprefix("policies[0]."), one.reason, one.instead) for one in problems({**GOOD, **policy})]


def test_a_good_policy_is_what_it_says() -> None:
    [policy] = load(json.dumps({"version": 1, "policies": [GOOD]}), "file.json")
    assert policy == ServerPolicy.model_validate(GOOD)


@pytest.mark.parametrize(
    ("origin", "reason", "instead"),
    [
        ("https://shop.example/", "invalid", "write https://shop.example"),
        ("https://shop.example/path", "invalid", "write https://shop.example"),
        ("https://Shop.example", "invalid", "write https://shop.example"),
        ("https://shop.example:443", "invalid", "write https://shop.example"),
        ("http://shop.example:80", "invalid", "write http://shop.example"),
        ("https://münchen.example", "invalid", "write https://xn--mnchen-3ya.example"),
        ("https://user@shop.example", "invalid", "write https://shop.example"),
        ("shop.example", "invalid", "write https://shop.example"),
        ("localhost:3000", "invalid", "write http://localhost:3000"),
        ("wss://shop.example", "invalid", "write https://shop.example"),
        (
            "https://a.example, https://b.example",
            "invalid",
            "write an entry for each: https://a.example, https://b.example",
        ),
        ("", "invalid", "write one such as https://shop.example"),
        ("https://shop.example:99999", "out of bounds", "write https://shop.example"),
        ("file://", "invalid", "serve the app by a scheme of its own, such as app://shop, and name that"),
        ("tauri://localhost/", "invalid", "write tauri://localhost"),
        ("file:///home/x", "invalid", "write dangerously_allow_null_origin: true if that is intended"),
        ("null", "prohibited", "leave it out, or write dangerously_allow_null_origin: true if that is intended"),
        ("*.shop.example", "invalid", "write https://*.shop.example"),
        ("*://shop.example", "invalid", "write https://shop.example"),
        ("https://*", "wildcard", 'write "*" for any origin'),
        ("https://*shop.example", "invalid", "write https://*.shop.example"),
        ("https://a.*.shop.example", "invalid", "write https://*.shop.example"),
        ("https://shop.*", "invalid", "write https://shop.example"),
        ("https://*.Shop.example", "invalid", "write https://*.shop.example"),
        ("https://*.shop.example/", "invalid", "write https://*.shop.example"),
        ("https://*.Shop.example:8443", "invalid", "write https://*.shop.example:8443"),
        ("https://*.shop.example:443", "invalid", "write https://*.shop.example"),
        ("https://shop.example:*", "wildcard", "write https://shop.example, or name the port"),
        ("https://*.192.0.2.1", "invalid", "write https://192.0.2.1"),
        ("https://shop.example:00443", "invalid", "write https://shop.example"),
        ("http://localhost:03000", "invalid", "write http://localhost:3000"),
        ("https://*.shop.example:08443", "invalid", "write https://*.shop.example:8443"),
        (
            'https://*.a",exec(1),"b.test',
            "invalid",
            "write an entry for each: https://shop.example, https://www.shop.example",
        ),
        ('https://*.a"b.test', "invalid", "write https://*.shop.example"),
        ("https://*.(a)$|b.test", "invalid", "write https://*.shop.example"),
        ("https://a$b.test", "invalid", "write https://shop.example"),
        ("app://a$b", "invalid", "write one such as https://shop.example"),
        ("https://*.ä.test", "invalid", "write https://*.xn--4ca.test"),
        (f"https://{'a' * 300}.test", "out of bounds", "write one such as https://shop.example"),
        ("'https://shop.example'", "invalid", "write https://shop.example"),
        ('["http://localhost:3000"]', "invalid", "write http://localhost:3000"),
        (
            '["https://a.example", "https://b.example"]',
            "invalid",
            "write an entry for each: https://a.example, https://b.example",
        ),
        ("http:/localhost:3000", "invalid", "write http://localhost:3000"),
        ("https//shop.example", "invalid", "write https://shop.example"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(origin: str, reason: str, instead: str) -> None:
    assert told({"origins": [origin]}) == [("origins[0]", reason, instead)]


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://shop.example",
        "https://shop.example:8443",
        "https://*.shop.example",
        "https://*.github.io",
        "http://intranet.example",
        "http://localhost:*",
        "http://127.0.0.1:*",
        "http://[::1]:*",
        "http://*.localhost:*",
        "https://xn--mnchen-3ya.example",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
    ],
)
def test_an_origin_that_browsers_send_is_taken(origin: str) -> None:
    [policy] = load(json.dumps({"version": 1, "policies": [{**GOOD, "origins": [origin]}]}), "file.json")
    assert policy.origins == (origin,)


@pytest.mark.parametrize(
    ("policy", "field", "reason"),
    [
        ({"origins": ["*"]}, "origins[0]", "wildcard"),
        ({"origins": ["http://shop.example"]}, "origins[0]", "insecure"),
        ({"origins": ["http://*.shop.example"]}, "origins[0]", "insecure"),
        ({"origins": ["https://*.github.io"]}, "origins[0]", "public suffix"),
        ({"origins": ["https://*.co.uk"]}, "origins[0]", "public suffix"),
        ({"origins": ["https://*.vercel.app"]}, "origins[0]", "public suffix"),
        ({"origins": ["https://*.pages.dev"]}, "origins[0]", "public suffix"),
        ({"origins": ["https://*.a.vercel.app", "https://*.x.ck"]}, "origins[1]", "public suffix"),
        ({"methods": ["*"]}, "methods[0]", "wildcard"),
        ({"request_headers": ["*"]}, "request_headers[0]", "wildcard"),
        ({"expose_headers": ["*"]}, "expose_headers[0]", "wildcard"),
        ({"dangerously_allow_null_origin": True}, "dangerously_allow_null_origin", "insecure"),
    ],
)
def test_what_is_unsafe_with_credentials_is_refused_with_them_only(
    policy: dict[str, Any], field: str, reason: str
) -> None:
    assert [(one[0], one[1]) for one in told({**policy, "credentials": True})] == [(field, reason)]
    load(json.dumps({"version": 1, "policies": [{**GOOD, **policy}]}), "file.json")


@pytest.mark.parametrize(
    "policy",
    [
        {
            "origins": ["http://shop.example"],
            "dangerously_allow_insecure_origins_with_credentials": True,
        },
        {
            "origins": ["https://*.github.io"],
            "dangerously_allow_public_suffixes_with_credentials": True,
        },
        {"dangerously_allow_null_origin": True, "dangerously_allow_null_origin_with_credentials": True},
        {"origins": [], "dangerously_allow_null_origin_with_credentials": True},
        {"origins": ["http://localhost:*", "http://127.0.0.1:8080"]},
    ],
)
def test_a_way_out_opens(policy: dict[str, Any]) -> None:
    load(json.dumps({"version": 1, "policies": [{**GOOD, "credentials": True, **policy}]}), "file.json")


@pytest.mark.parametrize(
    "field",
    [name for name in ServerPolicy.model_fields if name.startswith("dangerously_") and name.endswith("_credentials")],
)
def test_a_way_out_that_nothing_needs_is_refused(field: str) -> None:
    assert told({field: True}) == [(field, "conflicting", "take it out")]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"methods": ["get"]}, ("methods[0]", "invalid", "write GET")),
        ({"methods": ["GET, PUT"]}, ("methods[0]", "invalid", "write GET, PUT")),
        ({"methods": ["patch"]}, ("methods[0]", "invalid", "write PATCH, and patch too if pages spell it like that")),
        ({"methods": ["TRACE"]}, ("methods[0]", "prohibited", "take it out")),
        ({"methods": ["PUT", "PUT"]}, ("methods[1]", "conflicting", "take one out")),
        ({"methods": ["PUT", "*"]}, ("methods[1]", "conflicting", "take * out, or all others")),
        ({"methods": []}, ("methods", "missing", "write methods: [GET], with what else pages use")),
        ({"origins": []}, ("origins", "missing", "write origins: [https://shop.example]")),
        ({"request_headers": ["Host"]}, ("request_headers[0]", "prohibited", "take it out")),
        ({"request_headers": ["Sec-Fetch-Mode"]}, ("request_headers[0]", "prohibited", "take it out")),
        (
            {"request_headers": ["Cookie"]},
            ("request_headers[0]", "prohibited", "take it out, cookies need credentials: true"),
        ),
        ({"request_headers": ["X A"]}, ("request_headers[0]", "invalid", "write X, A")),
        ({"request_headers": ["X-One", "x-one"]}, ("request_headers[1]", "conflicting", "take one out")),
        ({"request_headers": ["*", "X-One"]}, ("request_headers[0]", "conflicting", "take * out, or the others")),
        ({"expose_headers": ["Set-Cookie"]}, ("expose_headers[0]", "prohibited", "take it out")),
        ({"max_age": -1}, ("max_age", "out of bounds", "write 0")),
        ({"max_age": 86401}, ("max_age", "out of bounds", "write 86400")),
        ({"preflight_status": 302}, ("preflight_status", "out of bounds", "write 204")),
        ({"name": " "}, ("name", "invalid", "write a word or two")),
        ({"origins": ["https://a.example"] * 2}, ("origins[1]", "conflicting", "take one out")),
        (
            {"origins": ["https://*.a.example", "https://x.a.example"]},
            ("origins[1]", "conflicting", "take https://x.a.example out"),
        ),
        ({"origins": ["*", "https://a.example"]}, ("origins[0]", "conflicting", "take * out, or all others")),
        ({"match": {}}, ("match.hosts", "missing", 'write hosts: [api.shop.example], or hosts: ["*"] for any')),
        ({"match": {"hosts": ["https://a.example"]}}, ("match.hosts[0]", "invalid", "write a.example")),
        ({"match": {"hosts": ["a.example:65536"]}}, ("match.hosts[0]", "out of bounds", "write a.example")),
        ({"match": {"hosts": ["*:0"]}}, ("match.hosts[0]", "out of bounds", "write *")),
        ({"match": {"hosts": ["A.example"]}}, ("match.hosts[0]", "invalid", "write a.example")),
        ({"match": {"hosts": ["a.example/v1"]}}, ("match.hosts[0]", "invalid", "write a.example, and paths: [/v1]")),
        (
            {"match": {"hosts": ["*.a.example", "b.a.example"]}},
            ("match.hosts[1]", "conflicting", "take one out"),
        ),
        (
            {"match": {"hosts": ["a.example"], "paths": ["v1/**"]}},
            ("match.paths[0]", "invalid", "write /v1/**"),
        ),
        (
            {"match": {"hosts": ['a"b.example']}},
            ("match.hosts[0]", "invalid", "write one such as api.shop.example: letters, digits, dots, - and _"),
        ),
        (
            {"match": {"hosts": ["a..example"]}},
            ("match.hosts[0]", "invalid", "write one such as api.shop.example: letters, digits, dots, - and _"),
        ),
        (
            {"match": {"hosts": ["münchen.example:81"]}},
            ("match.hosts[0]", "invalid", "write xn--mnchen-3ya.example:81"),
        ),
        ({"match": {"hosts": ["*.[::1]"]}}, ("match.hosts[0]", "invalid", "write [::1]")),
        ({"match": {"hosts": ["a" * 301]}}, ("match.hosts[0]", "out of bounds", "write a host's name")),
        (
            {"match": {"hosts": ["a.example"], "paths": ["/v1/**x"]}},
            ("match.paths[0]", "invalid", "write /v1/*x, or a segment that is ** alone"),
        ),
        (
            {"match": {"hosts": ["a.example"], "paths": ["/[v1]"]}},
            ("match.paths[0]", "invalid", "write * in place of anything else"),
        ),
        (
            {"match": {"hosts": ["a.example"], "paths": ["/v%1"]}},
            ("match.paths[0]", "invalid", "write * in place of anything else"),
        ),
        ({"match": {"hosts": ["a.example"], "paths": ['/a"b']}}, ("match.paths[0]", "invalid", "write /a%22b")),
        (
            {"match": {"hosts": ["a.example"], "paths": ["/" * 1001]}},
            ("match.paths[0]", "out of bounds", "write ** for its end"),
        ),
        (
            {"match": {"hosts": ["a.example"], "paths": ["/v1/x", "/v1/**"]}},
            ("match.paths[0]", "conflicting", "take one out"),
        ),
        ({"methods": ["M" * 201]}, ("methods[0]", "out of bounds", "take it out")),
        ({"request_headers": ["x" * 201]}, ("request_headers[0]", "out of bounds", "take it out")),
        ({"expose_headers": ["*", "*"]}, ("expose_headers[1]", "conflicting", "take one out")),
        ({"name": "n" * 301}, ("name", "out of bounds", "write a word or two")),
        ({"name": "a\nb"}, ("name", "invalid", "write a word or two")),
        ({"note": "n" * 10_001}, ("note", "out of bounds", "shorten it")),
        ({"note": "a\x1bb"}, ("note", "invalid", "write plain text")),
        ({"credentials": "yes"}, ("credentials", "invalid", "write true")),
        ({"max_age": "600"}, ("max_age", "invalid", "write 600")),
        ({"origins": "https://a.example"}, ("origins", "invalid", 'write ["https://a.example"]')),
        ({"origin": []}, ("origin", "invalid", "write origins")),
        ({"note": None}, ("note", "invalid", "write one, or take the field out")),
    ],
)
def test_each_problem_is_told_with_what_to_write_instead(
    policy: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert told(policy) == [expected]


def test_the_reasons_are_a_closed_set() -> None:
    assert len(get_args(Reason)) == 8


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        {**GOOD, "origins": ["shop.example"], "methods": ["get"], "max_age": "long", "credential": True},
        {"match": {"hosts": ["b.example"]}, "methods": ["GET"]},
        more=1,
    )
    assert [(one.field, one.reason) for one in found] == [
        ("more", "invalid"),
        ("policies[0].max_age", "invalid"),
        ("policies[0].credential", "invalid"),
        ("policies[0].origins[0]", "invalid"),
        ("policies[0].methods[0]", "invalid"),
        ("policies[1].name", "missing"),
        ("policies[1].origins", "missing"),
    ]


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        ({"policies": [GOOD]}, "version", "missing"),
        ({"version": 2, "policies": [GOOD]}, "version", "invalid"),
        ({"version": 1}, "policies", "missing"),
        ({"version": 1, "policies": {}}, "policies", "missing"),
        ({"version": 1, "policies": ["api"]}, "policies[0]", "invalid"),
        ({"version": 1, "default": {**GOOD, "name": "rest"}}, "default.match", "prohibited"),
        ([], "", "invalid"),
    ],
)
def test_the_file_itself_is_checked(data: Any, field: str, reason: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(json.dumps(data), "file.json")
    assert (caught.value.problems[0].field, caught.value.problems[0].reason) == (field, reason)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"hosts": ["a.example"]}, {"hosts": ["a.example"]}),
        ({"hosts": ["a.example"]}, {"hosts": ["a.example"], "paths": ["/v1/**"]}),
        ({"hosts": ["a.example"]}, {"hosts": ["a.example:8080"]}),
        ({"hosts": ["*.example"]}, {"hosts": ["a.example", "*.b.example"]}),
        ({"hosts": ["*"]}, {"hosts": ["a.example"]}),
        ({"hosts": ["a.example"], "paths": ["/v1/**"]}, {"hosts": ["a.example"], "paths": ["/v1", "/v1/x/*"]}),
    ],
)
def test_a_policy_that_is_never_reached_is_told(first: dict[str, Any], second: dict[str, Any]) -> None:
    [problem] = problems({**GOOD, "match": first}, {**GOOD, "name": "second", "match": second})
    assert (problem.field, problem.reason) == ("policies[1].match", "conflicting")
    load(
        json.dumps({"version": 1, "policies": [{**GOOD, "match": second}, {**GOOD, "name": "second", "match": first}]}),
        "file.json",
    ) if first != second else None


def test_an_order_of_many_policies_is_checked() -> None:
    """So that what is held against each other is not only what stands side by side."""
    policies = [
        {**GOOD, "name": f"p{number}", "match": {"hosts": [f"h{number}.example"], "paths": [f"/v{number}/*"]}}
        for number in range(300)
    ]
    last = {**GOOD, "name": "last", "match": {"hosts": ["h7.example", "h9.example:81"], "paths": ["/v7/x", "/v9/y"]}}
    [first] = problems(*policies, {**last, "match": {"hosts": ["h7.example"], "paths": ["/v7/x"]}})
    assert first.what == "no request ever reaches it: p7, above it, matches all of them"
    load(json.dumps({"version": 1, "policies": [*policies, last]}), "file.json")


def test_more_than_can_be_compared_is_refused_with_the_limit() -> None:
    match = {"hosts": [f"h{n}.example" for n in range(200)], "paths": [f"/p{n}" for n in range(101)]}
    assert told({"match": match}) == [("match", "out of bounds", "write fewer, and * for those that are alike")]


def test_of_many_problems_the_first_are_listed() -> None:
    found = problems({**GOOD, "origins": ["shop.example"] * 1000})
    assert len(found) == 101
    assert (found[-1].reason, found[-1].instead) == ("out of bounds", "fix these first")
    found = problems(*({**GOOD, "name": "same"} for _ in range(200)))
    assert len(found) == 101


def test_what_a_problem_repeats_of_the_file_is_cut() -> None:
    for policy in ({"x" * 10_000: 1}, {"max_age": "y" * 10_000}, {"match": {"hosts": ["//" + "z" * 290]}}):
        for problem in problems({**GOOD, **policy}):
            assert len(str(problem)) < 1500


YAML = """\
version: 1
policies:
  - name: api
    match:
      hosts: [api.shop.example]
    origins:
      - https://shop.example
      # a comment
      - https://shop.example/
    methods: [GET]
"""
TOML = """\
version = 1

[[policies]]
name = "api"
origins = [
  "https://shop.example",
  # a comment
  "https://shop.example/",
]
methods = ["GET"]
[policies.match]
hosts = ["api.shop.example"]
"""
JSON = """\
{"version": 1,
 "policies": [
  {"name": "api", "match": {"hosts": ["api.shop.example"]},
   "origins": [
    "https://shop.example",
    "https://shop.example/"
   ],
   "methods": ["GET"]}
 ]}
"""


@pytest.mark.parametrize(("name", "text", "line"), [("f.yaml", YAML, 9), ("f.toml", TOML, 8), ("f.json", JSON, 6)])
def test_a_problem_has_its_line_in_every_format(name: str, text: str, line: int) -> None:
    with pytest.raises(PolicyError) as caught:
        load(text, name)
    assert str(caught.value) == (
        f"{name}:{line}: policies[0].origins[1]: invalid: an origin has no slash at its end; write https://shop.example"
    )
    [policy] = load(text.replace("shop.example/", "www.shop.example"), name)
    assert policy.origins == ("https://shop.example", "https://www.shop.example")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("f.yaml", "version: 1\norigins: [*]\n", 2),
        ("f.yaml", "version: 1\nversion: 1\n", 2),
        ("f.yaml", "a: [1\nb: 2", 2),
        ("f.yaml", "\t: :", 1),
        ("f.json", '{"version": 1,}', 1),
        ("f.json", '{"a": 1, "a": 2}', 1),
        ("f.toml", "version = 1\nversion = 1\n", 2),
        ("f.json", "[" * 100_000, 1),
        ("f.yaml", "#" * 1_000_001, None),
    ],
)
def test_a_text_that_is_not_of_its_format_is_one_problem(name: str, text: str, line: int | None) -> None:
    with pytest.raises(PolicyError) as caught:
        load(text, name)
    [problem] = caught.value.problems
    assert (problem.reason, problem.line) == ("invalid", line)
    assert "\n" not in str(problem)


@given(st.text(max_size=200), st.sampled_from(["f.yaml", "f.toml", "f.json"]))
def test_no_text_does_more_than_be_refused(text: str, name: str) -> None:
    with pytest.raises(PolicyError):
        load(text, name)


_scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["*", "null", "GET"])
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(
    st.dictionaries(st.sampled_from([*ServerPolicy.model_fields, "other"]), _values, max_size=8),
    _values,
)
def test_no_data_does_more_than_be_refused(policy: dict[str, Any], default: Any) -> None:
    text = json.dumps({"version": 1, "policies": [policy], "default": default})
    with pytest.raises(PolicyError):
        load(text, "f.json")


def test_several_files_are_one_list_with_the_default_at_its_end() -> None:
    first = {"version": 1, "policies": [GOOD], "default": {"origins": ["*"], "methods": ["GET"]}}
    second = {"version": 1, "policies": [{**GOOD, "name": "b", "match": {"hosts": ["b.example"]}}]}
    loaded = load_all([("a.json", json.dumps(first)), ("b.json", json.dumps(second))])
    assert [policy.name for policy in loaded] == ["api", "b", "default"]


def test_files_are_held_against_each_other() -> None:
    text = json.dumps({"version": 1, "policies": [GOOD], "default": {"origins": ["*"], "methods": ["GET"]}})
    with pytest.raises(PolicyError) as caught:
        load_all([("a.json", text), ("b.json", text)])
    assert [(one.file, one.field) for one in caught.value.problems] == [
        ("b.json", "policies[0].name"),
        ("b.json", "policies[0].match"),
        ("b.json", "default"),
    ]
