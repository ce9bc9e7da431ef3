"""`corsight policy export`: a policy as the configuration of a server, a framework or a gateway."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from corsight.policies.server.export import TARGETS, render
from corsight.scripts.errors import CorsightError
from corsight.scripts.policy_files import read_policies


def export(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="What to configure, such as nginx or express.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A policy file: YAML, TOML or JSON.")],
    name: Annotated[str | None, typer.Option(help="Export only the policy of this name.")] = None,
) -> None:
    """Write a policy as the configuration of a server, a framework or a gateway.

    A TARGET that does not exist prints those that do.
    """
    if target not in TARGETS:
        raise CorsightError(f"{target} is no target", todo=f"there are {', '.join(TARGETS)}")
    policies = [one for one in read_policies([file]) if name in (None, one.name)]
    if not policies:
        raise CorsightError(f"there is no policy called {name}", where=file)
    if name is None and (granting := [one for one in policies if one.methods]):
        # Servers grant nothing by themselves: what grants nothing needs no configuration.
        policies = granting
    try:
        texts = [render(target, one) for one in policies]
    except ValueError as error:
        raise CorsightError(str(error), where=file) from None
    # As it is: it is ASCII, and its tabs are meant.
    sys.stdout.write("\n".join(texts))
