"""`corsight policy infer`: the smallest policy under which recorded exchanges pass."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

import typer

from corsight.policies.server.infer import infer as infer_policies
from corsight.policies.server.write import to_yaml
from corsight.scripts.errors import CorsightError, stop_at
from corsight.scripts.inputs import open_output
from corsight.scripts.judging import judge_recording
from corsight.scripts.options import Engine
from corsight.scripts.recordings import STDOUT, Recording, check_output, check_readable
from corsight.scripts.report.lines import pluralize, print_lines


def infer(
    files: Annotated[
        list[str], typer.Argument(metavar="RECORDING", help="Recordings, of any kind that audit reads; - is stdin.")
    ],
    output: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write the policy to this file instead of stdout.")
    ] = None,
    engine: Engine = "auto",
    credentials: Annotated[
        Literal["yes", "no"] | None,
        typer.Option(
            help="Whether pages ask with credentials such as cookies, where the recording does not show it. Without "
            "this option, such places are marked CHECK."
        ),
    ] = None,
) -> None:
    """Write the smallest policy under which the recorded exchanges pass, and which exchanges need each line of it.

    Read the policy before you use it, above all the origins and the lines marked CHECK. These are doubtful, or name
    something that was left out because a recording cannot show it.
    """
    for path in files:
        check_readable(path)
    check_output(output, files, "policy")
    recordings = [Recording(path) for path in files]
    answer = None if credentials is None else credentials == "yes"
    judgeds = itertools.chain.from_iterable(judge_recording(one, engine) for one in recordings)
    inferences = infer_policies(judgeds, answer)
    names = ", ".join(recording.name for recording in recordings)
    if not inferences:
        stop_at(recording.problem for recording in recordings)
        total = sum(recording.exchanges for recording in recordings)
        raise CorsightError(
            f"no page asked another origin with CORS in {pluralize(total, 'exchange')}",
            where=names,
            todo="record what a page does, through the proxy",
        )
    heading = (
        f"The smallest policy that lets the exchanges in {names} pass.\n"
        "Each line names the exchanges that need it. Check every origin, and every line marked CHECK."
    )
    text = to_yaml(inferences, heading)
    if output is None or output == STDOUT:
        print_lines([text.rstrip("\n")])
    else:
        with open_output(output) as stream:
            stream.write(text)
    stop_at(recording.problem for recording in recordings)
