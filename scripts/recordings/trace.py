"""Playwright's traces (trace.zip): what HARs of Playwright hold, and the console, in which the browser says why.

`*.network` holds the entries of a HAR, one a line; `*.trace` the console among other things. Measured with 1.65.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import IO, Any

from corsight.policies.console import Message, read_console
from corsight.policies.exchange import Exchange
from corsight.policies.rules.isolation import NETWORK_ERROR
from corsight.scripts.recordings.har.draft import clean_url
from corsight.scripts.recordings.har.format import Log, Program
from corsight.scripts.recordings.har.producers.playwright import Playwright
from corsight.scripts.recordings.har.read import read_log

LONGEST = 1 << 22
"""Bytes of a line: what a longer one holds takes a hundred times as many, however little it is when packed."""
MESSAGES, HELD_BYTES = 10_000, 8 * 1024 * 1024
"""Console messages that are kept, and characters of them."""
LONGEST_MESSAGE = 64 * 1024
"""Characters of a console message that is looked at."""
SAID = (
    "A Playwright trace has neither preflights nor the responses of failed requests. Where something was blocked, "
    "the browser's own console message says why."
)

type Remark = Callable[[str], None]
type Opener = Callable[[], IO[bytes]]
"""Opens one file of an archive, unpacked."""


def read_trace(networks: Iterable[Opener], traces: Iterable[Opener], remark: Remark) -> Iterator[Exchange | None]:
    """Yield the exchanges of a trace, of which these files are the parts."""
    browser, messages = None, Messages()
    for unpack in traces:
        with unpack() as file:
            for event in _events(file):
                if event.get("type") == "context-options" and isinstance(event.get("browserName"), str):
                    browser = event["browserName"]
                elif event.get("type") == "console":
                    messages.add(str(event.get("text", "")))
                elif event.get("class") == "ConsoleMessage" and isinstance(event.get("initializer"), dict):
                    # As versions before 1.38 wrote it.
                    messages.add(str(event["initializer"].get("text", "")))
    log = Log[Any]([], Program("Playwright"), Program(browser) if browser else None)
    remarks: list[str] = []
    for exchange in read_log(log, _entries(networks), remarks.append):
        yield None if exchange is None else messages.explain(exchange)
    for text in (SAID, *(text for text in remarks if text != Playwright.leaves_out)):
        remark(text)


def _entries(networks: Iterable[Opener]) -> Iterator[bytes]:
    for unpack in networks:
        with unpack() as file:
            for event in _events(file):
                if event.get("type") == "resource-snapshot" and "snapshot" in event:
                    yield json.dumps(event["snapshot"]).encode()


def _events(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file that holds one a line; what is none is left out."""
    while line := file.readline(LONGEST):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


class Messages:
    """What the console says of requests, by their URLs, in its order."""

    def __init__(self) -> None:
        self._by_url: dict[str, deque[tuple[int, Message, str]]] = {}
        self._given: set[int] = set()
        self._count = self._held = 0

    def add(self, text: str) -> None:
        """Keep a console text, where it is a browser's about a request."""
        if self._count >= MESSAGES or len(text) > LONGEST_MESSAGE or self._held + len(text) > HELD_BYTES:
            return
        message = read_console(text)
        if message is None or message.rule is None or message.rule == NETWORK_ERROR:
            return
        self._count += 1
        self._held += len(text)
        for url in dict.fromkeys(filter(None, (message.initial_url, message.url))):
            self._by_url.setdefault(clean_url(url), deque()).append((self._count, message, text))

    def explain(self, exchange: Exchange) -> Exchange:
        """Return an exchange that failed, with what the console says of it; each message is for one exchange."""
        told = exchange.told
        if told is None or not told.untold:
            return exchange
        found = self._by_url.get(exchange.request.url)
        while found and found[0][0] in self._given:
            # It stands under another URL too, and was given there.
            found.popleft()
        if not found:
            return exchange
        number, message, text = found.popleft()
        self._given.add(number)
        told = replace(told, rule=message.rule, error=message.error, message=text, origin=message.origin or told.origin)
        return replace(exchange, told=told)
