"""What one hostile exchange costs, in CPU time, held against hashing the same bytes: `scripts/bench cost`.

Every place in an exchange is filled with what is slow to read (hostile.py), in growing sizes, and likewise every text
that is read or shown. Each place is told with what is slowest in it, how its time grows (1 is linear), and the function
that took it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mitmproxy import connection

from corsight.addons.adapter import exchange_of
from corsight.policies.console import read_messages
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
from corsight.scripts.gate.sift import sift
from corsight.scripts.report import story, text
from corsight.scripts.report.findings import Findings

SIZES = (1_000, 10_000, 100_000)
LARGEST = 1_000_000
"""What is slowest in each place is tried in this size too: it tells whether the time grows as the bytes do."""
LIMIT = 150
"""How many times as long as the hash of its bytes an input may take: 20 ms where 100 kB are hashed in 0.13 ms."""
TOLD = 50
"""From how many times on a place is told."""
ROUNDS = 3
ENOUGH = 0.03
"""Seconds of one input after which no larger one is tried."""
SLOW = 0.15
"""Seconds that even the smallest input may not take."""
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
    """What a kind costs at the largest size tried: seconds, bytes, how many times the hash of those, by what power of
    the bytes it grew, and the functions that took most of the time.
    """

    kind: str
    seconds: float
    size: int
    ratio: float
    growth: float
    functions: tuple[str, ...] = ()


def run() -> None:
    """Measure and print, one way of working on an exchange after another, then the readers of texts."""
    with TemporaryDirectory() as folder:
        for name, way in ways(Path(folder)):
            with way as work:
                survey(name, hostile.exchanges(), work)
    for name, read in READERS.items():
        survey(f"reading: {name}", hostile.texts(), read)


def survey[T: (Draft, bytes)](
    name: str, kinds: Iterable[tuple[str, Callable[[int], T]]], work: Callable[[T], object]
) -> None:
    """Measure all kinds, and print what each place costs at most."""
    slowest: dict[str, tuple[Cost, Callable[[int], T]]] = {}
    number = over = 0
    for kind, make in kinds:
        cost = measure(kind, make, work, SIZES)
        number += 1
        over += cost.ratio > LIMIT
        place = kind.partition(": ")[0]
        if place not in slowest or cost.ratio > slowest[place][0].ratio:
            slowest[place] = cost, make
    print(f"{name}: {number:,} kinds, {over} take more than {LIMIT} times as long as their hash", flush=True)
    told = sorted((one for one in slowest.values() if one[0].ratio > TOLD), key=lambda one: -one[0].ratio)
    for cost, make in told:
        largest = measure(cost.kind, make, work, (SIZES[0], SIZES[-1], LARGEST))
        functions = slowest_functions(functools.partial(work, make(SIZES[-1])))
        print(
            f"  {cost.ratio:7,.0f} times at {cost.size:9,} bytes, {largest.ratio:7,.0f} at {largest.size:9,}"
            f"  growth {largest.growth:4.2f}  {cost.kind}  {functions[0] if functions else 'outside Corsight'}"
        )
    if len(told) < len(slowest):
        print(f"  and {len(slowest) - len(told)} other places, each less than {TOLD} times", flush=True)


def measure[T: (Draft, bytes)](
    kind: str, make: Callable[[int], T], work: Callable[[T], object], sizes: Sequence[int]
) -> Cost:
    """The cost of a kind, the least of several rounds; each round's input is a new one, unknown to every memory.

    What the smallest size costs is none of it, unless that is very slow itself: to write a report takes 40 ms, whatever
    is in it.
    """
    pace, tried = hash_pace(), list[tuple[int, float]]()
    base = (0, 0.0)
    for wanted in sizes:
        inputs = [make(wanted) for _ in range(ROUNDS)]
        size = len(inputs[0])
        seconds = min(_times(inputs, work, enough=base[1] + LIMIT / 5 * pace * (size - base[0])))
        tried.append((size, seconds))
        if len(tried) == 1:
            if seconds > SLOW:
                break
            base = (size, seconds)
        elif seconds - base[1] > ENOUGH and wanted < LARGEST and _ratio(base, tried[-1]) > LIMIT:
            break
    size, seconds = tried[-1]
    before, start = tried[-2] if len(tried) > 2 else (0, 0.0)
    grown = (seconds - base[1], start - base[1])
    growth = math.log(grown[0] / grown[1]) / math.log(size / before) if min(grown) > 0 and size > before > 0 else 1.0
    return Cost(kind, seconds, size, _ratio(base, tried[-1]), growth)


def _ratio(base: tuple[int, float], tried: tuple[int, float]) -> float:
    """How many times as long as hashing them it takes what is beyond the base, in bytes and in seconds."""
    return max(0.0, tried[1] - base[1]) / max(1, tried[0] - base[0]) / hash_pace()


def _times[T](inputs: Iterable[T], work: Callable[[T], object], enough: float) -> Iterator[float]:
    """Yield the seconds that each input takes, as far as the first that is quick, or the second that is very slow.

    A single one may have to free what others left.
    """
    slow = 0
    for one in inputs:
        seconds = cpu_time(functools.partial(work, one))
        yield seconds
        slow += seconds > ENOUGH * 5
        if seconds < enough or slow > 1:
            return


# -- the ways of working on an exchange ------------------------------------------------------------------------------


def ways(folder: Path) -> Iterator[tuple[str, AbstractContextManager[Callable[[Draft], object]]]]:
    """Each way's name, and a context that gives the function to measure."""
    policies = folder / "policies.yaml"
    policies.write_text(POLICY)
    log, files = str(folder / "log.jsonl"), [str(policies)]
    yield "mitmdump with log and policies", _through_hooks(cors_log=log, cors_policy=files)
    yield "mitmweb", _through_hooks(watched=True)
    yield (
        "patching what is blocked",
        _through_hooks(cors_patch="blocked", cors_patch_scope="everything", cors_patch_origins=[hostile.PAGE]),
    )
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
        text.write(text.Report(findings, sift(findings.sorted()), [("recording", 1)]), StringIO(), verbose=True)
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
    read_messages(said)
    read_messages(
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
