"""The browser's own word on an exchange: who it belongs to, how it gets to the proxy, and into the recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mitmproxy.exceptions import FlowReadException
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader, FlowWriter

from corsight.addons.wire import write_word
from corsight.policies.exchange import Exchange, Word
from corsight.scripts.browse.rows import Row, Rows
from corsight.scripts.browse.watch import Sighting
from corsight.scripts.recordings import Recording

NEAR = 1.0
"""Seconds within which the proxy gets a request of which the browser says that it set out."""
APART, LEAST = 4.0, 0.02
"""How much farther, and how many seconds, another request like it has to be away for there to be no doubt."""


def word_on(rows: Rows, row: Row, sighting: Sighting) -> Word | None:
    """Return what a sighting that was joined to a row is evidence of; None where it may be about another exchange."""
    if sighting.kind not in ("loaded", "refused") or row.by_browser or (row.outcome == "not-cors" and row.certain):
        return None
    distance = abs(row.started - sighting.started)
    preflight = row.role == "preflight"
    for other in rows:
        if other is row or other.by_browser or other.url != row.url or (other.role == "preflight") != preflight:
            continue
        if other.method == row.method and abs(other.started - sighting.started) <= APART * distance + LEAST:
            return None
    if distance > NEAR:
        return None
    return Word(
        loaded=sighting.kind == "loaded",
        error=sighting.error,
        initiator=sighting.initiator,
        credentials=sighting.credentials,
        place=sighting.place,
    )


class Told(Recording):
    """A recording whose exchanges carry what the browser said of them, by the ids of their flows."""

    def __init__(self, path: str, words: Mapping[str, Word]) -> None:
        super().__init__(path)
        self._words = words

    def __iter__(self) -> Iterator[Exchange]:
        for exchange in super().__iter__():
            word = self._words.get(exchange.id)
            yield exchange if word is None else replace(exchange, word=word)


def copy_told(source: Path, target: Path, words: Mapping[str, Word]) -> None:
    """Copy a recording, with what the browser said written on its flows. Raises OSError where that cannot be."""
    with source.open("rb") as read, target.open("wb") as written:
        writer = FlowWriter(written)
        try:
            for flow in FlowReader(read).stream():
                if isinstance(flow, HTTPFlow) and (word := words.get(flow.id)) is not None:
                    write_word(flow.metadata, word)
                writer.add(flow)
        except FlowReadException:
            # What is being written still, or was cut off with the proxy: all before it is there.
            return
