"""A server policy as the configuration of a real server: TARGETS, and render(target, policy)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from corsight.policies.redact import redact
from corsight.policies.rules.placement import RESPONSE_HEADERS
from corsight.policies.server.export.grant import Grant, grant
from corsight.policies.server.export.targets import TARGETS, Target
from corsight.policies.server.export.writing import SYNTAXES, TESTS, RecipeError, Written, write_comment
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.origins import escape
from corsight.policies.server.sent import Sent

BEHIND = ("proxy", "fastcgi", "uwsgi", "scgi")
"""What nginx passes requests on by, each with directives of its own."""


def render(target: str, policy: ServerPolicy, sent: Sequence[Sent] = ()) -> str:
    """Return the shortest correct configuration of `target`, a name in TARGETS, for exactly what the policy grants.

    `sent` is what the server was seen to send of CORS itself: a comment says what becomes of it. The text is ASCII.
    Raises RecipeError (a ValueError) for an unknown target, and for what the target has no way to say.
    """
    if target not in TARGETS:
        raise RecipeError(f"no recipe is called {target!r}; there are: {', '.join(TARGETS)}")
    granted = grant(policy)
    TARGETS[target].check(granted)
    text = write(TARGETS[target], granted)
    return _put_remarks(TARGETS[target], text, sent) if sent else text


def write(target: Target, granted: Grant) -> str:
    """Return the configuration for what is granted. Raises RecipeError where a value cannot be written."""
    template = _make_environment(target.language).get_template(f"{target.name}.jinja")
    names, kinds = map(Written, RESPONSE_HEADERS), map(Written, BEHIND)
    text = template.render(g=granted, heading=_write_heading(target, granted), names=list(names), kinds=list(kinds))
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


def _put_remarks(target: Target, text: str, sent: Sequence[Sent]) -> str:
    """Return the configuration with what the server sends by itself under its first comment."""
    lines = [
        "The recording shows that the server already sends these CORS headers. Those of the application behind this "
        "configuration are dropped. If other code or a proxy in front sends them, remove them there:",
        *(f"- {one.name}: {one.value} on {one.place}" for one in sent),
    ]
    remarks = [write_remark(target.name, redact(line)).rstrip("\n") for line in lines]
    head, end, rest = text.partition("\n")
    if not head.startswith(SYNTAXES[target.language].marker):
        # A file of PHP begins with its tag.
        second, end, rest = rest.partition("\n")
        head = f"{head}\n{second}"
    return "\n".join([head, *remarks]) + end + rest


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
