"""Traffic to measure with: a page's worth of exchanges as Chromium sends them, over and over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
PAGE = "http://localhost:3000"


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange: what is asked of which path, and what is answered."""

    method: str
    path: str
    asked: tuple[tuple[str, str], ...]
    status: int
    answered: tuple[tuple[str, str], ...]


def _asked(mode: str, destination: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (
        ("User-Agent", AGENT),
        ("Accept", "*/*"),
        ("Accept-Language", "en-US,en;q=0.9"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("sec-ch-ua", '"Chromium";v="156", "Not.A/Brand";v="8"'),
        ("sec-ch-ua-mobile", "?0"),
        ("sec-ch-ua-platform", '"Linux"'),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", mode),
        ("Sec-Fetch-Dest", destination),
        ("Referer", PAGE + "/"),
        *more,
    )


ORIGIN = ("Origin", PAGE)
ALLOW = (("Access-Control-Allow-Origin", PAGE), ("Vary", "Origin"))
ORDINARY = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-cache"),
    ("Server", "bench"),
    ("X-Request-Id", "1"),
)

SAMPLES = (
    Sample("GET", "/list", _asked("cors", "empty", ORIGIN), 200, (*ALLOW, *ORDINARY)),
    Sample("GET", "/logo", _asked("no-cors", "image"), 200, (("Content-Type", "image/png"),)),
    Sample(
        "OPTIONS",
        "/save",
        _asked(
            "cors",
            "empty",
            ORIGIN,
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "content-type"),
        ),
        204,
        (*ALLOW, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "content-type")),
    ),
    Sample(
        "PUT", "/save", _asked("cors", "empty", ORIGIN, ("Content-Type", "application/json")), 200, (*ALLOW, *ORDINARY)
    ),
    Sample("GET", "/public", _asked("cors", "empty", ORIGIN), 200, (("Access-Control-Allow-Origin", "*"), *ORDINARY)),
    Sample("GET", "/app.js", _asked("no-cors", "script"), 200, (("Content-Type", "text/javascript"),)),
    Sample("GET", "/private", _asked("cors", "empty", ORIGIN), 401, ORDINARY),
    Sample("GET", "/me", _asked("cors", "empty", ORIGIN, ("Cookie", "id=1")), 200, (*ALLOW, *ORDINARY)),
)


def endless() -> Iterator[Sample]:
    """The samples, again and again."""
    while True:
        yield from SAMPLES
