"""One diagnosis everywhere: of every kind of blocked exchange, each view says the same cause, fix and actor."""

from __future__ import annotations

import contextlib
import html
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from mitmproxy import contentviews, http

from corsight.addons.adapter import exchange_of
from corsight.addons.page.book import Book
from corsight.policies.actor import name_actor
from corsight.policies.findings import Explanation, Known
from corsight.policies.session import Judged, Session
from corsight.policies.verdict import Outcome
from corsight.scripts import cli
from corsight.scripts.agents.seat import Seat
from tests.addons.interface import interface
from tests.addons.mitm import CROSS, OURS, PAGE, Pairs, cors, flow, lines, preflight, through_a_dump
from tests.scripts.agents.asking import ask, record

API = "https://api.test/v1"
HTML, JSON = ("Content-Type", "text/html"), ("Content-Type", "application/json")
NAMES = ("Access-Control-Request-Headers", "content-type")


@dataclass(frozen=True)
class Kind:
    """Flows of which the last one is blocked, and its cause."""

    code: str
    make: Callable[[], list[http.HTTPFlow]]


def one(code: str, *made: Any, **more: Any) -> Kind:
    return Kind(code, lambda: [cors(*made, **more)])


def options(code: str, status: int, *answered: tuple[str, str], asked: Pairs = (NAMES,), **more: Any) -> Kind:
    return Kind(code, lambda: [preflight(*asked, status=status, answered=answered, **more)])


def redirected() -> list[http.HTTPFlow]:
    """A request that was led to a login."""
    login = "https://accounts.idp.test/oauth2/authorize"
    first = cors(status=302, answered=[*OURS, ("Location", login)])
    # Two hops across origins: its Origin is opaque by now.
    then = flow(("Origin", "null"), *CROSS, url=login, answered=[HTML])
    return [first, then]


