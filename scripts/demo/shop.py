"""The shop: the requests its page makes, what its servers answer, and the page.

Every request has a URL of its own, so that what the page saw and what the proxy judged are joined by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = "https://shop.test"
HOME = f"{PAGE}/"
SEEN = f"{PAGE}/seen"
"""Where the page posts what became of its requests."""

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server of the shop answers."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the page: `init` is fetch's second argument, None for an image.

    `mistake` is the code of the rule that the browser blocks it by, None where all is well.
    """

    what: str
    url: str
    mistake: str | None
    answer: Answer
    init: dict[str, Any] | None = field(default_factory=dict)
    preflight: Answer | None = None


SHARED = {
    "Access-Control-Allow-Origin": PAGE,
    "Access-Control-Allow-Credentials": "true",
    "Vary": "Origin",
}
"""What shares a response with the shop's page, with credentials or without."""


def allowing(methods: str = "", headers: str = "", *, status: int = 204) -> Answer:
    """Return the answer to a preflight that allows the page these methods and request headers."""
    allowed = {"Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": headers}
    return Answer(status, SHARED | {name: value for name, value in allowed.items() if value})


LAMP = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#e8a33d" d="M8 3h8l4 9H4z"/>'
    '<path fill="#7a6a58" d="M11 12h2v7h-2zM7 19h10v2H7z"/></svg>'
)

REQUESTS = (
    Request(
        "Show a picture of the lamp",
        "https://cdn.test/lamp.svg",
        None,
        Answer(200, {"Content-Type": "image/svg+xml"}, LAMP),
        init=None,
    ),
    Request(
        "List the products",
        "https://api.shop.test/products",
        None,
        Answer(200, SHARED | {"Content-Type": JSON}, '[{"id": 1, "name": "Lamp"}]'),
    ),
    Request(
        "Read the reviews",
        "https://reviews.test/lamp",
        "allow-origin-missing",
        Answer(200, {"Content-Type": JSON}, '[{"stars": 5}]'),
    ),
    Request(
        "Put the lamp into the cart",
        "https://api.shop.test/cart",
        None,
        Answer(200, SHARED | {"Content-Type": JSON}, '{"items": 1}'),
        {"method": "PUT", "credentials": "include", "headers": {"Content-Type": JSON}, "body": '{"id": 1}'},
        preflight=allowing("GET, PUT", "content-type"),
    ),
    Request(
        "Take it out again",
        "https://api.shop.test/cart/1",
        "preflight-method-not-allowed",
        Answer(204, SHARED),
        {"method": "DELETE"},
        preflight=allowing("GET, PUT"),
    ),
    Request(
        "Ask for the price in euros",
        "https://api.shop.test/price",
        "preflight-header-not-allowed",
        Answer(200, SHARED | {"Content-Type": JSON}, '{"price": 49}'),
        {"headers": {"X-Currency": "EUR"}},
        preflight=allowing("GET", "content-type"),
    ),
    Request(
        "See past orders",
        "https://api.shop.test/orders",
        "preflight-status-not-ok",
        Answer(200, SHARED | {"Content-Type": JSON}, "[]"),
        {"headers": {"Authorization": "Bearer demo"}},
        preflight=allowing("GET", "authorization", status=401),
    ),
    Request(
        "Check the stock",
        "https://api.shop.test/stock",
        "mixed-content",
        Answer(301, SHARED | {"Location": "http://legacy.shop.test/stock/"}),
    ),
    Request(
        "Open the account",
        "https://api.shop.test/account",
        "allow-origin-missing",
        Answer(302, {"Location": "https://login.shop.test/"}),
    ),
    Request(
        "Look into the wallet",
        "https://pay.test/wallet",
        "allow-origin-wildcard",
        Answer(200, {"Content-Type": JSON, "Access-Control-Allow-Origin": "*"}, '{"coins": 3}'),
        {"credentials": "include"},
    ),
    Request(
        "Pay",
        "https://pay.test/payments",
        None,
        Answer(201, SHARED | {"Content-Type": JSON}, '{"paid": true}'),
        {"method": "POST", "credentials": "include", "headers": {"Content-Type": JSON}, "body": '{"sum": 49}'},
        preflight=allowing("POST", "content-type"),
    ),
)
"""In the order the page makes them, one after the other."""

BY_URL = {request.url: request for request in REQUESTS}


def answer(method: str, url: str) -> Answer:
    """Return what the shop's servers answer. There is nothing else in this web."""
    if url == HOME:
        return Answer(200, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, page())
    if url == SEEN:
        return Answer(204)
    if url not in BY_URL:
        return Answer(404)
    request = BY_URL[url]
    if method == "OPTIONS":
        return request.preflight or Answer(405)
    return request.answer


def page() -> str:
    """Return the shop's page."""
    listed = [{"what": request.what, "url": request.url, "init": request.init} for request in REQUESTS]
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return template.replace("[/* requests */]", json.dumps(listed))
