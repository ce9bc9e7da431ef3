"""Reads what only says that a request failed, or says it by a name, in a few words, or without its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from corsight.policies.console import foreign
from corsight.policies.console.around import CHECKS, add, read_around, read_beside
from corsight.policies.console.cut import find_cut
from corsight.policies.console.model import Message
from corsight.policies.console.names import read_name
from corsight.policies.console.patterns import Pattern
from corsight.policies.verdict import EngineName

FAILURES: dict[EngineName, re.Pattern[str]] = {
    "chromium": re.compile(r"\bFailed to fetch\b|net::ERR_FAILED|\(failed\)"),
    "firefox": re.compile(r"(?i)\bNetworkError when attempting to fetch resource\b|^Cross[- ]Origin Request Blocked\b"),
    "webkit": re.compile(
        r"\bLoad failed\b|\bdue to access control checks\b|"
        r"^Fetch API cannot load \S+\.$"
    ),
    # Libraries, which say the same in every browser.
    "standard": re.compile(
        r"0 Unknown Error|Failed to send a request to the Edge Function|\bNetwork request failed\b|"
        r"Unexpected server response \(0\)|XMLHttpRequest error\b|XMLHttpRequest onError callback|"
        r"\bHTTP response code: ?0\b|"
        r"(?i:\bNetwork ?Error\b|\bstatus:? (?:code )?0\b|CORS (?:request|error)|server's response may be missing CORS)"
    ),
}
"""What each engine says of any failure."""
REFERRER_POLICY = "strict-origin-when-cross-origin"
"""What the network panel shows of every request, and people take for an error."""
_BLOCKED = re.compile(r"\bblocked by CORS policy\b|\bCORS error\b")
"""What Chrome's console says without a reason, and the word of its network panel."""


def read_rest(lines: list[str], body: str, patterns: Callable[[], Iterable[Pattern]]) -> list[Message]:
    """Return what is told by a name only, or by words that every failure has."""
    names = [(message, line) for line in lines if (message := read_name(line)) is not None]
    if names:
        beside = {name: one for line in lines for name, one in read_beside(line).items()}
        several = len({read_beside(line).get("url") for _, line in names} - {None}) > 1
        return [
            add(message, **(read_beside(line) if several else {"url": _find_url(body)} | beside))
            for message, line in names
        ]
    if (message := find_cut(body, patterns)) is not None:
        return [message]
    if (message := foreign.read_line(" ".join(lines), certain=False)) is not None and message.rule is not None:
        return [message]
    if (blocked := _BLOCKED.search(body)) is not None:
        message = Message("chromium", cause="cors-without-reason", exact=False)
        # What stands before the words is the same with a reason behind them.
        said = f"{body[: blocked.end()]}: "
        return [add(read_around(message, said, len(said), len(said), whole=False)[0], url=_find_url(body))]
    for engine, pattern in FAILURES.items():
        if failed := [*filter(pattern.search, lines)]:
            told = [{"url": _find_url(line)} | read_beside(line) for line in failed]
            # Each request that is named; or else that one failed.
            named = [place for place, one in enumerate(told) if one["url"] is not None] or [0]
            return [add(Message(engine, cause=_name_failure(failed[at]), exact=False), **told[at]) for at in named]
    if reasons := [one for line in lines if (one := foreign.read_reason(line)) is not None]:
        return reasons
    if any(line.rstrip(".") == "Script error" or "Script error." in line for line in lines):
        return [Message("standard", cause="script-error-hidden", exact=False)]
    if message is not None:
        return [message]
    for status in map(read_beside, [*lines, " ".join(lines)]):
        if status.get("status", 0) >= 400 and "error" not in status:
            return [add(Message("standard", cause="answered-with-an-error", exact=False), **status)]
    if REFERRER_POLICY in body:
        return [Message("standard", cause="referrer-policy-shown", exact=False)]
    return []


def _name_failure(line: str) -> str:
    return "access-control-checks" if CHECKS in line else "failed-without-reason"


def _find_url(body: str) -> str | None:
    """Return the first URL that is no link to MDN."""
    return next((url.rstrip(".,;:)") for url in foreign.URL.findall(body) if "developer.mozilla.org" not in url), None)
