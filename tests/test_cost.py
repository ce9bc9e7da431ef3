"""What peers, files and pastes hold costs a number of steps in proportion to its bytes. Steps are counted, not time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from mitmproxy import connection

from corsight.policies.fetch import url
from corsight.scripts.dev import hooks
from corsight.scripts.dev.benchmarks import cost, hostile
from corsight.scripts.dev.benchmarks.hostile import Draft
from corsight.scripts.dev.cpu import count_steps

FILLERS = ("a,a,", "a-a-@", '"a",', "controls", "types without a name", "list behind a quote")
"""The fillers that are tried in each place; `scripts/bench cost` tries all."""
SIZES = (12_000, 36_000)
"""Bytes on both sides of what is judged by itself."""
GIANTS = (50_000, 150_000)
PATCHED = (8_000, 24_000)
"""Bytes of responses that are patched."""
TEXTS, LISTS = (24_000, 72_000), (3_000, 9_000)
"""Of texts that are read, and of lists that are written out in a file, an entry a line."""
PARTS = 4
"""The pieces that the kinds of one test come in: workers that test at the same time end together."""
SLACK = 12_000
"""Steps by which any two exchanges may differ: smaller ones are remembered, and judged by more than themselves."""
STEPS_A_BYTE = 12
"""What an exchange may cost, a byte; and a policy file, whose every entry is held against grammar and advice."""
STEPS_A_BYTE_OF_A_FILE = 250


def grows(work: Callable[[int], Callable[[], object]], sizes: tuple[int, int], most: int) -> str | None:
    """What is wrong with how the steps of `work` grow between two sizes, None where they grow as the bytes do."""
    small, large = (count_steps(work(size)) for size in sizes)
    factor = sizes[1] / sizes[0]
    if large > 1.3 * factor * small + SLACK:
        return f"{small:,} steps for {sizes[0]:,} bytes, {large:,} for {sizes[1]:,}"
    if large > most * sizes[1] + 4 * SLACK:
        return f"{large:,} steps for {sizes[1]:,} bytes"
    return None


def kinds() -> list[tuple[str, Callable[[int], Draft]]]:
    """The hostile exchanges that are tried here."""
    return [
        (name, make)
        for name, make in hostile.exchanges()
        if "many lines" in name or name.rpartition(": ")[2] in FILLERS
    ]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", range(4))
def test_an_exchange_costs_what_its_bytes_are_worth(way: int, part: int, tmp_path: Path) -> None:
    _, context = list(cost.ways(tmp_path))[way]
    # Each by one of the ways, and half of them: scripts/bench cost tries all.
    chosen = [kind for number, kind in enumerate(kinds()) if number % 8 == way][part::PARTS]
    sizes = (SIZES, GIANTS, PATCHED, GIANTS)[way]
    with context as work:
        for role in hostile.ROLES.values():
            work(role())
        wrong = {
            name: found
            for name, make in chosen
            if (found := grows(lambda size, make=make: functools.partial(work, make(size)), sizes, STEPS_A_BYTE))  # type: ignore[misc]
        }
    assert not wrong


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("reader", cost.READERS)
def test_a_text_costs_what_its_bytes_are_worth(reader: str, part: int) -> None:
    read = cost.READERS[reader]
    read(b"a")
    wrong = {
        name: found
        for name, make in [*hostile.texts()][part::PARTS]
        if (
            found := grows(
                lambda size, make=make: functools.partial(read, make(size)),  # type: ignore[misc]
                LISTS if "lists" in reader else TEXTS,
                STEPS_A_BYTE_OF_A_FILE,
            )
        )
    }
    assert not wrong


def test_a_wildcard_is_held_against_all_names_at_once(tmp_path: Path) -> None:
    def wildcard(size: int) -> Draft:
        draft = hostile.filled("preflight", "asked Access-Control-Request-Headers", hostile.FILLERS["new names"], size)
        hostile.put(draft.answered, "Access-Control-Allow-Headers", b"*")
        return draft

    _, context = next(cost.ways(tmp_path))
    with context as work:
        work(wildcard(1_000))
        steps = count_steps(functools.partial(work, wildcard(GIANTS[1])))
    # Not one step for each of the 12,000 names.
    assert steps < 8_000


@pytest.mark.parametrize("mode", ["off", "policy"])
def test_the_policy_of_an_exchange_is_found_among_many_as_among_few(mode: str, tmp_path: Path) -> None:
    entry = "- name: p{0}\n  match: {{hosts: [h{0}.test]}}\n  origins: ['https://app.test']\n  methods: [GET]\n"
    steps = []
    for number in (10, 600):
        file = tmp_path / f"{number}.yaml"
        file.write_text("version: 1\npolicies:\n" + "".join(map(entry.format, range(number))))
        client = connection.Client(peername=("127.0.0.1", 50_000), sockname=("127.0.0.1", 8080), timestamp_start=1.0)
        options = {"cors_policy": [str(file)], "cors_patch": mode, "cors_patch_scope": "everything"}
        with hooks.started(**options) as proxy:
            first, *flows = (hostile.ROLES["blocked"]().flow(client) for _ in range(20))
            proxy.call(first)
            steps.append(count_steps(lambda flows=flows, proxy=proxy: list(map(proxy.call, flows))))  # type: ignore[misc]
    few, many = steps
    assert many < 1.2 * few


def test_what_grows_faster_is_found() -> None:
    from corsight.policies.redact import redact

    def square(size: int) -> Callable[[], object]:
        return lambda: [redact(f"a={number}") for number in range((size // 500) ** 2)]

    assert grows(square, (10_000, 30_000), 1_000_000) is not None
    assert grows(lambda size: lambda: [redact("a=b") for _ in range(size)], (100, 300), 1000) is None


@pytest.mark.parametrize("way", range(4))
def test_a_long_url_is_parsed_once_each_time_it_is_another(
    way: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[int] = []
    parse = url._load_parser()
    monkeypatch.setattr(url, "_load_parser", lambda: lambda text: parsed.append(len(text)) or parse(text))
    _, context = list(cost.ways(tmp_path))[way]
    with context as work:
        for filler in ("many @", "userinfo", "utf-8", "/../"):
            parsed.clear()
            work(hostile.filled("redirect", "answered Location", hostile.FILLERS[filler], 1_000_000))
            # As it is written, as it is resolved, and its beginning.
            assert 1 <= sum(length > 100_000 for length in parsed) <= 4
