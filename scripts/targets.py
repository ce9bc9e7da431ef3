"""Says which targets a configuration can be written for, when a name is not one of them."""

from __future__ import annotations

import difflib

from corsight.policies.server.export import TARGETS
from corsight.scripts.errors import CorsightError


def check_target(name: str, option: str = "") -> None:
    """Raise CorsightError if the name is not a target's: it names the nearest one, and all there are."""
    if name in TARGETS:
        return
    near = difflib.get_close_matches(name, TARGETS, 1)
    todo = f"did you mean {near[0]}? " if near else ""
    raise CorsightError(f"{option} {name} is not a target".lstrip(), todo=f"{todo}there are {', '.join(TARGETS)}")
