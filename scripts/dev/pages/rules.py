"""The pages of docs/rules/, one a rule, from the catalogue."""

from __future__ import annotations

from typing import Any

from corsight.policies.actor import name_actor
from corsight.policies.rules import FAMILIES, RULES, Rule
from corsight.scripts.catalogue import KINDS, NO_HEADER, data, kind_of

FOLDER = "docs/rules"
INDEX = "README.md"
WRITTEN = "<!-- Written by scripts/dev/write from policies/rules: change it there. -->"


def render() -> dict[str, str]:
    """Return the text of every page by its path."""
    pages = {INDEX: _index()} | {f"{code}.md": _page(rule) for code, rule in RULES.items()}
    return {f"{FOLDER}/{name}": text for name, text in pages.items()}


def _index() -> str:
    lines = [
        WRITTEN,
        "",
        "# What Corsight finds",
        "",
        'A rule says which check of the browser failed. Under headings with "(advice)" nothing is blocked, but '
        "something could be better. The real reason behind a failed check is a *cause*: see "
        "[docs/causes](../causes/README.md). `corsight rules CODE` shows a page in the terminal. A code never changes "
        "its meaning, so you can use it in scripts and settings.",
    ]
    for title, family in FAMILIES.items():
        kind = "" if family.RULES[0].kind == "decision" else " (advice)"
        lines += ["", f"## {title}{kind}", "", "| Code | What it is |", "| --- | --- |"]
        lines += [f"| [`{rule.code}`]({rule.code}.md) | {escape_cell(rule.title)} |" for rule in family.RULES]
    return "\n".join(lines) + "\n"


def _page(rule: Rule) -> str:
    whole = data(rule)
    example, fix = whole["example"], whole["fix"]
    lines = [WRITTEN, "", f"# {escape_text(rule.title)}", ""]
    kind = KINDS[kind_of(rule)]
    kind = f"{kind[0].upper()}{kind[1:]}."
    found = " It shows only in several exchanges together." if rule.many else ""
    lines += [f"`{rule.code}` · [{whole['section']}]({whole['spec']}) · {kind}{found}", "", escape_text(rule.why), ""]
    lines += ["## Example", ""]
    for one in example["exchanges"]:
        lines += ["```http", one["request"], "```", ""]
        lines += ["```http", one["response"], "```", ""] if one["response"] else ["No response came.", ""]
    if example["credentials"] == "include":
        lines += ["The page sends this request with credentials.", ""]
    lines += [f"- Seen: {escape_text(example['seen'])}", f"- Needed: {escape_text(example['needed'])}", ""]
    lines += _browsers(whole)
    lines += ["## What to do", "", f"{escape_text(rule.advice)} Who has to act: {name_actor(rule.actor)}.", ""]
    if example["status"] is not None:
        lines += [f"For the example: answer OPTIONS with status {example['status']}.", ""]
    if example["edits"]:
        lines += ["For the example, send:", "", "```http", *example["edits"], "```", ""]
    if fix["mendable"]:
        care = "This fix is safe: it allows nobody anything new."
        lines.append(care if fix["widens"] is None else f"Take care: it {escape_text(fix['widens'])}.")
    else:
        lines.append(NO_HEADER)
    return "\n".join(lines) + "\n"


def _browsers(whole: dict[str, Any]) -> list[str]:
    """Return what each engine says of the example."""
    engines = whole["engines"]
    if whole["kind"] == "advice":
        named = [one["label"] for one in engines.values() if one["says"]]
        if len(named) == len(engines):
            return []
        return [f"For the example, this advice is given for {', '.join(named)}.", ""]
    lines = ["## What browsers say", "", "| Engine | Identifier | Console |", "| --- | --- | --- |"]
    for name, one in engines.items():
        if name == "standard":
            continue
        error = f"`{one['error']}`" if one["error"] is not None else ""
        message = f"`{escape_cell(one['message'])}`" if one["message"] is not None else "nothing"
        if one["rule"] is None:
            error, message = "", "does not block it"
        elif one["rule"] != whole["code"]:
            error = f"{error} (for [`{one['rule']}`]({one['rule']}.md))".strip()
        lines.append(f"| {one['label']} | {error} | {message} |")
    return [*lines, ""]


def escape_text(text: str) -> str:
    """Return prose with what Markdown would take for markup escaped outside its code."""
    parts = text.split("`")
    return "`".join(
        part if number % 2 else part.replace("*", "\\*").replace("<", "&lt;") for number, part in enumerate(parts)
    )


def escape_cell(text: str) -> str:
    """Return text that stays in its cell of a table."""
    return text.replace("|", "\\|")
