"""Text from the wire, made fit to be shown, for every view."""

from __future__ import annotations

from corsight.policies.redact.control import printable
from corsight.policies.redact.text import cut, redact

LONGEST = 300
LOOKED_AT = 4
"""How many times as much as may be shown of a text is looked at."""


def shown(text: str, longest: int = LONGEST) -> str:
    """Return the text with secrets replaced and control characters escaped, in one line; cut after `longest`
    characters.
    """
    size = len(text)
    if size > LOOKED_AT * longest:
        return f"{printable(redact(cut(text, LOOKED_AT * longest)))[:longest]}… ({size} characters)"
    text = printable(redact(text))
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
