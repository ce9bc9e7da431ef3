"""Firefox's remote protocol, Marionette."""

from __future__ import annotations

import json
import socket
from typing import Any

from corsight.scripts.processes.browsers import BrowserError


class Marionette:
    """Firefox's own remote protocol: JSON arrays over TCP, each led by its length."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = b""
        self._count = 0
        self._socket = connection
        self._receive()

    def call(self, command: str, **parameters: Any) -> Any:
        """Send one command, and return its result. Raises BrowserError for an error, or where no answer comes."""
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        try:
            self._socket.sendall(b"%d:%s" % (len(message), message))
            _, _, error, result = self._receive()
        except OSError as problem:
            raise BrowserError(f"Firefox did not answer {command}: {problem}") from problem
        if error:
            raise BrowserError(f"Firefox refused {command}: {error.get('message') or error.get('error')}")
        return result.get("value", result) if isinstance(result, dict) else result

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _receive(self) -> Any:
        while b":" not in self._stream:
            self._stream += self._read()
        length, _, rest = self._stream.partition(b":")
        while len(rest) < int(length):
            rest += self._read()
        self._stream = rest[int(length) :]
        return json.loads(rest[: int(length)])

    def _read(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionResetError("it closed the connection")
        return chunk
