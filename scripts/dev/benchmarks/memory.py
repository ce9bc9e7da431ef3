"""Whether memory stays flat: what a session holds after many exchanges of many URLs, clients, fetches and failures."""

from __future__ import annotations

import tracemalloc
from itertools import islice

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session import Session
from corsight.scripts.dev.benchmarks.traffic import endless

EXCHANGES = 200_000
MARKS = 10


def run() -> None:
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
