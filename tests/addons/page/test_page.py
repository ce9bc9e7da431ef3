"""The page in a mitmproxy: its two doors, what it shows, what it changes, and what it costs while nobody looks."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import exceptions, http
from mitmproxy.proxy.layers.http import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)

from corsight.addons.commands import Commands
from corsight.addons.page.app import make_app
from corsight.addons.page.book import EXPORTS, RECORDING, Book
from corsight.addons.page.hosting import MAGIC, OWN
from corsight.addons.page.stopped import KEPT, Stopped
from corsight.policies.report.names import FORMATS
from corsight.policies.server.export import TARGETS
from corsight.scripts.processes.machine import free_port
from tests.addons.mitm import OURS, PAGE, Running, cors, flow, mitmproxy, preflight
from tests.addons.page.asking import Reply, ask

SECRET = "hunter2"
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
def running() -> Iterator[Running]:
    with mitmproxy(cors_page=free_port()) as started:
        yield started


def asking(running: Running, *flows: http.HTTPFlow) -> Callable[..., Reply]:
    """Lets flows pass, and returns a function that asks the page's app, without its gate."""
    page = running.addon.page
    assert page._feed is not None
    running.judge(*flows)
    app = make_app(page._feed, Book(page._stories, page._known, page._drifting))
    return lambda path, **more: ask(app, path=path, **more)


def post(asked: Callable[..., Reply], path: str, body: Any) -> Reply:
    return asked(path, method="POST", body=json.dumps(body).encode())


