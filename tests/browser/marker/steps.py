"""Draws what the pages ask: the page, the API and how far they are apart, the credentials, and what the API answers."""

from __future__ import annotations

import random
from typing import Any

type Step = dict[str, Any]

PAIRS = {
    "localhost": ("http://localhost:3000", "http://localhost:8000"),
    "loopback": ("http://localhost:3000", "http://127.0.0.1:8000"),
    "http-host": ("http://app.test", "http://app.test:8000"),
    "https-host": ("https://app.test", "https://app.test:8443"),
    "https-site": ("https://app.test", "https://api.app.test"),
    "https-across": ("https://app.test", "https://other.test"),
    "http-across": ("http://app.test", "http://other.test"),
    "down": ("http://app.test", "https://other.test"),
}
"""The page's origin and the API's, by the name of their distance."""

ANSWERS: dict[str, list[tuple[str, str]]] = {
    "star": [("Access-Control-Allow-Origin", "*")],
    "star-credentials": [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")],
    "origin": [("Access-Control-Allow-Origin", "{origin}")],
    "origin-credentials": [
        ("Access-Control-Allow-Origin", "{origin}"),
        ("Access-Control-Allow-Credentials", "true"),
    ],
    "none": [],
}
GRANTS = [("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "x-asked")]


def draw(seed: int, count: int) -> list[Step]:
    """Return steps of every distance: `count` each, the same for the same seed."""
    chance = random.Random(seed)
    steps: list[Step] = []
    for pair, (page, api) in PAIRS.items():
        for number in range(count):
            name = f"{pair}-{number}"
            steps.append(
                {
                    "name": name,
                    "pair": pair,
                    "page": page,
                    "url": f"{api}/step/{name}",
                    "via": chance.choice(["fetch", "xhr"]),
                    "method": chance.choice(["GET", "GET", "POST", "PUT"]),
                    "credentials": chance.choice(["include", "same-origin"]),
                    "answer": chance.choice(
                        ["star", "star", "origin", "origin-credentials", "star-credentials", "none"]
                    ),
                    "wait": chance.choice([0, 0, 30]),
                }
            )
    return steps
