"""A dictionary that forgets what was put there longest ago."""

from __future__ import annotations


class Memory[K, V](dict[K, V]):
    """At most `size` entries, the least recently put leaving first.

    Reading touches nothing, and so costs no more than any dictionary's: an exchange is looked up half a dozen times.
    """

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def put(self, key: K, value: V) -> None:
        """Remember `value` as the newest, forgetting the oldest where there is no room."""
        self.pop(key, None)
        self[key] = value
        if len(self) > self.size:
            del self[next(iter(self))]
