"""`corsight mcp`: serves an agent over the Model Context Protocol."""

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
            metavar="[FILE]...", help="Recordings of mitmproxy, HAR files and others; folders and patterns."
        ),
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A policy file that may be read; repeatable.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Read the recordings on while mitmproxy writes them.")
    ] = False,
    http: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Serve on 127.0.0.1 at this port, 0 for a free one, instead of stdin and stdout. The token that it "
            "takes is printed, or that of CORSIGHT_MCP_TOKEN.",
        ),
    ] = None,
    allow_browse: Annotated[
        bool,
        typer.Option(
            "--allow-browse", help="Let the agent open pages on this machine in a headless browser behind the proxy."
        ),
    ] = False,
    browse_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="With --allow-browse, also pages of this origin; repeatable."),
    ] = None,
    engine: Engine = "auto",
) -> None:
    """Let an agent ask what was blocked, why, and what would mend it, over the Model Context Protocol.

    Only the files named here are read, and nothing is sent or changed; a browser is started only with --allow-browse.
    What comes from the wire is redacted, and marked as data.
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
