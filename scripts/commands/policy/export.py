"""`corsight policy export`: a policy as the configuration of a server, a framework or a gateway."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from corsight.policies.server.export import render
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.sent import Sent, list_sent
from corsight.scripts.errors import CorsightError, stop_at
from corsight.scripts.judging import judge_recording
from corsight.scripts.policy_files import read_policies
from corsight.scripts.recordings import Recording, check_readable
from corsight.scripts.targets import check_target


def export(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="What to configure, such as nginx or express.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A policy file: YAML, TOML or JSON.")],
    name: Annotated[str | None, typer.Option(help="Export only the policy of this name.")] = None,
    seen: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RECORDING",
            help="A recording of the server as it is now; a comment then lists the CORS headers to remove from it.",
        ),
    ] = None,
) -> None:
    """Write a policy as the configuration of a server, a framework or a gateway.

    The configuration replaces CORS headers that the application behind it sends, or says in a comment what to remove.
    To list all targets, type any other word as TARGET.
    """
    check_target(target)
    policies = [one for one in read_policies([file]) if name in (None, one.name)]
    if not policies:
        raise CorsightError(f"there is no policy called {name}", where=file)
    if name is None and (granting := [one for one in policies if one.methods]):
        # Servers grant nothing by themselves: what grants nothing needs no configuration.
        policies = granting
    sent = {} if seen is None else _list_sent(seen, policies)
    try:
        texts = [render(target, one, sent.get(one.name, ())) for one in policies]
    except ValueError as error:
        raise CorsightError(str(error), where=file) from None
    # As it is: it is ASCII, and its tabs are meant.
    sys.stdout.write("\n".join(texts))


def _list_sent(path: str, policies: list[ServerPolicy]) -> dict[str, tuple[Sent, ...]]:
    """Return the CORS headers that the policies' servers sent in a recording, by the policies' names."""
    check_readable(path)
    recording = Recording(path)
    sent = list_sent(policies, judge_recording(recording))
    stop_at([recording.problem])
    return sent
