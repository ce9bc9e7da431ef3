"""What the traffic shows of earlier exchanges is found by the ids that the evidence names, not by its words."""

from __future__ import annotations

import pytest

from corsight.policies.evidence import Evidence, Reason
from corsight.policies.findings.sample import Granted
from corsight.policies.findings.traffic import _find_named

RECORDS = [Granted(name, "https://shop.example", None, 1) for name in ("1", "12")]


@pytest.mark.parametrize(("name", "found"), [("1", "1"), ("12", "12"), ("123", None)])
def test_a_record_is_found_by_its_whole_id(name: str, found: str | None) -> None:
    evidence = Evidence("preflight", "cached", Reason.CACHED_PREFLIGHT, details=(name, "5"))
    record = _find_named(evidence, RECORDS)
    assert (None if record is None else record.id) == found


def test_without_evidence_nothing_is_found() -> None:
    assert _find_named(None, RECORDS) is None
    assert _find_named(Evidence("preflight", "cached", Reason.BEFORE_RECORDING), RECORDS) is None
