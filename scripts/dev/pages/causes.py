"""The pages of docs/causes/, one a cause, from the catalogue."""

from __future__ import annotations

from corsight.policies.causes import CAUSES, FAMILIES, KnownCause
from corsight.policies.engines import ENGINES
from corsight.scripts.catalogue import ACTORS, CORS_SAYS, cause_data
from corsight.scripts.dev.pages.rules import INDEX, escape_cell, escape_text

FOLDER = "docs/causes"
WRITTEN = "<!-- Written by scripts/dev/write from policies/causes: change it there. -->"


def render() -> dict[str, str]:
    """Return the text of every page by its path."""
    pages = {INDEX: _index()} | {f"{code}.md": _page(cause) for code, cause in CAUSES.items()}
    return {f"{FOLDER}/{name}": text for name, text in pages.items()}


def _index() -> str:
    lines = [
        WRITTEN,
        "",
        "# What is behind it",
        "",
        "A rule says what the browser failed a request for; a cause says what is really wrong. Findings, the log "
        "(`cause`) and pasted console messages name these codes, or the code of the rule where no more is known. A "
        "code never changes its meaning. `corsight rules CODE` shows the same in a terminal; the rules are in "
        "[docs/rules](../rules/README.md).",
    ]
    for title, family in FAMILIES.items():
        lines += ["", f"## {title}", "", "| Code | What it is |", "| --- | --- |"]
        lines += [f"| [`{one.code}`]({one.code}.md) | {escape_cell(one.title)} |" for one in family.CAUSES]
    return "\n".join(lines) + "\n"


def _page(cause: KnownCause) -> str:
    whole = cause_data(cause)
    lines = [WRITTEN, "", f"# {escape_text(cause.title.rstrip('.'))}", ""]
    lines += [f"`{cause.code}` · {CORS_SAYS[cause.cors]}", "", escape_text(cause.why), ""]
    if whole["console"]:
        lines += ["## What browsers write", "", "| Engine | Console |", "| --- | --- |"]
        for engine, texts in whole["console"].items():
            lines += [f"| {ENGINES[engine].label} | `{escape_cell(text)}` |" for text in texts]
        lines.append("")
    lines += ["## What to do", "", f"{escape_text(cause.advice)} Who has to act: {ACTORS[cause.actor]}."]
    return "\n".join(lines) + "\n"
