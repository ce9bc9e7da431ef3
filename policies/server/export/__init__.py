"""A server policy as the configuration of a real server: TARGETS, and render(target, policy)."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from corsight.policies.server.export.grant import Grant, RecipeError, grant
from corsight.policies.server.export.targets import TARGETS, Target
from corsight.policies.server.export.writing import FILTERS, TESTS, comment
from corsight.policies.server.model import ServerPolicy


def render(target: str, policy: ServerPolicy) -> str:
    """The shortest correct configuration of `target`, a name in TARGETS, for exactly what the policy grants.

    Raises RecipeError (a ValueError) for an unknown target, and for what the target has no way to say.
    """
    known = TARGETS.get(target)
    if known is None:
        raise RecipeError(f"no recipe is called {target!r}; there are: {', '.join(TARGETS)}")
    granted = grant(policy)
    known.check(granted)
    text = _environment().get_template(f"{target}.jinja").render(g=granted, heading=_heading(known, granted))
    return text.rstrip("\n") + "\n"


def _heading(target: Target, granted: Grant) -> str:
    """The first comment of a recipe: whose it is, and what for."""
    places = ", ".join(granted.hosts)
    if granted.paths and not (target.scopes and granted.prefixes):
        places += (", " if places else "") + f"paths {', '.join(granted.paths)} only: put it where no others pass"
    return comment(f"CORS policy {granted.name}" + (f", for {places}" if places else ""))


@cache
def _environment() -> Environment:
    # Nothing here is HTML: each template writes its values with the filter of its own language.
    made = Environment(
        loader=PackageLoader("corsight.policies.server.export"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.filters |= FILTERS
    made.tests |= TESTS
    return made


__all__ = ["TARGETS", "Grant", "RecipeError", "Target", "render"]
