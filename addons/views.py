"""What user interfaces show beside the flow list: the content view "CORS", the detail tab, the comment column.

mitmdump shows none of this, so it is not loaded there.
"""

from __future__ import annotations

from collections.abc import Iterator

from mitmproxy import contentviews, ctx, hooks, http

from corsight.addons.adapter import exchange_of
from corsight.policies.engines import read_engine
from corsight.policies.findings import Diagnosis, Explanation, Known
from corsight.policies.findings.text import write_lines
from corsight.policies.session import Judged, Session
from corsight.policies.session.memory import Memory
from corsight.policies.story import Story, tell
from corsight.policies.story.text import lines
from corsight.policies.verdict import EngineName, Outcome

LIMIT = 16 * 1024 * 1024
"""How many bytes are remembered: URLs, headers, and what was read from them."""
SIZE = 10_000
"""How many exchanges are remembered."""
WIDTH = 80
ALONE = "This is about this exchange alone: what came before and after it is no longer remembered.\n"
DETAILS = ("cors.step", "cors.fix", "cors.who")
"""The metadata by which a detail tab says why, and what to do: a content view is not shown of every empty body."""


def write_findings(diagnosis: Diagnosis) -> list[str]:
    """Return the findings as lines, or one line that says that there are none."""
    return write_lines(diagnosis.list_findings(), 100) or ["Nothing was blocked, and there is nothing to advise."]


class Stories:
    """The latest verdict on each recent exchange, by fetch."""

    def __init__(self, known: Known, size: int = SIZE) -> None:
        self._known = known
        self._judged: Memory[str, Judged] = Memory(size, LIMIT)
        self._fetches: Memory[str, list[str]] = Memory(size)

    def keep(self, judged: Judged) -> None:
        """Remember the latest verdict on an exchange."""
        flow, fetch = judged.entry.exchange.id, judged.entry.fetch.id
        # Beside the bytes stands the text that was read of them.
        self._judged.put(flow, judged, 2 * judged.entry.weight)
        if flow == fetch:
            # Most fetches have no other: a fetch is named after its first exchange.
            return
        flows = self._fetches.get(fetch)
        if flows is None:
            self._fetches.put(fetch, [fetch, flow])
        elif flow not in flows:
            flows.append(flow)

    def judged(self, flow: str) -> Judged | None:
        """Return the last verdict on an exchange; None if it is not remembered."""
        return self._judged.get(flow)

    def in_time(self) -> Iterator[Judged]:
        """Yield the last verdict on each exchange, in the order they began."""
        yield from sorted(self._judged.values(), key=lambda judged: judged.entry.exchange.request.started)

    def story(self, flow: str) -> Story | None:
        """Return the story of an exchange's fetch; None if it is not remembered."""
        judged = self._judged.get(flow)
        if judged is None:
            return None
        fetch = judged.entry.fetch
        flows = self._fetches.get(fetch.id, [fetch.id])
        found = [other for other in map(self._judged.get, flows) if other is not None]
        same = [one for one in found if one.entry.fetch is fetch]
        return tell(sorted(same, key=lambda one: one.entry.exchange.request.started), self._known)

    def explain(self, judged: Judged) -> Explanation | None:
        """Return everything that is known about the cause of what was blocked."""
        return self._known.diagnose(judged)

    def clear(self) -> None:
        """Forget everything."""
        self._judged.clear()
        self._fetches.clear()
        self._known.clear()


def engine_set() -> tuple[EngineName | None, int | None]:
    """Return the engine that judges all clients, and its version; None if each client is judged by its own."""
    return read_engine(ctx.options.cors_engine)


def told(flow: http.HTTPFlow, stories: Stories) -> list[str]:
    """Return the story of a flow's fetch, line by line; of the flow alone where nothing else is remembered."""
    story = stories.story(flow.id)
    if story is not None:
        return lines(story, width=WIDTH)
    if flow.response is None and flow.error is None:
        return ["The response has not come yet: there is nothing to tell."]
    return [ALONE, *lines(tell(Session(*engine_set()).observe(exchange_of(flow))[:1]), width=WIDTH)]


def detail(flow: http.HTTPFlow, judged: Judged, known: Known) -> None:
    """Write on the flow at which step it was blocked, the fix, and who has to act; nothing if it was not blocked."""
    if judged.verdict.outcome is not Outcome.BLOCKED:
        for name in DETAILS:
            flow.metadata.pop(name, None)
        return
    part = tell([judged], known).end
    failed = next((step for step in part.steps if step.outcome == "failed"), None)
    remedy = part.remedy
    if failed is not None:
        flow.metadata["cors.step"] = f"{' '.join((failed.section, failed.number)).strip()}: {failed.compared}"
    if remedy is not None:
        flow.metadata["cors.fix"] = "; ".join(remedy.edits) or remedy.advice
        flow.metadata["cors.who"] = remedy.actor


class CorsView(contentviews.Contentview):
    """The content view: whatever the body is, the story of the flow's fetch. Never chosen but by hand."""

    name = "CORS"
    syntax_highlight = "none"

    def __init__(self, stories: Stories) -> None:
        self._stories = stories

    def prettify(self, data: bytes, metadata: contentviews.Metadata) -> str:
        """Return the story. Raises ValueError if the flow is not HTTP."""
        if not isinstance(metadata.flow, http.HTTPFlow):
            raise ValueError("only HTTP is judged")
        # mitmweb leaves out lines that are empty.
        return "\n".join(line or " " for line in told(metadata.flow, self._stories))

    def render_priority(self, data: bytes, metadata: contentviews.Metadata) -> float:
        """Below every other view's: it shows no body."""
        return -1


def offer(view: CorsView) -> None:
    """Register the view."""
    contentviews.registry.register(view)


def withdraw(view: CorsView) -> None:
    """Remove the view; mitmproxy has no function of its own for that."""
    if contentviews.registry.get(view.name) is view:
        del contentviews.registry._by_name[view.name.lower()]


def show_change(flow: http.HTTPFlow) -> None:
    """Tell the user interface that this flow changed; without a listener, mitmproxy is not called."""
    addons = ctx.master.addons
    if any(hasattr(addon, hooks.UpdateHook.name) for addon in addons.lookup.values()):
        addons.trigger(hooks.UpdateHook([flow]))


def show_comments() -> None:
    """Show mitmweb's comment column, unless the user chose the columns."""
    options = ctx.options
    if "web_columns" in options and not options.has_changed("web_columns") and "comment" not in options.web_columns:
        options.web_columns = [*options.web_columns, "comment"]
