"""The page docs/mcp-session.md: what a client of `corsight mcp` asks and is answered, from "the cart doesn't load" on.

The calls are made by the client of the official SDK, over stdin and stdout, on the recording of the demo.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

ROOT = Path(__file__).resolve().parents[3]
FILE = "docs/mcp-session.md"
RECORDING = "examples/shop.mitm"

HEAD = """\
<!-- Written by scripts/dev/write from scripts/dev/pages/session.py: change it there. -->

# A session: the cart doesn't load

What a client asks of `corsight mcp examples/shop.mitm`, and what it is answered: the recording that `corsight demo` \
reads where no browser starts. The calls are made by the official SDK's own client over stdin and stdout whenever this \
page is written. Long answers are cut to what the next call needs; `…` says where.

The person says: **"I can put the lamp into the cart, but I can't take it out again. Mend it, it's an Express server."**
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
        "It looks for what the person speaks of.",
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
        "Putting in passes, taking out does not. It asks why.",
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
        "It is certain, and the server has to act. What does that server need?",
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
        "\nThe configuration also has what the recording's other requests to that server need: mending one must not "
        "break another. Before it is rolled out, it has the mended answer judged: the lines that `explain_fetch` "
        "named as the fix, in the preflight's answer.\n"
    )
    mended = ["Access-Control-Allow-Origin: https://shop.test", "Access-Control-Allow-Credentials: true"]
    mended += [_unmark(line) for line in told["exchanges"][0]["fix"]]
    answered = [*mended[:2], "Vary: Origin"]
    await session.ask(
        "With that, do all browsers let the page take the lamp out?",
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
    session.text += "\nThey do. It shows the person the change, and makes it.\n"
