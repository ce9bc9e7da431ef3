"""The lab's own parts, without a browser."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session import Session
from corsight.scripts.errors import CorsightError
from tests import cases
from tests.browser.lab import report
from tests.browser.lab.generate import ELEMENTS, FRAMES, IN_WORKERS, KINDS, PAGES, USED, generate
from tests.browser.lab.minimise import GONE, changed, renumbered, shrink, shrink_scenario, write_case
from tests.browser.lab.origin import Origins, read
from tests.browser.lab.score import Score, as_json, by_step, score


def test_a_seed_draws_the_same_scenarios_again() -> None:
    assert generate(3, 40) == generate(3, 40)
    assert generate(3, 40) != generate(4, 40)


def test_every_kind_is_drawn_and_serves_all_its_steps_ask_for() -> None:
    scenarios = generate(5, 400)
    assert {scenario["kind"] for scenario in scenarios} == set(KINDS)
    assert {scenario["page"] for scenario in scenarios} == set(PAGES)
    assert {scenario["frame"] for scenario in scenarios} == set(FRAMES)
    for scenario in scenarios:
        for step in scenario["steps"]:
            *_, ident, hop = step["url"].split("/")
            assert int(ident) == scenario["id"]
            assert hop in scenario["serve"]


def test_every_initiator_is_drawn_where_it_can_run() -> None:
    ran = {(scenario["frame"] == "worker", step["via"]) for scenario in generate(6, 4000) for step in scenario["steps"]}
    assert {via for _, via in ran} == {"fetch", "xhr", "cookie", "importscripts", *ELEMENTS, *USED}
    assert {via for worker, via in ran if worker} == {"fetch", "xhr", *IN_WORKERS}


def test_a_step_is_judged_by_its_own_exchanges(tmp_path: Path) -> None:
    recorded(tmp_path, [("ok", 1000), ("error", 2000)])
    right = [verdict(1.001, "allowed"), verdict(2.001, "allowed", "OPTIONS"), verdict(2.002, "blocked")]
    result = scored(tmp_path, right)
    assert (result.steps, result.right, result.certain, result.disagreements) == (2, 2, 2, [])


def test_a_wrong_verdict_is_told_and_counted_against_its_certainty(tmp_path: Path) -> None:
    recorded(tmp_path, [("ok", 1000), ("error", 2000)])
    wrong = [verdict(1.001, "blocked"), verdict(2.001, "allowed", certainty="likely")]
    result = scored(tmp_path, wrong)
    assert (result.steps, result.right, result.certain_wrong, len(result.disagreements)) == (2, 0, 1, 2)
    assert result.foreseen == 0


def test_a_wrong_verdict_is_foreseen_when_a_branch_tells_what_happened(tmp_path: Path) -> None:
    recorded(tmp_path, [("ok", 1000), ("error", 2000)])
    allowed, blocked = {"credentials=omit": {"outcome": "allowed"}}, {"credentials=include": {"outcome": "blocked"}}
    wrong = [
        verdict(1.001, "blocked", certainty="likely") | {"branches": allowed},
        verdict(2.001, "allowed", certainty="likely") | {"branches": blocked},
    ]
    result = scored(tmp_path, wrong)
    assert (result.right, result.foreseen) == (0, 2)


def test_the_last_line_of_a_flow_counts(tmp_path: Path) -> None:
    recorded(tmp_path, [("ok", 1000)])
    first = verdict(1.001, "blocked")
    assert scored(tmp_path, [first, first | {"outcome": "allowed"}]).right == 1


def test_what_was_not_on_the_wire_or_not_answered_does_not_count(tmp_path: Path) -> None:
    recorded(tmp_path, [("error", 1000), ("error", 2000)])
    result = scored(tmp_path, [verdict(2.001, "not-cors") | {"status": None}])
    assert (result.steps, result.unseen, result.unanswered) == (0, 1, 1)


def test_steps_run_together_are_told_apart_by_their_hops(tmp_path: Path) -> None:
    recorded(tmp_path, [("error", 1000), ("ok", 1000)], together=True)
    result = scored(tmp_path, [verdict(1.002, "allowed", hop=10), verdict(1.003, "blocked", hop=0)])
    assert (result.steps, result.right) == (2, 2)


def test_the_names_and_texts_of_the_engine_are_held_against_its_console(tmp_path: Path) -> None:
    text = "Access to fetch at 'https://api.test/s/700000/0' from origin 'https://app.test' has been blocked"
    failed = {"url": "https://api.test/s/700000/0", "corsErrorStatus": {"corsError": "MissingAllowOriginHeader"}}
    recorded(tmp_path, [("error", 1000)], console=[text], failed=[failed])
    said = verdict(1.001, "blocked") | {"error": "MissingAllowOriginHeader", "message": text}
    result = scored(tmp_path, [said])
    assert (result.names, result.names_right, result.texts, result.texts_right) == (1, 1, 1, 1)
    assert scored(tmp_path, [said | {"error": "AllowOriginMismatch", "message": ""}]).names_right == 0


def test_a_recording_is_kept_apart_by_kind_and_added_up(tmp_path: Path) -> None:
    recorded(tmp_path, [("ok", 1000), ("error", 2000)])
    one = scored(tmp_path, [verdict(1.001, "allowed"), verdict(2.001, "allowed", "OPTIONS")])
    total = Score()
    total.plus(one)
    total.plus(one)
    assert (total.steps, total.right, total.wrongly_allowed, total.wrongly_blocked) == (4, 2, 2, 0)
    assert (total.kinds["by fetch"].steps, total.kinds["from top"].steps) == (4, 4)


def test_an_aborted_step_does_not_count_and_the_next_one_does(tmp_path: Path) -> None:
    recorded(tmp_path, [("aborted", 1000), ("ok", 2000)])
    result = scored(tmp_path, [verdict(1.001, "blocked"), verdict(2.001, "allowed")])
    assert (result.steps, result.right) == (1, 1)


def test_an_exchange_belongs_to_the_step_that_had_begun() -> None:
    results = [{"from": 1000}, {"from": 2000}]
    early, late = verdict(1.5, "allowed"), verdict(2.0, "allowed")
    assert by_step({"steps": [{}, {}]}, results, [early, late]) == [[early], [late]]


# -- the servers -------------------------------------------------------------------------------------------------------


def served(answer: dict[str, Any], *asked: str) -> bytes:
    """What a server of the lab sends for a request, until it closes the connection."""
    scenario = {"id": 1, "page": "https://app.test", "steps": [], "serve": {"0": {"actual": answer}}}

    async def ask() -> bytes:
        origins = Origins([scenario], Path("unused"))
        reader, writer = asyncio.StreamReader(), Sink()
        reader.feed_data("\r\n".join([*asked, "host: api.test", "", ""]).encode())
        reader.feed_eof()
        request = await read(reader, "https")
        assert request is not None
        await origins.answer(request, writer)  # type: ignore[arg-type]
        return bytes(writer.sent)

    return asyncio.run(ask())


class Sink:
    """Takes what a server writes."""

    def __init__(self) -> None:
        self.sent = bytearray()

    def write(self, data: bytes) -> None:
        self.sent += data

    async def drain(self) -> None:
        pass


def test_a_server_answers_as_the_scenario_says() -> None:
    sent = served(
        {"status": 418, "headers": [["access-control-allow-origin", "é"]], "body": "x"}, "GET /s/1/0 HTTP/1.1"
    )
    assert sent == b"HTTP/1.1 418 I'm a Teapot\r\naccess-control-allow-origin: \xe9\r\ncontent-length: 1\r\n\r\nx"


def test_a_server_breaks_off_where_the_scenario_says_so() -> None:
    answer = {"status": 200, "headers": [], "body": "x"}
    assert served(answer | {"fault": "reset"}, "GET /s/1/0 HTTP/1.1") == b""
    assert served(answer | {"fault": "cut"}, "GET /s/1/0 HTTP/1.1").endswith(b"content-length: 101\r\n\r\nx")
    assert not served(answer | {"fault": "garbage"}, "GET /s/1/0 HTTP/1.1").startswith(b"HTTP")


def test_a_server_confirms_what_the_browser_holds() -> None:
    answer = {"status": 200, "headers": [], "etag": '"1"', "headers304": [["x-new", "1"]]}
    assert served(answer, "GET /s/1/0 HTTP/1.1", 'if-none-match: "1"').startswith(b"HTTP/1.1 304 Not Modified")


def test_what_is_no_scenario_is_not_found() -> None:
    assert served({"status": 200, "headers": []}, "GET /favicon.ico HTTP/1.1").startswith(b"HTTP/1.1 404")


# -- shrinking ---------------------------------------------------------------------------------------------------------


def exchange(name: str, *headers: tuple[str, str], answer: tuple[tuple[str, str], ...] = ()) -> Exchange:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
    fields = HeaderList.of(("User-Agent", agent), *headers)
    response = Response(200, HeaderList.of(*answer), 2.0)
    return Exchange(name, "127.0.0.1", "c", Request("GET", f"https://api.test/{name}", fields, 1.0), response)


def test_exchanges_and_headers_that_do_not_matter_are_dropped() -> None:
    noise = [exchange(f"n{number}", ("X-Noise", "1")) for number in range(9)]
    guilty = exchange("guilty", ("Origin", "https://app.test"), ("X-Noise", "1"), answer=(("X-Other", "1"),))

    def disagrees(exchanges: list[Exchange]) -> bool:
        return any(one.id == "guilty" and "origin" in one.request.headers for one in exchanges)

    [left] = shrink([*noise[:5], guilty, *noise[5:]], disagrees)
    assert (left.id, left.request.headers.names()) == ("guilty", ("user-agent", "origin"))
    assert left.response is not None
    assert not left.response.headers.fields


def test_a_scenario_shrinks_to_what_the_browser_needs() -> None:
    drawn = (one for one in generate(8, 200) if one["kind"] == "fetch")
    scenario = next(one for one in drawn if one["steps"][0]["credentials"] == "include")
    rounds = []

    def ask(tried: list[dict[str, Any]]) -> list[bool]:
        rounds.append(len(tried))
        return [one["steps"][0].get("credentials") == "include" for one in tried]

    smallest = shrink_scenario(scenario, ask)
    [step] = smallest["steps"]
    assert step.keys() <= {"via", "url", "method", "mode", "credentials", "headers"}
    assert not step.get("headers")
    assert not smallest["serve"].get("0")
    assert len(rounds) < 12


def test_changes_are_made_from_the_end_and_leave_the_original() -> None:
    scenario = {"id": 5, "steps": [{"a": 1}, {"b": 2}, {"c": 3}], "serve": {}}
    changes = [(("steps", 0), GONE), (("steps", 2), GONE), (("steps", 2, "c"), GONE)]
    assert changed(scenario, changes)["steps"] == [{"b": 2}]
    assert len(scenario["steps"]) == 3
    assert renumbered({"id": 5, "url": "https://api.test/s/5/0"}, 9) == {"id": 9, "url": "https://api.test/s/9/0"}


def test_a_disagreement_is_written_as_a_case_that_can_be_read() -> None:
    asked = exchange("r", ("Origin", "https://app.test"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "cross-site"))
    [judged] = Session().observe(asked)
    case = cases.read("shrunk", write_case("What the browser did", judged, "webkit", failed=False))
    assert case.expected["webkit"].said.outcome == "allowed"
    assert case.expected["firefox"].said.rule == "allow-origin-missing"
    assert case.facts.origin == "https://app.test"


# -- the report --------------------------------------------------------------------------------------------------------


def test_the_page_is_what_the_result_files_say() -> None:
    assert report.PAGE.read_text("utf-8") == report.render(), "scripts/lab report writes it"


def test_the_readme_has_the_pages_first_table() -> None:
    text = report.README.read_text("utf-8")
    assert text == report.render_readme(text), "scripts/lab report writes it"
    with pytest.raises(CorsightError, match="no table"):
        report.render_readme("# Corsight")


def test_the_result_files_hold_what_was_promised() -> None:
    scenarios: dict[str, int] = {}
    for result in report.results():
        scenarios[result["engine"]] = scenarios.get(result["engine"], 0) + result["scenarios"]
        assert result["certain_wrong"] <= result["certain"] / 1000
        assert result["right"] >= (0.985 if result["engine"] == "webkit" else 0.995) * result["steps"]
    assert min(scenarios.values()) >= 3000
    assert set(scenarios) == {"chromium", "firefox", "webkit"}


def test_a_disagreement_that_nothing_explains_stops_the_report(tmp_path: Path) -> None:
    recorded(tmp_path, [("ok", 1000)])
    found = scored(tmp_path, [verdict(1.001, "blocked")])
    truth = json.loads((tmp_path / "truth.json").read_text()) | {"seed": 7, "date": "2026-01-02", "browser": "B 1"}
    path = tmp_path / "results" / "result.json"
    path.parent.mkdir()
    report.keep(path, [truth], as_json(found))
    [result] = report.results(tmp_path / "results")
    with pytest.raises(CorsightError, match="nothing explains chromium 700000/0"):
        report.disagreements([result], {})
    assert "The moon was full." in report.disagreements([result], {"chromium 700000/0": "The moon was full."})
    [*_, row] = report.summary([result], [], [])
    assert row == "| B 1 | random scenarios | 2026-01-02 | 1 steps | 0.00% | 100.00% | 1 |"


def test_of_what_a_script_is_for_the_report_knows_that_it_does_not_show() -> None:
    said = {"said": ["GET https://api.test/s/700000/0 blocked mime-type-blocked likely"], "foreseen": True}
    did = {"via": "script", "url": "https://api.test/s/700000/0", "crossorigin": "anonymous"}
    where = {"scenario": 700000, "step": 0, "kind": "element", "where": "on https://app.test (top)"}
    one = {**where, **said, "did": did, "saw": "ok", "certain": False}
    result = {"engine": "firefox", "run": " over HTTP/2", "disagreements": [one]}
    text = report.disagreements([result], {})
    assert "### What a script is for does not show in the traffic (1)" in text
    assert "- Firefox over HTTP/2 700000/0 (element, on https://app.test (top)): script anonymous — " in text
    with pytest.raises(CorsightError, match="nothing explains firefox 700000/0"):
        report.disagreements([result | {"disagreements": [one | {"foreseen": False, "certain": True}]}], {})


def test_an_explanation_of_what_is_no_disagreement_is_out_of_date() -> None:
    found = {
        f"{result['engine']} {one['scenario']}/{one['step']}"
        for result in report.all_results()
        for one in result["disagreements"]
    }
    assert set(report.explained()) <= found


def recorded(folder: Path, saw: list[tuple[str, int]], together: bool = False, **said: Any) -> None:
    """A recording of one scenario, whose steps ended as `saw` says, at these milliseconds."""
    steps = [{"via": "fetch", "url": f"https://api.test/s/700000/{10 * together * k}"} for k in range(len(saw))]
    scenario = {"id": 700000, "page": "https://app.test", "frame": "top", "kind": "repeat", "steps": steps}
    results = [{"outcome": outcome, "from": began, "to": began + 500} for outcome, began in saw]
    truth = {"engine": "chromium", "results": [{"id": 700000, "results": results}], "console": [], "failed": [], **said}
    (folder / "scenarios.json").write_text(json.dumps([scenario | {"together": together}]))
    (folder / "truth.json").write_text(json.dumps(truth))


def verdict(
    started: float, outcome: str, method: str = "GET", hop: int = 0, certainty: str = "certain"
) -> dict[str, Any]:
    url = f"https://api.test/s/700000/{hop}"
    judged: dict[str, Any] = {
        "outcome": outcome,
        "certainty": certainty,
        "rule": None,
        "error": None,
        "message": None,
        "hidden": [],
        "evidence": [],
        "advice": [],
        "branches": {},
        "verdicts": {},
    }
    return {
        "flow": f"{started}",
        "started": started,
        "method": method,
        "url": url,
        "status": 200,
        "role": "request",
    } | judged


def scored(folder: Path, verdicts: list[dict[str, Any]]) -> Any:
    log = folder / "verdicts.jsonl"
    log.write_text("".join(json.dumps(verdict) + "\n" for verdict in verdicts))
    return score(folder, log)


def test_the_texts_of_webkit_are_held_against_its_inspector(tmp_path: Path) -> None:
    text = 'Credentials flag is true, but Access-Control-Allow-Credentials is not "true".'
    url = "https://api.test/s/700000/0"
    lines = [
        f"network | Failed to load resource: the server responded with a status of 404 (Not Found) | {url}",
        f"network | Failed to load resource: {text} | {url}",
    ]
    recorded(tmp_path, [("error", 1000)], engine="webkit", console=lines)
    result = scored(tmp_path, [verdict(1.001, "blocked") | {"message": text}])
    assert (result.names, result.texts, result.texts_right) == (0, 1, 1)
