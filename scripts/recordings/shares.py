"""Shares: a large recording of several clients, parted by client, so that each can be judged by itself.

A browser's exchanges are judged together, and nothing passes from one browser to another. How a recording is parted
turns on the recording alone: not on how many processes there are to judge its shares.
"""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Iterator

from corsight.policies.exchange import Exchange
from corsight.policies.session.memory import Memory
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.flows import find_client
from corsight.scripts.recordings.mitmproxy import read_record, read_records
from corsight.scripts.recordings.opening import STDIN
from corsight.scripts.recordings.recording import Recording
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.recordings.stepping import Damaged

LARGE = 16 * 1024 * 1024
"""Bytes from which a recording is parted."""
LARGEST = 64 * 1024 * 1024
"""Bytes of a flow that a share holds."""
SHARES = 8
CLIENTS = 65536
"""Clients that are remembered with their share."""


class Share(Recording):
    """The exchanges of some clients of a recording: `places` are where their flows begin and end, in turn."""

    def __init__(self, path: str, places: array[int]) -> None:
        super().__init__(path)
        self.proxied = True
        self.places = places

    def __iter__(self) -> Iterator[Exchange]:
        file = os.open(self.path, os.O_RDONLY)
        try:
            for number in range(0, len(self.places), 2):
                start, end = self.places[number : number + 2]
                exchange = read_record(os.pread(file, end - start + 1, start), 0, end - start)
                if exchange is not None:
                    self.exchanges += 1
                    yield exchange
        except Exception as error:
            # Whoever asked for shares reads the recording as a whole then, and says what is wrong with it.
            self.problem = CorsightError(str(error), where=self.name)
        finally:
            os.close(file)


def part(path: str) -> list[Share]:
    """Return the shares of a recording; none where it is to be judged as a whole.

    That is so where it is small, no plain file, damaged, not mitmproxy's, of one client, or holds a flow that is too
    large for a share. A new client goes where the fewest bytes are.
    """
    if path == STDIN or is_url(path):
        return []
    about = os.stat(path)
    if not stat.S_ISREG(about.st_mode) or about.st_size < LARGE:
        return []
    clients: Memory[bytes, int] = Memory(CLIENTS)
    shares = [array("Q") for _ in range(SHARES)]
    sizes = [0] * SHARES
    block = 0
    seen: bytes = b""
    try:
        with open(path, "rb") as file:
            for data, start, end in read_records(file, LARGEST):
                if data is not seen:
                    block, seen = file.tell() - len(data), data
                client = find_client(data, start, end)
                share = clients.get(client)
                if share is None:
                    share = sizes.index(min(sizes))
                    clients.put(client, share)
                sizes[share] += end - start
                shares[share].extend((block + start, block + end))
    except (Damaged, OSError):
        return []
    used = [Share(path, places) for places in shares if places]
    return used if len(used) > 1 else []
