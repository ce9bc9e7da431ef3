"""Options and arguments that several subcommands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from corsight.policies.decision.assume import list_assumptions, read_assumption
from corsight.policies.engines import EngineChoice, read_engine
from corsight.policies.verdict import Assumption
from corsight.scripts.errors import CorsightError
from corsight.scripts.gate.fail_on import FailOn

POLICY = "policy="
"""How an assumption begins that is a policy file."""

NAME, ENGINES = "NAME[@VERSION]", "chromium, firefox, webkit or standard, chromium@120 for a version"


def check_engine(text: str, every: str = "auto") -> str:
    """Return an engine's name as it was typed. Raises typer.BadParameter, in one line, for what names none."""
    try:
        read_engine(text, every)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


Engine = Annotated[
    EngineChoice,
    typer.Option(
        metavar=NAME,
        callback=lambda text: check_engine(text),
        help=f"Judge as this engine: {ENGINES}; auto judges each client as its own.",
    ),
]
MaybeEngine = Annotated[
    EngineChoice | None,
    typer.Option(
        metavar=NAME,
        callback=lambda text: None if text is None else check_engine(text),
        help=f"Judge as this engine: {ENGINES}; auto, the default, judges each client as its own.",
    ),
]
Fail = Annotated[
    FailOn | None,
    typer.Option(
        "--fail-on",
        help="What makes the exit code 1: what is certainly blocked; also what is likely blocked; also what is open, "
        "that is, may have been blocked; also advice and what failed; or nothing. Default: open, since what is open "
        "has not passed.",
    ),
]
Assume = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FACT=VALUE",
        help="Take an open fact for this: credentials=include, credentials=not-include, mode=cors, mode=no-cors. What "
        "the traffic tells stays as it is. policy=FILE says what would change if the servers answered by that policy. "
        "Repeatable.",
    ),
]
Host = Annotated[
    list[str] | None,
    typer.Option("--host", metavar="HOST", help="Report only what was asked of this host, such as *.example."),
]
Origin = Annotated[
    list[str] | None, typer.Option("--origin", metavar="ORIGIN", help="Report only what pages of this origin asked.")
]
Select = Annotated[
    list[str] | None,
    typer.Option("--select", metavar="CODE", help="Report only these causes or rules, such as preflight-*."),
]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="CODE", help="Do not report these causes or rules.")
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Take the settings of this file; by default of corsight.toml, or [tool.corsight] in pyproject.toml, here "
        "or in the nearest folder above.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell all that is known of each finding.")]


def read_assumptions(texts: Sequence[str]) -> tuple[tuple[Assumption, ...], tuple[str, ...]]:
    """Return what is assumed, and the policy files to try. Raises CorsightError for what says nothing."""
    found, files = list[Assumption](), list[str]()
    for text in texts:
        if text.startswith(POLICY):
            files.append(text.removeprefix(POLICY))
            continue
        assumption = read_assumption(text)
        if assumption is None:
            raise CorsightError(
                f"--assume {text} is nothing that a verdict turns on",
                todo=f"there are {', '.join(list_assumptions())} and policy=FILE",
            )
        found.append(assumption)
    facts = [fact for fact, _ in found]
    if twice := next((fact for fact in facts if facts.count(fact) > 1), None):
        raise CorsightError(f"--assume takes {twice.value} for two things at once", todo="say one of them")
    return tuple(found), tuple(files)
