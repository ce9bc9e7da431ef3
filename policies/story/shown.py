"""Text from the wire, made fit to be shown, once and for all views."""

from __future__ import annotations

from corsight.policies.redact import printable, redact

LONGEST = 300
LONGEST_MESSAGE = 1200
LINES = 8
"""How many lines of one header are shown."""


def shown(text: str, longest: int = LONGEST) -> str:
    """The text without secrets and control characters, cut where it is very long."""
    text = printable(redact(text))
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def quoted(text: str | None) -> str:
    """A header's value as the comparison sees it, in quotes; "nothing" where there is none."""
    return "nothing" if text is None else f'"{shown(text)}"'
