"""What a page's code gives names to, before a call that uses them: `const url = "…"`, `headers.append(…)`."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from corsight.scripts.whatif.copied.javascript import LONGEST, SPREAD, UNKNOWN, Reader, read_call

MOST = 100
"""Assignments of a paste that are read."""

_ASSIGNED = re.compile(
    r"^[^\S\n]*(?:export\s+)?(?:(?:const|let|var|final)\s+)?(?P<name>[A-Za-z_$][\w$]{0,60}+)"
    r"(?P<inner>(?:\.[\w$]{1,40}|\[['\"][\w-]{1,60}['\"]\]){0,4}+)"
    r"(?:\s*:\s*[\w<>,.\[\]{}:; |]{1,80}?)?\s*=(?![=>])",
    re.MULTILINE,
)
_ADDED = re.compile(r"(?<![\w$.])(?P<name>[A-Za-z_$][\w$]{0,60}+)\.(?:append|set)\s*\(")
_INNER = re.compile(r"[\w$-]+")


def read_names(text: str) -> dict[str, Any]:
    """Return the values that a text gives to names; UNKNOWN for what other code makes."""
    names: dict[str, Any] = {}
    places = [(found.end(), found) for one in (_ASSIGNED, _ADDED) for found in islice(one.finditer(text), MOST)]
    for at, found in sorted(places, key=lambda place: place[0]):
        if found.re is _ADDED:
            given = read_call(text, at, names)
            held = names.get(found["name"])
            if isinstance(held, dict) and len(given) == 2 and isinstance(given[0], str):
                held[given[0]] = given[1]
            continue
        inner = _INNER.findall(found["inner"])
        value = Reader(text[at : at + LONGEST], 0, names).read_assigned()
        if not inner:
            names[found["name"]] = value
        elif (holder := _find_holder(names, found["name"], inner[:-1])) is not None:
            holder[inner[-1]] = value
    return {name: value for name, value in names.items() if value is not UNKNOWN}


def _find_holder(names: dict[str, Any], name: str, inner: list[str]) -> dict[str, Any] | None:
    """Return the object whose value is set. Where the text does not make it, what else it holds is not known."""
    if names.get(name, UNKNOWN) is UNKNOWN:
        names[name] = {SPREAD: UNKNOWN}
    holder = names[name]
    for part in inner:
        if not isinstance(holder, dict):
            return None
        holder = holder.setdefault(part, {})
    return holder if isinstance(holder, dict) else None
