"""Text from the wire, marked as data: the types of all fields that may hold any.

Peers choose hosts, paths, header names and values, and so what stands in a sentence of ours that quotes them. Such text
is redacted, escaped, cut, and put between marks that it cannot hold itself.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from corsight.policies.redact import printable, redact, shown

OPENS, CLOSES = "\u27e6", "\u27e7"
"""What marked text stands between: ⟦ and ⟧."""
LONGEST_TOLD = 1200
"""Characters of a sentence."""
LONGEST_TEXT, MOST_LINES, LONGEST_LINE = 20_000, 400, 1000
"""Characters and lines of a text of several lines, and characters of a line."""

_ESCAPED = str.maketrans({OPENS: "\\u27e6", CLOSES: "\\u27e7"})


def mark(text: str) -> str:
    """Return a value of the wire, marked."""
    return _enclose(shown(text))


def mark_told(text: str) -> str:
    """Return a sentence that may quote the wire, marked."""
    return _enclose(shown(text, LONGEST_TOLD))


def mark_lines(text: str) -> str:
    """Return a text of several lines that may quote the wire, marked; its tabs and line ends stay."""
    lines = text.rstrip("\n").split("\n")
    kept = [shown_line(line) for line in lines[:MOST_LINES]]
    while sum(map(len, kept)) + len(kept) > LONGEST_TEXT:
        kept.pop()
    if more := len(lines) - len(kept):
        kept.append(f"… and {more} more lines")
    return _enclose("\n".join(kept))


def shown_line(line: str) -> str:
    """Return a line fit to be shown. It is cut where it is too long."""
    text = "\t".join(printable(redact(part)) for part in line.split("\t"))
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}… ({len(text)} characters)"


def _enclose(text: str) -> str:
    return f"{OPENS}{text.translate(_ESCAPED)}{CLOSES}"


_SOURCE = {"x-source": "wire"}

Wire = Annotated[str, AfterValidator(mark), Field(json_schema_extra=_SOURCE)]
"""A value of the wire: a URL, an origin, a method, a header."""
Told = Annotated[str, AfterValidator(mark_told), Field(json_schema_extra=_SOURCE)]
"""A sentence that may quote the wire."""
Text = Annotated[str, AfterValidator(mark_lines), Field(json_schema_extra=_SOURCE)]
"""Several lines that may quote the wire."""
