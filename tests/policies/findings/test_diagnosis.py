"""Diagnosis: every blocked exchange in one finding, alike ones together, most important first, and bounded."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corsight.policies.console as console
import corsight.policies.findings as room
from corsight.policies.causes import CAUSES
from corsight.policies.findings import Diagnosis, advisor, diagnosis, groups
from corsight.policies.findings.text import lay_out, write_lines
from corsight.policies.rules import RULES
from corsight.policies.verdict import Outcome
from tests.examples import examples
from tests.policies.findings.traffic import (
    ALLOW,
    API,
    CREDENTIALS,
    JSON,
    PAGE,
    STAR,
    VARY,
    WEBKIT,
    WITH,
    Traffic,
    only,
    told,
)

OTHER = "https://other.example"


# -- one finding a cause ---------------------------------------------------------------------------------------------


def test_the_same_cause_on_fifty_exchanges_is_one_finding_with_fifty_places() -> None:
    traffic = Traffic()
    for number in range(50):
        traffic.get(f"/{number}", 200, STAR, asked=(WITH,))
    finding = only(traffic)
    assert (finding.code, finding.count, finding.certain, finding.more) == ("wildcard-with-credentials", 50, 50, 0)
    assert len(finding.places) == 50
    assert {place.count for place in finding.places} == {1}
    assert len(finding.exchanges) == groups.EXCHANGES
    assert "and 45 more endpoints with the same cause" in told(finding)


@pytest.mark.parametrize(("asked", "warned"), [((), "read the response"), ((WITH,), "the user's cookies")])
def test_a_fix_that_allows_credentials_warns_of_the_users_cookies(
    asked: tuple[tuple[str, str], ...], warned: str
) -> None:
    """Whichever rule blocked first: the lines of the fix count."""
    traffic = Traffic()
    traffic.get("/a", 200, asked=asked)
    finding = only(traffic)
    assert finding.code == "allow-origin-missing"
    assert ("Access-Control-Allow-Credentials: true" in finding.mismatches[0].fix) is bool(asked)
    assert warned in finding.care[0]


def test_the_same_place_again_is_counted() -> None:
    traffic = Traffic()
    for _ in range(3):
        traffic.get("/a?token=s3cret", 200, STAR, asked=(WITH,))
    finding = only(traffic)
    assert [(place.method, place.url, place.origin, place.count) for place in finding.places] == [
        ("GET", f"{API}/a", PAGE, 3)
    ]
    assert "s3cret" not in told(finding)


def test_places_and_groups_are_bounded_and_counts_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "PLACES", 4)
    monkeypatch.setattr(diagnosis, "GROUPS", 2)
    traffic = Traffic()
    for number in range(10):
        traffic.get(f"/{number}", 200, JSON)
        traffic.get(f"/{number}", 200, ("Access-Control-Allow-Origin", f"https://o{number}.example"))
    found = traffic.findings()
    assert sum(finding.count for finding in found) == 20
    assert all(len(finding.places) <= groups.NAMED_PLACES for finding in found)
    assert "at least" in told(found[0])


def test_certain_comes_first_then_the_most_frequent_then_advice() -> None:
    traffic = Traffic()
    traffic.get("/total", 200, ALLOW, VARY, ("X-Total-Count", "1"))
    traffic.get("/a", 200, ("Access-Control-Allow-Origin", f"{PAGE}/"))
    for number in range(2):
        traffic.get(f"/b{number}", 200, STAR, asked=(WITH,))
    traffic.get("/left", None, error="Client disconnected.", proxy_status=None)
    assert [(finding.kind, finding.code) for finding in traffic.findings()] == [
        ("blocked", "wildcard-with-credentials"),
        ("blocked", "origin-not-exact"),
        ("failed", "request-given-up"),
        ("advice", "headers-asked-in-vain"),
    ]


def test_two_servers_are_two_findings() -> None:
    traffic = Traffic()
    traffic.send("GET", "https://a.example/", 200, JSON)
    traffic.send("GET", "https://b.example/", 200, JSON)
    assert traffic.codes() == ["allow-origin-missing", "allow-origin-missing"]


def test_nothing_seen_is_nothing_found() -> None:
    assert Diagnosis().list_findings() == []
    assert write_lines([]) == []


def test_what_is_allowed_is_no_finding() -> None:
    traffic = Traffic()
    traffic.passed(3)
    traffic.get("/star", 200, STAR)
    traffic.send("GET", f"{PAGE}/", 200, ALLOW, site="same-origin")
    assert traffic.findings() == []


statuses = st.sampled_from([200, 204, 301, 304, 400, 401, 403, 404, 405, 500, 502])
values = st.sampled_from(
    ["*", "null", "", PAGE, f"{PAGE}/", OTHER, f"{PAGE}, {OTHER}", "shop.example", "\x1b[31m", "ü"]
)
names = st.sampled_from(
    [
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Orgin",
        "Access-Control-Allow-Credentials",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
        "Access-Control-Expose-Headers",
        "Access-Control-Max-Age",
        "Location",
        "Set-Cookie",
        "Vary",
        "Age",
        "Server",
        "ETag",
    ]
)
replies = st.lists(
    st.tuples(names, values | st.sampled_from(["true", "PUT", "x-a", "/login", "nginx", "a=b"])), max_size=6
)


@examples(0.6)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GET", "PUT", "patch", "?"]), statuses, replies, st.sampled_from([PAGE, OTHER, "null"])
        ),
        max_size=8,
    )
)
def test_every_blocked_exchange_is_in_one_finding_whatever_peers_send(
    exchanges: list[tuple[str, int, list[tuple[str, str]], str]],
) -> None:
    traffic = Traffic()
    for number, (method, status, answered, origin) in enumerate(exchanges):
        if method == "?":
            traffic.preflight("PUT", f"/{number % 3}", status, *answered, names="x-a", origin=origin)
        else:
            traffic.send(method, f"{API}/{number % 3}", status, *answered, origin=origin)
    found = traffic.findings()
    blocked = [name for name, judged in traffic.last.items() if judged.verdict.outcome is Outcome.BLOCKED]
    told_of = [name for finding in found if finding.kind == "blocked" for name in finding.exchanges]
    assert sorted(told_of) == sorted(blocked)
    assert sum(finding.count for finding in found if finding.kind == "blocked") == len(blocked)
    assert all(finding.code in CAUSES or finding.code in RULES for finding in found)
    assert all(line.isprintable() for line in write_lines(found))


# -- what is said ----------------------------------------------------------------------------------------------------


def test_a_plain_finding_has_the_codes_of_its_rule() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, JSON)
    traffic.get("/b", 200, JSON)
    finding = only(traffic)
    assert finding.code == "allow-origin-missing"
    assert finding.rules == ("allow-origin-missing",)
    assert finding.console[0].error == "MissingAllowOriginHeader"
    assert finding.mismatches[0].fix == (f"Access-Control-Allow-Origin: {PAGE}", "Vary: Origin")
    assert "CORS seems not to be set up there" in finding.evidence[0]
    assert "send the request from your own server" in finding.action


def test_plain_lines_are_no_longer_than_the_width() -> None:
    traffic = Traffic()
    traffic.passed(2)
    traffic.get("/orders", 500, JSON)
    for width in (60, 80, 120):
        said = write_lines(traffic.findings(), width)
        assert max(map(len, said)) <= max(width, 72)
        assert all(line == line.rstrip() for line in said)


def test_what_peers_send_is_made_fit_to_be_shown_everywhere() -> None:
    traffic = Traffic()
    odd = "\x1b[2J\u0007x"
    traffic.get("/a?api_key=s3cret", 200, ("Access-Control-Allow-Origin", odd), ("Server", odd))
    traffic.preflight("PUT", "/b", 302, ("Location", f"https://u:p@b.example/{odd}?code=s3cret"))
    found = traffic.findings()
    texts = [
        text
        for finding in found
        for text in (
            finding.title,
            finding.cause,
            finding.action,
            *finding.evidence,
            *(row.text for block in lay_out(finding) for row in block),
        )
    ]
    assert all(text.replace("\n", "").isprintable() for text in texts)
    assert not any("s3cret" in text or "u:p@" in text for text in texts)


def test_a_likely_cause_of_a_certain_block_says_so() -> None:
    traffic = Traffic()
    traffic.get("/a", 500, JSON)
    assert "that this is the cause is likely" in told(only(traffic))


# -- families, and what their order decides --------------------------------------------------------------------------


def texts_in_the_source() -> set[str]:
    """Every string that is written out beside the catalogue, where causes are found and where messages are read."""
    rooms = Path(room.__file__).parent, Path(console.__file__).parent
    paths = [path for one in rooms for path in one.rglob("*.py")]
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_the_catalogue_holds_what_is_found_and_names_it_apart_from_the_rules() -> None:
    assert set(CAUSES) <= texts_in_the_source()
    assert not set(CAUSES) & set(RULES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in CAUSES)


def test_every_cause_that_is_named_is_in_the_catalogue() -> None:
    paths = list(Path(room.__file__).parent.rglob("*.py"))
    calls = [
        node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    made = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Cause" and call.args]
    codes = {one.value for one in made if isinstance(one, ast.Constant)}
    assert len(codes) > 40
    assert codes <= set(CAUSES) | set(RULES)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (("Referer", "https://embed.example/frame"), "origin-null-sandbox"),
        (("Accept-Language", "en"), "origin-null-file"),
    ],
)
def test_where_a_null_origin_comes_from(headers: tuple[str, str], code: str) -> None:
    traffic = Traffic()
    traffic.get("/a", 200, ALLOW, origin="null", asked=(headers,))
    assert only(traffic).code == code


def test_a_null_origin_by_a_redirect() -> None:
    traffic = Traffic()
    traffic.get("/a", 302, ALLOW, ("Location", "https://cdn.example/a"))
    traffic.send("GET", "https://cdn.example/a", 200, ALLOW, origin="null", after=0.01)
    finding = only(traffic)
    assert finding.code == "origin-null-by-redirect"
    assert "api.example -> cdn.example" in finding.evidence[0]


def test_an_engine_that_is_alone() -> None:
    traffic = Traffic(WEBKIT)
    traffic.get("/a", 302, ALLOW, VARY, ("Location", "http://localhost:3000/a"))
    finding = only(traffic)
    assert finding.code == "blocked-in-one-engine"
    assert finding.title.startswith("Only WebKit blocks this")
    assert "Chromium and Firefox would allow it" in finding.cause
    assert {other.outcome for other in finding.others} == {Outcome.ALLOWED}


def test_what_passes_here_and_not_in_other_browsers_is_advice() -> None:
    traffic = Traffic()
    traffic.get("/a", 302, ALLOW, VARY, ("Location", "http://localhost:3000/a"))
    traffic.send("GET", "http://localhost:3000/a", 200, ("Access-Control-Allow-Origin", "*"), origin="null", after=0.0)
    [finding, _] = [finding for finding in traffic.findings() if finding.kind == "advice"]
    assert finding.code == "blocked-in-other-engines"
    assert "WebKit" in finding.title


def test_an_https_request_led_to_http_is_not_cors() -> None:
    traffic = Traffic()
    traffic.get("/items", 301, ALLOW, ("Location", "http://api.example/items/"))
    finding = only(traffic)
    assert finding.code == "redirect-to-http"
    assert "X-Forwarded-Proto" in finding.action
    assert any("slash" in line for line in finding.evidence)


def test_credentials_have_to_be_true_in_lower_case() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, ALLOW, VARY, ("Access-Control-Allow-Credentials", "True"), asked=(WITH,))
    finding = only(traffic)
    assert (finding.code, finding.title) == (
        "credentials-not-exact",
        "Access-Control-Allow-Credentials has to be true, not True",
    )


def test_credentials_that_nobody_speaks_of_are_the_plain_rules() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, ALLOW, VARY, asked=(WITH,))
    finding = only(traffic)
    assert finding.code == "allow-credentials-not-true"
    assert finding.title == RULES["allow-credentials-not-true"].title


# -- advice that takes several exchanges -----------------------------------------------------------------------------


def test_an_arbitrary_origin_reflected_with_credentials() -> None:
    traffic = Traffic()
    for origin in (PAGE, OTHER, "https://third.test"):
        allow = ("Access-Control-Allow-Origin", origin)
        traffic.get("/me", 200, allow, VARY, CREDENTIALS, origin=origin)
    finding = next(one for one in traffic.findings() if one.code == "reflected-origin-with-credentials")
    assert finding.certainty == "likely"
    assert "every origin" in finding.title
    assert OTHER in finding.evidence[0]


@pytest.mark.parametrize("origins", [(PAGE,), (PAGE, "https://www.shop.example"), (PAGE, "http://localhost:3000")])
def test_origins_of_one_site_and_localhost_are_an_allow_list(origins: tuple[str, ...]) -> None:
    traffic = Traffic()
    for origin in origins:
        traffic.get("/me", 200, ("Access-Control-Allow-Origin", origin), VARY, CREDENTIALS, origin=origin)
    assert "reflected-origin-with-credentials" not in traffic.codes("advice")


def storm(times: int, *more: tuple[str, str]) -> Traffic:
    traffic = Traffic()
    for _ in range(times):
        traffic.preflight("PUT", "/cart", 204, ALLOW, VARY, ("Access-Control-Allow-Methods", "PUT"), *more)
        traffic.send("PUT", f"{API}/cart", 200, ALLOW, VARY, after=0.01)
        traffic.now += 10
    return traffic


def test_a_storm_of_preflights() -> None:
    finding = next(one for one in storm(8).findings() if one.code == "preflight-storm")
    assert finding.count == 8
    assert any("sent 8 times" in line for line in finding.evidence)
    assert finding.mismatches[0].fix == ("Access-Control-Max-Age: 600",)


def test_no_storm_where_they_are_few_or_remembered() -> None:
    assert "preflight-storm" not in storm(3).codes("advice")
    assert "preflight-storm" not in storm(8, ("Access-Control-Max-Age", "60")).codes("advice")


def test_advice_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advisor, "GROUPS", 2)
    traffic = Traffic()
    for number in range(5):
        traffic.send("GET", f"https://a{number}.example/", 200, ALLOW, VARY, ("X-Total-Count", "1"))
    assert len(traffic.codes("advice")) == 2


def test_the_catalogues_advice_is_told_with_what_was_seen() -> None:
    traffic = Traffic()
    traffic.get("/a", 200, ALLOW, VARY, ("Access-Control-Expose-Headers", "a b; c"))
    finding = only(traffic, "advice")
    assert finding.code == "expose-headers-invalid"
    assert finding.mismatches[0].actual == ("Access-Control-Expose-Headers: a b; c",)


def test_advice_on_a_redirect_and_on_a_preflight_can_be_told() -> None:
    traffic = Traffic()
    null = ("Access-Control-Allow-Origin", "null")
    traffic.get("/a", 302, null, VARY, ("Location", "/b"), origin="null")
    traffic.get("/b", 200, null, VARY, origin="null", after=0.0)
    traffic.preflight("PUT", "/c", 204, null, VARY, ("Access-Control-Allow-Methods", "PUT"), origin="null")
    assert "allow-origin-null" in traffic.codes("advice")
    advice = [finding for finding in traffic.findings() if finding.kind == "advice"]
    assert "never sent" not in " ".join(write_lines(advice))


def test_cookies_of_a_request_without_credentials_are_thrown_away() -> None:
    traffic = Traffic()
    traffic.get("/login", 200, ALLOW, VARY, CREDENTIALS, ("Set-Cookie", "sid=1; SameSite=None; Secure"))
    finding = only(traffic, "advice")
    assert finding.code == "cookie-ignored"
    assert "credentials: 'include'" in finding.action


@pytest.mark.parametrize(
    "cookie", ["__cf_bm=1; SameSite=Lax", "sid=; Max-Age=0", "sid=1; SameSite=None; Secure", "odd"]
)
def test_cookies_that_nobody_misses(cookie: str) -> None:
    traffic = Traffic()
    traffic.get("/login", 200, ALLOW, VARY, CREDENTIALS, ("Set-Cookie", cookie), asked=(WITH,))
    assert traffic.codes("advice") == []
