"""What a verdict leaves on its flow: flat metadata, one line of the comment, a mark. Judging twice changes nothing."""

from __future__ import annotations

from mitmproxy import http

from policies.redact import printable, redact
from policies.rules import RULES
from policies.session import Judged
from policies.verdict import Outcome, Verdict

PREFIX = "cors: "
BLOCKED = ":no_entry:"
UNSURE = ":question:"


def annotate(flow: http.HTTPFlow, judged: Judged, *, mark: bool) -> None:
    """Write the verdict on the flow, in place of what was written before; nothing of the user's is touched."""
    entry, verdict = judged.entry, judged.verdict
    facts, ruling = entry.facts, verdict.ruling
    assert facts is not None
    metadata = flow.metadata
    metadata["cors.outcome"] = ruling.outcome.value
    metadata["cors.certainty"] = verdict.certainty
    metadata["cors.rule"] = ruling.rule
    metadata["cors.engine"] = verdict.engine
    metadata["cors.role"] = entry.role
    metadata["cors.origin"] = facts.origin
    metadata["cors.fetch"] = entry.fetch.id
    metadata["cors.credentials"] = facts.credentials
    metadata["cors.error"] = ruling.error
    metadata["cors.message"] = redact(ruling.message) if ruling.message is not None else None
    if ruling.outcome is not Outcome.NOT_CORS or flow.comment:
        _comment(flow, judged)
    if mark:
        _mark(flow, verdict)


def summary(judged: Judged) -> str:
    """The verdict in one line."""
    verdict = judged.verdict
    ruling = verdict.ruling
    sure = "" if verdict.certainty == "certain" else "likely "
    if ruling.rule is None:
        return f"{sure}{ruling.outcome.value} ({verdict.engine})"
    return f"{sure}{ruling.outcome.value} ({verdict.engine}): {RULES[ruling.rule].title} [{ruling.rule}]"


def _comment(flow: http.HTTPFlow, judged: Judged) -> None:
    if not flow.comment:
        flow.comment = printable(PREFIX + summary(judged))
        return
    lines = flow.comment.split("\n")
    place = next((number for number, line in enumerate(lines) if line.startswith(PREFIX)), len(lines))
    lines = [line for line in lines if not line.startswith(PREFIX)]
    if judged.verdict.outcome is not Outcome.NOT_CORS:
        lines.insert(place, printable(PREFIX + summary(judged)))
    comment = "\n".join(lines)
    if flow.comment != comment:
        flow.comment = comment


def _mark(flow: http.HTTPFlow, verdict: Verdict) -> None:
    metadata = flow.metadata
    if flow.marked and flow.marked != metadata.get("cors.mark"):
        return
    marker = ""
    if verdict.outcome is Outcome.BLOCKED:
        marker = BLOCKED
    elif verdict.branches and any(other.outcome is Outcome.BLOCKED for other in verdict.branches.values()):
        marker = UNSURE
    if flow.marked != marker:
        flow.marked = marker
    if marker:
        metadata["cors.mark"] = marker
    else:
        metadata.pop("cors.mark", None)
