"""The lab's own parts, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.browser.lab.generate import KINDS, generate
from tests.browser.lab.score import score


def test_a_seed_draws_the_same_scenarios_again() -> None:
    assert generate(3, 40) == generate(3, 40)
    assert generate(3, 40) != generate(4, 40)


def test_every_kind_is_drawn_and_serves_all_its_steps_ask_for() -> None:
    scenarios = generate(5, 400)
    assert {scenario["kind"] for scenario in scenarios} == set(KINDS)
    for scenario in scenarios:
        for step in scenario["steps"]:
            *_, ident, hop = step["url"].split("/")
            assert int(ident) == scenario["id"]
            assert hop in scenario["serve"]


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
        "branches": {},
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
