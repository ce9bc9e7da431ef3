"""`corsight policy diff`: what one policy allows and another does not."""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.policies.engines import EngineChoice
from corsight.policies.server.diff import diff as compare
from corsight.policies.server.infer import infer
from corsight.policies.server.model import ServerPolicy
from corsight.scripts.errors import stop_at
from corsight.scripts.judging import judge_recording
from corsight.scripts.options import Engine
from corsight.scripts.policy_files import read_policies
from corsight.scripts.recordings import Recording, check_readable
from corsight.scripts.report.lines import print_lines
from corsight.scripts.report.policy import list_differences

POLICY_FILES = (".yaml", ".yml", ".toml", ".json")


def diff(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A policy file, or a recording from which a policy is inferred.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The policy file or recording to compare it with.")],
    engine: Engine = "auto",
) -> None:
    """Show what B allows and A does not, and the other way round.

    Exit code: 0 if both allow the same, 1 if they differ.
    """
    differences = list(compare(_policies_of(first, engine), _policies_of(second, engine)))
    if not differences:
        print_lines([f"{first} and {second} allow the same"])
        return
    print_lines(list_differences(differences, first, second))
    raise typer.Exit(1)


def _policies_of(path: str, engine: EngineChoice) -> tuple[ServerPolicy, ...]:
    """Return a policy file's policies, or those inferred from a recording."""
    if path.endswith(POLICY_FILES):
        return read_policies([path])
    check_readable(path)
    recording = Recording(path)
    inferences = infer(judge_recording(recording, engine))
    stop_at([recording.problem])
    return tuple(one.policy for one in inferences)
