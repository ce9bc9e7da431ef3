"""The commands of the user interfaces: cors.explain, cors.findings, cors.report, cors.engine, cors.clear."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import mitmproxy.types
from mitmproxy import command, ctx, exceptions, hooks, http
from mitmproxy.flow import Flow
from mitmproxy.log import ALERT

from corsight.addons.adapter import exchange_of, request_of
from corsight.addons.annotate import PATCHED, clean
from corsight.addons.events import get_logger
from corsight.addons.views import Stories, told, write_findings
from corsight.addons.wire import BODY, MARKER, WORD
from corsight.policies.engines import ENGINES, read_engine
from corsight.policies.findings import Diagnosis
from corsight.policies.report.names import split_format
from corsight.policies.session import Judged, Session

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader

logger = get_logger(__name__)


class Commands:
    """The commands that a person can type. `judge_again` is called with every flow in the list after the engine was
    changed.
    """

    def __init__(self, stories: Stories, judge_again: Callable[[Sequence[http.HTTPFlow]], None]) -> None:
        self._stories = stories
        self._judge_again = judge_again

    def load(self, loader: Loader) -> None:
        """Register the commands."""
        loader.master.commands.collect_commands(self)

    @command.command("cors.explain")
    def explain(self, flow: Flow) -> Sequence[str]:
        """Explain a flow's fetch: what the page requested, each step the browser took, and what would change the
        outcome. Example: cors.explain @focus
        """
        if not isinstance(flow, http.HTTPFlow):
            raise exceptions.CommandError("cors.explain: only HTTP flows are judged.")
        return told(flow, self._stories)

    @command.command("cors.findings")
    def findings(self) -> Sequence[str]:
        """Show what was blocked so far and why: one finding for each cause, with what to do."""
        return write_findings(self._diagnose())

    @command.command("cors.report")
    def report(self, path: mitmproxy.types.Path) -> None:
        """Write the findings so far to a file, in the format of its ending: html, json, sarif, xml (JUnit), md, csv,
        jsonl, otherwise text; or NAME=FILE. An existing file is overwritten.
        """
        name, file = split_format(path)
        try:
            with open(os.path.expanduser(file), "w", encoding="utf-8", errors="backslashreplace", opener=_open) as out:
                out.writelines(self._write_report(name))
        except OSError as error:
            raise exceptions.CommandError(f"cors.report: cannot write {file}: {error.strerror or error}.") from None
        logger.log(ALERT, "cors.report: written to %s.", file)

    def _write_report(self, name: str) -> Iterator[str]:
        from corsight.addons.report import write_report

        return write_report(name, list(self._stories.in_time()), self._stories.explain)

    @command.command("cors.engines")
    def engines(self) -> Sequence[str]:
        """List the engines that can judge: auto takes each client's own."""
        return ["auto", *ENGINES]

    @command.command("cors.engine")
    def engine(self, name: str) -> None:
        """Judge by another engine from now on, also the flows in the list: auto, standard, chromium, firefox or webkit,
        or a version such as chromium@120.
        """
        try:
            read_engine(name)
        except ValueError as error:
            raise exceptions.CommandError(f"cors.engine: {error}.") from None
        ctx.options.update(cors_engine=name)
        flows = _in_the_list()
        self._judge_again(flows)
        ctx.master.addons.trigger(hooks.UpdateHook(flows))
        logger.log(ALERT, "cors.engine: %s now, and for %s in the list.", name, _count(len(flows)))

    @command.command("cors.clear")
    def clear(self) -> None:
        """Forget all findings, and remove the verdicts from the flows in the list. New flows are judged as before."""
        self._stories.clear()
        flows = _in_the_list()
        for flow in flows:
            _clean(flow)
        ctx.master.addons.trigger(hooks.UpdateHook(flows))
        logger.log(ALERT, "cors.clear: the findings are forgotten.")

    def _diagnose(self) -> Diagnosis:
        diagnosis = Diagnosis()
        for judged in self._stories.in_time():
            diagnosis.add(judged)
        return diagnosis


def _open(path: str, flags: int) -> int:
    """Open a file without blocking: a pipe without a reader would stop the proxy."""
    return os.open(path, flags | os.O_NONBLOCK, 0o666)


def rejudged(session: Session, flows: Sequence[http.HTTPFlow]) -> dict[str, Judged]:
    """Return a new session's last verdict on each earlier flow, by the flow's id."""
    moments: list[tuple[float, int, bool, http.HTTPFlow]] = []
    for number, flow in enumerate(flows):
        began = flow.request.timestamp_start
        moments.append((began, 2 * number, True, flow))
        if flow.response is not None or flow.error is not None:
            ended = flow.response.timestamp_start if flow.response is not None else None
            moments.append((max(began, ended or began), 2 * number + 1, False, flow))
    said: dict[str, Judged] = {}
    for _, _, begins, flow in sorted(moments, key=lambda moment: moment[:2]):
        for judged in session.begin(request_of(flow)) if begins else session.observe(exchange_of(flow)):
            said[judged.entry.exchange.id] = judged
    return said


def _clean(flow: http.HTTPFlow) -> None:
    """Remove a verdict from a flow. The metadata of a patch stays, and so does evidence."""
    mark = flow.metadata.get("cors.mark")
    if mark is not None and flow.marked == mark:
        flow.marked = ""
    clean(flow)
    for name in [name for name in flow.metadata if name.startswith("cors.") and not _stays(name)]:
        del flow.metadata[name]


def _stays(name: str) -> bool:
    return name in PATCHED or name in (MARKER, BODY) or name.startswith(WORD)


def _in_the_list() -> list[http.HTTPFlow]:
    """Return every HTTP flow of the user interface, whether its filter shows it or not."""
    if "view.flows.resolve" not in ctx.master.commands.commands:
        return []
    flows = ctx.master.commands.call("view.flows.resolve", "@all")
    return [flow for flow in flows if isinstance(flow, http.HTTPFlow)]


def _count(flows: int) -> str:
    return f"{flows} flow{'s' if flows != 1 else ''}"