def events(body: bytes) -> list[tuple[str, Any]]:
    """The events of a stream, by name."""
    blocks = [block.split("\n") for block in body.decode().split("\n\n") if block.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def first_look(asked: Callable[..., Reply]) -> list[tuple[str, Any]]:
    """What a new window is told at once; through the proxy, where an answer ends."""
    reply = asked("/events", query="window=" + "0" * 16, extensions={"mitmproxy.master": None})
    assert reply.values("content-type") == ["text/event-stream; charset=utf-8"]
    return events(reply.body)


# -- the option -------------------------------------------------------------------------------------------------------


def test_there_is_no_page_unless_it_is_wanted() -> None:
    with mitmproxy() as started:
        page = started.addon.page
        assert not page.on
        assert page.links() == []
        started.judge(cors())
        assert list(started.addon._stories.in_time()) == []
        assert not page.hosting.claim(live(flow(url=f"http://{MAGIC}/", answered=None)))


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_one_line(port: int) -> None:
    with mitmproxy() as started, pytest.raises(exceptions.OptionsError, match=r"^cors_page: .*is not a port.*\.$"):
        started.set(cors_page=port)


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, mitmproxy() as started:
        port = taken.getsockname()[1]
        with pytest.raises(exceptions.OptionsError, match=rf"^cors_page: port {port} is not available .*\.$"):
            started.set(cors_page=port)
        assert not started.addon.page.on


def test_it_listens_on_loopback_only_and_no_more_once_it_is_off(running: Running) -> None:
    page = running.addon.page
    assert page._socket is not None
    assert page._socket.getsockname()[0] == "127.0.0.1"
    links = page.links()
    assert re.fullmatch(r"http://corsight\.localhost:\d+/\?token=[\w-]{43}", links[0])
    assert re.fullmatch(r"http://cors\.sight/\?token=[\w-]{43}", links[1])
    running.set(cors_page=0)
    assert (page.links(), page.on, page._socket) == ([], False, None)


# -- the list ---------------------------------------------------------------------------------------------------------


def test_a_window_is_told_all_that_is_remembered(running: Running) -> None:
    blocked, fine = cors(), cors(answered=OURS)
    told = first_look(asking(running, blocked, fine))
    assert [name for name, _ in told] == ["start", "rows", "state"]
    rows = told[1][1]
    assert [row["id"] for row in rows] == [blocked.id, fine.id]
    assert [row["outcome"] for row in rows] == ["blocked", "allowed"]
    assert rows[0]["cause"] == "allow-origin-missing"
    assert rows[0]["title"] == "No Access-Control-Allow-Origin header"
    assert rows[0]["origin"] == PAGE
    assert told[2][1] == {"patch": "off", "scope": "", "origins": [], "engine": "auto"}


def test_the_exchanges_of_a_fetch_share_its_id_and_open_ones_are_told_as_that(running: Running) -> None:
    asked, then = preflight(), cors(method="PUT", answered=OURS)
    [rows] = [rows for name, rows in first_look(asking(running, asked)) if name == "rows"]
    assert (rows[0]["outcome"], rows[0]["open"]) == ("allowed", True)
    running.judge(then)
    assert running.addon._stories.judged(then.id).entry.fetch.id == rows[0]["fetch"]


def test_secrets_and_control_characters_do_not_reach_it(running: Running) -> None:
    made = cors(url=f"https://api.test/v1?access_token={SECRET}\x1b[31m", answered=[("X-A", SECRET)])
    made.request.headers["Cookie"] = f"session={SECRET}"
    asked = asking(running, made)
    for path in (f"/story/{made.id}", *(f"/export/{name}" for name in (RECORDING, *EXPORTS))):
        reply = asked(path)
        assert reply.status == 200
        assert SECRET.encode() not in reply.body
        assert b"\x1b" not in reply.body
        assert path.startswith("/story") or reply.values("content-type") == ["application/octet-stream"]
    assert SECRET not in str(first_look(asked))


def test_data_is_ascii_and_never_html(running: Running) -> None:
    asked = asking(running, cors(url=f"https://api.test/{MARKUP}", origin=f"https://{MARKUP}"))
    [id] = [judged.entry.exchange.id for judged in running.addon._stories.in_time()]
    reply = asked(f"/story/{id}")
    assert reply.values("content-type") == ["application/json"]
    assert reply.body.isascii()


# -- one fetch --------------------------------------------------------------------------------------------------------


def test_the_story_is_structured_with_its_picture_steps_evidence_and_every_engine(running: Running) -> None:
    made = cors(("Cookie", "s=1"), answered=[("Access-Control-Allow-Origin", "*")])
    story = json.loads(asking(running, made)(f"/story/{made.id}").body)
    end = story["parts"][story["end"]]
    assert end["outcome"] == "blocked"
    assert "browser" in story["picture"][0]
    assert [step["outcome"] for step in end["steps"]].count("failed") == 1
    assert end["evidence"] or story["evidence"]
    assert end["remedy"]["edits"]
    engines = {one["engine"]: one for one in story["engines"][story["end"]]}
    assert {"chromium", "firefox", "webkit"} <= set(engines)
    assert {one["outcome"] for one in engines.values()} == {"blocked"}
    assert [name for name, one in engines.items() if one["decided"]] == ["chromium"]
    assert engines["firefox"]["message"].startswith("Cross-Origin Request Blocked")


@pytest.mark.parametrize("target", TARGETS)
def test_the_fix_is_there_for_every_server_or_said_why_not(running: Running, target: str) -> None:
    made = cors()
    said = json.loads(asking(running, made)(f"/fix/{made.id}", query=f"for={target}").body)
    assert said.get("problem") or "api" in said["text"]


@pytest.mark.parametrize("path", ["/story/none", "/fix/none", "/export/passwords", "/static/app.py", "/nothing"])
def test_what_is_not_there_is_said_in_a_line(running: Running, path: str) -> None:
    reply = asking(running)(path, query="for=nginx")
    assert reply.status == 404
    assert reply.body.count(b"\n") == 0


def test_drift_from_the_policy_is_told(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    policy = "{name: api, match: {hosts: [api.test]}, origins: [https://other.example], methods: [GET]}"
    file.write_text(f"version: 1\npolicies: [{policy}]\n")
    running.set(cors_policy=[str(file)])
    made = cors(answered=OURS)
    asked = asking(running, made)
    story = json.loads(asked(f"/story/{made.id}").body)
    assert [one["kind"] for one in story["drift"]] == ["looser"]
    [rows] = [rows for name, rows in first_look(asked) if name == "rows"]
    assert rows[0]["drift"] == 1


# -- what the browser stopped -----------------------------------------------------------------------------------------


def stopped(**more: Any) -> dict[str, Any]:
    """What the browser says of a request that it stopped."""
    said = {"id": "browser-1", "started": 1.0, "method": "GET", "url": "http://api.test/v1", "outcome": "stopped"}
    return said | {"cause": "mixed-content", "message": "Mixed content"} | more


def told_of(running: Running, *said: dict[str, Any]) -> Callable[..., Reply]:
    """Lets the page be told of these, and returns a function that asks its app."""
    page = running.addon.page
    for one in said:
        running.addon.page.note(one)
    assert page._feed is not None
    assert page._book is not None
    app = make_app(page._feed, page._book)
    return lambda path, **more: ask(app, path=path, **more)


def test_what_the_browser_stopped_is_a_row_of_its_own_kind_with_cause_and_fix(running: Running) -> None:
    fix = "Add https://api.test to connect-src"
    asked = told_of(running, stopped(), stopped(id="browser-2", cause="csp-forbids-it", fix=fix))
    [rows] = [rows for name, rows in first_look(asked) if name == "rows"]
    assert [(row["outcome"], row["cause"], row["host"]) for row in rows] == [
        ("stopped", "mixed-content", "api.test"),
        ("stopped", "csp-forbids-it", "api.test"),
    ]
    mixed, csp = (json.loads(asked(f"/story/{row['id']}").body) for row in rows)
    assert mixed["why"]
    assert mixed["advice"]
    assert mixed["fix"] == ""
    assert (csp["actor"], csp["fix"]) == ("the page", fix)
    assert "Mixed content [mixed-content]" in asked("/export/findings.txt").body.decode()


def test_a_word_that_the_catalogue_does_not_know_is_told_as_the_browser_says_it(running: Running) -> None:
    asked = told_of(running, stopped(cause="subresource-filter", message="The browser's content filter stopped it"))
    story = json.loads(asked("/story/browser-1").body)
    assert (story["why"], story["advice"], story["actor"]) == ("", "", None)
    assert story["message"] == "The browser's content filter stopped it"


def test_of_what_the_browser_stopped_no_secret_is_told_and_no_more_is_kept_than_fits(running: Running) -> None:
    many = [stopped(id=f"browser-{number}", url=f"http://api.test/?token={SECRET}\x1b") for number in range(KEPT + 5)]
    asked = told_of(running, *many)
    rows = [row for name, rows in first_look(asked) if name == "rows" for row in rows]
    assert len(rows) == KEPT
    assert SECRET not in str(rows)
    for path in (f"/story/browser-{KEPT}", "/export/findings.txt"):
        assert SECRET.encode() not in asked(path).body
        assert b"\x1b" not in asked(path).body


@pytest.mark.parametrize("field", ["id", "method", "url", "cause", "message", "fix"])
def test_what_the_browser_stopped_is_bounded_in_bytes_in_every_field(running: Running, field: str) -> None:
    book = running.addon.page._book
    assert book is not None
    for number in range(100):
        book.note(Stopped(**stopped(**{"id": f"browser-{number}", field: f"{number:>20000}"})))
    assert 10 < len(book.list_ids()) < 30


def test_without_a_page_nobody_is_told() -> None:
    with mitmproxy() as started:
        started.addon.page.note(stopped())
        assert started.addon.page._book is None


# -- saving -----------------------------------------------------------------------------------------------------------


def test_the_page_links_to_every_file_that_can_be_saved_and_to_no_other(running: Running) -> None:
    linked = re.findall(r'href="/export/([^"]+)" download', asking(running)("/").body.decode())
    assert sorted(linked) == sorted([RECORDING, *EXPORTS])
    assert sorted(EXPORTS.values()) == sorted(FORMATS)


@pytest.mark.parametrize("name", EXPORTS)
def test_every_format_is_what_the_command_writes(running: Running, name: str, tmp_path: Path) -> None:
    asked = asking(running, cors(), cors(answered=OURS))
    reply = asked(f"/export/{name}")
    assert reply.status == 200
    assert reply.values("content-disposition") == [f'attachment; filename="corsight-{name}"']
    file = tmp_path / "report"
    commands = Commands(running.addon._stories, lambda flows: None)
    commands.report(f"{EXPORTS[name]}={file}")
    assert reply.body.decode() == file.read_text("utf-8")


# -- patching ---------------------------------------------------------------------------------------------------------


def test_one_endpoint_is_patched_for_the_pages_that_are_named(running: Running) -> None:
    made = cors(url="https://api.test:8443/v1/cart?id=1")
    asked = asking(running, made)
    opening = json.loads(asked(f"/story/{made.id}").body)["opening"]
    assert (opening["endpoint"], opening["origin"], opening["problem"]) == ("https://api.test:8443/v1/cart", PAGE, None)
    reply = post(asked, "/patch", {"id": made.id, "origins": [PAGE]})
    assert reply.status == 200, reply.body
    assert json.loads(reply.body)["patch"] == "blocked"
    again, elsewhere = live(cors(url=made.request.url)), live(cors(url="https://api.test:8443/v1/cart/2"))
    stranger = live(cors(url=made.request.url, origin="https://evil.test"))
    running.judge(again, elsewhere, stranger)
    assert again.response.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Access-Control-Allow-Origin" not in elsewhere.response.headers
    assert "Access-Control-Allow-Origin" not in stranger.response.headers
    assert post(asked, "/patch/off", {}).status == 200
    off = live(cors(url=made.request.url))
    running.judge(off)
    assert "Access-Control-Allow-Origin" not in off.response.headers


def test_a_second_endpoint_is_patched_beside_the_first(running: Running) -> None:
    one, other = cors(url="https://api.test/one"), cors(url="https://api.test/other")
    asked = asking(running, one, other)
    for made in (one, other, one):
        assert post(asked, "/patch", {"id": made.id, "origins": [PAGE]}).status == 200
    again = [live(cors(url=f"https://api.test/{name}")) for name in ("one", "other", "third")]
    running.judge(*again)
    assert ["Access-Control-Allow-Origin" in made.response.headers for made in again] == [True, True, False]


@pytest.mark.parametrize(
    "url",
    ["https://a.test/x(y)[z]{1}+*.?q", "http://[::1]:8080/a|b", "https://a.test/$&,;=@!~/%2F", "https://a.test/a.b"],
)
def test_the_scope_is_this_endpoint_and_no_other(running: Running, url: str) -> None:
    made = cors(url=url)
    asked = asking(running, made)
    opening = json.loads(asked(f"/story/{made.id}").body)["opening"]
    if opening["problem"] is not None:
        assert post(asked, "/patch", {"id": made.id, "origins": [PAGE]}).status == 400
        return
    assert post(asked, "/patch", {"id": made.id, "origins": [PAGE]}).status == 200
    plain = url.partition("?")[0]
    again = [
        live(cors(url=one))
        for one in (plain, f"{plain}?other", f"{plain}x", f"{plain[:-1]}", f"https://evil.test/?{plain}")
    ]
    running.judge(*again)
    assert ["Access-Control-Allow-Origin" in made.response.headers for made in again] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        ([], "1 to 16 origins"),
        (["not an origin/"], "is not an origin"),
        ([1], "origins"),
        ("https://a.test", "origins"),
    ],
)
def test_what_cannot_be_patched_is_said_in_a_line(running: Running, origins: Any, said: str) -> None:
    made = cors()
    reply = post(asking(running, made), "/patch", {"id": made.id, "origins": origins})
    assert reply.status == 400
    assert said in reply.body.decode()
    assert running.addon._patching.permission.mode == "off"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"id": {}}', b"1" * 5000, b"[" * 60_000])
