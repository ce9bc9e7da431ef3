"""`corsight rules`: the catalogue of all that Corsight finds, and one rule of it in full."""

from __future__ import annotations

import json
import sys
from difflib import SequenceMatcher
from typing import Annotated, Literal

import typer

from corsight.policies.rules import RULES
from corsight.scripts.catalogue import data
from corsight.scripts.errors import CorsightError
from corsight.scripts.report.rules import write_list, write_rule


def rules(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="The code of the rule to show in full.")] = None,
    format: Annotated[Literal["text", "json"], typer.Option(help="text for people, json for programs.")] = "text",
) -> None:
    """List every rule by its code, or show one in full: why it exists, what browsers say, how to fix it."""
    if code is not None and code not in RULES:
        raise CorsightError(
            "there is no rule of that code", where=code[:80], todo=f"the nearest are {', '.join(find_nearest(code))}"
        )
    if format == "json":
        shown = data(RULES[code]) if code is not None else [data(rule) for rule in RULES.values()]
        print(json.dumps(shown, indent=2, ensure_ascii=True))
    elif code is None:
        write_list(sys.stdout)
    else:
        write_rule(RULES[code], sys.stdout)


def find_nearest(code: str) -> list[str]:
    """Return the three codes that look most like `code`; those that hold it, or a word of it, come first."""
    wanted = code.lower()[:80]
    words = {word for word in wanted.split("-") if len(word) > 2}

    def likeness(known: str) -> tuple[bool, float]:
        ratio = SequenceMatcher(None, wanted, known).ratio()
        return wanted in known, ratio + len(words & set(known.split("-"))) / 4

    return sorted(RULES, key=likeness, reverse=True)[:3]
