"""Markdown that nothing from the wire gets out of."""

from __future__ import annotations

import pytest

from corsight.policies.report.markdown import _write_cell, escape


@pytest.mark.parametrize("backslashes", range(6))
def test_no_bar_ends_a_cell(backslashes: int) -> None:
    cell = _write_cell("a" + "\\" * backslashes + "|<img src=x>")
    before = cell.partition("|")[0]
    # GitHub takes two backslashes for one sign, and then the bar for the end of the cell.
    assert (len(before) - len(before.rstrip("\\"))) % 2 == 1
    assert cell.startswith("`")
    assert cell.endswith("|<img src=x>`")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("byte for byte: `patch` is not `PATCH`.", "byte for byte: `patch` is not `PATCH`."),
        ("A `*` counts, a * does not", "A `*` counts, a \\* does not"),
        ("`<img src=x>` and <img src=x>", "`<img src=x>` and &lt;img src=x\\>"),
        ("one ` alone: *a*", "one \\` alone: \\*a\\*"),
        ("`a``*b*`", "\\`a\\`\\`\\*b\\*\\`"),
        ("```*a*```", "\\`\\`\\`\\*a\\*\\`\\`\\`"),
    ],
)
def test_what_stands_between_backticks_is_code(text: str, escaped: str) -> None:
    """Our own texts write names so; backticks that are not in plain pairs are signs like any other."""
    assert escape(text) == escaped
