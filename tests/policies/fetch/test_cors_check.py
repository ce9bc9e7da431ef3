"""The CORS check, by the standard's own steps: which one ends it, and what was compared there."""

from __future__ import annotations

import pytest

from corsight.policies.fetch.cors_check import (
    CREDENTIALS,
    INVALID,
    MISMATCH,
    MISSING,
    MULTIPLE,
    WILDCARD,
    classify,
    cors_check,
)
from corsight.policies.fetch.steps import Question, Step

PAGE = "https://app.test"


def check(
    allow_origin: str | None, allow_credentials: str | None = None, *, include: bool = False, lines: int = 1
) -> list[Step]:
    return list(cors_check(PAGE, allow_origin, allow_credentials, include=include, counted_lines=lines))


def shortly(steps: list[Step]) -> list[tuple[str, str | None]]:
    return [(step.number, step.rule) for step in steps if step.number != "2" or step.rule]


@pytest.mark.parametrize(
    ("allow_origin", "allow_credentials", "include", "steps"),
    [
        ("*", None, False, [("3", None)]),
        # 3 asks for the credentials mode first: with credentials, `*` is a value like any other.
        ("*", "true", True, [("4", WILDCARD), ("7", None)]),
        (PAGE, None, False, [("4", None)]),
        ("https://other.test", None, False, [("4", MISMATCH)]),
        # 5: without credentials nobody looks at Access-Control-Allow-Credentials.
        (PAGE, "false", False, [("4", None)]),
        (PAGE, "true", True, [("4", None), ("7", None)]),
        # 7: "`true`", to the byte.
        (PAGE, "TRUE", True, [("4", None), ("8", CREDENTIALS)]),
        (PAGE, None, True, [("4", None), ("8", CREDENTIALS)]),
    ],
)
def test_the_steps_are_the_standards(
    allow_origin: str, allow_credentials: str | None, include: bool, steps: list[tuple[str, str | None]]
) -> None:
    assert shortly(check(allow_origin, allow_credentials, include=include)) == steps


def test_step_2_asks_for_the_header_and_not_for_null() -> None:
    [missing, *_] = check(None)
    assert (missing.number, missing.rule) == ("2", MISSING)
    assert shortly(check("null")) == [("4", MISMATCH)]


def test_a_step_holds_what_it_compared() -> None:
    """What Chromium's and Firefox's messages name: the header's value, and that credentials were asked for."""
    [_, origin, credentials] = check("https://other.test", "yes", include=True)
    assert (origin.compared, origin.value) == (("https://other.test", PAGE, "include"), "https://other.test")
    assert (credentials.compared, credentials.value) == (("yes",), "yes")
    [_, origin] = check("https://other.test")
    assert origin.compared == ("https://other.test", PAGE, None)


@pytest.mark.parametrize("lines", [2, 3])
@pytest.mark.parametrize("allow_origin", [PAGE, "*"])
def test_firefox_takes_two_lines_for_too_many_whatever_they_come_to(allow_origin: str, lines: int) -> None:
    """ESR 153 drops empty lines, and counts them all the same."""
    [_, origin] = check(allow_origin, lines=lines)
    assert (origin.number, origin.rule, origin.value) == ("4", MULTIPLE, allow_origin)
    assert origin.compared == (allow_origin, PAGE, None, str(lines))
    assert check(allow_origin, lines=1)[1].passed
    assert check(allow_origin, lines=0)[1].passed


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("*", WILDCARD),
        ("https://a.test, https://b.test", MULTIPLE),
        # Chromium says MultipleAllowOriginValues of either.
        ("https://a.test,https://b.test", MULTIPLE),
        ("https://a.test https://b.test", MULTIPLE),
        ("null", MISMATCH),
        ("https://a.test", MISMATCH),
        ("a.test", INVALID),
        ("", INVALID),
        ("https://m\xc3\xbcnchen.test", MISMATCH),
        ("https://m\xfcnchen.test", INVALID),
    ],
)
def test_a_value_that_does_not_match_is_named_for_what_it_is(value: str, rule: str) -> None:
    assert classify(value) == rule


def test_each_step_asks_one_question() -> None:
    asked = [step.question for step in check(PAGE, "true", include=True)]
    assert asked == [Question.ALLOW_ORIGIN, Question.ORIGIN, Question.CREDENTIALS]
