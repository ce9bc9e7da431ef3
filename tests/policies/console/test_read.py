"""Every message an engine can print is read back; what no engine prints is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.console import SPEAKING, read_console, read_messages
from corsight.policies.decision.judge import judge
from corsight.policies.rules import RULES
from corsight.policies.verdict import EngineName, Ruling
from tests.cases import ENGINES, Case, cases
from tests.examples import examples


def said(case: Case, engine: EngineName) -> list[Ruling]:
    verdict = judge(case.exchange, case.facts, engine)
    return [ruling for ruling in (branch.ruling for branch in verdict.branches) if ruling.message is not None]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases()])
def test_every_message_of_the_casebook_is_read_back(case: Case) -> None:
    for engine in ENGINES:
        for ruling in said(case, engine):
            assert ruling.message is not None
            found = read_console(ruling.message)
            assert found is not None, ruling.message
            assert (found.engine, found.exact) == (engine, True)
            if case.exchange.proxy_status is None or case.exchange.response is not None:
                assert ruling.rule in found.rules
            else:
                # The browser saw the proxy's own answer, and spoke of that.
                assert found.rule in ("allow-origin-missing", "preflight-status-not-ok")
            if found.preflight is not None and found.rule != "network-error":
                assert found.preflight == (case.facts.role == "preflight")


def test_the_casebook_has_a_message_for_every_rule_and_engine_that_has_one() -> None:
    covered = {(engine, ruling.rule) for case in cases() for engine in ENGINES for ruling in said(case, engine)}
    silent = {engine: [code for code in DECISIONS if (engine, code) not in covered] for engine in SPEAKING}
    assert silent == {
        "chromium": [],
        "firefox": ["redirect-refused", "worker-needs-coep", "proxy-authentication", "local-network-access"],
        "webkit": QUIET,
    }


DECISIONS = [code for code, rule in RULES.items() if rule.kind == "decision"]
QUIET = [
    *("preflight-redirect", "redirect-location-invalid", "redirect-refused", "worker-needs-coep"),
    *("opaque-response-blocked", "proxy-authentication", "local-network-access"),
]
"""What WebKit never blocks for, or prints nothing about."""


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases()])
def test_origin_url_and_value_are_read_as_they_were_written(case: Case) -> None:
    for engine in ENGINES:
        for ruling in said(case, engine):
            found = read_console(ruling.message or "")
            assert found is not None
            if found.url is not None and not case.facts.target:
                assert found.url == case.exchange.request.url
            if found.origin is not None:
                assert found.origin in (case.facts.page_origin, case.facts.origin)
            if found.rule == "preflight-method-not-allowed" and engine != "firefox":
                assert found.method == found.value == case.facts.method
            if found.rule == "preflight-header-not-allowed":
                # WebKit spells the names it knows its own way.
                assert (found.value or "").lower() in case.facts.names


CHROMIUM = (
    "Access to fetch at 'https://api.test/x' from origin 'https://app.test' has been blocked by CORS policy: No "
    "'Access-Control-Allow-Origin' header is present on the requested resource."
)
FIREFOX = (
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.test/x. "
    "(Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 500."
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            f"index.html:1 {CHROMIUM} If an opaque response serves your needs, set the request's mode to 'no-cors'.",
            ("chromium", "allow-origin-missing", False, "https://api.test/x"),
            id="older Chromium, with its place",
        ),
        pytest.param(
            CHROMIUM.replace("fetch", "XMLHttpRequest"),
            ("chromium", "allow-origin-missing", False, "https://api.test/x"),
            id="another initiator",
        ),
        pytest.param(
            CHROMIUM.replace(" ", "\n"),
            ("chromium", "allow-origin-missing", False, "https://api.test/x"),
            id="wrapped",
        ),
        pytest.param(
            f"{CHROMIUM}\nPUT https://api.test/x net::ERR_FAILED 500 (Internal Server Error)",
            ("chromium", "allow-origin-missing", False, "https://api.test/x"),
            id="with the line below",
        ),
        pytest.param(
            "Failed to load https://api.test/x: Response to preflight request doesn't pass access control check: No "
            "'Access-Control-Allow-Origin' header is present on the requested resource. Origin 'https://app.test' is "
            "therefore not allowed access.",
            ("chromium", "allow-origin-missing", True, "https://api.test/x"),
            id="Chromium of long ago",
        ),
        pytest.param(
            f"{FIREFOX} [Learn More]",
            ("firefox", "allow-origin-missing", None, "https://api.test/x"),
            id="with its link",
        ),
        pytest.param(
            FIREFOX.replace("‘", "'").replace("’", "'"),
            ("firefox", "allow-origin-missing", None, "https://api.test/x"),
            id="quotes straightened",
        ),
        pytest.param(
            FIREFOX.partition(" Status")[0],
            ("firefox", "allow-origin-missing", None, "https://api.test/x"),
            id="older Firefox, without status",
        ),
        pytest.param(
            "https://developer.mozilla.org/en-US/docs/Web/HTTP/CORS/Errors/CORSMissingAllowOrigin",
            ("firefox", "allow-origin-missing", None, None),
            id="MDN's page of it",
        ),
        pytest.param(
            "PreflightMissingAllowOriginHeader",
            ("chromium", "allow-origin-missing", True, None),
            id="DevTools' name of it",
        ),
        pytest.param(
            "[Error] Origin https://app.test is not allowed by Access-Control-Allow-Origin. Status code: 413\n"
            "[Error] Fetch API cannot load https://api.test/x due to access control checks.",
            ("webkit", "allow-origin-missing", None, "https://api.test/x"),
            id="WebKit's two lines",
        ),
        pytest.param(
            "GET https://api.test/x net::ERR_CERT_AUTHORITY_INVALID",
            ("chromium", "network-error", None, "https://api.test/x"),
            id="TLS",
        ),
        pytest.param(
            "GET https://api.test/x net::ERR_BLOCKED_BY_ORB",
            ("chromium", "opaque-response-blocked", False, "https://api.test/x"),
            id="opaque response blocking",
        ),
    ],
)
def test_messages_as_people_paste_them(text: str, found: tuple[str, str, bool | None, str | None]) -> None:
    message = read_console(text)
    assert message is not None
    assert (message.engine, message.rule, message.preflight, message.url) == found


def test_the_line_below_tells_method_and_status() -> None:
    message = read_console(f"PUT https://api.test/x net::ERR_FAILED 500 (Internal Server Error)\n{CHROMIUM}")
    assert message is not None
    assert (message.method, message.status, message.kind) == ("PUT", 500, "fetch")


def test_the_value_that_firefox_shows_puts_its_rule_first() -> None:
    text = (
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
        "https://api.test/x. (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘{}’)."
    )
    first = {"https://a.test, https://b.test": "multiple", "app.test": "invalid", "https://b.test": "mismatch"}
    for value, rule in first.items():
        message = read_console(text.format(value))
        assert message is not None
        assert message.rule == f"allow-origin-{rule}"
        assert message.value == value
        assert len(message.rules) == 3


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("Uncaught (in promise) TypeError: Failed to fetch", "chromium"),
        ("TypeError: NetworkError when attempting to fetch resource.", "firefox"),
        ("TypeError: Load failed", "webkit"),
        ("GET https://api.test/x net::ERR_FAILED 200 (OK)", "chromium"),
    ],
)
def test_what_says_only_that_it_failed_names_no_rule(text: str, engine: str) -> None:
    message = read_console(text)
    assert message is not None
    assert (message.engine, message.rules, message.rule) == (engine, (), None)


@pytest.mark.parametrize("text", ["", "\n \n", "hello", "Access to fetch at", "404 (Not Found)", "mixed", "origin"])
def test_what_no_console_says_is_not_read(text: str) -> None:
    assert read_console(text) is None


@examples(0.5)
@given(st.text(), st.text())
def test_no_text_is_too_strange(before: str, after: str) -> None:
    read_console(before + after)
    read_console(f"Access to fetch at '{before}' from origin '{after}' has been blocked by CORS policy: {before}")
    found = read_console(f"{before}\n{CHROMIUM}\n{after}")
    assert found is not None
    assert found.engine in SPEAKING


MISSING = "the remote resource at {url} (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200."


@pytest.mark.parametrize(
    "text",
    [
        f"`{CHROMIUM}`",
        f'"{CHROMIUM}"',
        f"**_{CHROMIUM}_**",
        f"> > {CHROMIUM}",
        CHROMIUM.replace(" ", "\u00a0"),
        CHROMIUM.replace("'", "’").replace("at ", "at \u200b"),
        CHROMIUM.replace("https://api.test/x", "[https://api.test/x](https://api.test/x)"),
        f"main.js:12 12:01:33.123 {CHROMIUM}\n    at async load (https://app.test/main.js:12:5)",
    ],
)
def test_what_mail_chats_and_markdown_put_around_a_message_is_left_out(text: str) -> None:
    found = read_messages(text)
    assert [(one.engine, one.rule, one.url, one.origin) for one in found] == [
        ("chromium", "allow-origin-missing", "https://api.test/x", "https://app.test")
    ]


@pytest.mark.parametrize("url", ["https://a.test/x.pdf", "[https://a.test/x.pdf](https://a.test/x.pdf)."])
def test_firefoxs_url_is_read_without_a_full_stop_and_as_a_link(url: str) -> None:
    [found] = read_messages(
        f"Cross-Origin Request Blocked: The Same Origin Policy disallows reading {MISSING.format(url=url)}"
    )
    assert (found.rule, found.url, found.status) == ("allow-origin-missing", "https://a.test/x.pdf", 200)


def test_a_quoted_line_of_firefox_is_one_message() -> None:
    [found] = read_messages(f'"GET XHR https://api.test/x {FIREFOX}"')
    assert (found.rule, found.url) == ("allow-origin-missing", "https://api.test/x")
