"""What is known at a moment: the diagnosis of one exchange, and again when more is known; bounded, and as audit's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.findings import Diagnosis, Explanation, Known, diagnose
from corsight.policies.session import Judged
from tests.policies.findings.traffic import ALLOW, API, CREDENTIALS, HTML, JSON, PAGE, VARY, Pair, Traffic

COOKIE: Pair = ("Cookie", "a=1")
EXPOSE: Pair = ("Access-Control-Expose-Headers", "*")
DATE: Pair = ("Date", "Sun, 22 Nov 2026 10:00:00 GMT")


def told(traffic: Traffic, known: Known, name: str) -> Explanation:
    explanation = known.diagnose(traffic.last[name])
    assert explanation is not None
    return explanation


def known_of(traffic: Traffic) -> Known:
    known = Known()
    for judged in traffic.last.values():
        known.add(judged)
    return known


def test_one_exchange_is_explained_as_its_finding_is() -> None:
    traffic = Traffic()
    traffic.passed(3)
    name = traffic.get("/orders", 500, JSON)
    explanation = told(traffic, known_of(traffic), name)
    [finding] = [one for one in traffic.findings() if one.kind == "blocked"]
    assert (explanation.code, explanation.title, explanation.text) == (finding.code, finding.title, finding.cause)
    assert (explanation.action, explanation.actor) == (finding.action, finding.actor)
    assert explanation.fix == finding.mismatches[0].fix


def test_what_passes_is_not_explained() -> None:
    traffic = Traffic()
    name = traffic.get("/a", 200, ALLOW, VARY, JSON)
    assert known_of(traffic).diagnose(traffic.last[name]) is None


def test_what_is_known_later_changes_the_cause() -> None:
    traffic, known = Traffic(), Known()
    first = traffic.get("/a", 500, ("Server", "nginx"), HTML)
    known.add(traffic.last[first])
    assert told(traffic, known, first).code == "framework-error-without-cors"
    assert known.take_changed() == []
    later = traffic.get("/b", 200, ALLOW, VARY, JSON)
    known.add(traffic.last[later])
    [changed] = known.take_changed()
    assert changed.entry.exchange.id == first
    assert told(traffic, known, first).code == "nginx-add-header-without-always"
    assert known.take_changed() == []


def test_what_has_another_cause_now_is_bounded_in_bytes() -> None:
    """Nobody takes it, as under `audit`; of each server as much changes as is followed of it."""
    traffic, known, filler = Traffic(), Known(), ("X-Filler", "x" * 28_000)
    for number in range(diagnose.LIMIT // 28_000 // diagnose.FOLLOWED + 2):
        for _ in range(diagnose.FOLLOWED):
            api = f"https://{number}.example"
            blocked = traffic.send("GET", f"{api}/a", 500, ("Server", "nginx"), HTML, filler)
            known.add(traffic.last[blocked])
            told(traffic, known, blocked)
        known.add(traffic.last[traffic.send("GET", f"{api}/b", 200, ALLOW, VARY, JSON)])
    changed = known.take_changed()
    assert changed[-1].entry.exchange.id == blocked
    assert diagnose.LIMIT - 30_000 < sum(judged.entry.weight for judged in changed) <= diagnose.LIMIT


def test_of_many_that_are_alike_none_is_lost() -> None:
    """They wait until somebody asks, more of them than may wait."""
    traffic, known = Traffic(), Known()
    first = traffic.get("/orders", 404, JSON)
    known.add(traffic.last[first])
    told(traffic, known, first)
    passed = diagnose.WAITING * 2 + 10
    for number in range(passed):
        known.add(traffic.last[traffic.get(f"/{number}", 200, ALLOW, VARY, JSON)])
        assert traffic.last[f"{number + 2:04d}-get"].alike is not None
    second = traffic.get("/orders/1", 404, JSON)
    known.add(traffic.last[second])
    assert "allowed on other responses" in " ".join(told(traffic, known, second).evidence)
    assert known._traffic.find_standing(PAGE, API).replies == passed


def test_what_another_page_learns_changes_nothing() -> None:
    traffic, known = Traffic(), Known()
    first = traffic.get("/a", 500, ("Server", "nginx"), HTML)
    known.add(traffic.last[first])
    told(traffic, known, first)
    other = "https://other.example"
    later = traffic.get("/b", 200, JSON, origin=other)
    known.add(traffic.last[later])
    assert known.take_changed() == []


def test_a_likely_reply_that_turns_out_blocked_is_no_evidence() -> None:
    traffic, known = Traffic(), Known()
    unsure = traffic.preflight("PUT", "/a", 204, ALLOW, VARY, ("Access-Control-Allow-Methods", "PUT"))
    judged = traffic.last[unsure]
    known.add(judged)
    blocked = traffic.preflight("DELETE", "/b", 204, VARY)
    known.add(traffic.last[blocked])
    passed = told(traffic, known, blocked).title
    allowed = replace(judged, verdict=traffic.last[blocked].verdict, revises=True)
    known.add(allowed)
    assert "the method DELETE" in passed
    assert f"the origin {PAGE}" in told(traffic, known, blocked).title


def test_what_is_revised_in_its_advice_alone_is_counted_once() -> None:
    """Its credentials mode is learned late: it passes with and without, but not all that it exposes can be read."""
    traffic, known = Traffic(agent="Mozilla/5.0 Chrome/90.0.0.0"), Known()
    told_of, connection = list[Judged](), "c"
    for path, asked, answered in (
        ("/a", (), (ALLOW, CREDENTIALS, EXPOSE, ("X-Seen", "1"))),
        ("/b", (COOKIE,), (ALLOW, CREDENTIALS, EXPOSE, ("X-Seen", "1"))),
        ("/c", (COOKIE,), (JSON,)),
    ):
        sent = ("User-Agent", traffic.agent), ("Origin", PAGE), ("Sec-Fetch-Mode", "cors"), *asked
        request = Request("GET", API + path, HeaderList.of(*sent), traffic.now)
        exchange = Exchange(path, "127.0.0.1", connection, request)
        told_of += traffic.session.begin(exchange)
        response = Response(404 if path == "/c" else 200, HeaderList.of(*answered), traffic.now)
        told_of += traffic.session.observe(replace(exchange, response=response))
    for judged in told_of:
        known.add(judged)
    assert [judged.entry.exchange.id for judged in told_of if judged.revises] == ["/a"]
    explanation = known.diagnose(told_of[-1])
    assert explanation is not None
    assert known._traffic.find_standing(PAGE, API).replies == 2


def test_what_is_remembered_says_no_count_that_is_old() -> None:
    traffic, known, fresh = Traffic(), Known(), Known()
    flows = [traffic.get("/a", 200, ALLOW, VARY, JSON), traffic.get("/orders", 404, JSON)]
    for flow in flows:
        known.add(traffic.last[flow])
    first = told(traffic, known, flows[1])
    flows += [traffic.get(f"/{number}", 200, ALLOW, VARY, JSON) for number in range(9)]
    flows.append(traffic.get("/orders", 404, JSON))
    for flow in flows[2:]:
        known.add(traffic.last[flow])
    for flow in flows:
        fresh.add(traffic.last[flow])
    remembered = told(traffic, known, flows[-1])
    assert remembered is first
    assert remembered == told(traffic, fresh, flows[-1])


def note_explained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that the exchanges come into which are explained from now on, by their ids."""
    explained: list[str] = []
    whole = diagnose.diagnose

    def counted(sample: diagnose.Sample, traffic: diagnose.Traffic) -> Explanation:
        explained.append(sample.exchange.id)
        return whole(sample, traffic)

    monkeypatch.setattr(diagnose, "diagnose", counted)
    return explained


