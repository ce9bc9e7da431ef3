"""A dictionary that forgets what was not touched for longest."""

from __future__ import annotations

from collections import OrderedDict


class Memory[K, V]:
    """At most `size` entries, the least recently used leaving first."""

    __slots__ = ("_entries", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._entries: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value of `key`, touched; None when it is not there."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember `value`, forgetting the oldest where there is no room."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self.size:
            self._entries.popitem(last=False)

    def pop(self, key: K) -> V | None:
        """Forget `key`; its value, if it was there."""
        return self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)

    def values(self) -> list[V]:
        """Every value, the least recently used first."""
        return list(self._entries.values())
