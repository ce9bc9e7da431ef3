"""Steps over what is large in a flow of mitmproxy's: bodies are not held, nor messages of WebSockets, nor copies.

How large a flow is when unpacked does not tell how much there is on the disk: a thousandth of it, or less.
"""

from __future__ import annotations

from io import BufferedIOBase

from corsight.addons.wire import LARGE

BLOCK = 1 << 20
"""How many bytes are read at once, where they are there."""
DIGITS = 12
"""How long a length is at most."""
HELD = 2 << 20
"""Bytes of a flow that are held, beside its bodies: no browser and no server takes so many of headers."""
KEPT = LARGE + 1
"""Bytes of a body that are held: whoever looks into bodies looks no further."""
LONGEST_KEY = 64
MESSAGES = (b"request", b"response")
EMPTY = {b"backup": b"0:~", b"websocket": b"0:~", b"messages": b"0:]"}
"""What stands for values that no exchange is made of: a flow as it was before it was edited, and messages."""


class Damaged(Exception):
    """The recording is not whole: it ends in a flow, or what comes is none."""


class _Malformed(Exception):
    """What is in the flow is not what any flow is made of."""


class _TooLarge(Exception):
    """More of the flow than may be held is neither a body nor to be left out."""


class Stepper:
    """A stream that is stepped through: `ready` was read of it already."""

    def __init__(self, ready: bytes, file: BufferedIOBase) -> None:
        self._ready, self._at, self._file = ready, 0, file
        self._passed = self._held = 0

    @property
    def rest(self) -> bytes:
        """What was read of the stream, and not stepped over."""
        return self._ready[self._at :]

    def read_flow(self, length: int) -> bytes:
        """Return a flow of so many bytes, with the sign of its type, less what is large in it; go behind it.

        Nothing is returned where it is none, or too large without its bodies. Raises Damaged where the stream ends.
        """
        try:
            flow = self._read_flow(length)
        except (_Malformed, _TooLarge):
            flow = b""
        if self._passed > length:
            raise Damaged
        self._skip(length - self._passed)
        sign = self._take(1)
        return flow and flow + sign

    def _read_flow(self, length: int) -> bytes:
        parts: list[bytes] = []
        while self._passed < length:
            key = self._read_key()
            parts.append(b"%d:%b;" % (len(key), key))
            size = self._read_length()
            if key in MESSAGES and size:
                message = self._read_message(self._passed + size)
                parts.append(b"%d:%b" % (len(message), message))
            elif key in EMPTY and size > KEPT:
                self._skip(size + 1)
                parts.append(EMPTY[key])
                continue
            else:
                parts.append(b"%d:%b" % (size, self._hold(size)))
            parts.append(self._take(1))
        return b"".join(parts)

    def _read_message(self, end: int) -> bytes:
        parts: list[bytes] = []
        while self._passed < end:
            key = self._read_key()
            size = self._read_length()
            kept = min(size, KEPT) if key == b"content" else size
            value = self._take(kept) if key == b"content" else self._hold(size)
            self._skip(size - kept)
            parts.append(b"%d:%b;%d:%b%b" % (len(key), key, kept, value, self._take(1)))
        return b"".join(parts)

    def _read_key(self) -> bytes:
        size = self._read_length()
        key = self._take(size) if size <= LONGEST_KEY else b""
        if not key or self._take(1) != b";":
            raise _Malformed
        return key

    def _read_length(self) -> int:
        while (colon := self._ready.find(b":", self._at, self._at + DIGITS + 1)) < 0:
            if len(self._ready) - self._at > DIGITS:
                raise _Malformed
            self._read_more()
        digits = self._ready[self._at : colon]
        if not digits.isdigit():
            raise _Malformed
        self._passed += colon + 1 - self._at
        self._at = colon + 1
        return int(digits)

    def _hold(self, size: int) -> bytes:
        self._held += size
        if self._held > HELD:
            raise _TooLarge
        return self._take(size)

    def _take(self, size: int) -> bytes:
        while len(self._ready) - self._at < size:
            self._read_more()
        found = self._ready[self._at : self._at + size]
        self._at += size
        self._passed += size
        return found

    def _skip(self, size: int) -> None:
        self._passed += size
        while size > len(self._ready) - self._at:
            size -= len(self._ready) - self._at
            self._at = len(self._ready)
            self._read_more()
        self._at += size

    def _read_more(self) -> None:
        piece = self._file.read1(BLOCK)
        if not piece:
            raise Damaged
        self._ready, self._at = self._ready[self._at :] + piece, 0