def test_a_body_that_is_none_changes_nothing(running: Running, body: bytes) -> None:
    asked = asking(running, cors())
    assert asked("/patch", method="POST", body=body).status in (400, 404)
    assert running.addon._patching.permission.mode == "off"


def live(made: http.HTTPFlow) -> http.HTTPFlow:
    made.live = True
    return made


# -- while nobody looks -----------------------------------------------------------------------------------------------


def test_nothing_is_written_while_nobody_looks(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    row = Book.row
    monkeypatch.setattr(Book, "row", lambda book, id: (made.append(id), row(book, id))[1])
    asked = asking(running, *(cors() for _ in range(5)))
    assert made == []
    first_look(asked)
    assert len(made) == 5


def test_the_page_itself_is_nobodys_to_see(running: Running) -> None:
    """Neither judged nor shown to an addon that follows; what only looks like it is."""
    page = running.addon.page
    page.hosting.gate = page._gates[1][1]
    own, other = live(cors(url=f"http://{MAGIC}/", answered=None)), cors(url=f"http://{MAGIC}.test/")
    for hook in (HttpRequestHeadersHook, HttpResponseHeadersHook, HttpResponseHook, HttpErrorHook):
        with pytest.raises(exceptions.AddonHalt):
            running.hooks(hook(own))
        assert hasattr(running.addon, "addons")
    running.judge(other)
    # While none of its own is under way, mitmproxy does not even ask it.
    assert not hasattr(running.addon, "addons")
    assert [judged.entry.exchange.id for judged in running.addon._stories.in_time()] == [other.id]
    running.set(cors_page=0)
    running.hooks(HttpRequestHeadersHook(own))


@pytest.mark.parametrize("made", [cors(url=f"http://{MAGIC}/"), cors(url=f"http://{MAGIC}:80/", answered=None)])
def test_a_recording_of_the_page_is_no_page(running: Running, made: http.HTTPFlow) -> None:
    running.addon.page.hosting.gate = running.addon.page._gates[1][1]
    running.judge(made)
    assert OWN not in made.metadata
