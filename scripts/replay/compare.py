"""What would change for a recorded exchange if its server answered as another one did.

Both answers are judged by the facts of the recorded exchange alone, at the recorded URL: what came after it proves
nothing of the other answer.
"""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.decision.judge import judge
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import HeaderList, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.origin import origin_of
from corsight.policies.fetch.redirect import location_url
from corsight.policies.session import Judged
from corsight.policies.session.gather import find_target
from corsight.policies.verdict import EngineName, Outcome, Verdict
from corsight.scripts.replay.grants import list_more
from corsight.scripts.replay.model import Answer, Change, Failure, Kind, Planned

LOST_BY_REDIRECT = "it is answered with a redirect to {}, which is not followed"

WHOLLY = 2
"""The level of a verdict whose every branch blocks."""


def compare(planned: Planned, answer: Answer) -> Change:
    """Return what the answer changes, as the engine judges that judged the recorded one."""
    judged = planned.judged
    if isinstance(answer, Failure):
        return Change(planned, "no answer" if answer.sent else "not sent", note=answer.text)
    assert planned.sent is not None
    engine, exchange = judged.verdict.engine, judged.entry.exchange
    recorded = judged.facts.response
    answer = _put_back(answer, planned.sent.url, exchange.request.url, recorded)
    facts = answer_facts(judged, answer, engine)
    before = judge(exchange, judged.facts, engine)
    after = judge(replace(exchange, response=answer, proxy_status=None, error=None), facts, engine)
    more = () if recorded is None else tuple(list_more(recorded.headers, answer.headers, judged.entry.role))
    kind, sure = _kind(before, after)
    note = _doubt(planned, facts, recorded, answer, kind)
    if kind == "newly allowed" and not note and after.divided and (blocking := after.blocking) is not None:
        note = f"{blocking.describe() or 'in one case'}, it is still blocked"
    if note:
        kind = "unclear"
    elif kind == "same" and more and _level(after) < WHOLLY:
        kind = "looser"
    return Change(planned, kind, before, after, answer.status, more, note, sure)


def answer_facts(judged: Judged, answer: Response, engine: EngineName) -> Facts:
    """Return the facts of a recorded exchange with another answer."""
    facts, url = judged.facts, judged.entry.exchange.request.url
    if facts.role == "preflight":
        return replace(facts, response=answer)
    if location_url(answer, url) is None:
        return replace(facts, response=answer, role="request", target=None)
    target = find_target(answer, url, ENGINES[engine])
    if facts.role == "redirect":
        return replace(facts, response=answer, target=target)
    page = facts.page_origin
    secure = None if page in (None, "null") else str(page).startswith("https:")
    return replace(facts, response=answer, role="redirect", target=target, secure=secure)


def _put_back(answer: Response, sent: str, url: str, recorded: Response | None) -> Response:
    """Return the answer as the recorded server would give it: where it names itself in Location, it names that one.

    Bodies are not read: where status and type are as recorded, the body is taken to be so too.
    """
    here, there = origin_of(sent).encode("latin-1"), origin_of(url).encode("latin-1")
    fields = tuple(
        (name, there + text[len(here) :])
        if name.lower() == b"location" and text.startswith(here) and text[len(here) :][:1] in (b"", b"/", b"?", b"#")
        else (name, text)
        for name, text in answer.headers.fields
    )
    alike = recorded is not None and (recorded.status, recorded.headers.get("content-type")) == (
        answer.status,
        answer.headers.get("content-type"),
    )
    received = recorded.received if recorded is not None else 0.0
    body = recorded.body if recorded is not None and alike else None
    return Response(answer.status, HeaderList(fields), received, body)


def _kind(before: Verdict, after: Verdict) -> tuple[Kind, bool]:
    """Return what changes between two verdicts, and whether both are certain of it."""
    was, now = _level(before), _level(after)
    sure = before.certainty == after.certainty == "certain" or was == now
    return ("newly blocked" if now > was else "newly allowed" if now < was else "same"), sure


def _level(verdict: Verdict) -> int:
    """0 where every branch passes, 1 where one blocks, WHOLLY where all do."""
    blocking = sum(branch.outcome is Outcome.BLOCKED for branch in verdict.branches)
    return 0 if not blocking else WHOLLY if blocking == len(verdict.branches) else 1


def _doubt(planned: Planned, facts: Facts, recorded: Response | None, answer: Response, kind: Kind) -> str:
    """Return what else than the servers' CORS may have made the difference; empty where nothing has."""
    sent, role = planned.sent, planned.judged.entry.role
    if facts.role == "redirect" and role == "request" and kind != "newly blocked":
        return LOST_BY_REDIRECT.format(facts.target or "no URL")
    if kind == "same" or role == "preflight" or sent is None:
        return ""
    without = list(sent.without)
    if sent.method not in ("GET", "HEAD", "OPTIONS"):
        without.append("its body")
    refused = answer.status >= 300 and (recorded is None or recorded.status != answer.status)
    if kind == "newly blocked" and without and refused:
        names = ", ".join(without)
        return f"it was sent without {names} and answered {answer.status}: give -H to tell more"
    return ""
