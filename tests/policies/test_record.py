"""The log record: what is written of a judged exchange, and its published schema."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from corsight.policies.decision.judge import judge
from corsight.policies.evidence import Reason
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.log_record import LogRecord
from corsight.policies.record import SCHEMA, record
from corsight.policies.session import Judged, Session, identify
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.reading import read
from tests.cases import ENGINES, Case, cases

PUBLISHED = LogRecord.model_json_schema(by_alias=True)
CHROME = (
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
)


def judged(case: Case, engine: Any) -> Judged:
    """A case as the session would hand it on."""
    exchange = case.exchange
    entry = Entry(
        exchange, read(exchange.request.method, exchange.request.headers), Fetch(exchange.id), case.facts.role
    )
    entry.fetch.learn(True, Reason.COOKIE)
    entry.differing = tuple(other for other in ENGINES if other != engine)
    return Judged(entry, identify(CHROME[1]), case.facts, judge(exchange, case.facts, engine))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_record_is_what_the_contract_says(engine: str) -> None:
    validator = jsonschema.Draft202012Validator(PUBLISHED)
    for case in cases():
        written = record(judged(case, engine))
        sent = json.loads(json.dumps(written))
        assert sent == written, case.name
        validator.validate(sent)
        LogRecord.model_validate(sent)


def test_a_record_is_written_in_the_order_of_its_fields() -> None:
    written = record(judged(cases()[0], "chromium"))
    assert list(written) == [field.alias or name for name, field in LogRecord.model_fields.items()]


def test_the_verdict_is_written_flat_and_the_others_beside_it() -> None:
    [case] = [case for case in cases() if case.name == "preflight-header-not-allowed-unknown-credentials"]
    written = record(judged(case, "chromium"))
    assert (written["outcome"], written["certainty"], written["rule"]) == (
        "blocked",
        "likely",
        "preflight-header-not-allowed",
    )
    assert written["error"] == "HeaderDisallowedByPreflightResponse"
    assert written["message"] == case.expected["chromium"].said.message
    assert written["branches"]["credentials=not-include"] == {
        "outcome": "allowed",
        "rule": None,
        "error": None,
        "message": None,
    }
    assert written["verdicts"]["firefox"]["error"] == "CORSMissingAllowHeaderFromPreflight2"
    assert written["evidence"][:-1] == [
        {"fact": "credentials", "value": "include", "because": "it carries a cookie", "certainty": "certain"}
    ]
    assert written["evidence"][-1]["fact"] == "initiator"
    assert (written["schema"], written["flow"], written["status"]) == (SCHEMA, case.name, 204)


def test_what_one_case_would_block_is_open_and_says_in_which() -> None:
    said = {case.name: record(judged(case, engine)) for engine in ENGINES for case in cases()}
    opened = {name: one for name, one in said.items() if one["open"] is not None}
    assert opened
    for one in opened.values():
        assert one["outcome"] != "blocked"
        assert one["branches"][one["open"]]["outcome"] == "blocked"
    for one in said.values():
        blocks = any(branch["outcome"] == "blocked" for branch in one["branches"].values())
        assert (one["open"] is not None) == (blocks and one["outcome"] != "blocked")


def session_records(*exchanges: Exchange, secrets: bool = False) -> list[dict[str, Any]]:
    session = Session()
    found = [one for exchange in exchanges for one in (*session.begin(exchange), *session.observe(exchange))]
    return [record(one, secrets=secrets) for one in (*found, *session.finish())]


def exchange(
    ident: str, url: str, response: Response | None, *headers: tuple[str, str], method: str = "GET"
) -> Exchange:
    started = 1_700_000_000.0 + int(ident) / 50
    request = Request(method, url, HeaderList.of(CHROME, *headers), started)
    if response is not None:
        response = replace(response, received=started + 0.01)
    return Exchange(ident, "192.0.2.1", "c1", request, response)


ORIGIN = (
    ("Origin", "https://app.test"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Site", "cross-site"),
)


def test_a_session_writes_records_of_the_contract() -> None:
    asked = (*ORIGIN, ("Access-Control-Request-Method", "PUT"))
    preflight = Response(
        204, HeaderList.of(("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "*"))
    )
    written = session_records(
        exchange("1", "https://api.test/x", preflight, *asked, method="OPTIONS"),
        exchange("2", "https://api.test/x", Response(200, HeaderList()), *ORIGIN, method="PUT"),
        exchange("3", "https://api.test/y", None, *ORIGIN),
    )
    for one in written:
        LogRecord.model_validate(json.loads(json.dumps(one)))
    last = {one["flow"]: one for one in written}
    assert [last[flow]["role"] for flow in "123"] == ["preflight", "request", "request"]
    assert last["1"]["fetch"] == last["2"]["fetch"] != last["3"]["fetch"]
    assert (last["2"]["outcome"], last["2"]["error"]) == ("blocked", "MissingAllowOriginHeader")
    assert (last["3"]["outcome"], last["3"]["rule"], last["3"]["status"]) == ("not-cors", "network-error", None)
    assert last["1"]["client"] == "192.0.2.1 chromium 156"


def test_secrets_are_written_only_when_asked_for() -> None:
    url = "https://api.test/x?access_token=s3cret"
    [clean] = session_records(exchange("1", url, Response(200, HeaderList()), *ORIGIN))
    [full] = session_records(exchange("1", url, Response(200, HeaderList()), *ORIGIN), secrets=True)
    assert clean["url"] == "https://api.test/x?access_token=REDACTED"
    assert "s3cret" not in json.dumps(clean)
    assert full["url"] == url
    assert url in full["message"]


def test_cookies_and_tokens_in_headers_are_never_written() -> None:
    secrets = (("Cookie", "sid=s3cret"), ("Authorization", "Bearer s3cret"))
    answer = Response(200, HeaderList.of(("Set-Cookie", "sid=s3cret"), ("Access-Control-Allow-Origin", "*")))
    assert "s3cret" not in json.dumps(
        session_records(exchange("1", "https://api.test/", answer, *ORIGIN, *secrets), secrets=True)
    )


SCHEMA_2 = {
    **dict.fromkeys(("flow", "client", "method", "url", "fetch", "mode", "credentials", "destination"), "string"),
    **dict.fromkeys(
        ("origin", "rule", "spec", "step", "error", "message", "cause", "title", "todo", "open"), "string|null"
    ),
    **dict.fromkeys(("evidence", "hidden", "advice", "patched", "fix"), "array"),
    "who": "server|client|proxy|nobody|null",
    **dict.fromkeys(("branches", "verdicts"), "object"),
    "schema": "2",
    "started": "number",
    "status": "integer|null",
    "role": "preflight|request|redirect",
    "engine": "standard|chromium|firefox|webkit",
    "outcome": "Outcome",
    "certainty": "certain|likely",
    "before": "RulingRecord|null",
}
"""Version 2 of the format: a field that goes, comes or changes its type makes another version."""


def kind(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return "|".join(kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return "|".join(schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    return str(schema["type"]) if "type" in schema else schema["$ref"].rpartition("/")[2]


def test_the_schema_is_version_2() -> None:
    assert {name: kind(schema) for name, schema in PUBLISHED["properties"].items()} == SCHEMA_2
    assert set(PUBLISHED["required"]) == SCHEMA_2.keys()
    assert PUBLISHED["additionalProperties"] is False
    assert PUBLISHED["$defs"]["Outcome"]["enum"] == ["allowed", "blocked", "opaque", "not-cors"]
    assert PUBLISHED["$defs"]["RulingRecord"]["required"] == ["outcome", "rule", "error", "message"]
    assert PUBLISHED["$defs"]["EvidenceRecord"]["required"] == ["fact", "value", "because", "certainty"]


def test_a_console_text_that_takes_fetch_for_granted_says_so() -> None:
    session = Session()
    asked = HeaderList.of(CHROME, ("Accept", "*/*"), ("Origin", "http://app.test"))
    answers = {"blocked": HeaderList(), "allowed": HeaderList.of(("Access-Control-Allow-Origin", "*"))}
    for name, answer in answers.items():
        exchange = Exchange(name, "127.0.0.1", "c", Request("GET", "http://api.test/", asked), Response(200, answer))
        said = [one["fact"] for one in record(session.observe(exchange)[0])["evidence"]]
        assert ("initiator" in said) == (name == "blocked")
