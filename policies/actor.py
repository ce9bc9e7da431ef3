"""Who has to apply a fix."""

from __future__ import annotations

from typing import Literal

Actor = Literal["server", "client", "proxy", "nobody"]
"""The server, the page (client), something in front of the server (proxy), or nobody."""


def name_actor(actor: Actor, host: str = "") -> str:
    """Return who has to act, in words. `host` is the server's, or empty if no single server is meant."""
    server = f"the server {host}".rstrip()
    return {
        "server": server,
        "client": "the page",
        "proxy": f"a gateway, cache or proxy in front of {host or server}",
        "nobody": "nobody",
    }[actor]


def shorten_actor(actor: Actor) -> str:
    """Return who has to act, in one word."""
    return "page" if actor == "client" else actor