def test_alike_ones_are_explained_once_and_others_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    explained = note_explained(monkeypatch)
    traffic = Traffic()
    names = [traffic.get(f"/a?{number}", 200, JSON, ("Date", f"{number}")) for number in range(5)]
    other = traffic.get("/b", 200, JSON, DATE)
    known = known_of(traffic)
    assert len({told(traffic, known, name) for name in names}) == 1
    assert "/b" in told(traffic, known, other).text
    assert explained == [names[0], other]


def test_what_is_said_of_long_urls_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    explained = note_explained(monkeypatch)
    traffic, known, kept = Traffic(), Known(), diagnose.LIMIT // 28_000
    assert kept < diagnose.SHAPES
    names = [traffic.get(f"/{number}/" + "a" * 28_000, 200, JSON) for number in range(kept + 2)]
    for judged in traffic.last.values():
        known.add(judged)
    for name in (*names, names[-2], names[0]):
        told(traffic, known, name)
    assert explained == [*names, names[0]]


def test_what_cannot_be_remembered_is_explained_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnose, "SAMPLES", 2)
    traffic = Traffic()
    names = [traffic.get(f"/{number}", 200, JSON) for number in range(5)]
    known = known_of(traffic)
    assert [told(traffic, known, name).code for name in names] == ["allow-origin-missing"] * 5
    giant = traffic.get("/" + "a" * 40_000, 200, JSON)
    known.add(traffic.last[giant])
    assert told(traffic, known, giant).code == "allow-origin-missing"


def test_forgetting_forgets_all() -> None:
    traffic = Traffic()
    traffic.passed(2)
    name = traffic.get("/orders", 404, JSON)
    known = known_of(traffic)
    before = told(traffic, known, name)
    known.clear()
    after = told(traffic, known, name)
    assert before.certainty == "certain"
    assert after.certainty == "likely"


def test_remarks_are_of_what_nothing_blocked() -> None:
    traffic = Traffic()
    name = traffic.send("GET", f"{API}/a", 200, JSON, mode="no-cors", origin=None)
    blocked = traffic.get("/b", 200, JSON)
    known = known_of(traffic)
    assert [one.code for one in known.list_remarks(traffic.last[name])] == ["no-cors-response-unreadable"]
    assert known.list_remarks(traffic.last[blocked]) == ()


def test_a_finding_is_of_what_is_explained() -> None:
    traffic = Traffic()
    traffic.get("/a", None, error="[Errno 111] Connection refused", proxy_status=None)
    [judged] = traffic.last.values()
    assert isinstance(judged, Judged)
    diagnosis = Diagnosis()
    diagnosis.add(judged)
    [finding] = diagnosis.list_findings()
    explanation = Known().diagnose(judged)
    assert explanation is not None
    assert explanation.code == finding.code == "connection-refused"
