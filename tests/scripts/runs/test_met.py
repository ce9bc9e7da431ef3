"""What each test met: the exchanges of the demo's recording, dealt out to tests by their times and lanes."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from corsight.scripts.gate.gate import Gate
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from corsight.scripts.report.formats import read_formats
from corsight.scripts.runs.met import OUTSIDE, ByTest, Met
from corsight.scripts.runs.report import Told, report
from corsight.scripts.runs.tests import Test, Tests

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop.mitm"
CART = "/cart"


def deal(*, allow: tuple[str, ...] = (), lanes: bool = True) -> tuple[Tests, dict[str, int]]:
    """Two tests that run at a time: one sends what goes to the cart, the other the rest."""
    asked = {
        judged.entry.exchange.id: judged.entry.exchange.request for judged in judge_recording(Recording(str(SHOP)))
    }
    begun = min(request.started for request in asked.values())
    tests = Tests()
    tests.add(Test("cart", begun - 1, 0 if lanes else None, allow=allow))
    tests.add(Test("rest", begun - 1, 1 if lanes else None))
    tests.end("cart", 0 if lanes else None, begun + 1e6, "passed")
    return tests, {id: 0 if CART in request.url else 1 for id, request in asked.items()} if lanes else {}


def run(tests: Tests, lanes: dict[str, int], *formats: str, gate: Gate = Gate()) -> tuple[str, list[Met], int]:  # noqa: B008
    stream = io.StringIO()
    reported = report(
        [Recording(str(SHOP))],
        gate,
        read_formats(formats, None, []),
        Told("the shop", brief=True),
        tests=ByTest(tests, lanes),
        stream=stream,
    )
    return stream.getvalue(), reported.met, reported.failures


def test_each_test_is_told_with_what_it_met() -> None:
    text, met, failures = run(*deal())
    cart, rest = met
    assert (cart.name, cart.outcome, rest.name, rest.outcome) == ("cart", "passed", "rest", "")
    assert cart.blocked > 0 < rest.blocked
    assert failures == sum(one.blocked + one.open for one in met)
    assert {place.url for one in cart.findings for place in one.places} == {"https://api.shop.test/cart/1"}
    said = text.partition("2 of 2 tests met a finding above")[2].splitlines()
    assert [line.split("  ")[-1].strip() for line in said[1:3]] == ["cart (passed)", "rest"]
    numbers = [set(line.split("  ")[1].split(", ")) for line in said[1:3]]
    assert numbers[0].isdisjoint(numbers[1])


def test_without_lanes_what_several_tests_may_have_sent_is_of_one_of_them() -> None:
    _, met, _ = run(*deal(lanes=False))
    assert [(one.name, one.exchanges) for one in met[:2]] == [("cart", 0), ("rest", 0)]
    assert met[2].name == "cart or rest"
    assert met[2].blocked > 0


def test_what_no_test_sent_is_told_too() -> None:
    tests, lanes = deal()
    tests.all.clear()
    late = Tests()
    late.add(Test("late", 4e9, 0))
    _, met, _ = run(late, lanes)
    assert [one.name for one in met] == ["late", OUTSIDE]
    assert met[1].blocked > 0 == met[0].exchanges


def test_what_a_test_expects_is_held_back_and_said() -> None:
    before = run(*deal())
    text, met, failures = run(*deal(allow=("*",)))
    assert failures == before[2] - met[0].blocked - met[0].open
    assert "expected in cart" in " ".join(text.split())


def test_what_another_test_met_too_is_not_held_back() -> None:
    tests, lanes = deal(allow=("*",))
    tests.add(Test("again", 0, 2))
    # One exchange of each finding of the cart is the other's.
    cart = [
        judged.entry.exchange.id
        for judged in judge_recording(Recording(str(SHOP)))
        if CART in judged.entry.exchange.request.url
    ]
    _, _, failures = run(tests, lanes | dict.fromkeys(cart, 2))
    assert failures == run(*deal())[2]


def test_junit_has_a_case_for_each_test(tmp_path: Path) -> None:
    file = tmp_path / "cors.xml"
    tests, lanes = deal(allow=("*",))
    tests.add(Test("nothing", 1, 7))
    run(tests, lanes, f"junit={file}")
    root = ElementTree.parse(file).getroot()
    cases = {case.attrib["name"]: [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {"cart": ["skipped"], "rest": ["failure"], "nothing": []}
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["skipped"]) == ("3", "1", "1")


@pytest.mark.parametrize("name", ["json", "markdown", "html"])
def test_a_finding_names_the_tests_that_met_it(name: str, tmp_path: Path) -> None:
    file, quiet = tmp_path / "with", tmp_path / "without"
    tests, lanes = deal()
    for test in tests.all:
        test.name = f"tests/{test.name}.spec › works"
    run(tests, lanes, f"{name}={file}")
    run(Tests(), {}, f"{name}={quiet}")
    assert "tests/cart.spec › works" in file.read_text("utf-8").replace("\\u203a", "›")
    assert "cart.spec" not in quiet.read_text("utf-8")
