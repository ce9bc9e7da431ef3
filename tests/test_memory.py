"""What is remembered is bounded in bytes: ever-new values of a megabyte in every place of an exchange leave little."""

from __future__ import annotations

import functools
import gc
import tracemalloc
from pathlib import Path

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.fetch.preflight_cache import LIMIT, PreflightCache
from corsight.scripts.dev.benchmarks import cost, hostile

SIZE = 1_000_000
ROUNDS = 2
"""How many exchanges fill each place, in each role."""
MOST = 40 * 1024 * 1024
"""Bytes that may be held after hundreds of megabytes went by; 64 MB are allowed. Most is held where a user interface
asks for it."""


@pytest.mark.parametrize("way", range(4))
def test_ever_new_values_leave_little(way: int, tmp_path: Path) -> None:
    _, context = list(cost.ways(tmp_path))[way]
    letters = hostile.FILLERS["letters"]
    drafts = [
        functools.partial(hostile.filled, role, place, letters)
        for place, roles in hostile.PLACES.items()
        for role in roles
    ]
    with context as work:
        for role in hostile.ROLES.values():
            work(role())
        gc.collect()
        tracemalloc.start()
        try:
            for make in drafts * ROUNDS:
                work(make(SIZE))
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert SIZE * len(drafts) * ROUNDS > 5 * MOST
    assert held < MOST


@pytest.mark.parametrize("engine", ENGINES)
def test_a_preflight_cache_is_bounded_in_bytes(engine: str) -> None:
    cache = PreflightCache(ENGINES[engine].cache, 128)  # type: ignore[index]
    tracemalloc.start()
    try:
        for number in range(2_000):
            names = tuple(f"x-{number}-{name}-{'a' * 80}" for name in range(200))
            cache.store(
                "https://app.test",
                f"https://api.test/{number % 300}",
                include=False,
                methods=("PUT",),
                headers=names,
                max_age_value="600",
                now=float(number) / 100,
                exchange=str(number),
                method="PUT",
                names=names[:100],
            )
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4 * LIMIT
    assert len(cache) > 0


def test_a_preflight_cache_that_is_filled_again_and_again_keeps_what_is_new() -> None:
    cache = PreflightCache(ENGINES["standard"].cache, 128)
    for number in range(5_000):
        cache.store(
            "https://app.test",
            "https://api.test/",
            include=False,
            methods=("PUT",),
            headers=("x-a", f"x-{number % 40}"),
            max_age_value="600",
            now=float(number) / 100,
            exchange=str(number),
            method="PUT",
            names=("x-a",),
        )
    found = cache.match(
        "https://app.test", "https://api.test/", include=False, method="PUT", unsafe_names=("x-a",), now=50.0
    )
    assert found is not None
    assert found.exchange == "4999"
