"""Whether memory stays flat: what a session holds after many exchanges of many URLs, clients, fetches and failures, and
what the addon holds after exchanges of a megabyte each, whose every field is ever new.
"""

from __future__ import annotations

import gc
import tempfile
import tracemalloc
from itertools import islice
from pathlib import Path

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session import Session
from corsight.scripts.dev.benchmarks import hostile
from corsight.scripts.dev.benchmarks.cost import ways
from corsight.scripts.dev.benchmarks.traffic import endless

EXCHANGES = 200_000
MARKS = 10
LARGE, SIZE = 50, 1_000_000
"""How many exchanges fill each place of each role, and with how many bytes."""


def run() -> None:
    """Measure and print both."""
    _observe()
    _fill()


def _fill() -> None:
    """Fill every place of an exchange again and again, and print what is held at the end of each place's turn."""
    letters, held = hostile.FILLERS["letters"], dict[str, int]()
    with tempfile.TemporaryDirectory() as folder:
        for way, context in ways(Path(folder)):
            with context as work:
                for draft in hostile.ROLES.values():
                    work(draft())
                gc.collect()
                tracemalloc.start()
                for place, roles in hostile.PLACES.items():
                    for role in roles:
                        for _ in range(LARGE):
                            work(hostile.filled(role, place, letters, SIZE))
                    gc.collect()
                    held[place] = tracemalloc.get_traced_memory()[0] // 1024
                tracemalloc.stop()
            place = max(held, key=lambda name: held[name])
            sent = LARGE * sum(map(len, hostile.PLACES.values()))
            print(f"{way}: {sent:,} exchanges of {SIZE:,} bytes; at most {held[place]:,} KiB are held ({place})")


def _observe() -> None:
    """Observe 200,000 exchanges, no URL twice but for a preflight's, and print what is held at every tenth."""
    print(f"memory held by the session, KiB, over {EXCHANGES:,} exchanges")
    session = Session()
    held: list[int] = []
    tracemalloc.start()
    for number, sample in enumerate(islice(endless(8000), EXCHANGES)):
        now = 1_800_000_000.0 + number * 0.01
        url = f"http://api{number // 64 % 500}.example{sample.path}?{number // 8}"
        request = Request(sample.method, url, HeaderList.of(*sample.asked), now)
        exchange = Exchange(f"id-{number}", f"10.0.{number // 4096 % 64}.1", f"c{number // 32}", request)
        session.begin(exchange)
        session.observe(
            Exchange(
                exchange.id,
                exchange.client,
                exchange.connection,
                request,
                Response(sample.status, HeaderList.of(*sample.answered), now),
            )
        )
        if (number + 1) % (EXCHANGES // MARKS) == 0:
            held.append(tracemalloc.get_traced_memory()[0] // 1024)
    tracemalloc.stop()
    print("  " + " ".join(f"{size:,}" for size in held))
    print(f"  last tenth against the middle: {held[-1] / held[MARKS // 2]:.2f}")
