"""The bounded memory."""

from __future__ import annotations

import copy
import functools
import pickle

from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session.memory import Memory, weigh_exchange, weigh_headers, weigh_request
from corsight.scripts.dev.cpu import cpu_time


def test_what_was_put_longest_ago_goes_first() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert memory == {"b": 2, "c": 3}


def test_putting_again_replaces_and_renews() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("a", 3)
    memory.put("c", 4)
    assert list(memory.values()) == [3, 4]


def test_what_is_heavy_pushes_out_what_was_put_longest_ago() -> None:
    memory: Memory[str, int] = Memory(9, limit=8)
    for name in "abcd":
        memory.put(name, 0, 2)
    assert (list(memory), memory.weight) == (["a", "b", "c", "d"], 8)
    memory.put("e", 0, 1)
    assert (list(memory), memory.weight) == (["b", "c", "d", "e"], 7)
    memory.put("light", 0)
    memory.forget("c")
    assert (list(memory), memory.weight) == (["b", "d", "e", "light"], 5)
    memory.forget("light")
    memory.forget("never there")
    assert memory.weight == 5
    memory.add_weight("b", 4)
    assert (list(memory), memory.weight) == (["d", "e"], 3)
    memory.clear()
    assert (list(memory), memory.weight) == ([], 0)


def test_what_weighs_more_than_a_quarter_is_not_remembered() -> None:
    memory: Memory[str, int] = Memory(9, limit=8)
    memory.put("a", 1, 2)
    memory.put("b", 1, 3)
    assert list(memory) == ["a"]
    memory.put("a", 2, 3)
    assert (list(memory), memory.weight) == ([], 0)


def test_a_memory_that_another_process_made_is_the_same() -> None:
    """`audit --jobs` and `--dask` hand memories on by pickle."""
    memory: Memory[str, int] = Memory(3, limit=80)
    for number, key in enumerate("abcd"):
        memory.put(key, number, 5)
    copy = pickle.loads(pickle.dumps(memory))
    assert (list(copy.items()), copy.size, copy.limit, copy.weight) == (list(memory.items()), 3, 80, 15)
    copy.put("e", 4, 5)
    assert (list(copy), copy.weight) == (["c", "d", "e"], 15)


def test_to_forget_eight_times_as_many_does_not_take_64_times_as_long() -> None:
    """One giant that followed 40,000 small exchanges stopped the proxy for half a second."""

    def forget(count: int) -> float:
        memory: Memory[int, None] = Memory(count, limit=count * 8)
        for number in range(count):
            memory.put(number, None, 8)
        return cpu_time(functools.partial(memory.add_weight, count - 1, count * 8 - 16))

    few, many = (min(forget(count) for _ in range(3)) for count in (10_000, 80_000))
    assert many < few * 32


def test_an_exchange_weighs_its_url_and_its_headers() -> None:
    headers = HeaderList.of(("A", "bc"), ("D", ""))
    request = Request("GET", "https://a.test/", headers)
    assert weigh_headers(headers) == 8
    assert weigh_request(request) == 3 + 15 + 8
    assert weigh_exchange(Exchange("1", "", "", request)) == 26
    assert weigh_exchange(Exchange("1", "", "", request, Response(200, headers))) == 34


operations = st.lists(st.tuples(st.sampled_from(("put", "pop")), st.integers(0, 6)), max_size=60)


@given(st.integers(1, 4), operations)
def test_it_holds_the_latest_put_and_never_more_than_its_size(size: int, done: list[tuple[str, int]]) -> None:
    memory: Memory[int, int] = Memory(size)
    latest: list[int] = []
    for operation, key in done:
        known = key in latest
        if known:
            latest.remove(key)
        if operation == "put":
            memory.put(key, key)
            latest = [*latest, key][-size:]
        else:
            assert memory.pop(key, None) == (key if known else None)
        assert list(memory) == latest


def test_a_memory_is_the_same_in_another_process_and_in_a_copy() -> None:
    memory: Memory[str, str] = Memory(3, 100)
    for name, weight in (("a", 0), ("b", 10), ("c", 20)):
        memory.put(name, name.upper(), weight)
    for made in (pickle.loads(pickle.dumps(memory)), copy.copy(memory), copy.deepcopy(memory)):
        assert type(made) is Memory
        assert (list(made.items()), made.size, made.limit) == (list(memory.items()), 3, 100)
        assert made.weight == 30
        made.put("d", "D", 25)
        assert list(made) == ["b", "c", "d"]
