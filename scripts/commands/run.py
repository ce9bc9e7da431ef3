"""`corsight run -- COMMAND`: a command, such as a test suite, behind the proxy; the report and the gate at its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from corsight.scripts import options
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.run import run as run_plan
from corsight.scripts.gate.gate import read_gate
from corsight.scripts.gate.settings import load_settings


def run(
    command: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND", help="The command and its arguments, as you would type them without corsight run."
        ),
    ],
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the recording to this file.")] = None,
    format: options.Formats = None,
    verbose: options.Verbose = False,
    engine: options.MaybeEngine = None,
    fail_on: options.Fail = None,
    allow_empty: options.AllowEmpty = False,
    assume: options.Assume = None,
    policy: options.Policy = None,
    baseline: options.Baseline = None,
    save_baseline: options.WriteBaseline = False,
    select: options.Select = None,
    ignore: options.Ignore = None,
    host: options.Host = None,
    origin: options.Origin = None,
    config: options.Config = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The proxy's port; 0 takes a free one.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=256,
            help="How many tests run at a time, at most: each gets a port of its own. Default: as many as there are "
            "cores.",
        ),
    ] = None,
    marker: Annotated[
        bool,
        typer.Option("--marker", help="Set the marker cookie, which shows which requests have credentials."),
    ] = False,
) -> None:
    """Run a command, such as a test suite, behind the proxy, and report what CORS blocked in the browsers it opened.

    The command gets the addresses of the proxy and its certificate authority in environment variables. Browsers do not
    read these: docs/testing.md shows how to set up Playwright, Selenium and others.

    Exit code: 1 if something was or may have been blocked (see --fail-on), otherwise the command's own; 2 if something
    broke, or if the command succeeded and no traffic came through the proxy.
    """
    settings = load_settings(config).take(
        engine=engine,
        fail_on=fail_on,
        allow_empty=allow_empty,
        assume=assume,
        policies=policy,
        baseline=baseline,
        select=select,
        ignore=ignore,
        hosts=host,
        origins=origin,
    )
    plan = Plan(
        script=tuple(command),
        save=save,
        formats=tuple(format or ()),
        verbose=verbose,
        gate=read_gate(settings, write=save_baseline),
        port=port,
        lanes=(os.cpu_count() or 1) if workers is None else workers,
        marker="everything" if marker else "",
    )
    if code := run_plan(plan):
        raise typer.Exit(code)


run.context_settings = {"allow_interspersed_args": False}  # type: ignore[attr-defined]
"""Everything after the command's name belongs to the command, options too."""
