"""The pages of docs/causes/, one a cause, from the catalogue."""

from __future__ import annotations

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES, FAMILIES, KnownCause
from corsight.policies.verdict import EngineName
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
    lines += _console(whole["console"])
    lines += ["## What to do", "", f"{escape_text(cause.advice)} Who has to act: {name_actor(cause.actor)}."]
    return "\n".join(lines) + "\n"


def _console(texts: dict[EngineName, list[str]]) -> list[str]:
    """Return the section on who writes what: a table by engine, or a list where no browser writes it."""
    if not texts:
        return []
    if not set(texts) - {"standard"}:
        return ["## What servers and libraries write", "", *(f"- `{text}`" for text in texts["standard"]), ""]
    rows = [f"| {WRITERS[engine]} | `{escape_cell(text)}` |" for engine, said in texts.items() for text in said]
    return ["## What browsers write", "", "| Engine | Console |", "| --- | --- |", *rows, ""]
