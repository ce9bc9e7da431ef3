"""How much may be unpacked of one recording: of a few kilobytes it may be as many gigabytes as their maker likes."""

from __future__ import annotations

from corsight.scripts.errors import CorsightError

PLENTY = 2 << 30
"""Bytes that are unpacked of any recording."""
RATIO = 100
"""How many bytes are unpacked for a packed one, where that is more: of recordings, it is twenty or fifty."""


class TooMuch(CorsightError):
    """More comes out of a recording than may be unpacked."""


class Allowance:
    """What may still be unpacked of a recording, in however many layers it is packed: all of it counts together."""

    def __init__(self, packed: int = 0) -> None:
        self._packed = packed
        self._unpacked = 0

    def take(self, unpacked: int, packed: int = 0) -> None:
        """Count what came out, and the packed bytes of the file that were not counted yet. Raises TooMuch."""
        self._packed += packed
        self._unpacked += unpacked
        if self._unpacked > PLENTY and self._unpacked > RATIO * self._packed:
            raise TooMuch(
                f"is packed, and comes to more than {PLENTY >> 30} GB and {RATIO} times its size",
                todo="unpack it, and name what was in it",
            )
