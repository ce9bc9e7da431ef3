"""The page docs/mcp-session.md: what a client of `corsight mcp` asks and is answered, from "the cart doesn't load" on.

The calls are made by the client of the official SDK, over stdin and stdout, on the recording of the demo.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from functools import cache
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from corsight.scripts.paths import ROOT

FILE = "docs/mcp-session.md"
RECORDING = "examples/shop.mitm"

HEAD = """\
<!-- Written by scripts/dev/write from scripts/dev/pages/session.py: change it there. -->

# A session: the cart doesn't load

This page shows how a coding assistant uses `corsight mcp examples/shop.mitm`: its calls, and Corsight's answers. The \
recording is the visit to the shop of `corsight demo`. The calls and answers are real: they are made anew, with the \
official SDK's client, whenever this page is generated. Long answers are shortened to what the next call needs; `…` \
shows where.

The user says: **"I can put the lamp into the cart, but I can't take it out again. Fix it, it's an Express server."**
"""


class Session:
    """The page so far, and the client that writes it."""

    def __init__(self, client: ClientSession) -> None:
        self._client = client
        self.text = HEAD

    async def ask(self, why: str, tool: str, *fields: str, **arguments: Any) -> Any:
        """Call a tool and write down the call, and of its answer these fields. Return the whole answer."""
        result = await self._client.call_tool(tool, arguments)
        answer = result.structuredContent
        assert answer is not None
        assert not result.isError
        said = " ".join(f"{name}={_write(value)}" for name, value in arguments.items())
        told = json.dumps(_keep(answer, fields), ensure_ascii=False, indent=2)
        self.text += f"\n{why}\n\n```\n{tool} {said}\n```\n\n```json\n{told}\n```\n"
        return answer


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _keep(answer: Any, fields: tuple[str, ...]) -> Any:
    """Return those fields of an answer, and of all that is in it; the others are left out, and told by `…`."""
    if isinstance(answer, list):
        return [_keep(one, fields) for one in answer]
    if not isinstance(answer, dict):
        return answer
    kept = {name: _keep(value, fields) for name, value in answer.items() if name in fields}
    return kept | ({"…": "…"} if len(kept) < len(answer) else {})


def _unmark(text: str) -> str:
    return text.strip("\u27e6\u27e7")


@cache
def render() -> dict[str, str]:
    """Return the text of the page by its path."""
    return {FILE: asyncio.run(_run())}


async def _run() -> str:
    command = ["-P", "-m", "corsight.scripts.cli", "mcp", RECORDING]
    environment = dict(os.environ) | {"COLUMNS": "80"}
    parameters = StdioServerParameters(command=sys.executable, args=command, cwd=ROOT, env=environment)
    async with stdio_client(parameters) as (reads, writes), ClientSession(reads, writes) as client:
        await client.initialize()
        session = Session(client)
        await _mend_cart(session)
        return session.text


async def _mend_cart(session: Session) -> None:
    listed = await session.ask(
        "The assistant looks for the requests that the user means.",
        "list_fetches",
        "total",
        "fetches",
        "id",
        "method",
        "url",
        "outcome",
        "stopped_at",
        "code",
        url="/cart",
    )
    blocked = next(one for one in listed["fetches"] if one["outcome"] == "blocked")
    told = await session.ask(
        "Putting the lamp in passes, taking it out is blocked. It asks why.",
        "explain_fetch",
        "conclusion",
        "exchanges",
        "role",
        "status",
        "certainty",
        "why",
        "failed",
        "number",
        "section",
        "asks",
        "compared",
        "fix",
        "who",
        id=blocked["id"],
    )
    await session.ask(
        "The answer is certain, and the server has to change. It asks for the server's configuration.",
        "write_fix",
        "title",
        "file",
        "configurations",
        "policy",
        "text",
        id=blocked["id"],
        target="express",
    )
    session.text += (
        "\nThe configuration also allows what the other recorded requests to that server need, so that this fix does "
        "not break them. Before the change is deployed, the assistant has the fixed answer judged: the lines that "
        "`explain_fetch` named as the fix, in the preflight's answer.\n"
    )
    mended = ["Access-Control-Allow-Origin: https://shop.test", "Access-Control-Allow-Credentials: true"]
    mended += [_unmark(line) for line in told["exchanges"][0]["fix"]]
    answered = [*mended[:2], "Vary: Origin"]
    await session.ask(
        "It asks whether all browsers then let the page take the lamp out.",
        "check_exchange",
        "predictions",
        "engine",
        "outcome",
        "certain",
        origin=_unmark(blocked["origin"]),
        url=_unmark(blocked["url"]),
        method=_unmark(blocked["method"]),
        preflights=[{"status": 204, "headers": mended}],
        responses=[{"status": 204, "headers": answered}],
    )
    session.text += "\nThey do. The assistant shows the user the change, and makes it.\n"
