"""What one hostile exchange costs, in CPU time, held against hashing the same bytes: `scripts/bench cost`.

Every place in an exchange is filled with what is slow to read (hostile.py), in growing sizes, and likewise every text
that is read or shown. What is over the limit is told, by the function that took the time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mitmproxy import connection

from corsight.addons.adapter import exchange_of
from corsight.policies.console import read_console
from corsight.policies.redact import printable, redact
from corsight.policies.server.load import load
from corsight.policies.server.problems import PolicyError
from corsight.policies.session import Session
from corsight.policies.story import tell
from corsight.scripts.curl import read_curl
from corsight.scripts.dev import hooks
from corsight.scripts.dev.benchmarks import hostile
from corsight.scripts.dev.benchmarks.hostile import Draft
from corsight.scripts.dev.cpu import cpu_time, hash_pace, slowest_functions
from corsight.scripts.errors import CorsightError
from corsight.scripts.report import story, text
from corsight.scripts.report.findings import Findings

SIZES = (3_000, 20_000, 100_000)
LIMIT = 150
"""How many times as long as the hash of its bytes an input may take: 20 ms where 100 kB are hashed in 0.13 ms."""
ROUNDS = 3
ENOUGH = 0.03
"""Seconds of one input after which no larger one is tried."""
SHOWN = 4
"""How many of the kinds that one function makes slow are told."""
POLICY = """
version: 1
policies:
  - name: api
    match: {hosts: [api.test, "*.api.test"], paths: ["/**"]}
    origins: [https://app.test, "https://*.app.test"]
    methods: [GET, PUT]
    request_headers: [x-a]
    credentials: true
"""


@dataclass(frozen=True)
class Cost:
    """What a kind costs at the largest size tried: seconds, bytes, and the functions that took most of the time."""

    kind: str
    seconds: float
    size: int
    ratio: float
    functions: tuple[str, ...]


def run() -> None:
    """Measure and print, one way of working on an exchange after another, then the readers of texts."""
    with TemporaryDirectory() as folder:
        for name, way in ways(Path(folder)):
            with way as work:
                write(name, [measure(kind, make, work) for kind, make in hostile.exchanges()])
    for name, read in READERS.items():
        costs = [measure(kind, make, read) for kind, make in hostile.texts()]
        write(f"reading: {name}", costs)


def measure[T: (Draft, bytes)](kind: str, make: Callable[[int], T], work: Callable[[T], object]) -> Cost:
    """The cost of a kind, the least of several rounds; each round's input is a new one, unknown to every memory."""
    pace, seconds, size, ratio = hash_pace(), 0.0, 1, 0.0
    for wanted in SIZES:
        inputs = [make(wanted) for _ in range(ROUNDS)]
        size = len(inputs[0])
        seconds = min(_times(inputs, work, enough=LIMIT / 2 * pace * size))
        ratio = seconds / size / pace
        if seconds > ENOUGH:
            break
    return Cost(
        kind, seconds, size, ratio, slowest_functions(functools.partial(work, make(wanted))) if ratio > LIMIT else ()
    )


def write(name: str, costs: list[Cost]) -> None:
    """Print how many kinds were measured, and those over the limit."""
    over = sorted((cost for cost in costs if cost.ratio > LIMIT), key=lambda cost: -cost.ratio)
    print(f"{name}: {len(costs):,} kinds, {len(over)} take more than {LIMIT} times as long as their hash", flush=True)
    together: dict[str, list[Cost]] = {}
    for cost in over:
        together.setdefault(cost.functions[0] if cost.functions else "outside Corsight", []).append(cost)
    for function, members in together.items():
        print(f"  {function}: {len(members)}")
        for cost in members[:SHOWN]:
            pace = cost.seconds / cost.size * 1e8
            print(f"    {cost.ratio:9,.0f} times {pace:9,.0f} ms/100 kB at {cost.size:7,} bytes  {cost.kind}")


def _times[T](inputs: Iterable[T], work: Callable[[T], object], enough: float) -> Iterator[float]:
    """The seconds that each input takes, as far as the first that is quick."""
    for one in inputs:
        seconds = cpu_time(functools.partial(work, one))
        yield seconds
        if seconds < enough or seconds > ENOUGH * 5:
            return


# -- the ways of working on an exchange ------------------------------------------------------------------------------


def ways(folder: Path) -> Iterator[tuple[str, AbstractContextManager[Callable[[Draft], object]]]]:
    """Each way's name, and a context that gives the function to measure."""
    policies = folder / "policies.yaml"
    policies.write_text(POLICY)
    log, files = str(folder / "log.jsonl"), [str(policies)]
    yield "mitmdump with log and policies", _through_hooks(cors_log=log, cors_policy=files)
    yield "mitmweb", _through_hooks(watched=True)
    yield "patching what is blocked", _through_hooks(cors_patch="blocked", cors_patch_scope="everything")
    yield "audit and explain", _into_reports()


@contextmanager
def _through_hooks(*, watched: bool = False, **options: Any) -> Iterator[Callable[[Draft], object]]:
    client = _client()
    with hooks.started(watched=watched, **options) as proxy:
        # A User-Agent belongs to its connection.
        yield lambda draft: proxy.call(draft.flow(_client() if draft.new_client else client))


@contextmanager
def _into_reports() -> Iterator[Callable[[Draft], object]]:
    client = _client()

    def report(draft: Draft) -> None:
        findings = Findings()
        judgeds = Session().observe(exchange_of(draft.flow(client)))
        findings.add(judgeds[0])
        text.write(findings, [("recording", 1)], "auto", StringIO())
        story.write(tell(judgeds[:1]), StringIO())

    yield report


def _client() -> connection.Client:
    return connection.Client(peername=("127.0.0.1", 50_000), sockname=("127.0.0.1", 8080), timestamp_start=1.0)


# -- readers of texts ------------------------------------------------------------------------------------------------


def _load(name: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        with suppress(PolicyError):
            load(data.decode("latin-1"), name)

    return read


def _load_listed(data: bytes) -> None:
    """A policy file whose every list holds the text, split at its commas."""
    listed = "".join(f"      - {hostile.quoted(one)}\n" for one in data.decode("latin-1").split(","))
    lists = "".join(f"    {name}:\n{listed}" for name in ("origins", "methods", "request_headers", "expose_headers"))
    with suppress(PolicyError):
        load(f"version: 1\npolicies:\n  - name: a\n    match:\n      hosts:\n{listed}{lists}", "policies.yaml")


def _read_curl(data: bytes) -> None:
    with suppress(CorsightError):
        read_curl(data, "paste")
    with suppress(CorsightError):
        read_curl(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: " + data + b"\r\n\r\n", "paste")


def _read_console(data: bytes) -> None:
    said = data.decode("latin-1")
    read_console(said)
    read_console(
        f"Access to fetch at '{said}' from origin 'https://app.test' has been blocked by CORS policy: "
        f"The 'Access-Control-Allow-Origin' header has a value '{said}' that is not equal to the supplied origin."
    )


READERS: dict[str, Callable[[bytes], object]] = {
    "secrets": lambda data: redact("https://a.test/?" + data.decode("latin-1")),
    "control characters": lambda data: printable(data.decode("latin-1")),
    "console messages": _read_console,
    "curl's output": _read_curl,
    "policies in YAML": _load("policies.yaml"),
    "policies in TOML": _load("policies.toml"),
    "policies in JSON": _load("policies.json"),
    "policies with long lists": _load_listed,
}
