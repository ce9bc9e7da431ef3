"""The Python API does what docs/api.md says of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.scripts import api, cli
from corsight.scripts.paths import ROOT

SHOP = ROOT / "examples" / "shop.mitm"
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```\n\n```text\n(.*?)^```\n", (ROOT / "docs" / "api.md").read_text("utf-8"), re.M | re.S
)


def test_every_example_is_tried() -> None:
    assert len(EXAMPLES) == (ROOT / "docs" / "api.md").read_text("utf-8").count("```python") > 0


@pytest.mark.parametrize(("source", "printed"), EXAMPLES)
def test_an_example_prints_what_stands_below_it(
    source: str,
    printed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(SHOP, tmp_path / "visit.mitm")
    monkeypatch.chdir(tmp_path)
    exec(compile(source, "docs/api.md", "exec"), {})
    assert capsys.readouterr().out == printed


def test_every_field_that_is_named_is_there() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    [finding, *_] = api.audit(SHOP)
    fields = [name for row in re.findall(r"^\| (`.+?) \|", text, re.M) for name in re.findall(r"`(\w+)`", row)]
    assert fields
    for name in fields:
        assert hasattr(finding, name), name


def test_a_damaged_recording_is_read_as_far_as_it_is_good(tmp_path: Path) -> None:
    whole = list(api.read(SHOP))
    assert len(whole) == 15
    damaged = tmp_path / "damaged.mitm"
    damaged.write_bytes(SHOP.read_bytes()[:-50])
    for function in (api.read, api.judge_recording):
        yielded: list[object] = []
        with pytest.raises(api.CorsightError, match="cut short or damaged after 14 exchanges"):
            yielded.extend(function(damaged))
        assert len(yielded) == 14
    with pytest.raises(api.CorsightError, match="cut short or damaged after 14 exchanges"):
        api.audit(damaged)


@pytest.mark.parametrize("engine", [None, "chromium", "chromium@100", "firefox", "webkit", "standard"])
def test_it_judges_as_the_command_does(engine: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", str(SHOP), "--format", "jsonl", "--engine", engine or "auto"]) == 1
    records = capsys.readouterr().out.splitlines()
    judged = list(api.judge_recording(SHOP, engine=engine))
    assert len(judged) == len(records)
    for one, line in zip(judged, records, strict=True):
        assert f'"engine":"{one.verdict.engine}","outcome":"{one.verdict.outcome}"' in line


def test_an_engine_that_is_none_is_told_in_one_line() -> None:
    request = Request("GET", "https://b.example/", HeaderList())
    with pytest.raises(api.CorsightError, match="'chrome' is not one of auto, standard"):
        api.judge(Exchange("1", "test", "1", request, Response(200, HeaderList())), engine="chrome")
    with pytest.raises(api.CorsightError, match="a version is the engine's major number"):
        list(api.judge_recording(SHOP, engine="chromium@x"))


def test_an_exchange_is_judged_by_the_engine_that_its_user_agent_names() -> None:
    for agent, engine in (("Mozilla/5.0 Gecko/20100101 Firefox/140.0", "firefox"), ("curl/8.0", "standard")):
        request = Request(
            "GET", "https://b.example/", HeaderList.of(("User-Agent", agent), ("Origin", "https://a.test"))
        )
        verdict = api.judge(Exchange("1", "test", "1", request, Response(200, HeaderList())))
        assert (verdict.engine, verdict.outcome) == (engine, api.Outcome.BLOCKED)


def test_an_exchange_without_a_response_is_judged_too() -> None:
    request = Request("GET", "https://b.example/", HeaderList.of(("Origin", "https://a.test")))
    verdict = api.judge(Exchange("1", "test", "1", request), credentials="include")
    assert (verdict.outcome, verdict.ruling.rule) == (api.Outcome.NOT_CORS, "network-error")
