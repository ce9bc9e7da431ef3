"""What a verdict writes on its flow: metadata, lines of the comment, a mark. Judging twice changes nothing."""

from __future__ import annotations

from mitmproxy import http

from corsight.policies.findings import Explanation
from corsight.policies.findings.words import name_codes
from corsight.policies.redact import printable, redact
from corsight.policies.rules import RULES
from corsight.policies.session import Judged
from corsight.policies.session.judging import Alike
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome, Verdict

COMMENT = "cors.comment"
"""The metadata that holds our lines of the comment, so that they are found again."""
LONGEST = 2048
"""The most characters of the line with the fix."""
BLOCKED = ":no_entry:"
UNSURE = ":question:"
PATCHED = ("cors.patched", "cors.needed", "cors.before", "cors.server.status", "cors.server.headers")
"""The metadata of a patch: the names of the edited headers, what the server would have to send, and what it sent."""

OURS = (
    *("cors.outcome", "cors.certainty", "cors.rule", "cors.engine", "cors.role", "cors.origin", "cors.fetch"),
    *("cors.credentials", "cors.error", "cors.message", "cors.cause", "cors.advice", "cors.drift", COMMENT),
    *("cors.mark", *PATCHED),
)
"""All metadata that is written or read here."""
KINDS = 1024
_written: Memory[tuple[Alike, Explanation | None, bool], tuple[dict[str, object], str, str]] = Memory(KINDS)
"""What is written on all exchanges that are alike: metadata, the comment, the mark."""


def annotate(flow: http.HTTPFlow, judged: Judged, explanation: Explanation | None = None, *, mark: bool) -> None:
    """Write the verdict and its cause on the flow, replacing what was written before. The user's own comment and mark
    stay.
    """
    kind, metadata = judged.kind, flow.metadata
    if kind is None or flow.comment or flow.marked or (metadata and not metadata.keys().isdisjoint(OURS)):
        _annotate(flow, judged, explanation, mark=mark)
        return
    key = kind, explanation, mark
    written = _written.get(key)
    if written is None:
        _annotate(flow, judged, explanation, mark=mark)
        said = {name: metadata[name] for name in OURS if name in metadata}
        _written.put(key, (said, flow.comment, flow.marked), kind.weight + len(flow.comment))
        return
    said, comment, marked = written
    metadata.update(said)
    metadata["cors.fetch"] = judged.entry.fetch.id
    if comment:
        flow.comment = comment
    if marked:
        flow.marked = marked


def _annotate(flow: http.HTTPFlow, judged: Judged, explanation: Explanation | None, *, mark: bool) -> None:
    entry, verdict = judged.entry, judged.verdict
    facts, ruling = judged.shared, verdict.ruling
    metadata = flow.metadata
    metadata["cors.outcome"] = ruling.outcome.value
    metadata["cors.certainty"] = verdict.certainty
    metadata["cors.rule"] = ruling.rule
    metadata["cors.engine"] = verdict.engine
    metadata["cors.role"] = entry.role
    metadata["cors.origin"] = _clean(facts.origin)
    metadata["cors.fetch"] = entry.fetch.id
    metadata["cors.credentials"] = facts.credentials
    metadata["cors.error"] = ruling.error
    metadata["cors.message"] = _clean(ruling.message)
    metadata["cors.cause"] = None if explanation is None else explanation.code
    if entry.advice:
        metadata["cors.advice"] = ",".join(entry.advice)
    elif "cors.advice" in metadata:
        del metadata["cors.advice"]
    if entry.patched is not None:
        metadata["cors.before"] = _before(judged)
    elif "cors.patched" in metadata and flow.live:
        # A replayed request: what was patched was another response.
        for name in PATCHED:
            metadata.pop(name, None)
    if ruling.outcome is not Outcome.NOT_CORS or flow.comment:
        _comment(flow, judged, explanation)
    if mark:
        _mark(flow, verdict)


def _clean(text: str | None) -> str | None:
    return None if text is None else printable(redact(text))


def summary(judged: Judged, explanation: Explanation | None) -> str:
    """Return the verdict and its cause in one line."""
    verdict = judged.verdict
    ruling, doubt = verdict.ruling, verdict.open
    if doubt is not None:
        # What matters first: it has not passed.
        rule = doubt.ruling.rule
        why = "" if rule is None else f": {RULES[rule].title} [{rule}]"
        when = doubt.describe(verdict.branch)
        return f"open: blocked {when}, otherwise {ruling.outcome.value}{why} ({verdict.engine})"
    sure = "" if verdict.certainty == "certain" else "likely "
    if ruling.rule is None:
        return f"{sure}{ruling.outcome.value} ({verdict.engine})"
    # What matters first: a user interface may show no more of it than a few words.
    title, cause = (RULES[ruling.rule].title, None) if explanation is None else (explanation.title, explanation.code)
    return f"{sure}{ruling.outcome.value}: {title} [{name_codes(ruling.rule, cause)}] ({verdict.engine})"


def _before(judged: Judged) -> str:
    """Return the verdict without the patch, in words."""
    ruling = judged.before
    if ruling is None:
        return "not asked"
    return ruling.outcome.value if ruling.rule is None else f"{ruling.outcome.value} [{ruling.rule}]"


def _line(flow: http.HTTPFlow, judged: Judged, explanation: Explanation | None) -> str:
    line = summary(judged, explanation)
    names = flow.metadata.get("cors.patched")
    if names:
        # From the flow, not from what is judged: a recording is judged again, and its patches stay what they were.
        line += f"; patched {', '.join(map(str, names))}; before: {flow.metadata.get('cors.before')}"
    drift = flow.metadata.get("cors.drift")
    if drift:
        line += f"; drift: {drift}"
    if explanation is None:
        return printable(line)
    remedy = "; ".join(explanation.fix) or explanation.action
    return f"{printable(line)}\n{printable(redact(remedy))[:LONGEST]}"


def _comment(flow: http.HTTPFlow, judged: Judged, explanation: Explanation | None) -> None:
    ours = "" if judged.verdict.outcome is Outcome.NOT_CORS else _line(flow, judged, explanation)
    before, found, after = _part(flow)
    if ours == found:
        return
    flow.comment = "\n".join([*before, *([ours] if ours else []), *after])
    if ours:
        flow.metadata[COMMENT] = ours
    else:
        flow.metadata.pop(COMMENT, None)


def _part(flow: http.HTTPFlow) -> tuple[list[str], str, list[str]]:
    """Return the comment's lines before ours, our own lines, and the lines after them."""
    lines = flow.comment.split("\n") if flow.comment else []
    ours: str = flow.metadata.get(COMMENT) or ""
    wanted = ours.split("\n")
    for place in range(len(lines) - len(wanted) + 1 if ours else 0):
        if lines[place : place + len(wanted)] == wanted:
            return lines[:place], ours, lines[place + len(wanted) :]
    return lines, "", []


def clean(flow: http.HTTPFlow) -> None:
    """Take our lines off a flow's comment."""
    before, ours, after = _part(flow)
    if ours:
        flow.comment = "\n".join([*before, *after])


def _mark(flow: http.HTTPFlow, verdict: Verdict) -> None:
    metadata = flow.metadata
    if flow.marked and flow.marked != metadata.get("cors.mark"):
        return
    marker = ""
    if verdict.outcome is Outcome.BLOCKED:
        marker = BLOCKED
    elif verdict.blocking is not None:
        marker = UNSURE
    if flow.marked != marker:
        flow.marked = marker
    if marker:
        metadata["cors.mark"] = marker
    else:
        metadata.pop("cors.mark", None)
