"""Links and step comments are read as they are written."""

from __future__ import annotations

from corsight.scripts.dev.steps import Step, read_module

FETCH = "https://fetch.spec.whatwg.org/"
SOURCE = '''"""The module (https://fetch.spec.whatwg.org/#module)."""

LIMIT = 128
"""https://fetch.spec.whatwg.org/#limit"""


def check(value: str) -> bool:
    """Return whether it passes. https://fetch.spec.whatwg.org/#check"""
    # 1. "If value's length is greater than 128, then return false." Bytes: 206 is no step, and "nor is this".
    if len(value) > LIMIT:
        return False
    # 2.1. "If value is "*" …" "… or "a", which is nothing,
    # then return "b"." 2.2. "Return null." 5, as Latin-1.
    # 3, the other half.
    # UTF-8, as browsers do.
    # https://fetch.spec.whatwg.org/#other
    # 4. "… ends".
    return True  # 7. "behind code"


def plain() -> None:
    # 8. "The module's"
    pass
'''


def test_a_comment_counts_in_the_algorithm_that_is_named_last() -> None:
    def step(link: str, number: str = "", words: str = "", name: str = "check") -> Step:
        return Step(FETCH + link, number, words, "m.py", name)

    assert list(read_module(SOURCE, "m.py")) == [
        step("#check"),
        step("#limit", name="LIMIT"),
        step("#check", "1", "If value's length is greater than 128, then return false."),
        step("#check", "2.1", 'If value is "*" …'),
        step("#check", "2.1", '… or "a", which is nothing, then return "b".'),
        step("#check", "2.2", "Return null."),
        step("#check", "5"),
        step("#check", "3"),
        step("#other", "4", "… ends"),
        step("#module", "8", "The module's", "plain"),
    ]
