"""`corsight mcp`: serves a coding assistant over the Model Context Protocol."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from corsight.scripts.errors import CorsightError
from corsight.scripts.options import Engine
from corsight.scripts.paths import name_extra
from corsight.scripts.whatif.typed import read_origin


def mcp(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...", help="Recordings by mitmproxy, HAR files and others; folders and patterns."
        ),
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A policy file that the assistant may read; repeatable.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Keep reading the recordings while mitmproxy writes them.")
    ] = False,
    http: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Serve on this port of 127.0.0.1 instead of on stdin and stdout; 0 is a free port. Clients need a "
            "token: the one in CORSIGHT_MCP_TOKEN, or a new one that is printed.",
        ),
    ] = None,
    allow_browse: Annotated[
        bool,
        typer.Option(
            "--allow-browse",
            help="Let the assistant open pages of this machine in a headless browser behind the proxy.",
        ),
    ] = False,
    browse_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="With --allow-browse: also pages of this origin; repeatable."),
    ] = None,
    engine: Engine = "auto",
) -> None:
    """Let a coding assistant ask what was blocked, why, and how to fix it, over the Model Context Protocol (MCP).

    The assistant can read only the files named here, and cannot send or change anything. A browser is started only
    with --allow-browse. Text from the traffic is redacted and marked as data.
    """
    if find_spec("mcp") is None:
        raise CorsightError("corsight mcp takes one package more", todo=name_extra("mcp"))
    from corsight.scripts.agents.browsing import Browsing
    from corsight.scripts.agents.seat import Seat
    from corsight.scripts.agents.serve import serve_http, serve_stdio

    if browse_origin and not allow_browse:
        raise CorsightError(
            "--browse-origin says where a browser may go, and none is allowed", todo="add --allow-browse"
        )
    if not files and not policy and not allow_browse:
        raise CorsightError("there is nothing to ask about", todo="name a recording, or add --allow-browse")
    origins = [read_origin(origin, []) for origin in browse_origin or ()]
    seat = Seat(
        files or (),
        policy or (),
        engine=engine,
        follow=follow,
        browsing=Browsing(engine, origins) if allow_browse else None,
    )
    if http is None:
        serve_stdio(seat)
    else:
        serve_http(seat, http)
