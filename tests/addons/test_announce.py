"""The event log: each finding once, in one printable line, and a true count at the end."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from corsight.addons import announce
from corsight.addons.announce import Announcer
from corsight.policies.findings import Known
from corsight.policies.session import Judged
from tests.addons.mitm import FIREFOX, GONE, OURS, PAGE, cors, flow, judged, preflight


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def tell(announcer: Announcer, told: Judged) -> None:
    """Announce what is said of an exchange, as it is known by itself."""
    announcer.announce(told, Known().diagnose(told))


def blocked_preflight() -> Judged:
    return judged(preflight(answered=()))


def test_what_is_blocked_is_told_with_its_message_and_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    tell(Announcer(), judged(cors(agent=FIREFOX)))
    [line] = caplog.messages
    assert line.startswith(
        "blocked [firefox] GET https://api.test/v1 [allow-origin-missing]: No Access-Control-Allow-Origin header -> "
    )
    assert line.endswith(f" -> answer with Access-Control-Allow-Origin: {PAGE} and Vary: Origin")
    assert caplog.records[0].levelname == "ALERT"


def test_a_preflight_is_mended_with_its_status(caplog: pytest.LogCaptureFixture) -> None:
    tell(Announcer(), judged(preflight(answered=OURS, status=401)))
    assert caplog.messages[0].endswith(
        " -> answer OPTIONS with status 204; answer with Access-Control-Allow-Methods: PUT"
    )


def test_what_no_header_mends_is_told_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    tell(Announcer(), judged(cors(status=302, answered=[*OURS, ("Location", "http://api.test/")])))
    assert " -> Redirect to https" in caplog.messages[0]


def test_the_rest_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer()
    for made in (flow(), cors(answered=OURS), cors(answered=None, error=GONE)):
        tell(announcer, judged(made))
    assert caplog.messages == []
    assert announcer.summary() is None


def test_what_is_open_is_counted_until_it_is_settled() -> None:
    announcer = Announcer()
    told = judged(preflight())
    tell(announcer, told)
    open_one = "Corsight: 1 exchange open: may have been blocked"
    assert announcer.summary() == open_one
    tell(announcer, judged(cors()))
    assert announcer.summary() == f"Corsight: 1 exchange blocked (allow-origin-missing 1); {open_one[10:]}"
    tell(announcer, replace(told, verdict=judged(cors(answered=OURS)).verdict, revises=True))
    assert announcer.summary() == "Corsight: 1 exchange blocked (allow-origin-missing 1)"


def test_a_finding_is_told_once_and_counted_each_time(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer()
    for query in ("", "?a", "?b"):
        tell(announcer, judged(cors(url=f"https://api.test/v1{query}")))
    tell(announcer, judged(cors(url="https://api.test/v2")))
    tell(announcer, judged(cors(method="POST")))
    tell(announcer, blocked_preflight())
    assert len(caplog.messages) == 4
    assert announcer.summary() == "Corsight: 6 exchanges blocked (allow-origin-missing 6)"


def test_the_end_counts_causes_as_audit_does() -> None:
    announcer = Announcer()
    told = judged(preflight(answered=OURS, status=401))
    known = Known()
    known.add(told)
    explanation = known.diagnose(told)
    assert told.verdict.ruling.rule == "preflight-status-not-ok"
    announcer.announce(told, explanation)
    assert announcer.summary() == "Corsight: 1 exchange blocked (preflight-needs-authentication 1)"
    assert explanation is not None
    announcer.announce(replace(told, revises=True), replace(explanation, code="preflight-failed"))
    assert announcer.summary() == "Corsight: 1 exchange blocked (preflight-failed 1)"


def test_one_is_an_exchange() -> None:
    announcer = Announcer()
    tell(announcer, judged(cors()))
    assert announcer.summary() == "Corsight: 1 exchange blocked (allow-origin-missing 1)"


def test_a_revision_counts_once(caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer()
    told = judged(cors())
    tell(announcer, told)
    tell(announcer, replace(told, revises=True))
    assert announcer.summary() == "Corsight: 1 exchange blocked (allow-origin-missing 1)"
    assert len(caplog.messages) == 1


def test_what_turns_out_to_be_allowed_is_not_counted() -> None:
    announcer = Announcer()
    told = judged(cors())
    allowed = replace(told, verdict=judged(cors(answered=OURS)).verdict, revises=True)
    tell(announcer, told)
    tell(announcer, allowed)
    assert announcer.summary() is None
    tell(announcer, replace(told, revises=True))
    assert announcer.summary() == "Corsight: 1 exchange blocked (allow-origin-missing 1)"


def test_what_is_too_much_to_tell_is_counted(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(announce, "KINDS", 3)
    announcer = Announcer()
    for number in range(10):
        tell(announcer, judged(cors(url=f"https://api.test/{number}")))
    assert len(caplog.messages) == 3
    assert announcer.summary() == "Corsight: 10 exchanges blocked (allow-origin-missing 10)"


@pytest.mark.parametrize("odd", ["\x1b[2J", "\x9b2J", "\r\n[fake] line", "\x00", "\u0085"])
def test_nothing_a_peer_sends_reaches_the_terminal_unescaped(odd: str, caplog: pytest.LogCaptureFixture) -> None:
    announcer = Announcer()
    tell(announcer, judged(cors(answered=[("Access-Control-Allow-Origin", f"https://x{odd}y")])))
    tell(announcer, judged(preflight(wants=f"A{odd}B", answered=OURS)))
    path = cors()
    path.request.data.path = f"/{odd}".encode("latin-1")
    tell(announcer, judged(path))
    assert len(caplog.messages) == 3
    for line in caplog.messages:
        assert line.isprintable()


def test_secrets_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    tell(Announcer(), judged(cors(url="https://me:hunter2@api.test/v1?api_key=hunter2")))
    assert "hunter2" not in caplog.text
    assert "@api.test/v1" in caplog.text
