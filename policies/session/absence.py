"""What it shows that a preflight was answered, and followed by nothing."""

from __future__ import annotations

from corsight.policies.engines import EnginePolicy
from corsight.policies.session.fetches import Entry

PROMPT = 0.5
"""Seconds that a page waits at least before it gives up for that alone."""


def proves_together(one: Entry, other: Entry, *, slack: float, outlives: bool) -> bool:
    """Return whether it is not to be believed that a page gave up both of two preflights: it had the answer to one
    before it asked the other, and did not wait for long. What takes its time, a page may give up each time, and
    Chromium finishes its preflight all the same (`outlives`).

    `slack` is by how many seconds the order of moments may differ in the browser.
    """
    if outlives and not (_is_prompt(one) and _is_prompt(other)):
        return False
    first, second = (one, other) if get_start(one) <= get_start(other) else (other, one)
    response = first.exchange.response
    return response is not None and get_start(second) - response.received > slack


def may_be_stream(entry: Entry, policy: EnginePolicy) -> bool:
    """Return whether it may have been a preflight of a stream, which Chromium uploads over HTTP/2 alone.

    Over HTTP/1.1 such a fetch() fails behind its preflight, whatever answered that: Chromium 156, 2 of 2.
    """
    return (
        entry.role == "preflight"
        and policy.streams_uploads
        and not entry.exchange.http2
        and entry.reading.method not in ("GET", "HEAD")
    )


def _is_prompt(preflight: Entry) -> bool:
    response = preflight.exchange.response
    return response is not None and response.received - get_start(preflight) <= PROMPT


def get_start(entry: Entry) -> float:
    """Return when a request set out."""
    return entry.exchange.request.started
