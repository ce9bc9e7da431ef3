"""What a recording says beside the wire: its evidence, and the browser's own decision where it is there."""

from __future__ import annotations

import re

from corsight.policies.decision.judge import unite
from corsight.policies.decision.place import locate
from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange, Told
from corsight.policies.facts import Facts
from corsight.policies.fetch.orb import extract_mime_essence, guess_data
from corsight.policies.rules.isolation import MIME_TYPE, NOSNIFF, ORB
from corsight.policies.session.fetches import Entry
from corsight.policies.value import replace
from corsight.policies.verdict import Branch, Outcome, Ruling, Unknown, Verdict

PASSED = {"cors": Outcome.ALLOWED, "opaque": Outcome.OPAQUE, "basic": Outcome.NOT_CORS}
ORB_SINCE = {"chromium": 109, "firefox": 128}
"""The versions from which engines certainly have opaque response blocking."""
GENERAL, ABORTED = "net::ERR_FAILED", "net::ERR_ABORTED"
BY_DESTINATION = (ORB, NOSNIFF, MIME_TYPE)
"""The rules that turn on what asked, of an opaque response."""
CREDENTIALS = {"cookie": "Cookie", "authorization": "Authorization"}
_net_error = re.compile(r"net::ERR_[A-Z0-9_.]{1,80}").fullmatch
_BY_FETCH = Evidence("initiator", "fetch", Reason.RECORDED_INITIATOR)
_BY_XHR = Evidence("initiator", "xhr", Reason.RECORDED_INITIATOR)
_BY_CACHE = Evidence("response", "cached", Reason.RECORDED_CACHED)
_LOST: dict[tuple[str, ...], Evidence] = {
    names: Evidence("headers", "not recorded", Reason.HEADERS_NOT_RECORDED, details=(" and ".join(names),))
    for names in (("Cookie",), ("Authorization",), ("Cookie", "Authorization"))
}


def list_told(entry: Entry, told: Told) -> dict[str, Evidence]:
    """Return the evidence of what a recording says of an exchange, by its fact."""
    found: dict[str, Evidence] = {}
    if entry.tainting == "basic" and entry.tainting_too is None:
        return found
    if told.kind in ("fetch", "xhr") and not entry.reading.preflight:
        found["initiator"] = _BY_FETCH if told.kind == "fetch" else _BY_XHR
    if told.rule is not None:
        found["told"] = Evidence("told", "blocked", Reason.RECORDED_RULE, details=(told.error or told.rule,))
    if told.cached:
        found["response"] = _BY_CACHE
    if told.lost and entry.tainting == "cors" and not entry.reading.preflight and entry.fetch.include is None:
        sent = entry.reading.sent - told.lost
        if lost := tuple([name for key, name in CREDENTIALS.items() if key in told.lost and key not in sent]):
            found["headers"] = _LOST[lost]
    return found


def overrule(verdict: Verdict, exchange: Exchange, facts: Facts, told: Told, version: int | None) -> Verdict:
    """Return the verdict as the browser's own word has it, where that leaves none of its branches.

    A branch that agrees with it is left to what proves it.
    """
    if told.rule is not None:
        return _name_rule(verdict, told, told.rule)
    blocked = [branch for branch in verdict.branches if branch.outcome is Outcome.BLOCKED]
    # What a response can be used for is looked at once it was loaded: the browser's word on that is of the time before.
    blocking = [branch for branch in blocked if branch.ruling.rule != MIME_TYPE]
    if told.passed and told.origin is not None and blocking:
        # Its origin is a guess: a redirect may have tainted it.
        passed_too = [_let_pass(branch) if branch in blocking else branch for branch in verdict.branches]
        return unite(verdict.engine, passed_too, verdict.hidden)
    if told.passed and len(blocking) == len(verdict.branches):
        passed = Branch(Ruling(PASSED[facts.tainting]), premise=verdict.branch.premise)
        return Verdict(verdict.engine, (passed,))
    if told.kept and 0 < len(blocking) < len(verdict.branches):
        passing = [branch for branch in verdict.branches if branch not in blocking]
        verdict = replace(unite(verdict.engine, passing, verdict.hidden), certainty="likely")
    if told.passed is False and not blocked:
        return _name_failure(verdict, exchange, facts, told)
    if told.untold and exchange.response is None and verdict.certainty == "certain":
        return replace(verdict, certainty="likely")
    if told.passed is None and any(branch.ruling.rule in BY_DESTINATION for branch in blocked):
        return _spare(verdict, facts, version)
    message, error = verdict.ruling.message or "", told.error or ""
    if exchange.response is None and message.endswith(GENERAL) and _net_error(error) and not verdict.divided:
        # What was given up the console does not tell.
        said = None if error == ABORTED else message.replace(GENERAL, error)
        return replace(verdict, branches=(replace(verdict.branch, ruling=verdict.ruling._replace(message=said)),))
    return verdict


