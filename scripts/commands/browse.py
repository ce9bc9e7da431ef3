"""`corsight browse`: a browser behind the proxy, and every verdict as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from corsight.policies.fetch.origin import is_localhost, origin_of, split_origin
from corsight.policies.report.names import FORMATS
from corsight.scripts.browse.run import Plan, run
from corsight.scripts.gate.fail_on import FAIL_ON, FailOn
from corsight.scripts.options import Engine, Verbose


def browse(
    url: Annotated[str, typer.Argument(metavar="[URL]", help="The page to open.")] = "about:blank",
    browser: Annotated[
        Literal["auto", "chromium", "firefox"],
        typer.Option(help="Chromium (also Chrome or Edge) or Firefox; auto takes the first that is installed."),
    ] = "auto",
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the recording to this file.")] = None,
    web: Annotated[
        bool, typer.Option("--web", help="Watch on the live page and in mitmweb instead of this terminal.")
    ] = False,
    engine: Engine = "auto",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The proxy's port; 0 takes a free one.")] = 0,
    headless: Annotated[bool, typer.Option("--headless", help="Open no window.")] = False,
    script: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Run this command, such as a test suite, behind the proxy instead of a browser. Its environment names "
            "the proxy and the proxy's certificate authority.",
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            help="What makes the exit code 1: what is certainly blocked; also what is likely blocked; also what is "
            "open, that is, may have been blocked; also advice; or nothing. Default: open with --script, otherwise "
            "never."
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help=f"Also write the report to a file, as audit does: {', '.join(FORMATS)}. Repeatable.",
        ),
    ] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Do not fail where the command of --script sent nothing this way.")
    ] = False,
    verbose: Verbose = False,
    no_watch: Annotated[
        bool, typer.Option("--no-watch", help="Show only what the proxy sees; do not ask the browser what it saw.")
    ] = False,
    no_marker: Annotated[
        bool,
        typer.Option("--no-marker", help="Set no marker cookie, which tells requests with credentials from others."),
    ] = False,
    patch_scope: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR",
            help="Patch blocked responses so that they pass, where they match this filter expression of mitmproxy.",
        ),
    ] = None,
    patch_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Patch for pages of this origin, repeatable; without it for the URL's, and pages on localhost.",
        ),
    ] = None,
) -> None:
    """Open a browser behind the proxy, and show what CORS allows and blocks as it happens.

    The browser starts with a new profile, which is deleted at the end. Press Ctrl-C or close the browser to end both
    and see the report. With --script, the exit code is 1 when something was blocked, otherwise the command's own.
    """
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
        fail_on=fail_on or ("never" if script is None else FAIL_ON),
        allow_empty=allow_empty,
        verbose=verbose,
        watch=not no_watch,
        formats=tuple(format or ()),
        marker="" if no_marker else "everything",
        patch_scope=patch_scope,
        patch_origins=tuple(patch_origin or _of_page(url)),
    )
    if code := run(plan):
        raise typer.Exit(code)


def _of_page(url: str) -> list[str]:
    """Return the origin of the page that is opened, where it has one; pages on localhost need not be named."""
    parts = split_origin(origin_of(url if "://" in url else f"https://{url}"))
    return [] if parts is None or is_localhost(parts[1]) else [origin_of(url if "://" in url else f"https://{url}")]
