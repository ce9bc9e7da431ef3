"""How long one decision takes: judge() for one engine, thinking each time (its memory emptied), and remembering."""

from __future__ import annotations

import time
from dataclasses import replace

from corsight.policies.decision.decide import forget
from corsight.policies.decision.judge import judge
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts

ROUNDS = 2000
PAGE = "https://app.example"


def _cases() -> list[tuple[str, Exchange, Facts]]:
    request = Request("GET", "https://api.example/list", HeaderList.of(("Origin", PAGE)))
    allowed = HeaderList.of(
        ("Access-Control-Allow-Origin", PAGE),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "GET, PUT, DELETE"),
        ("Access-Control-Allow-Headers", "content-type, authorization, x-request-id"),
        ("Content-Type", "application/json"),
        ("X-Total", "7"),
    )
    facts = Facts(
        tainting="cors", origin=PAGE, page_origin=PAGE, mode="cors", destination="empty", credentials="include"
    )
    plain = Exchange("1", "127.0.0.1", "c", request, Response(200, allowed))
    refused = replace(plain, response=Response(500, HeaderList.of(("Content-Type", "text/html"))))
    preflight = replace(facts, role="preflight", method="PUT", names=("authorization", "content-type"))
    return [
        ("allowed request", plain, facts),
        ("blocked request", refused, facts),
        ("credentials unknown", plain, replace(facts, credentials="unknown")),
        ("allowed preflight", replace(plain, response=Response(204, allowed)), preflight),
        ("blocked preflight", replace(plain, response=Response(204, allowed)), replace(preflight, method="PATCH")),
    ]


def run() -> None:
    """Measure and print, in microseconds of CPU time: the least of several rounds."""
    print("judge, one engine, microseconds of CPU time (thinking / remembering)")
    for name, exchange, facts in _cases():
        facts = replace(facts, response=exchange.response)
        thinking = min(_time(exchange, facts, anew=True) for _ in range(5))
        remembering = min(_time(exchange, facts, anew=False) for _ in range(5))
        print(f"  {name:22} {thinking:6.1f} {remembering:6.1f}")


def _time(exchange: Exchange, facts: Facts, *, anew: bool) -> float:
    started = time.process_time()
    for _ in range(ROUNDS):
        if anew:
            forget()
        judge(exchange, facts, "chromium")
    return (time.process_time() - started) / ROUNDS * 1e6
