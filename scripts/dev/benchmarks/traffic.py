"""Traffic to measure with: a page and what it asks for, as Chromium sends it, over and over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
PAGE, API = "localhost", "127.0.0.1"
"""The hosts of the page and of the server it asks: two sites, and both this machine."""

type Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange: what is asked of whom, and what is answered."""

    host: str
    method: str
    path: str
    asked: Pairs
    status: int
    answered: Pairs


def samples(port: int) -> tuple[Sample, ...]:
    """Return a page's worth of exchanges with servers on that port."""
    origin = f"http://{PAGE}:{port}"

    def asked(site: str, mode: str, destination: str, *more: tuple[str, str]) -> Pairs:
        return (
            ("User-Agent", AGENT),
            ("Accept", "*/*"),
            ("Accept-Language", "en-US,en;q=0.9"),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("sec-ch-ua", '"Chromium";v="156", "Not.A/Brand";v="8"'),
            ("sec-ch-ua-mobile", "?0"),
            ("sec-ch-ua-platform", '"Linux"'),
            ("Sec-Fetch-Site", site),
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", destination),
            ("Referer", origin + "/"),
            *more,
        )

    def cors(*more: tuple[str, str]) -> Pairs:
        return asked("cross-site", "cors", "empty", ("Origin", origin), *more)

    include = ("Sec-Fetch-Storage-Access", "active")
    allow = (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))
    credentials = (*allow, ("Access-Control-Allow-Credentials", "true"))
    json = (("Content-Type", "application/json"), ("Cache-Control", "no-cache"), ("Server", "bench"))
    preflight = cors(("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "content-type"))
    granted = (*allow, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "content-type"))
    image = asked("cross-site", "no-cors", "image", include)
    return (
        Sample(PAGE, "GET", "/", asked("none", "navigate", "document"), 200, (("Content-Type", "text/html"),)),
        Sample(PAGE, "GET", "/app.css", asked("same-origin", "no-cors", "style"), 200, (("Content-Type", "text/css"),)),
        Sample(
            PAGE,
            "GET",
            "/app.js",
            asked("same-origin", "no-cors", "script"),
            200,
            (("Content-Type", "text/javascript"),),
        ),
        Sample(PAGE, "GET", "/config", asked("same-origin", "cors", "empty"), 200, json),
        Sample(API, "GET", "/me", cors(include, ("Cookie", "id=1")), 200, (*credentials, *json)),
        Sample(API, "GET", "/list", cors(), 200, (*allow, *json)),
        Sample(API, "GET", "/logo", image, 200, (("Content-Type", "image/png"),)),
        Sample(API, "OPTIONS", "/save", preflight, 204, granted),
        Sample(API, "PUT", "/save", cors(("Content-Type", "application/json")), 200, (*allow, *json)),
        Sample(API, "GET", "/list/1", cors(), 200, (*allow, *json)),
        Sample(API, "GET", "/list/2", cors(), 200, (*allow, *json)),
        Sample(API, "GET", "/photo", image, 200, (("Content-Type", "image/jpeg"),)),
        Sample(API, "GET", "/public", cors(), 200, (("Access-Control-Allow-Origin", "*"), *json)),
        Sample(API, "GET", "/private", cors(), 401, json),
        Sample(API, "GET", "/news", cors(include, ("Cookie", "id=1")), 200, (*credentials, *json)),
        Sample(PAGE, "GET", "/more", asked("same-origin", "cors", "empty"), 200, json),
    )


def endless(port: int) -> Iterator[Sample]:
    """Yield the samples, again and again."""
    while True:
        yield from samples(port)
