"""Whether what passes is the same to the byte with the addon as without, and the first event as soon."""

from __future__ import annotations

import asyncio
import contextlib
import re
import statistics
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from corsight.scripts.dev.soak import http2
from corsight.scripts.dev.soak.client import MESSAGE, Client, request
from corsight.scripts.dev.soak.proxy import ADDON, Proxy
from corsight.scripts.dev.soak.server import ANSWERS, serve

CONNECTIONS = 8
WAIT = 60.0
HTTP2_SHARE = 10
"""One exchange in so many is of HTTP/2."""
RARE = {"events": 8, "large": 4, "socket": 4}
"""Kinds that take long: the others come so many times as often."""
HEADS = re.compile(rb"127\.0\.0\.1:\d+")


class Compared:
    """What was compared so far."""

    def __init__(self) -> None:
        self.count = 0
        self.bytes = 0
        self.different: list[str] = []
        self.first: dict[str, list[float]] = {"plain": [], "addon": []}

    def add(self, name: str, plain: bytes, addon: bytes) -> None:
        """Compare what one exchange came to."""
        self.count += 1
        self.bytes += len(plain)
        if plain != addon:
            self.different.append(name)


def run(exchanges: int, folder: Path) -> bool:
    """Compare so many exchanges, half of them streamed, and print what came of it; whether all were the same."""
    same = True
    for streamed in (False, True):
        options = ["--set", "stream_large_bodies=1"] if streamed else []
        compared = asyncio.run(_compare(exchanges // 2, folder, options))
        name = "streamed" if streamed else "buffered"
        print(f"{name}: {compared.count:,} exchanges, {compared.bytes:,} bytes, {len(compared.different)} different")
        for one in compared.different[:5]:
            print(f"  {one}")
        if streamed and compared.first["plain"]:
            plain, addon = (statistics.median(compared.first[who]) * 1000 for who in ("plain", "addon"))
            print(
                f"  first byte of an event stream: {plain:.1f} ms without the addon, {addon:.1f} ms with it (medians)"
            )
        same = same and not compared.different
    return same


async def _compare(exchanges: int, folder: Path, options: Sequence[str]) -> Compared:
    compared = Compared()
    script = folder / "answer.py"
    script.write_text(http2.SCRIPT)
    common = [*options, "--set", "connection_strategy=lazy", "-s", str(script)]
    addon = ["-s", str(ADDON), "--set", f"cors_log={folder / 'identity.jsonl'}"]
    proxies = {"plain": Proxy(folder / "plain", common), "addon": Proxy(folder / "addon", [*common, *addon])}
    async with serve() as server:
        try:
            for proxy in proxies.values():
                await proxy.start()
            share = exchanges // HTTP2_SHARE
            numbers = iter(range(exchanges - share))
            async with asyncio.TaskGroup() as group:
                for _ in range(CONNECTIONS):
                    group.create_task(_ask_both(proxies, server, numbers, compared))
                group.create_task(asyncio.to_thread(_ask_http2, proxies, share, compared))
        finally:
            for proxy in proxies.values():
                await proxy.stop()
    return compared


def _kinds() -> list[str]:
    often = [kind for kind in ANSWERS if kind not in RARE]
    return [*(often * max(RARE.values())), *(kind for kind, rarely in RARE.items() for _ in range(8 // rarely))]


KINDS = _kinds()


async def _ask_both(proxies: dict[str, Proxy], server: int, numbers: object, compared: Compared) -> None:
    clients = {name: Client(proxy.port, WAIT) for name, proxy in proxies.items()}
    for number in numbers:  # type: ignore[attr-defined]
        kind = KINDS[number * 7919 % len(KINDS)]
        asked = request(server, kind, number)
        got: dict[str, bytes] = {}
        for name, client in clients.items():
            try:
                answer = await client.ask(asked, MESSAGE)
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
                got[name] = f"{type(error).__name__} {error}".encode()
                continue
            got[name] = HEADS.sub(b"server", answer.data)
            if kind == "events":
                compared.first[name].append(answer.first)
        compared.add(f"{kind} {number}", got["plain"], got["addon"])
    for client in clients.values():
        client.close()


def _ask_http2(proxies: dict[str, Proxy], exchanges: int, compared: Compared) -> None:
    both = [http2.ask_all(proxy.port, islice(cycle(range(100_000)), exchanges), WAIT) for proxy in proxies.values()]
    with contextlib.ExitStack() as stack:
        for answers in both:
            stack.callback(answers.close)  # type: ignore[attr-defined]
        for number, (plain, addon) in enumerate(zip(*both, strict=True)):
            compared.add(f"HTTP/2 {number}", repr(plain).encode(), repr(addon).encode())
