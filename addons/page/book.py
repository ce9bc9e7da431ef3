"""What the live page shows, as plain data: rows, stories, fixes. All text in it is safe to show."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Iterator
from dataclasses import asdict, astuple
from typing import Any

from mitmproxy import ctx

from corsight.addons.drift import Drifting
from corsight.addons.page.opening import make_opening
from corsight.addons.page.recording import write_recording
from corsight.addons.page.stopped import KEPT, Stopped, make_row, tell_story, write_line
from corsight.addons.views import Stories
from corsight.policies.decision.judge import judge
from corsight.policies.engines import ENGINES
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings import Known
from corsight.policies.redact import redact, shown
from corsight.policies.server.export import TARGETS, RecipeError, render, write_remark
from corsight.policies.server.infer import infer
from corsight.policies.server.match import Index
from corsight.policies.server.sent import list_sent
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory
from corsight.policies.story import Story
from corsight.policies.story.picture import picture

RECORDING = "recording.mitm"
EXPORTS = {
    "findings.txt": "text",
    "records.jsonl": "jsonl",
    "report.json": "json",
    "report.sarif": "sarif",
    "report.xml": "junit",
    "report.github.txt": "github",
    "report.md": "markdown",
    "exchanges.csv": "csv",
    "report.html": "html",
}
"""The files that can be saved besides the recording, and their formats."""
LONGEST = 300
"""The most characters of a URL that a row shows."""
SEEN = 2000
"""How many of the latest exchanges a configuration is made from, so that it also covers the endpoint's other pages."""


