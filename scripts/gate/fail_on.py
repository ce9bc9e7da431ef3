"""What makes a run fail."""

from __future__ import annotations

from typing import Literal

FailOn = Literal["certain", "blocked", "open", "advice", "never"]
"""What makes a run fail: what is certainly blocked; also what is likely blocked; also what is open; also advice and
what failed; or nothing."""
FAIL_ON: FailOn = "open"
"""What does where nobody says otherwise: what is open has not passed."""
