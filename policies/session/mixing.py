"""HTTP/2 connections of Firefox: which modes each has carried.

Firefox opens one for requests with credentials and another for those without, and where only one of them is there, it
takes that for both (ESR 153). So where both are there, a request takes the one of its own mode: what lacks
Sec-Fetch-Storage-Access on that of the credentialed ones lacks it for another reason.
"""

from __future__ import annotations

from corsight.policies.session.memory import Memory

CREDENTIALED = frozenset({True})


class Mixing:
    """The HTTP/2 connections of one browser: which modes each was seen to carry for certain."""

    def __init__(self, size: int) -> None:
        self._modes: Memory[str, frozenset[bool]] = Memory(size)
        self._apart: Memory[str, str] = Memory(size)

    def note(self, connection: str, server: str, include: bool) -> None:
        """A request on a connection to a server is known to have credentials, or to have none."""
        modes = self._modes.get(connection) or frozenset()
        if include not in modes:
            self._modes.put(connection, modes | {include})
        if not include and True not in modes and self._apart.get(server) != connection:
            self._apart.put(server, connection, len(server))

    def is_apart(self, connection: str, server: str) -> bool:
        """Return whether a connection carried requests with credentials alone, and the server has another for those
        without.
        """
        return self._modes.get(connection) == CREDENTIALED and self._apart.get(server) not in (None, connection)