def _let_pass(branch: Branch) -> Branch:
    return replace(branch, ruling=Ruling(PASSED[branch.premise.tainting]), steps=())


def _name_rule(verdict: Verdict, told: Told, rule: str) -> Verdict:
    """Return the verdict with the rule that the browser names: that is certain, whatever else is not."""
    alike = [branch for branch in verdict.branches if branch.ruling.rule == rule]
    if alike and alike[0].outcome is Outcome.BLOCKED:
        ruling = alike[0].ruling
    else:
        place = locate(rule)
        ruling = Ruling(Outcome.BLOCKED, rule, place.spec, place.number)
    ruling = ruling._replace(error=ruling.error or told.error, message=told.message or ruling.message)
    steps = alike[0].steps if alike else ()
    return Verdict(verdict.engine, (Branch(ruling, premise=(alike or verdict.branches)[0].premise, steps=steps),))


def _name_failure(verdict: Verdict, exchange: Exchange, facts: Facts, told: Told) -> Verdict:
    """Return the verdict on what failed in the browser, though nothing recorded blocks it, or nothing was recorded."""
    ruling, premise = verdict.ruling, verdict.branch.premise
    if "cors" not in (facts.tainting, facts.tainting_too):
        return verdict if exchange.response is not None else replace(verdict, certainty="likely")
    if exchange.response is not None:
        failed = ruling._replace(outcome=Outcome.NOT_CORS, rule="network-error", error=told.error)
        return replace(verdict, branches=(Branch(failed, premise=premise),), certainty="likely", hidden=())
    blocked = Branch(ruling._replace(outcome=Outcome.BLOCKED), ((Unknown.ANSWER, "blocked"),), premise)
    return Verdict(verdict.engine, (blocked, Branch(ruling, ((Unknown.ANSWER, "none"),), premise)), "likely")


def _spare(verdict: Verdict, facts: Facts, version: int | None) -> Verdict:
    """Leave out what would be blocked by what asked for it, unless that is known; of opaque response blocking also
    unless it is known that this browser had it, and what would have to be in a body that is likely what its type says:
    most recordings leave bodies out.

    Over a status that says the failure itself it changes nothing for the page.
    """
    since, told = ORB_SINCE.get(verdict.engine), facts.destination != "unknown"
    known = told and since is not None and version is not None and version >= since
    response = facts.response
    known = known and response is not None and response.status < 400
    if known and response is not None and verdict.branch.assumed(Unknown.BODY) == "other":
        essence = extract_mime_essence(response.headers.get("content-type"))
        known = guess_data(essence, status=response.status) is not None
    spared = {rule for rule, stays in ((ORB, known), (NOSNIFF, told), (MIME_TYPE, told)) if not stays}
    if not any(branch.ruling.rule in spared for branch in verdict.branches):
        return verdict
    branches = [_let_pass(branch) if branch.ruling.rule in spared else branch for branch in verdict.branches]
    return replace(unite(verdict.engine, branches, verdict.hidden), certainty="likely")
