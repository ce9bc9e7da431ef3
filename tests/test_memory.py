"""What is remembered is bounded in bytes: ever-new values of a megabyte in every place of an exchange leave little."""

from __future__ import annotations

import functools
import gc
import itertools
import sys
import tracemalloc
from pathlib import Path

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.fetch.local_network import find_address_space, leaves_public
from corsight.policies.fetch.preflight_cache import LIMIT, PreflightCache
from corsight.policies.rules.nearness import compare_origins
from corsight.scripts.dev.benchmarks import cost, hostile
from tests.addons.mitm import FIREFOX, WEBKITGTK

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
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


def test_no_function_remembers_what_is_long(tmp_path: Path) -> None:
    """A cache of functools counts its entries, however long they are: few may take a text of any length."""
    letters, few = hostile.FILLERS["letters"], 8
    for _, context in cost.ways(tmp_path):
        with context as work:
            for place, roles in hostile.PLACES.items():
                for role in roles:
                    for _ in range(2 * few if place in ("host", "asked Origin", "asked Sec-Fetch-Dest") else 2):
                        work(hostile.filled(role, place, letters, 40_000))
            for _ in range(2 * few):
                draft = hostile.ROLES["allowed"]()
                draft.answered += [(b"Cross-Origin-Resource-Policy", letters.text(12_000)) for _ in range(2)]
                work(draft)
    for space in range(3 * few):
        page, server = f"https://{space}{'a' * 40_000}.test", f"https://{space}{'b' * 40_000}.test"
        leaves_public(page, server)
        find_address_space(server)
        compare_origins(server, page)
        compare_origins(server, "https://app.test")
    modules = [module for name, module in sys.modules.items() if name.startswith("corsight.")]
    functions = {id(one): one for module in modules for one in vars(module).values() if hasattr(one, "cache_info")}
    held = {
        f"{one.__module__}.{one.__qualname__}": sum(map(measure_long, gc.get_referents(one)))
        for one in functions.values()
    }
    assert len(held) > 20
    assert not {name: size for name, size in held.items() if size > few * 100_000}


def measure_long(held: object, deep: int = 4) -> int:
    """The characters of long texts in an object, and in what it is made of."""
    if isinstance(held, str | bytes):
        return len(held) if len(held) > 20_000 else 0
    if not deep or callable(held):
        return 0
    return sum(measure_long(one, deep - 1) for one in gc.get_referents(held))


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKITGTK])
def test_small_requests_with_large_responses_leave_little(agent: str, tmp_path: Path) -> None:
    """Each asks for a URL of its own. A verdict that is final needs no memory, and must not be kept by any."""

    def answered(role: str) -> hostile.Draft:
        draft = hostile.filled(role, "answered X-Other", hostile.FILLERS["letters"], SIZE // 4)
        hostile.put(draft.asked, "User-Agent", agent.encode())
        draft.path = b"/%d?a" % next(numbers)
        return draft

    numbers = itertools.count()
    _, context = next(cost.ways(tmp_path))
    with context as work:
        for role in hostile.ROLES:
            work(answered(role))
        gc.collect()
        tracemalloc.start()
        try:
            for role in hostile.ROLES:
                for _ in range(60):
                    work(answered(role))
                gc.collect()
                assert tracemalloc.get_traced_memory()[0] < MOST / 4
        finally:
            tracemalloc.stop()


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
