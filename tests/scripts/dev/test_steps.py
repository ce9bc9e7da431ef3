"""Links and step comments are read as they are written."""

from __future__ import annotations

from corsight.scripts.dev.steps import Step, read_module

FETCH = "https://fetch.spec.whatwg.org/"
SOURCE = '''"""The module (https://fetch.spec.whatwg.org/#module)."""

LIMIT = 128
"""https://fetch.spec.whatwg.org/#limit"""


def check(value: str) -> bool:
    """Return whether it passes. https://fetch.spec.whatwg.org/#check"""
    # 1. "If value's length is greater than 128, then return false."
    # 206 is no step, and "nor is this".
    if len(value) > LIMIT:
        return False
    # 2.1. "If value is "*""
    # "or value is null"
    # Not quoted.
    # "so this belongs to nothing"
    # Step 3: with words of our own.
    # HTTP-redirect fetch, 9. and 10.
    # https://fetch.spec.whatwg.org/#other
    # 4-6. Both ends.
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
        step("#check", "2.1", 'If value is "*"'),
        step("#check", "2.1", "or value is null"),
        step("#check", "3"),
        step("#http-redirect-fetch", "9"),
        step("#http-redirect-fetch", "10"),
        step("#other", "4"),
        step("#other", "6"),
        step("#module", "8", "The module's", "plain"),
    ]
