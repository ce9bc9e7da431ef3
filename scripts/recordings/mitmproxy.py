"""mitmproxy's recordings, read by mitmproxy's own reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BufferedReader

from mitmproxy.exceptions import FlowReadException
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from corsight.addons.adapter import exchange_of
from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError


def read(file: BufferedReader, remark: Callable[[str], None]) -> Iterator[Exchange | None]:
    """Yield the exchanges of a recording, None for a flow that is none."""
    exchanges = 0
    try:
        for flow in FlowReader(file).stream():
            if isinstance(flow, HTTPFlow):
                exchange = exchange_of(flow)
                exchanges += 1
                yield exchange
            else:
                yield None
    except Exception as error:
        # What is wrong in a damaged file shows in as many ways as there are lines of code that read it.
        raise _describe(error, exchanges) from None


def _describe(error: Exception, exchanges: int) -> CorsightError:
    reason = str(error) if isinstance(error, FlowReadException) else ""
    if "flow format version" in reason:
        return CorsightError(reason.rstrip("."), todo="read it with the mitmproxy that wrote it")
    if not exchanges:
        return CorsightError(
            "is no mitmproxy recording, or damaged from its start", todo="make one with mitmdump -w FILE"
        )
    return CorsightError(
        f"is cut short or damaged after {exchanges} exchange{'s' if exchanges != 1 else ''}; what came before it was "
        "judged",
        todo="stop mitmproxy before its recording is read, or record again",
    )
