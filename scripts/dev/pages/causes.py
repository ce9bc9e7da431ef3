"""The pages of docs/causes/, one a cause, from the catalogue."""

from __future__ import annotations

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES, FAMILIES, KnownCause
from corsight.scripts.catalogue import CORS_SAYS, WRITERS, cause_data
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
        "# Causes: what is really wrong",
        "",
        "A [rule](../rules/README.md) says which check of the browser failed. A cause says what is really wrong, such "
        "as a login page that answered in place of the API. Findings, the log (`cause`) and explained console messages "
        "have the code of a cause, or the code of a rule if nothing more is known. `corsight rules CODE` shows a page "
        "in the terminal. A code never changes its meaning.",
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
        who = "browsers" if set(whole["console"]) - {"standard"} else "servers and libraries"
        lines += [f"## What {who} write", "", "| Engine | Console |", "| --- | --- |"]
        for engine, texts in whole["console"].items():
            lines += [f"| {WRITERS[engine]} | `{escape_cell(text)}` |" for text in texts]
        lines.append("")
    lines += ["## What to do", "", f"{escape_text(cause.advice)} Who has to act: {name_actor(cause.actor)}."]
    return "\n".join(lines) + "\n"
