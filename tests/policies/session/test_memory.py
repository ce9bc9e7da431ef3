"""The bounded memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.session.memory import Memory


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
