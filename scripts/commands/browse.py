"""`corsight browse`: a browser behind the proxy, and every verdict as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Choice = Literal["auto", "chromium", "firefox"]
FailOn = Literal["certain", "blocked", "never"]


def browse(
    url: Annotated[str, typer.Argument(metavar="[URL]", help="Where the browser begins.")] = "about:blank",
    browser: Annotated[
        Choice, typer.Option(help="Chromium (also Chrome or Edge) or Firefox; auto takes the first installed.")
    ] = "auto",
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the recording there.")] = None,
    web: Annotated[bool, typer.Option("--web", help="Watch in mitmweb instead of this terminal.")] = False,
    engine: Annotated[
        Literal["auto", "chromium", "firefox", "webkit", "standard"],
        typer.Option(help="The engine that judges; auto takes each client's own."),
    ] = "auto",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The proxy's port; 0 takes a free one.")] = 0,
    headless: Annotated[bool, typer.Option("--headless", help="Open no window.")] = False,
    script: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Run this command, such as a test suite, behind the proxy instead of a browser. The environment names "
            "the proxy and its certificate authority.",
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            help="Exit with 1 for what is certainly blocked, for all that is blocked, or never. Left out: blocked with "
            "--script, else never."
        ),
    ] = None,
    no_watch: Annotated[
        bool, typer.Option("--no-watch", help="Don't ask the browser what it saw, only the proxy.")
    ] = False,
    patch_scope: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR", help="Patch blocked responses that match this filter expression, so that they pass."
        ),
    ] = None,
) -> None:
    """Open a browser behind the proxy, and show what CORS allows and blocks as it happens.

    The browser has a profile of its own that is thrown away. Ctrl-C, or closing the browser, ends both and prints the
    report. With --script the exit code is 1 when something was blocked, otherwise that of the command.
    """
    from corsight.scripts.browse.run import Plan, run

    if script is not None and url != "about:blank":
        raise typer.BadParameter(
            "a URL is for a browser of ours; with --script the command opens its own", param_hint="URL"
        )
    plan = Plan(
        url=url,
        browser=None if browser == "auto" else browser,
        save=save,
        web=web,
        engine=engine,
        port=port,
        headless=headless,
        script=script,
        fail_on=fail_on or ("never" if script is None else "blocked"),
        watch=not no_watch,
        patch_scope=patch_scope,
    )
    if code := run(plan):
        raise typer.Exit(code)
