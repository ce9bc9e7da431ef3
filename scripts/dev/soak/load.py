"""Very many exchanges, over many connections at once: memory and open files stay flat, and no log line is lost, though
the proxy is killed in the middle and started again.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corsight.scripts.dev.soak.client import Client, request
from corsight.scripts.dev.soak.proxy import ADDON, Proxy
from corsight.scripts.dev.soak.server import serve

WAIT = 30.0
"""Seconds that a client waits for an answer."""
KINDS = ("plain", "granted", "chunks", "refused", "redirect", "odd", "plain", "plain")
NUMBER = re.compile(rb'"url":"[^"]*/(\d+)"')
SLACK = 48.0
"""Megabytes by which memory may grow after the first fifth."""
SAMPLES = 10


@dataclass
class Load:
    """What came of a load: the numbers that were answered, how long each took, and what went wrong otherwise."""

    answered: bytearray
    took: list[float] = field(default_factory=list)
    timeouts: int = 0
    broken: int = 0
    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def say(self) -> str:
        """Return what came of it, in a line."""
        took = sorted(self.took)
        middle, late = took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000
        return (
            f"{sum(self.answered):,} answered, {self.timeouts} timeouts, {self.broken} broken off"
            f"; median {middle:.0f} ms, 99 of 100 within {late:.0f} ms, the longest {took[-1] * 1000:.0f} ms"
        )


def run(exchanges: int, connections: int, folder: Path) -> bool:
    """Load a plain mitmdump with a tenth of the exchanges, one with the addon with all; whether all is well."""
    few = max(1, exchanges // 10)
    plain = asyncio.run(_load(few, connections, folder / "plain", (), kill=False))
    print(f"plain, {connections} connections: {plain.say()}", flush=True)
    log = folder / "log.jsonl"
    addon = ("-s", str(ADDON), "--set", f"cors_log={log}")
    alike = asyncio.run(_load(few, connections, folder / "alike", ("-s", str(ADDON)), kill=False))
    print(f"addon, as many exchanges: {alike.say()}", flush=True)
    load = asyncio.run(_load(exchanges, connections, folder / "addon", addon, kill=True))
    print(f"addon and log, killed and started again in the middle: {load.say()}")
    print("  memory of its process, MB:", " ".join(f"{size:.0f}" for size in load.memory))
    print("  open files:", " ".join(map(str, load.files)))
    logged, lines, halves = read_log(log, exchanges)
    lost = sum(answered and not there for answered, there in zip(load.answered, logged, strict=True))
    print(f"  log: {lines:,} lines, {lost} answered exchanges without one, {halves} lines cut off by the kill")
    # The process that came after the kill: the second half of the samples.
    after = load.memory[SAMPLES // 2 :]
    flat = len(after) < 3 or after[-1] - after[1] < SLACK
    closed = not load.files or max(load.files) <= 4 * connections + 100
    for well, what in ((not lost, "lines are lost"), (flat, "memory grows"), (closed, "files stay open")):
        if not well:
            print(f"soak: {what}")
    return not lost and flat and closed and not load.timeouts


async def _load(exchanges: int, connections: int, folder: Path, arguments: Sequence[str], *, kill: bool) -> Load:
    proxy, load = Proxy(folder, arguments), Load(bytearray(exchanges))
    async with serve() as server:
        await proxy.start()
        try:
            numbers = iter(range(exchanges))
            watch = asyncio.create_task(_watch(proxy, load, exchanges, kill=kill))
            async with asyncio.TaskGroup() as group:
                for _ in range(connections):
                    group.create_task(_ask(proxy, server, numbers, load))
            watch.cancel()
            load.memory.append(proxy.memory())
            load.files.append(proxy.open_files())
        finally:
            await proxy.stop()
    return load


async def _watch(proxy: Proxy, load: Load, exchanges: int, *, kill: bool) -> None:
    """Take samples as the exchanges go by, and kill the proxy once at their middle."""
    for part in range(1, SAMPLES):
        while len(load.took) + load.timeouts + load.broken < exchanges * part / SAMPLES:
            await asyncio.sleep(0.02)
        load.memory.append(proxy.memory())
        load.files.append(proxy.open_files())
        if kill and part == SAMPLES // 2:
            await proxy.kill()
            await proxy.start()


async def _ask(proxy: Proxy, server: int, numbers: Iterator[int], load: Load) -> None:
    client = Client(proxy.port, WAIT)
    for number in numbers:
        # Pages, hosts and paths are ever new.
        page = f"http://app{number}.test" if number % 2 else "http://app.test"
        started = time.perf_counter()
        try:
            await client.ask(request(server, KINDS[number % len(KINDS)], number, page))
        except TimeoutError:
            load.timeouts += 1
        except (OSError, asyncio.IncompleteReadError):
            load.broken += 1
            await asyncio.sleep(0.2)
        else:
            load.answered[number] = 1
            load.took.append(time.perf_counter() - started)
    client.close()


def read_log(path: Path, exchanges: int) -> tuple[bytearray, int, int]:
    """Return the numbers that a log has a line of, how many lines it has, and how many that are no whole record."""
    there, lines, halves = bytearray(exchanges), 0, 0
    with path.open("rb") as file:
        for line in file:
            lines += 1
            if not (line.startswith(b"{") and line.endswith(b"}\n")):
                halves += 1
            elif (found := NUMBER.search(line)) is not None:
                there[int(found[1])] = 1
    return there, lines, halves
