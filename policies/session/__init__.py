"""The memory of all clients: each exchange goes to its browser's."""

from __future__ import annotations

from corsight.policies.exchange import Exchange, Word, without_interim
from corsight.policies.facts import Facts
from corsight.policies.session.browser import Browser
from corsight.policies.session.clients import LONGEST, UNKNOWN, Client, acts_as_browser, as_told, identify, show_engine
from corsight.policies.session.judging import Judged
from corsight.policies.session.memory import Memory, release
from corsight.policies.session.weighing import BUDGET, Scales, list_silent
from corsight.policies.verdict import EngineName

OK = 200
BROWSERS = 32
"""How many clients are remembered at once."""
BETWEEN = 64
"""How many requests set out between one weighing of what all clients' memories hold and the next."""


class Session:
    """What was seen of every client: one Browser a client address and User-Agent.

    `engine` overrides the engine that the clients' own headers tell; `version` is its major version, where it is not to
    be the client's own.
    """

    def __init__(self, engine: EngineName | None = None, version: int | None = None) -> None:
        self._engine = engine
        self._version = version
        self._browsers: Memory[tuple[str, str], Browser] = Memory(BROWSERS)
        self._connections: Memory[str, tuple[str, str]] = Memory(BROWSERS * 64)
        self._attends = False
        self._scales: dict[tuple[str, str], tuple[Browser, Scales]] = {}
        self._begun = 0

    def begin(self, exchange: Exchange) -> list[Judged]:
        """Record a request that set out. Return the earlier exchanges whose verdict changed."""
        self._begun += 1
        if self._begun == BETWEEN:
            self._begun = 0
            self._forget_silent()
        return self._browser(exchange).begin(exchange)

    def observe(self, exchange: Exchange, *, body_comes: bool = False) -> list[Judged]:
        """Judge an exchange whose response came, or never will. Return its verdict first, then those it changed.

        `body_comes` tells that its body is still to come: where that decides, nothing is judged, and none returned.
        """
        if exchange.response is not None and exchange.response.status < OK:
            exchange = without_interim(exchange)
        return self._browser(exchange).observe(exchange, body_comes=body_comes)

    def preview(self, exchange: Exchange) -> tuple[Facts, EngineName] | None:
        """Return what an exchange under way would be judged by, with this response, and by which engine.

        Nothing is remembered of it. None where CORS has no say, or its request was not seen to set out.
        """
        browser = self._browser(exchange)
        facts = browser.preview(without_interim(exchange))
        return None if facts is None else (facts, browser.engine)

    def attend(self) -> None:
        """Remember what is judged from now on: the browsers themselves may say something of it, by `heed`."""
        self._attends = True
        self._scales.clear()
        for browser in self._browsers.values():
            browser.attend()

    def heed(self, id: str, word: Word) -> list[Judged]:
        """Take in what a browser said of an exchange that was judged. Return those whose verdict changed by that."""
        for browser in self._browsers.values():
            if (revised := browser.heed(id, word)) is not None:
                return revised
        return []

    def is_at_home(self, exchange: Exchange, origin: str) -> bool:
        """Return whether the exchange's client loaded a page of this origin from loopback, as a document of its own."""
        return self._browser(exchange).is_at_home(origin)

    def finish(self) -> list[Judged]:
        """End the recording. Return the exchanges whose verdict changed by that."""
        return [judged for browser in self._browsers.values() for judged in browser.finish()]

    def _browser(self, exchange: Exchange) -> Browser:
        # A connection belongs to one browser, whatever User-Agent its pages make up.
        key = self._connections.get(exchange.connection)
        browser = None if key is None else self._browsers.get(key)
        if browser is None or _shows_itself(browser, exchange):
            agent, told = exchange.request.headers.get("user-agent") or "", exchange.told
            named = told is not None and told.engine is not None
            key = exchange.client, agent[:LONGEST] if not named else ""
            browser = self._browsers.get(key)
            if browser is None or _shows_itself(browser, exchange):
                browser = self._meet(exchange, agent)
            self._browsers.put(key, browser)
            if exchange.connection:
                self._connections.put(exchange.connection, key)
        return browser

    def _forget_silent(self) -> None:
        """Forget the clients that were silent longest, where all memories hold too much together."""
        scales = self._scales
        for key in [key for key, (browser, _) in scales.items() if self._browsers.get(key) is not browser]:
            del scales[key]
        for key, browser in self._browsers.items():
            if key not in scales:
                scales[key] = browser, Scales(browser)
        for key in list_silent({key: found for key, (_, found) in scales.items()}, BUDGET):
            self._browsers.forget(key)
            _, found = scales.pop(key)
            release(found.weigh())

    def _meet(self, exchange: Exchange, agent: str) -> Browser:
        headers = exchange.request.headers
        client = identify(agent, headers.get("sec-ch-ua"))
        if not client.browser and acts_as_browser(headers):
            client = UNKNOWN
        shown = show_engine(exchange) if client.browser else None
        if shown is not None and shown != client.engine:
            client = Client(shown)
        if exchange.told is not None:
            client = as_told(client, exchange.told)
        browser = Browser(client, self._engine or client.engine, self._version)
        if self._attends:
            browser.attend()
        return browser


def _shows_itself(browser: Browser, exchange: Exchange) -> bool:
    """Return whether what was taken for no browser turns out to be one, or what was taken for one to be another: its
    application, or the developer tools, gave it a name of its own.
    """
    told = exchange.told
    if told is not None and told.engine == "standard":
        return False
    if not browser.client.browser:
        return acts_as_browser(exchange.request.headers)
    if exchange.response is not None or told is not None:
        return False
    return show_engine(exchange) not in (None, browser.client.engine)


__all__ = ["Browser", "Client", "Judged", "Session", "identify"]
