"""Codes of causes and rules, as a person names them: one, or a pattern such as `preflight-*`."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase

from corsight.policies.causes import CAUSES
from corsight.policies.rules import RULES
from corsight.scripts.errors import CorsightError


def names_code(pattern: str, *codes: str) -> bool:
    """Return whether a pattern names one of these codes."""
    return any(fnmatchcase(code, pattern) for code in codes)


def check_code(pattern: str, where: str) -> None:
    """Raise CorsightError where a pattern names no code there is: a slip would make a gate of nothing."""
    codes = [*CAUSES, *(code for code in RULES if code not in CAUSES)]
    if not names_code(pattern, *codes):
        near = difflib.get_close_matches(pattern, codes, 1)
        todo = f"did you mean {near[0]}? " if near else ""
        raise CorsightError(f"there is no code {pattern}", where=where, todo=f"{todo}corsight rules lists them all")
