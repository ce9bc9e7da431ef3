"""The tools, asked by the SDK's own client: what they answer is what the commands say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession

from corsight.policies.causes import CAUSES
from corsight.policies.rules import RULES
from corsight.policies.server.export import TARGETS
from corsight.scripts import api
from corsight.scripts.agents.browsing import Browsing
from corsight.scripts.agents.seat import Seat
from tests.scripts.agents.asking import ROOT, SHOP, ask, call, problem, record, with_client
from tests.scripts.commands.test_audit import ALLOW, WEBKIT, flow, preflight

POLICY = """\
version: 1
policies:
  - name: shop
    match: {hosts: [api.shop.test]}
    origins: [https://shop.test]
    methods: [GET, DELETE]
    credentials: true
"""


@pytest.fixture
def shop() -> Seat:
    return Seat([SHOP])


def test_the_findings_are_those_of_the_audit(shop: Seat) -> None:
    listed = ask(shop, "list_findings", limit=100)
    audited = api.audit(SHOP)
    assert [one["code"] for one in listed["findings"]] == [one.code for one in audited]
    assert [one["count"] for one in listed["findings"]] == [one.count for one in audited]
    assert listed["total"] == len(audited)
    assert listed["cursor"] is None


def test_every_finding_and_fetch_that_is_listed_can_be_explained(shop: Seat) -> None:
    async def use(client: ClientSession) -> None:
        async def get(tool: str, **arguments: Any) -> Any:
            result = await client.call_tool(tool, arguments)
            assert not result.isError
            return result.structuredContent

        for finding in (await get("list_findings", limit=100))["findings"]:
            told = await get("explain_finding", id=finding["id"])
            assert told["code"] == finding["code"]
            assert told["cause"]
            assert told["action"]
            for fetch in finding["fetches"]:
                assert (await get("explain_fetch", id=fetch))["code"] == finding["code"]
        fetches = (await get("list_fetches", limit=100))["fetches"]
        assert len(fetches) == 13
        for fetch in fetches:
            told = await get("explain_fetch", id=fetch["id"], steps=True)
            assert told["url"] == fetch["url"]
            assert told["outcome"] == fetch["outcome"]
            assert told["story"].startswith("\u27e6")
            assert fetch["url"].strip("\u27e6\u27e7") in told["story"]

    with_client(shop, use)


def test_a_fetch_is_found_by_the_id_of_a_flow_and_by_any_of_its_exchanges(shop: Seat) -> None:
    by_flow = ask(shop, "explain_fetch", id="fc10f9ee-9c6f-476a-a45f-232c2c09f84b")
    assert by_flow["id"] == "1.5"
    assert ask(Seat([SHOP]), "explain_fetch", id="1.6") == by_flow


def test_fetches_are_listed_by_url_and_outcome(shop: Seat) -> None:
    async def use(client: ClientSession) -> None:
        for wanted, count in (
            ({"url": "/cart"}, 2),
            ({"outcome": "blocked"}, 7),
            ({"url": "/cart", "outcome": "blocked"}, 1),
            ({"url": "nowhere"}, 0),
        ):
            result = await client.call_tool("list_fetches", wanted)
            assert result.structuredContent is not None
            assert result.structuredContent["total"] == count

    with_client(shop, use)


@pytest.mark.parametrize("target", TARGETS)
def test_a_fix_is_written_for_every_server(shop: Seat, target: str) -> None:
    fix = ask(shop, "write_fix", id="1:preflight-method-not-allowed", target=target)
    [configuration] = fix["configurations"]
    assert configuration["policy"] == "\u27e6api.shop.test\u27e7"
    if target != "vite-dev-proxy":
        assert "DELETE" in configuration["text"].upper()


def test_a_fix_has_what_other_requests_of_the_server_need(shop: Seat) -> None:
    [configuration] = ask(shop, "write_fix", id="1.7", target="express")["configurations"]
    assert '"PUT"' in configuration["text"]
    assert "x-currency" in configuration["text"]


def test_a_fix_says_what_the_server_sends_already_and_has_to_go(shop: Seat) -> None:
    [configuration] = ask(shop, "write_fix", id="1:preflight-method-not-allowed", target="express")["configurations"]
    assert (
        "already sends these CORS headers. Those of the application behind this configuration are dropped."
        in configuration["text"]
    )
    assert "// - Access-Control-Allow-Methods: " in configuration["text"]
    [configuration, *_] = ask(shop, "export_policy", policy={"recording": SHOP}, target="fastapi")["configurations"]
    assert "already sends these CORS headers" in configuration["text"]
    text = ask(shop, "infer_policy")["text"].strip("\u27e6\u27e7")
    [configuration, *_] = ask(shop, "export_policy", policy={"text": text}, target="express")["configurations"]
    assert "already sends" not in configuration["text"]


def test_a_typed_exchange_is_judged_for_every_engine() -> None:
    checked = ask(
        Seat([SHOP]),
        "check_exchange",
        origin="https://app.example",
        url="https://api.example/me",
        credentials="include",
        responses=[{"headers": ["Access-Control-Allow-Origin: *"]}],
    )
    assert {one["engine"]: one["outcome"] for one in checked["predictions"]} == dict.fromkeys(
        ("standard", "chromium", "firefox", "webkit"), "blocked"
    )
    [exchange] = checked["predictions"][0]["exchanges"]
    assert exchange["rule"] == "allow-origin-wildcard"
    assert "\u27e6Access-Control-Allow-Origin: https://app.example\u27e7" in exchange["fix"]


def test_a_missing_response_is_told_with_its_command() -> None:
    checked = ask(
        Seat([SHOP]), "check_exchange", origin="https://app.example", url="https://api.example/me", method="DELETE"
    )
    first = checked["predictions"][0]
    assert first["outcome"] is None
    assert first["preflights"]
    assert first["missing"][0]["what"] == "preflight"
    assert "curl -i -X OPTIONS https://api.example/me \\\n" in first["missing"][0]["command"]


CURL = "curl 'https://api.example/me?token=s3cret' -X DELETE -H 'Origin: https://app.example' -H 'X-Api: s3cret'"
FETCH = (
    'fetch("https://api.example/me", {"headers": {"x-api": "s3cret"}, "referrer": "https://app.example/", '
    '"method": "DELETE", "mode": "cors", "credentials": "include"});'
)
POWERSHELL = (
    'Invoke-WebRequest -UseBasicParsing -Uri "https://api.example/me" -Method "DELETE" '
    '-Headers @{"Origin"="https://app.example"; "X-Api"="s3cret"}'
)


@pytest.mark.parametrize(("text", "credentials"), [(CURL, "unknown"), (FETCH, "include"), (POWERSHELL, "unknown")])
def test_a_pasted_request_is_judged(text: str, credentials: str) -> None:
    checked = ask(Seat([SHOP]), "check_pasted_request", text=text)
    request = checked["request"]
    assert (request["origin"], request["method"]) == ("\u27e6https://app.example\u27e7", "\u27e6DELETE\u27e7")
    assert request["headers"] == ["\u27e6x-api\u27e7"]
    assert request["credentials"] == credentials
    assert all(one["missing"][0]["what"] == "preflight" for one in checked["predictions"])
    assert "s3cret" not in str(request)
    answer = {"status": 204, "headers": ["Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: GET"]}
    checked = ask(Seat([SHOP]), "check_pasted_request", text=text, preflights=[answer], credentials="omit")
    [rule] = {one["exchanges"][0]["rule"] for one in checked["predictions"]}
    assert rule == "preflight-method-not-allowed"


def test_a_pasted_request_is_judged_with_the_response_below_it() -> None:
    command = "curl -i https://api.example/me -H 'Origin: https://app.example'"
    text = f"{command}\n\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\n"
    checked = ask(Seat([SHOP]), "check_pasted_request", text=text, engine="chromium")
    [prediction] = checked["predictions"]
    assert (prediction["outcome"], prediction["exchanges"][0]["rule"]) == ("blocked", "allow-origin-missing")
    answer = {"headers": ["Access-Control-Allow-Origin: *"]}
    asked = {"text": text, "engine": "chromium", "credentials": "omit", "responses": [answer]}
    assert ask(Seat([SHOP]), "check_pasted_request", **asked)["predictions"][0]["outcome"] == "allowed"


def test_a_longer_paste_than_is_read_is_refused() -> None:
    assert "text: String should have at most 200000" in problem(
        Seat([SHOP]), "check_pasted_request", text="x" * 200_001
    )


def test_console_messages_are_explained() -> None:
    text = (
        "Access to fetch at 'https://reviews.test/lamp' from origin 'https://shop.test' has been blocked by CORS "
        "policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    told = ask(Seat([SHOP]), "explain_console_message", text=text)
    assert told["messages"][0]["rule"] == "allow-origin-missing"
    assert "fix        Access-Control-Allow-Origin: https://shop.test" in told["text"]


def test_policies_are_judged_inferred_compared_and_shown(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)

    async def use(client: ClientSession) -> None:
        async def get(tool: str, **arguments: Any) -> Any:
            result = await client.call_tool(tool, arguments)
            assert not result.isError, result.content
            return result.structuredContent

        named, inferred = {"file": str(file)}, {"recording": SHOP}
        assert (await get("check_policy", policy=named))["problems"] == []
        wrong = await get("check_policy", policy={"text": POLICY.replace("https://shop.test", '"*"')})
        assert [one["reason"] for one in wrong["problems"]] == ["wildcard"]
        assert "- https://shop.test" in (await get("infer_policy"))["text"]
        assert (await get("diff_policies", before=named, after=named))["total"] == 0
        differing = await get("diff_policies", before=named, after=inferred)
        assert differing["more_granted"]
        assert any("PUT" in one["after"] for one in differing["differences"])
        shown = await get("show_grants", policy=named, url="https://api.shop.test/x", origins=["https://shop.test"])
        assert shown["policy"] == "\u27e6shop\u27e7"
        assert "Access-Control-Allow-Credentials: true" in shown["answers"]
        assert (await get("show_grants", policy=named, url="https://elsewhere.test/"))["policy"] is None
        exported = await get("export_policy", policy=named, target="nginx")
        assert "Access-Control-Allow-Methods" in exported["configurations"][0]["text"]

    with_client(Seat([SHOP], [str(file)]), use)


def test_what_one_branch_would_block_is_open_and_has_not_passed(tmp_path: Path) -> None:
    flows = [
        flow("https://api.example/a", 200, ("Access-Control-Allow-Origin", "*"), agent=WEBKIT),
        flow("https://api.example/b", 200, ALLOW, ("Access-Control-Allow-Credentials", "true"), at=1001, agent=WEBKIT),
    ]
    seat = Seat([record(tmp_path / "visit.mitm", flows)])

    async def use(client: ClientSession) -> None:
        async def get(tool: str, **arguments: Any) -> Any:
            return (await client.call_tool(tool, arguments)).structuredContent

        [state] = (await get("get_state"))["recordings"]
        assert (state["open"], state["blocked"]) == (1, 0)
        [fetch] = (await get("list_fetches", outcome="open"))["fetches"]
        assert fetch["url"] == "\u27e6https://api.example/a\u27e7"
        assert (fetch["open"], fetch["certainty"]) == ("\u27e6with credentials\u27e7", "likely")
        assert fetch["code"] == "allow-origin-wildcard"
        assert "with credentials" in (await get("explain_fetch", id=fetch["id"]))["exchanges"][0]["open"]
        assert (await get("list_fetches", outcome="allowed"))["total"] == 1
        assert [one["id"] for one in (await get("wait_for_findings", since={}, seconds=0))["fetches"]] == [fetch["id"]]

    with_client(seat, use)


def test_an_exchange_is_judged_by_one_engine_in_one_version() -> None:
    asked = {"origin": "https://a.example", "url": "https://b.example/", "responses": [{}], "engine": "chromium@120"}
    [prediction] = ask(Seat([SHOP]), "check_exchange", **asked)["predictions"]
    assert (prediction["engine"], prediction["version"], prediction["outcome"]) == ("chromium", 120, "blocked")
    assert "engine: " in problem(Seat([SHOP]), "check_exchange", **(asked | {"engine": "netscape"}))


def test_the_page_tells_the_tools_that_there_are_and_what_they_answer(shop: Seat) -> None:
    text = (ROOT / "docs" / "mcp.md").read_text("utf-8")
    tools, table = text.partition("## The tools")[2], text.partition("## Compared with other MCP servers")[2]

    async def use(client: ClientSession) -> set[str]:
        return {tool.name for tool in (await client.list_tools()).tools}

    with_browser = with_client(Seat([SHOP], browsing=Browsing()), use)
    named = {
        name for row in re.findall(r"(?m)^\| (`.*?) \|", tools.partition("## ")[0]) for name in row.split("`")[1::2]
    }
    assert named == with_browser
    codes = set(re.findall(r"(?m)^\| `[^`]*`[^|]*\| `([a-z-]+)`", table))
    assert codes == {one["code"] for one in ask(shop, "list_findings")["findings"]}


def test_the_session_leads_to_a_server_that_all_engines_are_content_with() -> None:
    last = (ROOT / "docs" / "mcp-session.md").read_text("utf-8").rpartition("```json")[2]
    assert re.findall(r'"outcome": "([a-z]+)"', last) == ["allowed"] * 4
    assert re.findall(r'"certain": ([a-z]+)', last) == ["true"] * 4


# -- pages ------------------------------------------------------------------------------------------------------------


def test_the_pages_of_a_list_are_the_list(shop: Seat) -> None:
    async def use(client: ClientSession) -> None:
        whole = (await client.call_tool("list_fetches", {"limit": 100})).structuredContent
        assert whole is not None
        pages: list[Any] = []
        cursor = None
        while True:
            page = (await client.call_tool("list_fetches", {"limit": 4, "cursor": cursor})).structuredContent
            assert page is not None
            assert len(page["fetches"]) <= 4
            assert page["total"] == whole["total"]
            pages += page["fetches"]
            cursor = page["cursor"]
            if cursor is None:
                break
        assert pages == whole["fetches"]

    with_client(shop, use)


def test_a_cursor_of_a_list_that_has_grown_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "visit.mitm"
    record(path, [flow(f"https://api{number}.example/", 200) for number in range(3)])

    async def use(client: ClientSession) -> None:
        page = (await client.call_tool("list_fetches", {"limit": 1})).structuredContent
        assert page is not None
        record(path, [flow("https://more.example/", 200, at=2000)])
        late = await client.call_tool("list_fetches", {"limit": 1, "cursor": page["cursor"]})
        assert late.isError
        assert "more has come since" in str(late.content)
        again = (await client.call_tool("list_fetches", {"limit": 100})).structuredContent
        assert again is not None
        assert again["total"] == 4

    with_client(Seat([str(path)]), use)


# -- what a person can do something about -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("explain_fetch", {"id": "9.9"}, "no fetch is called like that"),
        ("explain_finding", {"id": "1:nothing"}, "no finding is called like that"),
        ("list_findings", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ("list_findings", {"limit": 101}, "limit: Input should be less than or equal to 100"),
        ("list_findings", {"cursor": "anything"}, "cursor: is not one that was given"),
        ("list_findings", {"recording": "/etc/passwd"}, "recording: was not named when this server was started"),
        ("write_fix", {"id": "1.7", "target": "iis"}, "target: is not a target; there are express"),
        ("write_fix", {"id": "1.1", "target": "express"}, "no CORS header would change this"),
        ("check_exchange", {"origin": "shop", "url": "https://a.example/"}, "'shop' is not an origin"),
        ("check_exchange", {"origin": "https://a.example", "url": "a"}, "'a' is not an http or https URL"),
        ("check_pasted_request", {"text": "hello"}, "text: no request was found"),
        ("check_pasted_request", {"text": "curl https://a.example/"}, "does not contain its origin"),
        ("explain_console_message", {"text": "hello"}, "no browser writes this to its console"),
        ("look_up", {"code": "nothing"}, "the catalogue has no such code"),
        ("check_policy", {"policy": {}}, "takes one of text, file and recording"),
        ("diff_policies", {"before": {"text": "a: 1"}, "after": {"recording": SHOP}}, "check_policy tells all"),
        ("start_browser", {"url": "http://localhost/"}, "Unknown tool: start_browser"),
    ],
)
def test_what_cannot_be_answered_is_one_line(shop: Seat, tool: str, arguments: dict[str, Any], said: str) -> None:
    assert said in problem(shop, tool, **arguments)


def test_a_recording_that_is_damaged_is_told_with_what_was_good(tmp_path: Path) -> None:
    path = tmp_path / "visit.mitm"
    record(path, [flow("https://api.example/", 200)])
    with path.open("ab") as file:
        file.write(b"500:half")
    [state] = ask(Seat([str(path)]), "get_state")["recordings"]
    assert state["exchanges"] == state["blocked"] == 1
    assert state["problem"] is not None


# -- what was not named, or not allowed -------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["{}", "./secret.yaml", "policy.yaml/../secret.yaml", "/etc/passwd", "link.yaml"])
def test_no_file_is_read_that_the_start_did_not_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.yaml"
    secret.write_text(POLICY)
    (tmp_path / "link.yaml").symlink_to(secret)
    (tmp_path / "policy.yaml").write_text(POLICY)
    asked = {"file": file.format(secret)}
    said = problem(Seat([SHOP], ["policy.yaml"]), "check_policy", policy=asked)
    assert said == "file: was not named when this server was started; there is: policy.yaml"


def test_a_path_in_place_of_a_text_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "console.txt"
    file.write_text("Access to fetch at 'https://a.example/' from origin 'https://b.example' has been blocked by CORS")
    assert "no browser writes this to its console" in problem(Seat([SHOP]), "explain_console_message", text=str(file))
    assert ask(Seat([SHOP]), "check_policy", policy={"text": str(file)})["problems"]


def test_only_a_start_that_allows_it_has_tools_that_change_something(shop: Seat) -> None:
    async def use(client: ClientSession) -> dict[str, bool | None]:
        tools = (await client.list_tools()).tools
        assert all(tool.outputSchema and tool.description and tool.annotations for tool in tools)
        return {tool.name: tool.annotations and tool.annotations.readOnlyHint for tool in tools}

    assert set(with_client(shop, use).values()) == {True}
    allowed = with_client(Seat([SHOP], browsing=Browsing()), use)
    assert {name for name, read_only in allowed.items() if not read_only} == {"start_browser", "stop_browser"}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "file:///etc/passwd",
        "about:config",
        "javascript:alert(1)",
        "http://169.254.169.254/",
    ],
)
def test_the_browser_opens_pages_of_this_machine_only(url: str) -> None:
    said = problem(Seat([], browsing=Browsing()), "start_browser", url=url)
    assert "only pages on this machine" in said or "is not an http or https URL" in said


# -- what grows -------------------------------------------------------------------------------------------------------


def test_what_is_blocked_next_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "visit.mitm"
    record(path, [flow("https://api.example/a", 200, ALLOW), flow("https://api.example/b", 200, at=1001)])

    async def use(client: ClientSession) -> None:
        first = (await client.call_tool("wait_for_findings", {"since": {}, "seconds": 0})).structuredContent
        assert first is not None
        assert [one["url"] for one in first["fetches"]] == ["\u27e6https://api.example/b\u27e7"]
        since = {"since": first["versions"], "seconds": 0}
        none = (await client.call_tool("wait_for_findings", since)).structuredContent
        assert none is not None
        assert none["waited_in_vain"]
        assert not none["fetches"]
        record(path, [preflight("https://api.example/c", 401, at=1002)])
        since["seconds"] = 30
        then = (await client.call_tool("wait_for_findings", since)).structuredContent
        assert then is not None
        assert [one["stopped_at"] for one in then["fetches"]] == ["preflight"]
        assert (await client.call_tool("list_findings", {})).structuredContent["total"] == 2  # type: ignore[index]

    with_client(Seat([str(path)], follow=True), use)


# -- pages and prompts ------------------------------------------------------------------------------------------------


def test_the_pages_of_the_catalogue_are_resources(shop: Seat) -> None:
    async def use(client: ClientSession) -> None:
        rules = await client.read_resource("corsight://rules")  # type: ignore[arg-type]
        causes = await client.read_resource("corsight://causes")  # type: ignore[arg-type]
        assert all(f"{code}: " in rules.contents[0].text for code in RULES)  # type: ignore[union-attr]
        assert all(f"{code}: " in causes.contents[0].text for code in CAUSES)  # type: ignore[union-attr]
        for uri, code in (("rules", "allow-origin-missing"), ("causes", "redirect-to-login")):
            page = await client.read_resource(f"corsight://{uri}/{code}")  # type: ignore[arg-type]
            assert code in page.contents[0].text  # type: ignore[union-attr]

    with_client(shop, use)


def test_every_code_of_the_catalogue_can_be_looked_up(shop: Seat) -> None:
    async def use(client: ClientSession) -> None:
        for code in {**RULES, **CAUSES}:
            result = await client.call_tool("look_up", {"code": code})
            assert not result.isError
            assert code in str(result.content)

    with_client(shop, use)


def test_the_prompts_name_tools_that_there_are(shop: Seat) -> None:
    async def use(client: ClientSession) -> None:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        for name, arguments in (("why-is-this-blocked", {"url": "/cart"}), ("mend-my-server", {"target": "nginx"})):
            [message] = (await client.get_prompt(name, arguments)).messages
            text = message.content.text  # type: ignore[union-attr]
            assert next(iter(arguments.values())) in text
            named = {word.strip(".,") for word in text.split() if "_" in word}
            assert named
            assert named <= tools

    with_client(shop, use)


def test_a_recording_is_read_anew_where_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "visit.mitm"
    seat = Seat([record(path, [flow("https://api.example/", 200)])])
    assert ask(seat, "list_findings")["total"] == 1
    path.unlink()
    record(path, [flow("https://api.example/", 200, ALLOW)])
    assert call(seat, "list_findings").structuredContent == {"total": 0, "cursor": None, "findings": []}


ODD = ("[" * 100_000, "\x1b[31m\x9b\u202e", "", "*" * 16_000)


def test_no_text_that_an_assistant_gives_is_a_bug_of_ours() -> None:
    answers: list[str] = []

    async def use(client: ClientSession) -> None:
        for tool in (await client.list_tools()).tools:
            required = dict.fromkeys(tool.inputSchema.get("required", ()), "https://api.example/")
            for name, schema in tool.inputSchema.get("properties", {}).items():
                if '"string"' in json.dumps(schema):
                    for text in ODD:
                        result = await client.call_tool(tool.name, required | {name: text})
                        answers.append("".join(content.text for content in result.content if content.type == "text"))

    with_client(Seat([SHOP]), use)
    assert len(answers) > 100
    assert not any("bug of ours" in answer for answer in answers)
    assert all(character not in answer for answer in answers for character in "\x1b\x9b\u202e")
    assert any("nested too deep" in answer for answer in answers)
