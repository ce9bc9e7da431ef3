"""Example exchanges: written as they would be sent, read into what judge() and advise() take."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from corsight.policies.engines.added import list_page_set_headers
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import Failure
from corsight.policies.fetch.redirect import location_url
from corsight.policies.fetch.safelist import cors_unsafe_request_header_names
from corsight.policies.verdict import EngineName

PAGE = "https://app.example"
"""The origin of the page that asks, where an example names no other."""
GET_ORDERS = f"GET https://api.example/orders\nOrigin: {PAGE}"
"""What most examples ask."""
ALL: tuple[EngineName, ...] = ("standard", "chromium", "firefox", "webkit")


class Example:
    """One exchange, or several that belong together, of which the last is the one that is judged.

    Each of `texts` is a request and its response with a blank line between them: `GET https://api.example/x`, header
    lines; the status, header lines. An empty response is none. `engines` are those that say the rule of it. `facts`
    holds what the wire does not tell, in place of: a fetch() by the page https://app.example, without credentials.
    `value` is what the rule turns on where it takes more than these exchanges to know.
    """

    def __init__(self, *texts: str, engines: tuple[EngineName, ...] = ALL, value: str = "", **facts: Any) -> None:
        self.texts = texts
        self.engines = engines
        self.value = value
        self._stated = facts

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges, in order."""
        return tuple(_read_exchange(f"example-{number}", text) for number, text in enumerate(self.texts, 1))

    @property
    def exchange(self) -> Exchange:
        """The exchange that is judged."""
        return self.exchanges[-1]

    @property
    def preflight(self) -> Response | None:
        """The answer of the preflight before it, if the example holds one."""
        before = self.exchanges[:-1]
        return next((one.response for one in reversed(before) if one.request.method == "OPTIONS"), None)

    @cached_property
    def facts(self) -> Facts:
        """The facts of the exchange that is judged."""
        return derive_facts(self.exchange, **self._stated)


def derive_facts(exchange: Exchange, **stated: Any) -> Facts:
    """Return the facts of an exchange that a page sent by fetch(), without credentials, but for what is stated."""
    request, response = exchange.request, exchange.response
    get = request.headers.get
    asked = get("access-control-request-method")
    target = None if response is None else location_url(response, request.url)
    page = stated.get("page_origin") or PAGE
    facts = Facts(
        role="request" if target is None else "redirect",
        response=response,
        tainting="cors",
        origin=get("origin") or page,
        page_origin=page,
        page=f"{page}/",
        mode="cors",
        destination="empty",
        method=request.method,
        names=cors_unsafe_request_header_names(list_page_set_headers(request.headers)),
        credentials="not-include",
        secure=page.startswith("https:"),
        target="" if isinstance(target, Failure) else target,
    )
    if request.method == "OPTIONS" and asked is not None:
        names = get("access-control-request-headers")
        facts = replace(
            facts, role="preflight", method=asked, names=tuple(names.split(",")) if names else (), target=None
        )
    return replace(facts, **stated)


def _read_exchange(name: str, text: str) -> Exchange:
    sent, _, received = text.partition("\n\n")
    (start, *asked), (status, *answered) = sent.split("\n"), received.split("\n")
    method, url = start.split(" ")
    response = Response(int(status), _read_headers(answered)) if status else None
    return Exchange(name, "192.0.2.1", "c", Request(method, url, _read_headers(asked)), response)


def _read_headers(lines: list[str]) -> HeaderList:
    return HeaderList.of(*((name, value.strip()) for name, _, value in (line.partition(":") for line in lines)))
