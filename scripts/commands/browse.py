"""`corsight browse`: a browser behind the proxy, and every verdict as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from corsight.policies.fetch.origin import is_localhost, origin_of, split_origin
from corsight.scripts import options
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.run import run
from corsight.scripts.gate.fail_on import FailOn
from corsight.scripts.gate.gate import read_gate
from corsight.scripts.gate.options import FAIL_ON
from corsight.scripts.gate.settings import load_settings

FAILS = FAIL_ON.help.replace("Default: open.", "Default: never; with --script: open.")


def browse(
    url: Annotated[str, typer.Argument(metavar="[URL]", help="The page to open.")] = "about:blank",
    browser: Annotated[
        Literal["auto", "chromium", "firefox"],
        typer.Option(help="Chromium (also Chrome or Edge) or Firefox; auto takes the first that is installed."),
    ] = "auto",
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Save the recording to this file.")] = None,
    web: Annotated[
        bool,
        typer.Option("--web", help="Show the verdicts on the live page and in mitmweb instead of in this terminal."),
    ] = False,
    engine: options.MaybeEngine = None,
    config: options.Config = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The proxy's port; 0 takes a free one.")] = 0,
    headless: Annotated[bool, typer.Option("--headless", help="Open no window.")] = False,
    script: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Instead of opening a browser, run this line in a shell behind the proxy, as corsight run does.",
        ),
    ] = None,
    fail_on: Annotated[FailOn | None, typer.Option(FAIL_ON.flag, help=FAILS)] = None,
    format: options.Formats = None,
    allow_empty: options.AllowEmpty = False,
    assume: options.Assume = None,
    policy: options.Policy = None,
    baseline: options.Baseline = None,
    save_baseline: options.WriteBaseline = False,
    select: options.Select = None,
    ignore: options.Ignore = None,
    host: options.Host = None,
    origin: options.Origin = None,
    verbose: options.Verbose = False,
    no_watch: Annotated[
        bool, typer.Option("--no-watch", help="Do not ask the browser what it did; show only what the proxy sees.")
    ] = False,
    no_marker: Annotated[
        bool,
        typer.Option("--no-marker", help="Do not set the marker cookie, which shows which requests have credentials."),
    ] = False,
    patch_scope: Annotated[
        str | None,
        typer.Option(
            metavar="EXPR",
            help="Patch blocked responses so that they pass, if they match this filter expression of mitmproxy.",
        ),
    ] = None,
    patch_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Patch for pages of this origin; repeatable. Default: the origin of URL, and pages on localhost.",
        ),
    ] = None,
) -> None:
    """Open a browser behind the proxy, and show what CORS allows and blocks as it happens.

    The browser starts with a new profile, which is deleted at the end. Press Ctrl-C or close the browser to end and to
    see the report.

    Exit code with --script: 1 if something was or may have been blocked (see --fail-on), otherwise the command's own.
    """
    if script is not None and url != "about:blank":
        raise typer.BadParameter(
            "leave it out: with --script, no browser is opened here; the command opens its own pages", param_hint="URL"
        )
    settings = load_settings(config).take(
        engine=engine,
        fail_on=fail_on if script is not None else fail_on or "never",
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
        url=url,
        browser=None if browser == "auto" else browser,
        save=save,
        web=web,
        gate=read_gate(settings, write=save_baseline),
        port=port,
        headless=headless,
        script=script,
        verbose=verbose,
        watch=not no_watch,
        formats=tuple(format or ()),
        marker="" if no_marker or script is not None else "everything",
        patch_scope=patch_scope,
        patch_origins=tuple(patch_origin or _of_page(url)),
    )
    if code := run(plan):
        raise typer.Exit(code)


def _of_page(url: str) -> list[str]:
    """Return the origin of the page that is opened, where it has one; pages on localhost need not be named."""
    parts = split_origin(origin_of(url if "://" in url else f"https://{url}"))
    return [] if parts is None or is_localhost(parts[1]) else [origin_of(url if "://" in url else f"https://{url}")]
