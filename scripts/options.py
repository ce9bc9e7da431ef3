"""Options and arguments that several subcommands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from corsight.policies.engines import EngineChoice, read_engine
from corsight.policies.report.names import FORMATS
from corsight.scripts.gate import options as offered
from corsight.scripts.gate.fail_on import FailOn

NAME, ENGINES = "NAME[@VERSION]", "chromium, firefox, webkit or standard; chromium@120 is one version"


def check_engine(text: str, every: str = "auto") -> str:
    """Return an engine's name as it was typed. Raises typer.BadParameter, in one line, for what names none."""
    try:
        read_engine(text, every)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


def _make(option: offered.Option) -> Any:
    """Return an option of the gate, as Typer takes one that has a value."""
    return typer.Option(option.flag, metavar=option.metavar, help=option.help)


Engine = Annotated[
    EngineChoice,
    typer.Option(
        metavar=NAME,
        callback=lambda text: check_engine(text),
        help=f"Judge by the rules of this browser engine: {ENGINES}. auto uses the engine and version of each client.",
    ),
]
MaybeEngine = Annotated[
    EngineChoice | None,
    typer.Option(
        offered.ENGINE.flag,
        metavar=NAME,
        callback=lambda text: None if text is None else check_engine(text),
        help=offered.ENGINE.help,
    ),
]
Fail = Annotated[FailOn | None, typer.Option(offered.FAIL_ON.flag, help=offered.FAIL_ON.help)]
AllowEmpty = Annotated[bool, typer.Option(offered.ALLOW_EMPTY.flag, help=offered.ALLOW_EMPTY.help)]
Assume = Annotated[list[str] | None, _make(offered.ASSUME)]
Policy = Annotated[list[str] | None, _make(offered.POLICY)]
Baseline = Annotated[str | None, _make(offered.BASELINE)]
WriteBaseline = Annotated[bool, typer.Option(offered.WRITE_BASELINE.flag, help=offered.WRITE_BASELINE.help)]
Host = Annotated[list[str] | None, _make(offered.HOST)]
Origin = Annotated[list[str] | None, _make(offered.ORIGIN)]
Select = Annotated[list[str] | None, _make(offered.SELECT)]
Ignore = Annotated[list[str] | None, _make(offered.IGNORE)]
Config = Annotated[str | None, _make(offered.CONFIG)]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="NAME=FILE",
        help=f"Also write the report to a file, as audit does: {', '.join(FORMATS)}. Repeatable.",
    ),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print each finding in full, with its evidence and its fix.")
]
