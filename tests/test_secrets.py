"""No secret of a recorded exchange, wherever it stands, is in anything that is written of it.

One secret, unmistakable, in every place that a peer or a page can put one; then every command, and all that the addon
leaves on a flow, in its log and in the event log, is searched for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession
from mitmproxy import types
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowWriter

from corsight.addons.page.book import EXPORTS, Book
from corsight.addons.page.stopped import Stopped
from corsight.policies.redact import REDACTED
from corsight.scripts import cli
from corsight.scripts.agents.seat import Seat
from corsight.scripts.processes.machine import free_port
from tests.addons.interface import interface
from tests.addons.mitm import FIREFOX, PAGE, Pairs, cors, flow, lines, mitmproxy, preflight
from tests.scripts.agents.asking import with_client

SECRET = "S3cr3tVa1ue9Xz"
CONTROL = "\x1b[2J\x9b\x85\xad"
API = "https://api.test"
SPELLINGS = (
    f"state={SECRET}",
    f"x=a'{SECRET}",
    f"next=https%3A%2F%2Fb.test%2F%3Ft%3D{SECRET}",
    f"q=%7B%22a%22%3A%22{SECRET}%22%7D",
    f"{SECRET}",
)
URLS = (
    *(f"{API}/v1/cart?{query}" for query in SPELLINGS),
    f"{API}/invite/{SECRET}/view",
    f"{API}/a;jsessionid={SECRET}/b",
    f"{API}/bot123456:AA{SECRET}/send",
    f"{API}/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}",
    f"{API}/to/https://u:{SECRET}@b.test/x",
    f"https://u:{SECRET}@api.test/v1",
    f"https://u:a@{SECRET}@api.test/v1",
)
LOCATIONS = (
    f"https://u:{SECRET}@b.test/x",
    f"https://b.test/cb?code={SECRET}",
    f"https://b.test/cb#access_token={SECRET}",
    f"/login/{SECRET}",
    f"//u:{SECRET}@b.test/",
    f"x {SECRET}@a:b",
)
VALUES = (
    f"https://u:{SECRET}@app.example",
    f"https://app.example/?token={SECRET}",
    f"https://app.example, https://u:{SECRET}@b.test",
    f"Authorization: Bearer {SECRET}",
    f"sid={SECRET}",
)
NAMED: Pairs = [
    ("Cookie", f"sid={SECRET}; b={SECRET}"),
    ("Authorization", f"Bearer {SECRET}"),
    ("X-Api-Key", SECRET),
    ("Referer", f"https://app.example/x?token={SECRET}"),
]
"""What stands in these headers is shown nowhere, whatever it is."""


def recorded() -> Iterator[HTTPFlow]:
    """An exchange for each place of the secret, blocked wherever that can be."""
    for url in URLS:
        yield cors(url=url)
        yield cors(url=url, agent=FIREFOX)
        yield preflight(url=url, answered=[("Access-Control-Allow-Origin", "*"), ("Access-Control-Max-Age", "1")])
        yield cors(url=url, answered=None, error="server closed connection")
    for location in LOCATIONS:
        for answered in ([("Location", location)], [("Location", location), ("Access-Control-Allow-Origin", "*")]):
            yield cors(url=f"{API}/moved", status=302, answered=answered)
        yield preflight(url=f"{API}/moved", status=302, answered=[("Location", location)])
    for value in VALUES:
        yield cors(answered=[("Access-Control-Allow-Origin", value)])
        yield flow(("Origin", value), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "cross-site"), url=f"{API}/v1")
        yield preflight(answered=[("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", value)])
        yield preflight(answered=[("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", value)])
        yield cors(answered=[("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Credentials", value)])
        yield cors(answered=[("Access-Control-Allow-Origin", PAGE), ("Access-Control-Expose-Headers", value)])
    yield cors(*NAMED, answered=[("Set-Cookie", f"sid={SECRET}; SameSite=Lax"), ("Access-Control-Allow-Origin", PAGE)])
    yield preflight(("Access-Control-Request-Headers", "authorization,x-api-key"), answered=[])
    odd = cors(answered=[("Access-Control-Allow-Origin", CONTROL)])
    odd.request.data.path = f"/{CONTROL}?{CONTROL}".encode("latin-1")
    yield odd
    yield flow(("Origin", CONTROL), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "cross-site"), method="A\x9b\x85")


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "rec.mitm"
    write(path, *recorded())
    return path


def write(path: Path, *flows: HTTPFlow) -> None:
    with path.open("wb") as file:
        writer = FlowWriter(file)  # type: ignore[no-untyped-call]
        for one in flows:
            writer.add(one)


def check(text: str) -> None:
    """Neither the secret nor a control character is in it."""
    assert SECRET not in text, text[text.index(SECRET) - 100 : text.index(SECRET) + 20]
    assert text.replace("\n", "").isprintable()


def test_the_secret_is_there_to_be_found(recording: Path) -> None:
    assert recording.read_bytes().count(SECRET.encode()) > 100


@pytest.mark.parametrize(
    "arguments",
    [
        "audit rec.mitm --verbose",
        "audit rec.mitm --verbose --engine firefox",
        "audit rec.mitm --format jsonl",
        *(
            f"audit rec.mitm --format {name}"
            for name in ("json", "sarif", "junit", "github", "markdown", "csv", "html")
        ),
        "explain rec.mitm",
        "explain rec.mitm --url nowhere?token=" + SECRET,
        "explain rec.mitm --for nginx",
        "policy infer rec.mitm",
    ],
)
def test_no_command_writes_it(arguments: str, recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(arguments.split())
    out, err = capsys.readouterr()
    assert REDACTED in out + err
    # The configurations in the page have tabs of their own.
    check((out + err).replace("\t", "") if "html" in arguments else out + err)


def test_the_table_writes_it_neither(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["audit", str(recording)])
    out, err = capsys.readouterr()
    check(out + err)


def test_a_policy_that_was_inferred_names_it_nowhere(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_origin = [flow(("Origin", value), ("Sec-Fetch-Mode", "cors"), url=f"{API}/v1") for value in VALUES]
    commands = cycle(("policy infer rec.mitm", "explain rec.mitm --for nginx"))
    for one, command in zip((*(cors(url=url) for url in URLS), *by_origin), commands, strict=False):
        write(recording, one)
        cli.run(command.split())
        out, err = capsys.readouterr()
        check(out + err)


@pytest.mark.parametrize("format", ["text", "json"])
def test_what_is_typed_comes_back_without_it(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["check", "--origin", PAGE, "--format", format, "--method", "PUT"]
    for name, text in NAMED:
        typed += ["-H", f"{name}: {text}"]
    answers = [
        [],
        *([option, f"Access-Control-Allow-Origin: {value}"] for option in ("-P", "-R") for value in VALUES[:3]),
    ]
    for url, answer in zip((one for one in URLS if "@api" not in one), cycle(answers)):
        cli.run([*typed, "--url", url, *answer])
        out, err = capsys.readouterr()
        assert len(out + err) > 50
        check(out + err)


@pytest.mark.parametrize("wrong", [f"ftp://u:{SECRET}@a.test/", f"ftp://a.test/?token={SECRET}", f"/x?token={SECRET}"])
def test_what_is_typed_wrong_comes_back_without_it(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["check", "--origin", PAGE, "--url", wrong])
    cli.run(["check", "--origin", wrong, "--url", API])
    check(capsys.readouterr().err)


TYPED = f"https://u:{SECRET}@a.test/?token={SECRET}"
POLICY = "version: 1\npolicies:\n  - name: a\n    match: {{hosts: [{}], paths: [{}]}}\n    {}: {}\n"


@pytest.mark.parametrize(
    "text",
    [
        *(POLICY.format("a.test", "/", name, f'["{TYPED}"]') for name in ("origins", "methods", "request_headers")),
        POLICY.format("a.test", "/", "max_age", f'"{TYPED}"'),
        POLICY.format("a.test", "/", f'"{TYPED}"', "1"),
        POLICY.format(f'"{TYPED}"', "/", "note", "a"),
        POLICY.format(f"u:{SECRET}@a.test", f'"x?token={SECRET}"', "note", "a"),
        f"version: {TYPED}",
    ],
)
def test_what_a_policy_file_says_wrong_comes_back_without_it(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.yaml").write_text(text)
    assert cli.run(["policy", "check", str(tmp_path / "policy.yaml")]) != 0
    out, err = capsys.readouterr()
    assert f"{tmp_path / 'policy.yaml'}:" in out + err
    check(out + err)


@pytest.mark.parametrize(
    "text",
    [
        f'select = ["{TYPED}"]',
        f'engine = "{TYPED}"',
        f'baseline = "{TYPED}"',
        f'policies = ["{TYPED}"]',
        f"password = {SECRET}",
        f'[[suppress]]\ncode = "{TYPED}"\nreason = "{TYPED}"',
    ],
)
def test_what_settings_say_wrong_comes_back_without_it(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "corsight.toml").write_text(text)
    assert cli.run(["audit", str(tmp_path / "a"), "--config", str(tmp_path / "corsight.toml")]) == 2
    check(capsys.readouterr().err)


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", "--engine", TYPED, "a"],
        ["audit", "--select", TYPED, "a"],
        ["audit", "--assume", TYPED, "a"],
        ["audit", "--store", f"mysql://u:{SECRET}@a.test/b", "a"],
        ["audit", TYPED.replace("https", "ftp")],
        ["audit", f"--{TYPED}"],
        ["rules", TYPED],
        [TYPED],
    ],
)
def test_what_is_typed_wrong_anywhere_comes_back_without_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    check(capsys.readouterr().err)


def test_files_keep_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run-3f9A2b7c1dQz88.har"
    assert cli.run(["audit", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize(
    "text",
    [
        "Access to fetch at '{}' from origin 'https://app.example' has been blocked by CORS policy: No "
        "'Access-Control-Allow-Origin' header is present on the requested resource.",
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ‘{}’. (Reason: "
        "CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.",
        "Access to fetch at '{}' from origin 'https://app.example' has been blocked by CORS policy: The "
        f"'Access-Control-Allow-Origin' header has a value 'https://u:{SECRET}@b.test' that is not equal to the "
        "supplied origin.",
    ],
)
def test_a_console_message_comes_back_without_it(text: str, format: str, capsys: pytest.CaptureFixture[str]) -> None:
    for url in URLS[::4]:
        cli.run(["check", "--paste", text.format(url), "--format", format])
        out, err = capsys.readouterr()
        assert REDACTED in out
        check(out + err)


def test_the_addon_leaves_it_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log, report = tmp_path / "log.jsonl", tmp_path / "report.txt"
    told: list[str] = []
    with interface(cors_log=str(log)) as ui:
        for one in recorded():
            ui.show(one)
            check(one.comment)
            for value in one.metadata.values():
                check("\n".join(value) if isinstance(value, list) else str(value))
            told += ui.call("cors.explain", one)
        told += ui.call("cors.findings")
        ui.call("cors.report", types.Path(str(report)))
    check("\n".join(told))
    check(log.read_text())
    check(report.read_text())
    check("\n".join(caplog.messages))


def test_the_live_page_is_told_without_it() -> None:
    with mitmproxy(cors_page=free_port()) as running:
        running.judge(*recorded())
        page = running.addon.page
        book = Book(page._stories, page._known, page._drifting)
        for number, url in enumerate(URLS):
            message = f"Refused to connect to '{url}': Authorization: Bearer {SECRET}"
            book.note(Stopped(str(number), 1.0, "GET", url, "stopped", "csp", message, f"allow {url}"))
        ids = book.list_ids()
        assert len(ids) > 100
        for id in ids:
            check(json.dumps([book.row(id), book.story(id)], ensure_ascii=False))
        for name in EXPORTS:
            written = book.write(name)
            assert written is not None
            check(b"".join(written).decode().replace("\t", ""))


def test_an_assistant_is_told_without_it(recording: Path) -> None:
    answers: list[str] = []

    async def use(client: ClientSession) -> None:
        async def get(tool: str, **arguments: object) -> dict[str, Any]:
            result = await client.call_tool(tool, arguments)
            answers.append(json.dumps(result.structuredContent, ensure_ascii=False))
            return result.structuredContent or {}

        for finding in (await get("list_findings", limit=100))["findings"]:
            await get("explain_finding", id=finding["id"])
        for fetch in (await get("list_fetches", limit=100))["fetches"]:
            await get("explain_fetch", id=fetch["id"], steps=True)
        await get("infer_policy")

    with_client(Seat([str(recording)]), use)
    assert len(answers) > 50
    for answer in answers:
        check(answer)


def test_what_is_patched_is_told_without_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log = tmp_path / "log.jsonl"
    patched = 0
    origins = ["https://app.example", "null"]
    patching = {"cors_patch_scope": "everything", "cors_patch": "blocked", "cors_patch_origins": origins}
    with mitmproxy(cors_log=str(log), **patching) as running:
        for one in recorded():
            one.live = True
            running.judge(one)
            patched += "cors.patched" in one.metadata
            check(one.comment)
            for value in one.metadata.values():
                check("\n".join(value) if isinstance(value, list) else str(value))
    assert patched > 10
    check(log.read_text())
    check("\n".join(caplog.messages))


def test_who_asks_for_secrets_has_them_whole(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with mitmproxy(cors_log=str(log), cors_secrets=True) as running:
        running.judge(*(cors(url=url) for url in URLS), flow(("Origin", VALUES[0]), ("Sec-Fetch-Mode", "cors")))
    records = lines(log)
    assert [one["url"] for one in records[: len(URLS)]] == list(URLS)
    assert all(url in one["message"] for url, one in zip(URLS, records, strict=False))
    assert records[-1]["origin"] == VALUES[0]
