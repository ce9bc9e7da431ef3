"""A server policy as the configuration of a real server: TARGETS, and render(target, policy)."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from corsight.policies.server.export.errors import RecipeError
from corsight.policies.server.export.grant import Grant, grant
from corsight.policies.server.export.targets import TARGETS, Target
from corsight.policies.server.export.writing import SYNTAXES, TESTS, Written, write_comment
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.origins import escape


def render(target: str, policy: ServerPolicy) -> str:
    """Return the shortest correct configuration of `target`, a name in TARGETS, for exactly what the policy grants.

    It is ASCII. Raises RecipeError (a ValueError) for an unknown target, and for what the target has no way to say.
    """
    if target not in TARGETS:
        raise RecipeError(f"no recipe is called {target!r}; there are: {', '.join(TARGETS)}")
    granted = grant(policy)
    TARGETS[target].check(granted)
    return write(TARGETS[target], granted)


def write(target: Target, granted: Grant) -> str:
    """Return the configuration for what is granted. Raises RecipeError where a value cannot be written."""
    template = _make_environment(target.language).get_template(f"{target.name}.jinja")
    text = template.render(g=granted, heading=_write_heading(target, granted))
    return text.rstrip("\n") + "\n"


def write_remark(target: str, text: str) -> str:
    """Return a text for people as a comment in the configuration of `target`, a name in TARGETS."""
    return f"{SYNTAXES[TARGETS[target].language].marker} {write_comment(text)}\n"


def _write_heading(target: Target, granted: Grant) -> str:
    """Return the text of a recipe's first comment: whose it is, and what for."""
    places = ", ".join(granted.hosts)
    if granted.paths and not (target.scopes and granted.prefixes):
        places += (", " if places else "") + f"paths {', '.join(granted.paths)} only: put it where no others pass"
    return f"CORS policy {granted.name}" + (f", for {places}" if places else "")


@cache
def _make_environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("corsight.policies.server.export"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Nothing here is HTML: each value goes through a filter of its language, and what has not is not printed.
        autoescape=False,
        finalize=_check_written,
    )
    environment.filters |= {**SYNTAXES[language].list_filters(), "escape_regex": escape}
    environment.tests |= TESTS
    return environment


def _check_written(value: Any) -> Any:
    """Return the value. Raises TypeError where a template would print what no filter of its language has written."""
    if isinstance(value, Written) or type(value) is int:
        return value
    raise TypeError(f"{value!r} is not written in the language of the template")


__all__ = ["TARGETS", "Grant", "RecipeError", "Target", "render", "write", "write_remark"]