class Book:
    """Reads what is remembered of late, and what the browser said it stopped. `drifting` gives what answers are held
    against, None without policies.
    """

    def __init__(self, stories: Stories, known: Known, drifting: Callable[[], Drifting | None]) -> None:
        self.run = secrets.token_hex(8)
        self._stories = stories
        self._known = known
        self._drifting = drifting
        self._stopped: Memory[str, Stopped] = Memory(KEPT)

    def note(self, stopped: Stopped) -> None:
        """Remember a request that the browser stopped."""
        weight = sum(len(text) for text in astuple(stopped) if isinstance(text, str))
        self._stopped.put(stopped.id, stopped, weight)

    # -- the list -----------------------------------------------------------------------------------------------------

    def list_ids(self) -> list[str]:
        """Return what is remembered: exchanges in the order they began, then requests that the browser stopped."""
        return [*(judged.entry.exchange.id for judged in self._stories.in_time()), *self._stopped]

    def row(self, id: str) -> dict[str, Any] | None:
        """Return an exchange's row in the list; None if it is not remembered."""
        if (stopped := self._stopped.get(id)) is not None:
            return make_row(stopped)
        judged = self._stories.judged(id)
        if judged is None:
            return None
        entry, verdict, exchange = judged.entry, judged.verdict, judged.entry.exchange
        explanation = self._known.diagnose(judged)
        server = origin_of(exchange.request.url)
        return {
            "id": exchange.id,
            "fetch": entry.fetch.id,
            "time": exchange.request.started,
            "method": shown(exchange.request.method, 40),
            "url": shown(exchange.request.url, LONGEST),
            "host": shown(server.partition("://")[2] or server, 80),
            "status": exchange.response.status if exchange.response is not None else None,
            "role": entry.role,
            "outcome": verdict.outcome.value,
            "open": verdict.open is not None,
            "certain": verdict.certainty == "certain",
            "engine": verdict.engine,
            "others": {other.engine: other.outcome.value for other in judged.others},
            "origin": None if judged.facts.origin is None else shown(judged.facts.origin, 200),
            "cause": None if explanation is None else explanation.code,
            "title": None if explanation is None else explanation.title,
            "drift": len(self._find_drift(judged)),
            "patched": entry.patched is not None,
        }

    def describe(self) -> dict[str, Any]:
        """Return the data that does not change while the proxy runs."""
        targets = [{"name": target.name, "title": target.title} for target in TARGETS.values()]
        engines = [{"name": name, "label": policy.label} for name, policy in ENGINES.items()]
        return {"targets": targets, "engines": engines}

    def read_state(self) -> Hashable:
        """Return a key of the data in `describe_state`: equal as long as nothing changed."""
        options = ctx.options
        return options.cors_patch, options.cors_patch_scope, tuple(options.cors_patch_origins), options.cors_engine

    def describe_state(self) -> dict[str, Any]:
        """Return what is patched now, and which engine judges."""
        options = ctx.options
        return {
            "patch": options.cors_patch,
            "scope": shown(options.cors_patch_scope, 2000),
            "origins": [shown(origin) for origin in options.cors_patch_origins],
            "engine": options.cors_engine,
        }

    # -- one fetch ----------------------------------------------------------------------------------------------------

    def judged(self, id: str) -> Judged | None:
        """Return the last verdict on an exchange; None if it is not remembered."""
        return self._stories.judged(id)

    def story(self, id: str) -> dict[str, Any] | None:
        """Return the story of an exchange's fetch; None if it is not remembered."""
        if (stopped := self._stopped.get(id)) is not None:
            return tell_story(stopped)
        story = self._stories.story(id)
        if story is None:
            return None
        judgeds = [judged for part in story.parts if (judged := self._stories.judged(part.id)) is not None]
        told = asdict(story)
        for plain, part in zip(told["parts"], story.parts, strict=True):
            plain["open"] = part.open is not None
        told["picture"] = picture(story)
        told["end"] = story.parts.index(story.end)
        told["engines"] = [self._compare(judged) for judged in judgeds]
        told["drift"] = [
            {"kind": drift.kind, "text": shown(str(drift), 500), "certainty": drift.certainty}
            for judged in judgeds
            for drift in self._find_drift(judged)
        ]
        told["opening"] = self._open(story)
        return told

    def _compare(self, judged: Judged) -> list[dict[str, Any]]:
        """Return each engine's verdict on an exchange, including the standard's."""
        exchange, facts, said = judged.entry.exchange, judged.facts, judged.verdict
        found = []
        for name, policy in ENGINES.items():
            own = said if name == said.engine else judge(exchange, facts, name)
            # What came later told more of the exchange than its facts do: that holds for those that decide alike.
            verdict = own if name in judged.entry.differing else said
            alike = (own.ruling.outcome, own.ruling.rule) == (verdict.ruling.outcome, verdict.ruling.rule)
            message = own.ruling.message if alike else None
            found.append(
                {
                    "engine": name,
                    "label": policy.label,
                    "decided": name == said.engine,
                    "outcome": verdict.outcome.value,
                    "open": verdict.open is not None,
                    "certain": verdict.certainty == "certain",
                    "rule": verdict.ruling.rule,
                    "error": own.ruling.error if alike else None,
                    "message": None if message is None else shown(message, 1200),
                }
            )
        return found

    def _find_drift(self, judged: Judged) -> tuple[Any, ...]:
        drifting = self._drifting()
        return () if drifting is None else tuple(drifting.find(judged))

    def _open(self, story: Story) -> dict[str, Any] | None:
        """Return how this endpoint can be patched, and what that allows; None if nothing blocks it."""
        judged = self._stories.judged(story.end.id)
        if judged is None or judged.verdict.blocking is None:
            return None
        return make_opening(judged).describe()

    def fix(self, id: str, target: str) -> str | None:
        """Return the server configuration that lets a fetch pass; None if the fetch is not remembered.

        Raises RecipeError with one line if it cannot be written.
        """
        story = self._stories.story(id)
        if story is None:
            return None
        everything = list(self._stories.in_time())[-SEEN:]
        chosen = [judged for part in story.parts if (judged := self._stories.judged(part.id)) is not None]
        known = {judged.entry.exchange.id for judged in everything}
        everything += [judged for judged in chosen if judged.entry.exchange.id not in known]
        inferences = infer(everything)
        policies = [one.policy for one in inferences]
        index = Index(policies)
        wanted = [index.find(judged.entry.exchange.request.url) for judged in chosen]
        sent = list_sent(policies, everything)
        texts: list[str] = []
        for one in inferences:
            if one.policy in wanted:
                texts.append(render(target, one.policy, sent.get(one.policy.name, ())))
                for left in one.left_out:
                    texts.append(write_remark(target, redact(f"Not granted: {left.what}: {left.why}. {left.instead}")))
        if not texts:
            raise RecipeError("no CORS header would change this fetch, so there is nothing to configure")
        return "\n".join(texts)

    # -- everything ---------------------------------------------------------------------------------------------------

    def write(self, file: str) -> Iterator[bytes] | None:
        """Yield what is remembered, as the file of this name, in pieces (some are empty). Return None for an unknown
        name.
        """
        judgeds = list(self._stories.in_time())
        if file == RECORDING:
            return write_recording(judgeds)
        return self._write_report(EXPORTS[file], judgeds) if file in EXPORTS else None

    def _write_report(self, name: str, judgeds: list[Judged]) -> Iterator[bytes]:
        from corsight.addons.report import write_report

        for text in write_report(name, judgeds, self._known.diagnose):
            yield text.encode(errors="backslashreplace")
        if name == "text" and self._stopped:
            lines = "".join(f"  {write_line(stopped)}\n" for stopped in self._stopped.values())
            yield f"\nStopped by the browser itself, and never seen by the proxy:\n{lines}".encode()
