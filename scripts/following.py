"""Audits a recording while it is written: one line for each blocked exchange as it comes, and the report at the end."""

from __future__ import annotations

from collections import OrderedDict
from typing import TextIO

from corsight.policies.findings import Explanation, Known
from corsight.policies.record import Lines
from corsight.policies.redact import printable, redact
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome
from corsight.scripts.auditing import Audited, Plan
from corsight.scripts.judging import HELD, HELD_BYTES, judge_moment, open_session, take_for_granted
from corsight.scripts.processes.signals import end_by_signals, was_interrupted
from corsight.scripts.recordings.growing import Growing
from corsight.scripts.recordings.order import Moments, weigh_held
from corsight.scripts.report.findings import Findings

LONGEST = 512
"""The most characters of a URL or a method that are printed."""


def follow(path: str, plan: Plan, stream: TextIO) -> Audited:
    """Tell what is said of each exchange as it comes, until Ctrl-C or the end of a pipe; return what was found.

    What is told is a record a line, and another where a verdict is revised; or, for people, a line for what is blocked.
    """
    with end_by_signals():
        return _Following(path, plan, stream).run()


class _Following:
    def __init__(self, path: str, plan: Plan, stream: TextIO) -> None:
        self._recording = Growing(path, idle=self._judge_all, stopped=was_interrupted)
        self._session = open_session(plan.engine)
        self._moments = Moments()
        self._known = Known()
        self._findings = Findings(diagnose=plan.diagnose)
        self._latest: OrderedDict[str, Judged] = OrderedDict()
        self._weight = 0
        self._lines = Lines(secrets=plan.secrets, ascii=True) if plan.records else None
        self._plan = plan
        self._left_out = 0
        self._stream = stream

    def run(self) -> Audited:
        for exchange in self._recording:
            self._moments.put(exchange)
            self._judge(full=True)
        self._judge_all()
        for judged in self._session.finish():
            self._take(judged)
        if self._lines is None:
            self._stream.write("\n")
        while self._latest:
            self._findings.add(self._latest.popitem(last=False)[1])
        name, exchanges, problem = self._recording.name, self._recording.exchanges, self._recording.problem
        return Audited(name, self._findings, exchanges, problem, left_out=self._left_out)

    def _judge_all(self) -> None:
        """Judge what came so far: nothing more is there that could have been before it."""
        self._judge(full=False)
        self._stream.flush()

    def _judge(self, *, full: bool) -> None:
        for begins, exchange in self._moments.take_over() if full else self._moments.take_all():
            for judged in judge_moment(self._recording, self._session, exchange, begins=begins):
                self._take(judged)

    def _take(self, judged: Judged) -> None:
        flow = judged.entry.exchange.id
        if not self._plan.scope.takes(judged):
            self._left_out += not judged.revises
            return
        judged = take_for_granted(judged, self._plan.assumptions)
        self._known.add(judged)
        before = self._latest.get(flow)
        if before is None and judged.revises:
            return
        if before is None:
            self._weight += weigh_held(judged.entry.exchange)
        self._latest[flow] = judged
        while len(self._latest) > HELD or (self._latest and self._weight > HELD_BYTES):
            _, first = self._latest.popitem(last=False)
            self._weight -= weigh_held(first.entry.exchange)
            self._findings.add(first)
        explanation = self._known.diagnose(judged)
        if self._lines is not None:
            self._stream.write(self._lines.line(judged, explanation) + "\n")
        elif before is None or before.verdict.ruling != judged.verdict.ruling:
            self._tell(judged, explanation, revises=before is not None)

    def _tell(self, judged: Judged, explanation: Explanation | None, *, revises: bool) -> None:
        verdict, exchange = judged.verdict, judged.entry.exchange
        url = exchange.request.url.partition("?")[0][:LONGEST]
        said = f"{exchange.request.method[:LONGEST]} {url}"
        if verdict.outcome is Outcome.BLOCKED and explanation is not None:
            sure = "" if verdict.certainty == "certain" else "likely "
            mend = "; ".join(explanation.fix) or explanation.action
            said = f"{sure}blocked: {said} [{explanation.code}]: {explanation.title} -> {mend}"
        elif (branch := verdict.open) is not None:
            when = branch.describe(verdict.branch) or "in another way"
            said = (
                f"open: {said}: blocked by {branch.ruling.rule} if requested {when}, {verdict.outcome.value} otherwise"
            )
        elif revises:
            said = f"{verdict.outcome.value} after all: {said}"
        else:
            return
        self._stream.write(printable(redact(said)) + "\n")
