"""The table of findings: as wide as the terminal, and no cause cut off while something else can give way."""

from __future__ import annotations

import pytest

from corsight.policies.findings import Finding
from corsight.policies.findings.model import Place
from corsight.scripts.report.table import list_rows, measure

CODES = "preflight-needs-authentication", "preflight-header-not-allowed", "wildcard-with-credentials"


def make_findings() -> list[Finding]:
    """Findings of one page at endpoints of long names."""
    place = Place("GET", "https://api.shop.example/v2/customers/orders", "https://www.shop.example")
    return [Finding(code, "", "", (), "", "server", (), "certain", (place,), 1, ("1",)) for code in CODES]


@pytest.mark.parametrize("width", [62, 66, 70, 80, 100, 120, 200])
def test_that_no_line_is_wider_than_the_terminal_and_no_cause_is_cut(width: int) -> None:
    findings = make_findings()
    head, *rows = (row.plain for row in list_rows(findings, measure(findings, width)))
    assert all(len(row) <= width for row in (head, *rows))
    assert all(code in row for code, row in zip(CODES, rows, strict=True))


def test_that_the_page_gives_way_in_a_narrow_terminal() -> None:
    findings = make_findings()
    wide, narrow = (list_rows(findings, measure(findings, width))[0].plain.split() for width in (80, 70))
    assert wide == ["#", "×", "page", "endpoint", "cause", "who"]
    assert narrow == ["#", "×", "endpoint", "cause", "who"]
