"""What the addon costs a running proxy: its CPU time a request, with the addon and its log, and without, in turn.

Two proxies run side by side before one server and get the same load in alternating slices, so whatever else the machine
does weighs on both. CPU time is the proxy process's own, as the system counts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from scripts.benchmarks.traffic import Sample, samples

ROOT = Path(__file__).resolve().parent.parent.parent
SLICE = 800
SLICES = 24
CONNECTIONS = 8
TICKS = os.sysconf("SC_CLK_TCK")
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
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "empty.py").write_text(EMPTY_HOOKS)
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        upstream = server.sockets[0].getsockname()[1]
        addon = ("-s", str(ROOT / "addons" / "cors.py"), "--set", f"cors_log={scratch / 'log.jsonl'}")
        variants: dict[str, tuple[str, ...]] = {
            "plain": (),
            "empty hooks": ("-s", str(scratch / "empty.py")),
            "corsight": addon,
        }
        async with contextlib.AsyncExitStack() as stack:
            proxies = {
                name: await stack.enter_async_context(_proxy(scratch / f"conf-{number}", extra))
                for number, (name, extra) in enumerate(variants.items())
            }
            for _, port in proxies.values():
                await _load(port, upstream, SLICE // 4)
            costs: dict[str, list[float]] = {name: [] for name in proxies}
            for _ in range(SLICES):
                for name, (pid, port) in proxies.items():
                    before = _cpu(pid)
                    await _load(port, upstream, SLICE)
                    costs[name].append((_cpu(pid) - before) / SLICE * 1e6)
        server.close()
    print(f"proxy CPU time a request, microseconds (least and median of {SLICES} slices of {SLICE} requests, in turn)")
    # What else runs on the machine only ever adds: the least is the nearest to the cost itself.
    plain = min(costs["plain"])
    for name, taken in costs.items():
        least, median = min(taken), statistics.median(taken)
        print(f"  {name:12} {least:6.0f} {median:6.0f}   +{least - plain:4.0f}   throughput left {plain / least:.3f}")


@contextlib.asynccontextmanager
async def _proxy(confdir: Path, extra: tuple[str, ...]) -> AsyncIterator[tuple[int, int]]:
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
        drain = asyncio.create_task(_drain(process.stdout))
        yield process.pid, int(found[1])
        drain.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass


def _cpu(pid: int) -> float:
    """Seconds of user and system time the process has used (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def _load(port: int, upstream: int, requests: int) -> None:
    await asyncio.gather(*(_client(port, upstream, requests // CONNECTIONS) for _ in range(CONNECTIONS)))


async def _client(port: int, upstream: int, requests: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    requests_to_send = [_request(sample, upstream) for sample in samples(upstream)]
    for number in range(requests):
        writer.write(requests_to_send[number % len(requests_to_send)])
        await reader.readuntil(b"\r\n\r\n")
    writer.close()


def _request(sample: Sample, upstream: int) -> bytes:
    host = f"{sample.host}:{upstream}"
    head = f"{sample.method} http://{host}{sample.path} HTTP/1.1\r\nHost: {host}\r\n"
    length = "Content-Length: 0\r\n" if sample.method == "PUT" else ""
    return (head + "".join(f"{name}: {value}\r\n" for name, value in sample.asked) + length + "\r\n").encode()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = writer.get_extra_info("sockname")[1]
    answers = {(one.method, one.path): _response(one) for one in samples(port)}
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            writer.write(answers[method, path])
    writer.close()


def _response(sample: Sample) -> bytes:
    length = "" if sample.status == 204 else "Content-Length: 0\r\n"
    headers = "".join(f"{name}: {value}\r\n" for name, value in sample.answered)
    return f"HTTP/1.1 {sample.status} OK\r\n{headers}{length}\r\n".encode()