KINDS = [
    one("allow-origin-missing", answered=[JSON]),
    one("framework-error-without-cors", status=500, answered=[HTML]),
    one("gateway-error-without-cors", status=504, answered=[HTML, ("Server", "awselb/2.0")]),
    one("wildcard-with-credentials", ("Cookie", "a=b"), answered=[("Access-Control-Allow-Origin", "*")]),
    one("origin-not-exact", answered=[("Access-Control-Allow-Origin", f"{PAGE}/")]),
    one("origin-differs-slightly", answered=[("Access-Control-Allow-Origin", PAGE.replace("https", "http"))]),
    one("two-layers-answer", answered=[*OURS, *OURS]),
    one("tunnel-warning-page", answered=[HTML, ("Ngrok-Error-Code", "ERR_NGROK_6024")]),
    options("preflight-needs-authentication", 401, ("WWW-Authenticate", "Bearer")),
    options("preflight-not-routed", 405, ("Allow", "GET, POST")),
    options("preflight-failed", 502, HTML),
    options("storage-rule-does-not-match", 403, ("Server", "AmazonS3"), ("x-amz-request-id", "1")),
    options("preflight-redirected-to-slash", 301, ("Location", f"{API}/")),
    options(
        "instrumentation-header-not-allowed",
        204,
        *OURS,
        ("Access-Control-Allow-Methods", "PUT"),
        asked=[("Access-Control-Request-Headers", "sentry-trace")],
    ),
    options("lower-case-method", 204, *OURS, ("Access-Control-Allow-Methods", "PATCH"), asked=(), wants="patch"),
    Kind("redirect-to-login", redirected),
    Kind(
        "corp-same-origin",
        lambda: [
            flow(
                *[("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "image")],
                answered=[("Cross-Origin-Resource-Policy", "same-origin"), ("Content-Type", "image/png")],
            )
        ],
    ),
]
ALL = pytest.mark.parametrize("kind", KINDS, ids=[kind.code for kind in KINDS])


def diagnose(flows: list[http.HTTPFlow]) -> tuple[Judged, Explanation]:
    """What is wrong with the last flow, by all of them."""
    session, known, last = Session(), Known(), dict[str, Judged]()
    for made in flows:
        for judged in (*session.begin(exchange_of(made)), *session.observe(exchange_of(made))):
            known.add(judged)
            last[judged.entry.exchange.id] = judged
    for judged in session.finish():
        known.add(judged)
        last[judged.entry.exchange.id] = judged
    judged = last[flows[-1].id]
    explanation = known.diagnose(judged)
    assert judged.verdict.outcome is Outcome.BLOCKED
    assert explanation is not None
    return judged, explanation


def plain(text: str) -> str:
    """Return a view's text without what its format and its width add."""
    return re.sub(r"\s+", " ", re.sub(r"\\(?=[^\w\s])|<[^>]+>|[*`│├└─]", "", html.unescape(text)))


def holds(view: str, text: str) -> bool:
    return plain(text).replace(" ", "") in plain(view).replace(" ", "")


def lacking(view: str, explanation: Explanation, *, action: bool = True, fix: bool = True) -> list[str]:
    """Return what of the diagnosis a view does not say."""
    wanted = [explanation.title, explanation.code]
    wanted += [explanation.action] if action else []
    wanted += explanation.fix if fix else []
    return [one for one in wanted if not holds(view, one)]


def said_by(*arguments: str) -> str:
    """Return what the command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        cli.run([*arguments])
    return out.getvalue()


@ALL
def test_the_kinds_are_what_they_are_called(kind: Kind) -> None:
    assert diagnose(kind.make())[1].code == kind.code


@ALL
def test_the_proxy_says_it_in_every_place(kind: Kind, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    flows = kind.make()
    _, explanation = diagnose(flows)
    log, last = tmp_path / "log.jsonl", flows[-1]
    with interface(cors_log=str(log)) as ui:
        ui.show(*flows)
        addon = ui.running.addon
        view = contentviews.prettify_message(last.response, last, "cors").text
        book = Book(addon._stories, addon._known, lambda: None)
        row, story = book.row(last.id), book.story(last.id)
        ui.call("cors.explain", last)
    event = " ".join(one.getMessage() for one in caplog.records)
    assert lacking(last.comment, explanation, action=not explanation.fix) == []
    assert last.metadata["cors.cause"] == explanation.code
    assert last.metadata["cors.fix"] == ("; ".join(explanation.fix) or explanation.action)
    assert last.metadata["cors.who"] == name_actor(explanation.actor, "api.test")
    assert lacking(view, explanation) == []
    assert lacking(event, explanation, action=not explanation.fix, fix=False) == []
    [written] = [one for one in lines(log) if one["flow"] == last.id][-1:]
    assert_record(written, explanation)
    assert row is not None
    assert (row["cause"], row["title"]) == (explanation.code, explanation.title)
    assert lacking(json.dumps(story, ensure_ascii=False), explanation) == []


def assert_record(record: dict[str, Any], explanation: Explanation) -> None:
    assert (record["cause"], record["title"]) == (explanation.code, explanation.title)
    assert (record["todo"], record["who"]) == (explanation.action, explanation.actor)
    assert tuple(record["fix"]) == explanation.fix


@ALL
def test_every_report_says_it(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    flows = [one for one in through_a_dump(*kind.make()) if isinstance(one, http.HTTPFlow)]
    _, explanation = diagnose(flows)
    path = record(tmp_path / "visit.mitm", flows)
    for format in ("text", "json", "html", "markdown", "sarif"):
        said = said_by("audit", path, "--format", format)
        said = json.dumps(json.loads(said), ensure_ascii=False) if format in ("json", "sarif") else said
        # A finding's count stands at the end of its title's first line.
        said = re.sub(r" +1 blocked\n", " ", said.replace('\\"', '"'))
        assert lacking(said, explanation) == [], format
    # Of these the code is in an attribute, or escaped.
    assert lacking(re.sub(r'[<>"]', " ", said_by("audit", path, "--format", "junit")), explanation) == []
    assert lacking(unquote(said_by("audit", path, "--format", "github")), explanation) == []
    assert explanation.code in said_by("audit", path, "--format", "csv")
    written = [json.loads(line) for line in said_by("audit", path, "--format", "jsonl").splitlines()]
    assert_record([one for one in written if one["flow"] == flows[-1].id][-1], explanation)
    assert lacking(said_by("explain", path, "--flow", flows[-1].id), explanation) == []


@ALL
def test_the_tools_say_it(kind: Kind, tmp_path: Path) -> None:
    flows = [one for one in through_a_dump(*kind.make()) if isinstance(one, http.HTTPFlow)]
    _, explanation = diagnose(flows)
    seat = Seat([record(tmp_path / "visit.mitm", flows)])
    listed = ask(seat, "list_findings")["findings"]
    [found] = [one for one in listed if one["code"] == explanation.code]
    seat = Seat([record(tmp_path / "again.mitm", flows)])
    name = found["id"].replace("visit", "again")
    full = json.dumps(ask(seat, "explain_finding", id=name), ensure_ascii=False)
    assert lacking(full.replace("⟦", "").replace("⟧", ""), explanation) == []


TYPED = [kind for kind in KINDS if len(kind.make()) == 1 and kind.code != "wildcard-with-credentials"]


def type_flow(made: http.HTTPFlow) -> Iterator[str]:
    """Yield what a person types of a flow."""
    get = made.request.headers.get
    assert made.response is not None
    asked = made.request.method == "OPTIONS"
    yield from (
        "check",
        "--engine",
        "chromium",
        "--url",
        made.request.url,
        "--origin",
        get("origin", "https://app.test"),
    )
    yield from ("-X", get("access-control-request-method", made.request.method))
    for name in filter(None, get("access-control-request-headers", "").split(",")):
        yield from ("-H", f"{name}: {'application/json' if name == 'content-type' else 'x'}")
    if get("sec-fetch-mode") == "no-cors":
        yield from ("--mode", "no-cors", "--destination", "image")
    yield from ("--preflight-status" if asked else "--status", str(made.response.status_code))
    for raw, value in made.response.headers.fields:
        yield from ("-P" if asked else "-R", f"{raw.decode()}: {value.decode()}")


@pytest.mark.parametrize("kind", TYPED, ids=[kind.code for kind in TYPED])
def test_what_is_typed_says_it(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    [made] = kind.make()
    _, explanation = diagnose([made])
    assert lacking(said_by(*type_flow(made)), explanation) == []


@ALL
def test_a_pasted_message_says_it_or_the_rule(kind: Kind) -> None:
    judged, explanation = diagnose(kind.make())
    ruling = judged.verdict.ruling
    if ruling.message is None:
        return
    said = said_by("check", "--paste", ruling.message, "--format", "json")
    [told] = [json.loads(line) for line in said.splitlines()]
    assert ruling.rule in told["rules"] or told["cause"] == explanation.code
    if told["cause"] is not None:
        assert (told["cause"], told["who"]) == (explanation.code, explanation.actor)
