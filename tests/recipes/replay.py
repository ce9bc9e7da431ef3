"""Asks a real server as a browser would, and lets every engine decide."""

from __future__ import annotations

import http.client
from collections.abc import Sequence

from corsight.policies.decision.judge import judge
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.verdict import EngineName, Outcome, Verdict


def ask(port: int, method: str, path: str, *headers: tuple[str, str]) -> Exchange:
    """One exchange with the server on `port`, its response's headers as they came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = b"{}" if method in ("PUT", "POST", "PATCH") else None
    sent = (*headers, ("Content-Type", "application/json")) if body else headers
    try:
        connection.request(method, path, body, dict(sent))
        answer = connection.getresponse()
        answer.read()
        got = HeaderList.of(*answer.getheaders())
    finally:
        connection.close()
    request = Request(method, f"http://127.0.0.1:{port}{path}", HeaderList.of(*sent))
    return Exchange("1", "127.0.0.1", "1", request, Response(answer.status, got))


def preflight(port: int, path: str, origin: str, method: str, names: Sequence[str]) -> Exchange:
    """The CORS-preflight request that a page of `origin` causes."""
    asked = [("Origin", origin), ("Access-Control-Request-Method", method)]
    if names:
        asked.append(("Access-Control-Request-Headers", ",".join(sorted(name.lower() for name in names))))
    return ask(port, "OPTIONS", path, *asked)


def verdicts(
    exchange: Exchange, origin: str, method: str, names: Sequence[str] = (), *, include: bool
) -> dict[EngineName, Verdict]:
    """What each engine makes of the exchange, a preflight or the request itself."""
    is_preflight = exchange.request.method == "OPTIONS"
    facts = Facts(
        role="preflight" if is_preflight else "request",
        tainting="cors",
        origin=origin,
        page_origin=origin,
        mode="cors",
        method=method,
        names=tuple(sorted(name.lower() for name in names)),
        credentials="include" if include else "not-include",
        response=exchange.response,
    )
    return {engine: judge(exchange, facts, engine) for engine in ENGINES}


def outcomes(found: dict[EngineName, Verdict]) -> set[Outcome]:
    """The outcomes of all engines."""
    return {verdict.outcome for verdict in found.values()}


def said(exchange: Exchange, found: dict[EngineName, Verdict]) -> str:
    """What was asked and answered, for a failed test."""
    response = exchange.response
    assert response is not None
    lines = [f"{exchange.request.method} {exchange.request.url} -> {response.status}"]
    lines += [f"  > {name.decode()}: {value.decode('latin-1')}" for name, value in exchange.request.headers.fields]
    lines += [f"  < {name.decode()}: {value.decode('latin-1')}" for name, value in response.headers.fields]
    lines += [f"  {engine}: {verdict.ruling.outcome} {verdict.ruling.rule}" for engine, verdict in found.items()]
    return "\n".join(lines)
