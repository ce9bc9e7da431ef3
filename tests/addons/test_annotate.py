"""What a verdict leaves on its flow, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http

from corsight.addons.annotate import BLOCKED, UNSURE, annotate, summary
from corsight.policies.findings import Known
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome
from tests.addons.mitm import GONE, OURS, PAGE, STAR, cors, flow, judged, preflight, through_a_dump

BLOCKED_LINE = "blocked: "


def annotated(made: http.HTTPFlow, *, mark: bool = True) -> http.HTTPFlow:
    told = judged(made)
    annotate(made, told, Known().diagnose(told), mark=mark)
    return made


def reversed_verdict(of: Judged) -> Judged:
    """The same exchange, certainly allowed after all."""
    return replace(of, verdict=judged(cors(answered=OURS)).verdict, revises=True)


# -- metadata ---------------------------------------------------------------------------------------------------------


def test_the_verdict_is_in_the_metadata() -> None:
    made = annotated(cors())
    told = dict(made.metadata)
    assert told.pop("cors.comment") == made.comment
    assert told.pop("cors.message").startswith("Access to fetch at 'https://api.test/v1' from origin")
    assert told == {
        "cors.outcome": "blocked",
        "cors.certainty": "certain",
        "cors.rule": "allow-origin-missing",
        "cors.engine": "chromium",
        "cors.role": "request",
        "cors.origin": PAGE,
        "cors.fetch": made.id,
        "cors.credentials": "not-include",
        "cors.error": "MissingAllowOriginHeader",
        "cors.cause": "allow-origin-missing",
        "cors.mark": BLOCKED,
    }


SAMPLES = {
    "blocked": cors(),
    "allowed": cors(answered=OURS),
    "likely": preflight(),
    "not-cors": flow(),
    "opaque": flow(
        *[("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "image")],
        answered=[("Cross-Origin-Resource-Policy", "cross-origin")],
    ),
    "unanswered": cors(answered=None, error=GONE),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_metadata_is_flat_and_plain_and_survives_a_dump(name: str) -> None:
    made = annotated(SAMPLES[name].copy())
    assert all(key.startswith("cors.") for key in made.metadata)
    assert {type(value) for value in made.metadata.values()} <= {str, type(None)}
    [read] = through_a_dump(made)
    assert (read.metadata, read.comment, read.marked) == (made.metadata, made.comment, made.marked)


def test_other_metadata_is_left_alone() -> None:
    made = cors()
    made.metadata["theirs"] = [1]
    assert annotated(made).metadata["theirs"] == [1]


def test_secrets_are_redacted() -> None:
    made = annotated(cors(url="https://api.test/v1?access_token=hunter2&x=1"))
    assert "access_token=REDACTED&x=1" in made.metadata["cors.message"]
    assert "hunter2" not in f"{made.metadata}{made.comment}"


# -- the comment ------------------------------------------------------------------------------------------------------


def test_the_comment_begins_with_the_cause_and_goes_on_with_what_mends_it() -> None:
    first, second = annotated(cors()).comment.split("\n")
    assert first == "blocked: No Access-Control-Allow-Origin header [allow-origin-missing] (chromium)"
    assert second.startswith(f"Access-Control-Allow-Origin: {PAGE}")
    assert annotated(cors(answered=OURS)).comment == "allowed (chromium)"


def test_what_may_be_blocked_reads_as_open_and_not_as_passed() -> None:
    assert annotated(preflight()).comment.startswith("open: blocked with credentials, otherwise allowed: ")


def test_what_cors_has_no_say_in_gets_no_comment() -> None:
    assert annotated(flow()).comment == ""


@pytest.mark.parametrize("theirs", ["mine", "two\nlines", "ends\n", "\n", "a\r\nb\x0bc\x0cd\u2028e", "blocked: mine"])
def test_the_users_own_comment_is_kept(theirs: str) -> None:
    made = cors()
    made.comment = theirs
    annotated(made)
    assert made.comment.startswith(f"{theirs}\n{BLOCKED_LINE}")
    annotate(made, replace(judged(made), verdict=judged(flow()).verdict), mark=True)
    assert made.comment == theirs


def test_a_line_of_ours_is_replaced_where_it_stands() -> None:
    made = annotated(cors())
    made.comment = f"before\n{made.comment}\nafter"
    annotate(made, judged(cors(answered=OURS)), mark=True)
    assert made.comment == "before\nallowed (chromium)\nafter"


def test_the_comment_of_a_flow_without_a_verdict_is_kept_as_it_is() -> None:
    made = flow()
    made.comment = "a\r\nb\n"
    assert annotated(made).comment == "a\r\nb\n"


# -- the mark ---------------------------------------------------------------------------------------------------------


def test_what_is_blocked_is_marked() -> None:
    assert annotated(cors()).marked == BLOCKED


def test_what_may_be_blocked_is_marked_as_that() -> None:
    made = preflight()
    assert judged(made).verdict.outcome is Outcome.ALLOWED
    assert annotated(made).marked == UNSURE


@pytest.mark.parametrize("name", ["allowed", "not-cors", "opaque", "unanswered"])
def test_nothing_else_is_marked(name: str) -> None:
    made = annotated(SAMPLES[name].copy())
    assert made.marked == ""
    assert "cors.mark" not in made.metadata


@pytest.mark.parametrize("theirs", [":red_circle:", BLOCKED, "A"])
def test_the_users_own_mark_is_kept(theirs: str) -> None:
    made = cors(answered=STAR)
    made.marked = theirs
    assert annotated(made).marked == theirs
    blocked = cors()
    blocked.marked = theirs
    assert annotated(blocked).marked == theirs


def test_a_mark_goes_when_the_verdict_does() -> None:
    made = preflight()
    told = judged(made)
    annotate(made, told, mark=True)
    assert made.marked == UNSURE
    annotate(made, reversed_verdict(told), mark=True)
    assert made.marked == ""
    assert "cors.mark" not in made.metadata
    assert made.comment == "allowed (chromium)"


def test_a_mark_that_the_user_put_over_ours_stays() -> None:
    made = preflight()
    told = judged(made)
    annotate(made, told, mark=True)
    made.marked = ":red_circle:"
    annotate(made, reversed_verdict(told), mark=True)
    assert made.marked == ":red_circle:"


def test_without_marks_nothing_is_marked() -> None:
    assert annotated(cors(), mark=False).marked == ""


# -- again ------------------------------------------------------------------------------------------------------------


def state(made: http.HTTPFlow) -> dict[str, Any]:
    return made.copy().get_state() | {"id": ""}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("comment", ["", "mine", "mine\n"])
def test_judging_twice_changes_nothing(name: str, comment: str) -> None:
    made = SAMPLES[name].copy()
    made.comment = comment
    annotated(made)
    [read] = through_a_dump(made)
    assert state(annotated(read)) == state(made)
    assert state(annotated(made)) == state(read)


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=20))
def test_whatever_was_sent_leaves_plain_values_and_a_printable_line(
    origin: bytes, allowed: bytes, method: bytes
) -> None:
    made = preflight()
    made.request.data.headers = http.Headers(
        [
            (n, origin if n == b"Origin" else v)
            for n, v in made.request.data.headers.fields
            if n[:14] != b"Access-Control"
        ]
        + [(b"Access-Control-Request-Method", method)]
    )
    made.response.data.headers = http.Headers([(b"Access-Control-Allow-Origin", allowed)])
    annotated(made)
    assert all(line.isprintable() for line in made.comment.split("\n"))
    [read] = through_a_dump(made)
    assert read.metadata == made.metadata


def test_the_summary_names_the_engine_and_the_rule() -> None:
    assert summary(judged(flow()), None) == "not-cors (chromium)"
    gone = judged(cors(answered=None, error=GONE))
    assert summary(gone, None).endswith(" [network-error] (chromium)")
    assert summary(gone, Known().diagnose(gone)).endswith(" [network-error, request-given-up] (chromium)")
