"""Request headers that a page cannot have set, though pages may set such: the browser's own, or an extension's.

What comes on a navigation, an element's request or a preflight itself, no page has written. Measured: extensions that
add a header to every request, client hints that a page delegates, `Accept-Language: en-US@posix` of a headless build.
"""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import Reading

NAMES = 32
"""Names of one browser that are remembered."""
LONGEST = 64


class OwnHeaders:
    """The names that one browser adds by itself."""

    def __init__(self) -> None:
        self._names: Memory[str, bool] = Memory(NAMES)

    def read(self, reading: Reading) -> Reading:
        """Learn from a request, and return it without the names that its page cannot have set."""
        if not reading.carried:
            return reading
        # What no page asked for is written by the browser for itself alone.
        own = reading.mode == "navigate" or (reading.mode == "no-cors" and reading.site != "none")
        if reading.preflight or (reading.metadata and own):
            for name in reading.carried:
                # A Content-Type goes with its body, whoever wrote that.
                if name != "content-type" and len(name) <= LONGEST and name not in self._names:
                    self._names.put(name, True)
            return reading
        names = tuple(name for name in reading.names if name not in self._names)
        return reading if len(names) == len(reading.names) else replace(reading, names=names)
