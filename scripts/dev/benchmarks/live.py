"""What the addon costs a running proxy: its CPU time a request, with the addon and its log, and without, in turn.

The proxies run side by side before one server and get the same load in short slices, in turn. What else the machine
does comes and goes more slowly than that and weighs on neighbours alike: each slice is held against the plain ones
before and after it, and the median of those ratios told. Two processes of the same program differ by some per cent for
as long as they run, by where they lie in memory: so all are started anew, several times. CPU time is the proxy
process's own, as the system counts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from corsight.scripts.dev.benchmarks.traffic import API, Sample, samples
from corsight.scripts.paths import ROOT
from corsight.scripts.processes.machine import free_port

ROUNDS, SLICES = 8, 8
"""How often the proxies are started, and how many slices they get each time, after those that warm them up."""
PAGES = 2
WARM_UP = 2
CONNECTIONS = 8
OPEN = "page open"
LINK = re.compile(rb"http://corsight\.localhost:([0-9]+)/\?token=([\w-]+)")
EMPTY_HOOKS = """
class Empty:
    def requestheaders(self, flow): pass
    def responseheaders(self, flow): pass
    def error(self, flow): pass
addons = [Empty()]
"""


def run() -> None:
    """Measure and print."""
    asyncio.run(_run())


async def _run() -> None:
    costs: dict[str, list[float]] = {}
    left: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        measured = await _measure()
        plain = measured["plain"]
        around = [statistics.mean(pair) for pair in itertools.pairwise(plain)]
        for name, taken in measured.items():
            costs.setdefault(name, []).extend(taken)
            held = plain if name == "plain" else around
            left.setdefault(name, []).extend(before / cost for before, cost in zip(held, taken, strict=False))
    print(f"proxy CPU time a request, microseconds (median of {SLICES} slices in each of {ROUNDS} rounds, in turn)")
    for name, taken in costs.items():
        low, middle, high = statistics.quantiles(left[name], n=4)
        print(
            f"  {name:12} {statistics.median(taken):6.0f}   throughput left {middle:.3f}"
            f"   (half of the slices between {low:.3f} and {high:.3f})"
        )


async def _measure() -> dict[str, list[float]]:
    """Start the proxies; return the microseconds a request that each took, slice by slice."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "empty.py").write_text(EMPTY_HOOKS)
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        upstream = server.sockets[0].getsockname()[1]
        addon = ("-s", str(ROOT / "addons" / "cors.py"), "--set", f"cors_log={scratch / 'log.jsonl'}")
        scope = ("--set", "cors_patch=blocked", "--set", f"cors_patch_scope=~d ^{API}$")
        variants: dict[str, tuple[str, ...]] = {
            "plain": (),
            "empty hooks": ("-s", str(scratch / "empty.py")),
            "corsight": addon,
            "patching": (*addon, *scope),
            "marker": (*addon, "--set", "cors_marker=true", "--set", "cors_marker_scope=everything"),
            "page closed": (*addon, "--set", f"cors_page={free_port()}"),
            OPEN: (*addon, "--set", f"cors_page={free_port()}"),
        }
        async with contextlib.AsyncExitStack() as stack:
            proxies = {
                name: await stack.enter_async_context(_proxy(scratch / f"conf-{number}", extra, look=name == OPEN))
                for number, (name, extra) in enumerate(variants.items())
            }
            # Each connection is a page of its own: no page asks for the same several times at once.
            requests = [
                [_request(sample, upstream, page) for sample in samples(upstream)] * PAGES
                for page in range(CONNECTIONS)
            ]
            clients = {
                name: [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
                for name, (_, port) in proxies.items()
            }
            size = sum(map(len, requests))
            costs: dict[str, list[float]] = {name: [] for name in proxies}
            for number in range(WARM_UP + SLICES):
                for name, (pid, _) in proxies.items():
                    before = _cpu(pid)
                    await asyncio.gather(*map(_ask, clients[name], requests))
                    if number >= WARM_UP:
                        costs[name].append((_cpu(pid) - before) / size * 1e6)
            for _, writer in itertools.chain(*clients.values()):
                writer.close()
        server.close()
    return costs


@contextlib.asynccontextmanager
async def _proxy(confdir: Path, extra: tuple[str, ...], *, look: bool) -> AsyncIterator[tuple[int, int]]:
    command = [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()"]
    options = [
        "--listen-host",
        "127.0.0.1",
        "--listen-port",
        "0",
        "--set",
        f"confdir={confdir}",
        "--set",
        "flow_detail=0",
    ]
    process = await asyncio.create_subprocess_exec(
        *command, *options, *extra, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        seen = b""
        while (found := re.search(rb"listening at (?:\S*:)?(\d+)", seen)) is None:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            if not line:
                raise RuntimeError(f"the proxy did not start: {seen.decode(errors='replace')}")
            seen += line
        async with contextlib.AsyncExitStack() as stack:
            if look:
                await stack.enter_async_context(_window(process.stdout))
            drain = asyncio.create_task(_drain(process.stdout))
            yield process.pid, int(found[1])
            drain.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def _window(said: asyncio.StreamReader) -> AsyncIterator[None]:
    """Look at the live page, by the link that the proxy prints, as a window does that reads all it is told."""
    line = b""
    while (link := LINK.search(line)) is None:
        line = await asyncio.wait_for(said.readuntil(b"\n"), 60)
    port = int(link[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /?token=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (link[2], port))
    head = await reader.readuntil(b"\r\n\r\n")
    cookie = re.search(rb"set-cookie: ([^;]+)", head)
    assert cookie is not None, head
    ask = b"GET /events?window=0123456789abcdef HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: %s\r\n\r\n"
    writer.write(ask % (port, cookie[1]))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    drain = asyncio.create_task(_drain(reader))
    try:
        yield
    finally:
        drain.cancel()
        writer.close()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass


def _cpu(pid: int) -> float:
    """Seconds of user and system time the process has used, from its CPU-time clock (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


async def _ask(client: tuple[asyncio.StreamReader, asyncio.StreamWriter], requests: list[bytes]) -> None:
    reader, writer = client
    for request in requests:
        writer.write(request)
        await reader.readuntil(b"\r\n\r\n")


def _request(sample: Sample, upstream: int, page: int) -> bytes:
    host = f"{sample.host}:{upstream}"
    head = f"{sample.method} http://{host}{sample.path}?page={page} HTTP/1.1\r\nHost: {host}\r\n"
    length = "Content-Length: 0\r\n" if sample.method == "PUT" else ""
    return (head + "".join(f"{name}: {value}\r\n" for name, value in sample.asked) + length + "\r\n").encode()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = writer.get_extra_info("sockname")[1]
    answers = {(one.method, one.path): _response(one) for one in samples(port)}
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            writer.write(answers[method, path.partition("?")[0]])
    writer.close()


def _response(sample: Sample) -> bytes:
    length = "" if sample.status == 204 else "Content-Length: 0\r\n"
    headers = "".join(f"{name}: {value}\r\n" for name, value in sample.answered)
    return f"HTTP/1.1 {sample.status} OK\r\n{headers}{length}\r\n".encode()
