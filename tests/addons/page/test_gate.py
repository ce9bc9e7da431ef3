"""The gate: who passes, and what every answer says to the browser."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from corsight.addons.page.gate import HEADERS, LARGEST, Gate
from tests.addons.page.asking import HOST, Reply, ask

OWN = ("origin", f"http://{HOST}")
SAME = ("sec-fetch-site", "same-origin")
JSON = ("content-type", "application/json")


async def inside(scope: Any, receive: Any, send: Any) -> None:
    """What the gate is before: it says how much it was sent."""
    event = await receive()
    taken = b"gone" if event["type"] == "http.disconnect" else b"inside %d" % len(event["body"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": taken})


@pytest.fixture
def gate() -> Gate:
    return Gate(inside, (HOST, "127.0.0.1:8090"), "corsight-8090")


def log_in(gate: Gate, *headers: tuple[str, str], token: str | None = None) -> Reply:
    return ask(gate, *headers, query=f"token={gate.token if token is None else token}")


def cookie(gate: Gate) -> tuple[str, str]:
    [given] = log_in(gate).values("set-cookie")
    return "cookie", given.partition(";")[0]


def test_the_link_gives_a_cookie_that_only_this_site_sends_and_no_script_reads(gate: Gate) -> None:
    reply = log_in(gate)
    assert (reply.status, reply.values("location"), reply.body) == (303, ["/"], b"")
    [given] = reply.values("set-cookie")
    value, *attributes = given.split("; ")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]
    assert value.startswith("corsight-8090=")
    assert gate.token not in value


def test_the_cookie_opens_the_page(gate: Gate) -> None:
    assert ask(gate, cookie(gate)).body == b"inside 0"
    name, value = cookie(gate)
    assert ask(gate, (name, f"theirs=1; {value}; other=2"), SAME).status == 200
    assert ask(gate, (name, "theirs=1"), (name, value), ("sec-fetch-site", "none")).status == 200


@pytest.mark.parametrize(
    "sent", ["", "corsight-8090", "corsight-8090=", "corsight-8090=x", "Corsight-8090={}", "other={}"]
)
def test_without_it_nothing_does(gate: Gate, sent: str) -> None:
    secret = cookie(gate)[1].partition("=")[2]
    for path in ("/", "/static/page.js", "/events", "/story/1", "/export/records.jsonl"):
        reply = ask(gate, ("cookie", sent.format(secret)), path=path)
        assert reply.status == 401
        assert b"inside" not in reply.body


def test_two_gates_have_tokens_and_cookies_of_their_own(gate: Gate) -> None:
    other = Gate(inside, (HOST,), "corsight-8090")
    assert log_in(gate, token=other.token).status == 403
    assert ask(gate, cookie(other)).status == 401


# -- who asks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.test", "evil.test:8090", "localhost:8090", "corsight.localhost", "corsight.localhost:8091",
     "corsight.localhost.:8090", "CORSIGHT.localhost:8090", "[::1]:8090", "localhost", "127.1:8090", "2130706433:8090",
     "0.0.0.0:8090", "127.0.0.1:8090 ", "127.0.0.1:08090", "x@127.0.0.1:8090", "127.0.0.1:8090,evil.test", "cors.sight",
     "corsight.localhost:8090.evil.test", "x.corsight.localhost:8090", "127.0.0.1", "127.0.0.1:80900"],
)  # fmt: skip
def test_a_name_that_was_made_to_lead_here_is_refused_with_the_cookie_too(gate: Gate, host: str | None) -> None:
    own = cookie(gate)
    assert ask(gate, own, SAME, host=host).status == 421
    assert ask(gate, host=host, query=f"token={gate.token}").status == 421


def test_two_hosts_are_none(gate: Gate) -> None:
    assert ask(gate, cookie(gate), ("host", HOST)).status == 421
    assert ask(gate, cookie(gate), ("host", "evil.test")).status == 421


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "same-origin, none", "x"])
def test_another_pages_request_is_refused_with_the_cookie_and_the_token_too(gate: Gate, site: str) -> None:
    assert ask(gate, cookie(gate), ("sec-fetch-site", site)).status == 403
    assert log_in(gate, ("sec-fetch-site", site)).status == 403


@pytest.mark.parametrize(
    "origin",
    ["null", "", "https://evil.test", f"https://{HOST}", "http://corsight.localhost", "http://127.0.0.1:8090",
     f"http://{HOST}/", f"HTTP://{HOST}"],
)  # fmt: skip
def test_another_origin_is_refused(gate: Gate, origin: str) -> None:
    own = cookie(gate)
    assert ask(gate, own, ("origin", origin)).status == 403
    assert ask(gate, own, OWN, ("origin", origin)).status == 403
    assert ask(gate, own, ("origin", origin), SAME, JSON, method="POST").status == 403
    assert ask(gate, own, OWN).status == 200


@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object"])
def test_no_frame_shows_it(gate: Gate, destination: str) -> None:
    assert ask(gate, cookie(gate), SAME, ("sec-fetch-dest", destination)).status == 403


def test_a_websocket_is_closed(gate: Gate) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(event: Any) -> None:
        sent.append(event)

    asyncio.run(gate({"type": "websocket", "headers": [], "path": "/"}, receive, send))
    assert [event["type"] for event in sent] == ["websocket.close"]


# -- what changes something -------------------------------------------------------------------------------------------

CHOICES: dict[str, list[list[tuple[str, str]]]] = {
    "cookie": [[], [("cookie", "corsight-8090=wrong")], [("cookie", "own")]],
    "origin": [[], [("origin", "null")], [("origin", "http://127.0.0.1:8090")], [OWN]],
    "site": [[], [("sec-fetch-site", "none")], [("sec-fetch-site", "same-site")], [SAME]],
    "type": [[], [("content-type", "text/plain")], [("content-type", "application/json; charset=utf-8")], [JSON]],
}


def test_only_the_page_itself_changes_something(gate: Gate) -> None:
    own, passed = cookie(gate), []
    for parts in itertools.product(*CHOICES.values()):
        sent = [own if field == ("cookie", "own") else field for part in parts for field in part]
        if ask(gate, *sent, method="POST", path="/patch").status == 200:
            passed.append(sent)
    assert passed == [[own, OWN, SAME, JSON]]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "post"])
def test_no_other_method_is_answered_and_no_preflight_passes(gate: Gate, method: str) -> None:
    reply = ask(gate, cookie(gate), OWN, SAME, JSON, ("access-control-request-method", "POST"), method=method)
    assert reply.status == 405
    assert not [name for name, _ in reply.headers if name.startswith("access-control-")]


def test_a_long_body_is_not_read(gate: Gate) -> None:
    sent = [cookie(gate), OWN, SAME, JSON]
    assert ask(gate, *sent, method="POST", body=b"x" * LARGEST).body == b"inside %d" % LARGEST
    assert ask(gate, *sent, method="POST", body=b"x" * (LARGEST + 1)).body == b"gone"


# -- guessing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["token=", "token=x", "token=%ff", "token={0}x", "token={0}&token={0}", "token={1}"])
def test_a_wrong_token_gives_nothing(gate: Gate, query: str) -> None:
    reply = ask(gate, query=query.format(gate.token, gate.token[:-1]))
    assert reply.status == 403
    assert not reply.values("set-cookie")


def test_the_token_is_long_and_each_one_is_another() -> None:
    tokens = {Gate(inside, (HOST,), "c").token for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 43


@pytest.mark.parametrize("site", ["cross-site", None])
def test_another_page_cannot_shut_its_owner_out(gate: Gate, site: str | None) -> None:
    """Over plain http browsers do not say that another page asks."""
    for number in range(1000):
        headers = [] if site is None else [("sec-fetch-site", site)]
        assert log_in(gate, *headers, token=f"guess{number}").status == 403
    assert log_in(gate).status == 303


# -- what every answer says -------------------------------------------------------------------------------------------


def test_every_answer_keeps_its_own_to_itself(gate: Gate) -> None:
    own = cookie(gate)
    replies = [
        ask(gate, own),
        ask(gate),
        ask(gate, host="evil.test"),
        ask(gate, own, ("origin", "https://evil.test")),
        ask(gate, own, method="PUT"),
        log_in(gate),
        log_in(gate, token="wrong"),
        ask(gate, own, method="POST"),
    ]
    assert sorted(reply.status for reply in replies) == [200, 303, 401, 403, 403, 403, 405, 421]
    assert [reply.status for reply in replies if not reply.values("connection")] == [200, 303]
    for reply in replies:
        for name, value in HEADERS:
            assert reply.values(name.decode()) == [value.decode()]
        assert not [name for name, _ in reply.headers if name.startswith("access-control-")]


def test_the_policy_lets_nothing_in_but_the_pages_own_files() -> None:
    policy = dict(HEADERS)[b"content-security-policy"].decode()
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == directives["frame-ancestors"] == directives["form-action"] == "'none'"
    assert directives["base-uri"] == directives["trusted-types"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
    assert "unsafe" not in policy
    headers = dict(HEADERS)
    assert headers[b"cross-origin-resource-policy"] == b"same-origin"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert headers[b"cache-control"] == b"no-store"
