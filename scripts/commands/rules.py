"""`corsight rules`: lists every rule and cause, or shows one in full."""

from __future__ import annotations

import json
import sys
from difflib import SequenceMatcher
from typing import Annotated, Literal

import typer

from corsight.policies.causes import CAUSES
from corsight.policies.console.names import read_name
from corsight.policies.rules import RULES
from corsight.scripts.catalogue import cause_data, data
from corsight.scripts.errors import CorsightError
from corsight.scripts.report.rules import write_cause, write_list, write_rule

LONGEST_NAME = 200


def rules(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="The code of the rule or the cause to show in full.")
    ] = None,
    format: Annotated[Literal["text", "json"], typer.Option(help="text for people, json for programs.")] = "text",
) -> None:
    """List every rule and every cause by its code, or show one in full: why, what browsers say, what to do and who."""
    if code is not None and code not in RULES and code not in CAUSES:
        # Browsers have names of their own for the same.
        named = read_name(code[:LONGEST_NAME])
        code = code if named is None else named.cause or named.rule or code
    if code is not None and code not in RULES and code not in CAUSES:
        raise CorsightError(
            "there is no rule and no cause of that code",
            where=code[:80],
            todo=f"the nearest are {', '.join(find_nearest(code))}",
        )
    if format == "json":
        everything = [*map(data, RULES.values()), *map(cause_data, CAUSES.values())]
        shown = everything if code is None else next(one for one in everything if one["code"] == code)
        print(json.dumps(shown, indent=2, ensure_ascii=True))
    elif code is None:
        write_list(sys.stdout)
    elif code in RULES:
        write_rule(RULES[code], sys.stdout)
    else:
        write_cause(CAUSES[code], sys.stdout)


def find_nearest(code: str) -> list[str]:
    """Return the three codes that look most like `code`; those that hold it, or a word of it, come first."""
    wanted = code.lower()[:80]
    words = {word for word in wanted.split("-") if len(word) > 2}

    def likeness(known: str) -> tuple[bool, float]:
        ratio = SequenceMatcher(None, wanted, known).ratio()
        return wanted in known, ratio + len(words & set(known.split("-"))) / 4

    return sorted([*RULES, *CAUSES], key=likeness, reverse=True)[:3]
