"""Text from the wire, made fit to be shown, for every view."""

from __future__ import annotations

from corsight.policies.redact.control import printable
from corsight.policies.redact.text import redact

LONGEST = 300


def shown(text: str, longest: int = LONGEST) -> str:
    """The text with secrets replaced and control characters escaped, in one line; cut after `longest` characters."""
    text = printable(redact(text))
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
