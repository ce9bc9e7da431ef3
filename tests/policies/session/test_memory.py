"""The bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policies.session.memory import Memory


def test_what_was_not_touched_for_longest_goes_first() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)


def test_putting_again_replaces_and_touches() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("a", 3)
    memory.put("c", 4)
    assert memory.values() == [3, 4]


def test_what_is_popped_is_gone() -> None:
    memory: Memory[str, int] = Memory(2)
    memory.put("a", 1)
    assert memory.pop("a") == 1
    assert memory.pop("a") is None
    assert (memory.get("a"), len(memory)) == (None, 0)


def test_a_value_may_be_empty() -> None:
    memory: Memory[str, list[int]] = Memory(1)
    memory.put("a", [])
    assert memory.get("a") == []


operations = st.lists(st.tuples(st.sampled_from(("get", "put", "pop")), st.integers(0, 6)), max_size=60)


@given(st.integers(1, 4), operations)
def test_it_holds_the_latest_touched_and_never_more_than_its_size(size: int, done: list[tuple[str, int]]) -> None:
    memory: Memory[int, int] = Memory(size)
    latest: list[int] = []
    for operation, key in done:
        known = key in latest
        if operation == "put":
            memory.put(key, key)
        else:
            assert (memory.get(key) if operation == "get" else memory.pop(key)) == (key if known else None)
        if known:
            latest.remove(key)
        if operation == "put" or (known and operation == "get"):
            latest = [*latest, key][-size:]
        assert memory.values() == latest
        assert len(memory) == len(latest) <= size
