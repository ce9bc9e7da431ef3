"""The names of the formats that a report comes in."""

from __future__ import annotations

FORMATS = {
    "text": "for people, at a terminal",
    "jsonl": "the records of the addon's log",
    "json": "findings as docs/report.schema.json says",
    "sarif": "for code scanning",
    "junit": "a case for each endpoint",
    "github": "annotations of a job, and its summary",
    "markdown": "for a pull request's comment",
    "csv": "the exchanges, for spreadsheets",
    "html": "a page of one file",
}
"""The formats, and what each is for."""
ENDINGS = {"jsonl": "jsonl", "json": "json", "sarif": "sarif", "xml": "junit", "md": "markdown", "csv": "csv"} | {
    "html": "html",
    "htm": "html",
}
"""The formats of files by their endings, where it is not text."""
MADE = frozenset(FORMATS) - {"text", "jsonl", "csv"}
"""Formats that are written from the report's model."""
WITH_RECORDS = frozenset({"jsonl", "csv", "json", "html"})
"""Formats that take the log's records."""


def split_format(value: str) -> tuple[str, str]:
    """Return the format and the file that NAME=FILE, or FILE alone by its ending, asks for."""
    name, named, file = value.partition("=")
    if named and name in FORMATS:
        return name, file
    name = value.replace("\\", "/").rpartition("/")[2]
    return ENDINGS.get(name.rpartition(".")[2].lower(), "text") if "." in name else "text", value
