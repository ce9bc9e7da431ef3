"""Requests that the browser itself stopped and the proxy never saw: rows of their own, with cause and what to do."""

from __future__ import annotations

from typing import Any

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES
from corsight.policies.findings.words import name_host
from corsight.policies.redact import shown
from corsight.policies.rules import RULES
from corsight.policies.value import value

KEPT = 1000
"""How many of these requests are remembered."""
LONGEST = 300
"""The most characters of a URL that a row shows."""
ALONE = "The proxy has not seen it: this is what the browser says."


@value
class Stopped:
    """A request that the browser alone knows of.

    `outcome` is `stopped`, or `answered` where a service worker replied. `cause` is a code of the catalogue, or the
    browser's own word; `message` says it in words, `fix` what mends it, empty where the catalogue's advice has to do.
    """

    id: str
    started: float
    method: str
    url: str
    outcome: str
    cause: str
    message: str
    fix: str = ""


def make_row(stopped: Stopped) -> dict[str, Any]:
    """Return its row in the list, in the same form as an exchange's."""
    return {
        "id": stopped.id,
        "fetch": stopped.id,
        "time": stopped.started,
        "method": shown(stopped.method, 40),
        "url": shown(stopped.url, LONGEST),
        "host": name_host(stopped.url),
        "status": None,
        "role": "request",
        "outcome": stopped.outcome,
        "open": False,
        "certain": True,
        "engine": "",
        "others": {},
        "origin": None,
        "cause": shown(stopped.cause, 100),
        "title": shown(stopped.message),
        "drift": 0,
        "patched": False,
    }


def tell_story(stopped: Stopped) -> dict[str, Any]:
    """Return everything that is known about it."""
    known = CAUSES.get(stopped.cause) or RULES.get(stopped.cause)
    return {
        "stopped": stopped.outcome,
        "method": shown(stopped.method, 40),
        "url": shown(stopped.url, 2000),
        "message": shown(stopped.message, 1200),
        "cause": shown(stopped.cause, 100),
        "why": known.why if known is not None else "",
        "fix": shown(stopped.fix, 1200),
        "advice": known.advice if known is not None else "",
        "actor": None if known is None else name_actor(known.actor, name_host(stopped.url)),
        "seen": ALONE,
    }


def write_line(stopped: Stopped) -> str:
    """Return it as a line of a report in text."""
    return shown(f"{stopped.method or 'request'} {stopped.url}: {stopped.message} [{stopped.cause}]", 1000)
