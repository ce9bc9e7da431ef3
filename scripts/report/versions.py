"""Writes what `corsight check --versions` prints: which versions of an engine decide differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.text import Text

from corsight.policies.engines import ENGINES
from corsight.policies.redact import shown
from corsight.policies.story import tell
from corsight.policies.verdict import EngineName
from corsight.scripts.report.check import say_verdict
from corsight.scripts.report.page import Page
from corsight.scripts.whatif.model import Prediction

type Spans = Sequence[tuple[tuple[int, int], Prediction]]


def write_versions(engines: Sequence[tuple[EngineName, Spans]], stream: TextIO) -> None:
    """Write the spans of each engine's versions that decide differently from each other; one line where none does."""
    stream.write("\n")
    page = Page(stream)
    differing = [(engine, spans) for engine, spans in engines if spans]
    if not differing:
        page.say(Text("All measured versions decide the same.", "bold"))
    for engine, spans in differing:
        page.say(Text(f"{ENGINES[engine].label} by version", "bold"))
        asked = len({prediction.preflights for _, prediction in spans}) > 1
        worded = len({_message(prediction) for _, prediction in spans}) > 1
        for (oldest, youngest), prediction in spans:
            page.field(str(oldest) if oldest == youngest else f"{oldest} to {youngest}", _tell(prediction, asked=asked))
            if worded and (message := _message(prediction)):
                page.field("console", shown(message))
    measured = [said for engine, _ in engines if (said := _measured(engine))]
    if measured:
        page.field("measured", f"{', '.join(measured)}; see docs/engines.md")
    page.flush()


def _tell(prediction: Prediction, *, asked: bool) -> str:
    word, _, words = say_verdict(prediction, tell(prediction.judged) if prediction.judged else None)
    names = ", ".join(name for preflight in prediction.preflights for name in (preflight.method, *preflight.names))
    how = f"; asks for {names}" if names else "; no preflight"
    return f"{word}: {words}{how if asked else ''}"


def _message(prediction: Prediction) -> str | None:
    return None if prediction.stopped is None else prediction.stopped.verdict.ruling.message


def _measured(engine: EngineName) -> str:
    policy = ENGINES[engine]
    return "" if policy.measured is None else f"{policy.label} {policy.measured[0]} to {policy.measured[1]}"
