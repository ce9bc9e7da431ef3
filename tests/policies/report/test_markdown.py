"""Markdown that nothing from the wire gets out of."""

from __future__ import annotations

import pytest

from corsight.policies.report.markdown import _write_cell


@pytest.mark.parametrize("backslashes", range(6))
def test_no_bar_ends_a_cell(backslashes: int) -> None:
    cell = _write_cell("a" + "\\" * backslashes + "|<img src=x>")
    before = cell.partition("|")[0]
    # GitHub takes two backslashes for one sign, and then the bar for the end of the cell.
    assert (len(before) - len(before.rstrip("\\"))) % 2 == 1
    assert cell.startswith("`")
    assert cell.endswith("|<img src=x>`")
