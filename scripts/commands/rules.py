"""`corsight rules`: lists every rule and cause, or shows one in full."""

from __future__ import annotations

import json
import re
import sys
from difflib import get_close_matches
from typing import Annotated, Literal

import typer

from corsight.policies.causes import CAUSES, KnownCause
from corsight.policies.console.names import read_name
from corsight.policies.rules import RULES, Rule
from corsight.scripts.catalogue import cause_data, data
from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import name_command
from corsight.scripts.report.rules import write_cause, write_list, write_rule

LONGEST_NAME = 200
MOST = 5
"""How many codes are named in place of one that there is not."""


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
            "no rule and no cause has this code",
            where=code[:80],
            todo=suggest(code),
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


def suggest(code: str) -> str:
    """Return what to do about a code that there is not: which ones look like it, or speak of it."""
    wanted = code.lower().strip()[:80]
    entries: list[Rule | KnownCause] = [*RULES.values(), *CAUSES.values()]
    known = {one.code: f"{one.title} {one.why} {one.advice}".lower() for one in entries}
    near = [one for one in known if wanted in one] or get_close_matches(wanted, known)
    speaking = [one for one, text in known.items() if re.search(rf"\b{re.escape(wanted)}\b", text)]
    if not wanted or not (near or speaking):
        return f"{name_command()} rules lists all"
    codes = near or speaking
    more = f" and {len(codes) - MOST} more" if len(codes) > MOST else ""
    return f"{'the nearest' if near else 'these speak of it'}: {', '.join(codes[:MOST])}{more}"
