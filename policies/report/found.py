"""What a report is made of: findings, each with an exchange that shows it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from corsight.policies.findings import Finding
from corsight.policies.session import Judged

type Baseline = Literal["new", "unchanged"] | None
"""Whether the baseline has a finding; None without one."""


class Found(NamedTuple):
    """A finding, and the first exchange that it was met with. `suppressed` says why it does not count."""

    finding: Finding
    judged: Judged
    suppressed: str | None = None
    baseline: Baseline = None
