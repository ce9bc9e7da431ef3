"""Opaque response blocking, as far as headers settle it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.engines import chromium, firefox
from corsight.policies.fetch.orb import (
    NEVER_SNIFFED,
    OrbRules,
    extract_mime_essence,
    guess_data,
    is_body_blocked,
    is_opaque_response_blocked,
    read_essence,
)

CORE = OrbRules()
assert chromium.POLICY.opaque_response_blocking is not None
SNIFFS_SCRIPTS, TRUSTS_SCRIPTS = chromium.POLICY.opaque_response_blocking, firefox.ORB
ALL = [CORE, SNIFFS_SCRIPTS, TRUSTS_SCRIPTS]


def blocked(
    content_type: str | None,
    rules: OrbRules,
    *,
    nosniff: bool = False,
    status: int = 200,
    destination: str = "image",
    content_range: str | None = None,
    empty: bool = False,
) -> bool | None:
    return is_opaque_response_blocked(
        extract_mime_essence(content_type),
        nosniff=nosniff,
        status=status,
        destination=destination,
        content_range=content_range,
        empty=empty,
        rules=rules,
    )


@pytest.mark.parametrize("rules", ALL)
@pytest.mark.parametrize("essence", sorted(NEVER_SNIFFED))
def test_what_no_element_can_use_is_blocked_unseen(essence: str, rules: OrbRules) -> None:
    assert blocked(essence.upper() + ";a=b", rules) is True


@pytest.mark.parametrize("rules", ALL)
@pytest.mark.parametrize(
    "content_type", ["text/html", "application/json", "text/json", "application/a+json", "text/xml", "a/b+xml"]
)
def test_data_is_blocked_under_nosniff_and_sniffed_without(content_type: str, rules: OrbRules) -> None:
    assert blocked(content_type, rules, nosniff=True) is True
    assert blocked(content_type, rules) is None


@pytest.mark.parametrize("rules", ALL)
@pytest.mark.parametrize("content_type", ["text/css", "image/svg+xml", "IMAGE/SVG+XML; x"])
def test_styles_and_svg_are_allowed_unseen(content_type: str, rules: OrbRules) -> None:
    assert blocked(content_type, rules, nosniff=True, status=500) is False


@pytest.mark.parametrize(
    ("content_type", "sniffs", "trusts"),
    [
        ("text/javascript", None, False),
        ("application/x-javascript", None, False),
        ("video/mp4", False, None),
        ("audio/mpegurl", False, False),
        ("application/ogg", False, None),
        ("application/dash+xml", False, False),
        ("application/vnd.apple.mpegurl", False, False),
        ("text/vtt", False, False),
        ("application/x-protobuffer", True, True),
        ("text/pdf", True, None),
        ("image/png", None, None),
        ("application/octet-stream", None, None),
        (None, False, False),
        ("no type", False, False),
    ],
)
def test_where_the_two_engines_differ_by_type(
    content_type: str | None, sniffs: bool | None, trusts: bool | None
) -> None:
    assert blocked(content_type, SNIFFS_SCRIPTS) is sniffs
    assert blocked(content_type, TRUSTS_SCRIPTS) is trusts


def test_plain_text_under_nosniff_is_blocked_by_one_and_allowed_by_the_other() -> None:
    assert blocked("text/plain", SNIFFS_SCRIPTS, nosniff=True) is True
    assert blocked("text/plain", TRUSTS_SCRIPTS, nosniff=True) is False
    assert blocked("text/plain", CORE, nosniff=True) is None


def test_partial_data_is_blocked_by_one() -> None:
    assert blocked("text/html", SNIFFS_SCRIPTS, status=206, content_range="bytes 0-1/2") is None
    assert blocked("text/html", TRUSTS_SCRIPTS, status=206, content_range="bytes 0-1/2") is True


@pytest.mark.parametrize("content_range", ["bytes 1-2/3", "bytes 1-2/*"])
def test_a_later_part_turns_on_what_was_seen_before(content_range: str) -> None:
    for rules in ALL:
        assert blocked(None, rules, status=206, content_range=content_range) is None
        assert blocked(None, rules, status=206, content_range="bytes 0-2/3") is False


@pytest.mark.parametrize("content_range", [None, "", "bytes 2-1/3", "bytes 0-3/3", "x", "bytes 0-" + "9" * 200 + "/*"])
def test_an_unreadable_content_range_counts_with_one(content_range: str | None) -> None:
    assert blocked(None, SNIFFS_SCRIPTS, status=206, content_range=content_range) is False
    assert blocked(None, TRUSTS_SCRIPTS, status=206, content_range=content_range) is None


def test_an_empty_body_fails_open_with_one_and_closed_with_the_other() -> None:
    for status, nosniff in ((404, False), (200, True)):
        assert blocked("image/png", SNIFFS_SCRIPTS, status=status, nosniff=nosniff, empty=True) is False
        assert blocked("image/png", TRUSTS_SCRIPTS, status=status, nosniff=nosniff, empty=True) is True
        assert blocked("image/png", TRUSTS_SCRIPTS, status=status, nosniff=nosniff) is None


def test_fetch_gets_an_empty_response_and_no_error() -> None:
    for destination, result in (("image", True), ("script", True), ("empty", False), ("unknown", None)):
        assert blocked("text/csv", CORE, destination=destination) is result


@pytest.mark.parametrize(
    ("content_type", "essence"),
    [
        (None, None),
        ("", None),
        ("text/html", "text/html"),
        ("text/html, image/png", "image/png"),
        ("text/html, x", "text/html"),
        ("text/html, */*", "text/html"),
        ('text/html;x=",image/png"', "text/html"),
    ],
)
def test_the_last_type_that_parses_counts(content_type: str | None, essence: str | None) -> None:
    assert extract_mime_essence(content_type) == essence


READ_BY_ENGINES = [
    # the header: the beginning of the last element, where it or the whole has a slash; all before the first comma
    (None, None, None, None),
    ("", None, None, None),
    ("TEXT/HTML; x", "text/html", "text/html", "text/html"),
    ("text/html(comment)", "text/html", "text/html", "text/html(comment)"),
    ("image/svg xml", "image/svg", "image/svg", "image/svg xml"),
    ("text/html, image/png", "image/png", "image/png", "text/html"),
    ("text/html, no type", "text/html", "text/html", "text/html"),
    ("text/html, */*", "text/html", "text/html", "text/html"),
    ("text/html, */*;q=1", "text/html", "*/*", "text/html"),
    ("text/html, x; a/b", "text/html", "x", "text/html"),
    ("*/*", None, None, "*/*"),
    ("no type", None, None, "no type"),
    (", text/html", "text/html", "text/html", None),
    ('"text/css"', '"text/css"', '"text/css"', '"text/css"'),
    ('text/css;x=",a/b"', "text/css", "text/css", "text/css"),
    ("/", "/", "/", "/"),
    ("text/css\xa0", "text/css\xa0", "text/css\xa0", "text/css\xa0"),
]


@pytest.mark.parametrize(("content_type", "beginnings", "elements", "first"), READ_BY_ENGINES)
def test_engines_read_a_type_without_asking_whether_it_is_one(
    content_type: str | None, beginnings: str | None, elements: str | None, first: str | None
) -> None:
    assert read_essence(content_type, "beginnings") == beginnings
    assert read_essence(content_type, "elements") == elements
    assert read_essence(content_type, "first") == first
    assert read_essence(content_type, "standard") == extract_mime_essence(content_type)


@pytest.mark.parametrize(
    ("content_type", "essence"),
    [
        (None, None),
        ("text/CSS, text/html", "text/css"),
        ("text/css x; y", "text/css"),
        ("x, text/css", None),
        ('"text/css"', None),
        ("/", None),
        ("*/*, text/css", "*/*"),
    ],
)
def test_the_first_type_counts_where_it_is_one(content_type: str | None, essence: str | None) -> None:
    assert read_essence(content_type, "first type") == essence


@given(
    st.text(st.characters(max_codepoint=0xFF), max_size=40),
    st.text(max_size=30),
    st.integers(100, 599),
    st.sampled_from(ALL),
)
def test_no_header_raises(content_type: str, content_range: str, status: int, rules: OrbRules) -> None:
    result = blocked(content_type, rules, status=status, content_range=content_range, nosniff=True)
    assert not (result is True and extract_mime_essence(content_type) is None), (
        "what has no type is never blocked unseen"
    )


@pytest.mark.parametrize(
    ("content_type", "status", "likely"),
    [
        ("text/html", 200, True),
        ("application/problem+json", 500, True),
        ("text/plain", 200, False),
        ("text/plain", 404, True),
        (None, 404, True),
        ("image/png", 404, None),
        ("text/javascript", 500, None),
        ("application/octet-stream", 200, None),
    ],
)
def test_whether_a_body_that_has_to_be_sniffed_is_guess_data(
    content_type: str | None, status: int, likely: bool | None
) -> None:
    assert guess_data(extract_mime_essence(content_type), status=status) is likely


@pytest.mark.parametrize(
    ("content_type", "rules", "result"),
    [
        ("text/html", SNIFFS_SCRIPTS, False),
        ("text/html", TRUSTS_SCRIPTS, False),
        ("image/png", SNIFFS_SCRIPTS, False),
        ("image/png", TRUSTS_SCRIPTS, None),
    ],
)
def test_an_empty_body_is_no_data(content_type: str, rules: OrbRules, result: bool | None) -> None:
    assert blocked(content_type, rules, empty=True) is result


@pytest.mark.parametrize(("status", "result"), [(200, False), (299, False), (300, None), (404, None)])
def test_without_a_type_an_error_page_is_looked_into(status: int, result: bool | None) -> None:
    assert blocked(None, TRUSTS_SCRIPTS, status=status) is result


def body(kind: str | None, rules: OrbRules, essence: str | None = None, **more: object) -> bool | None:
    return is_body_blocked(kind, essence, **{"nosniff": False, "status": 200, "rules": rules, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("rules", ALL)
def test_media_passes_and_data_does_not_whatever_their_type_says(rules: OrbRules) -> None:
    """The proposal's steps 7 to 9, and 13."""
    for status in (200, 404):
        assert body("media", rules, "text/plain", nosniff=True, status=status) is False
        assert body("data", rules, "image/png", status=status) is True
        assert body(None, rules, nosniff=True, status=status) is None


@pytest.mark.parametrize(
    ("essence", "nosniff", "status", "blocked"),
    [
        ("text/plain", False, 200, None),
        ("text/plain", False, 299, None),
        (None, False, 200, None),
        # 10. "If nosniff is true", 11. "not an ok status", and what should have been an image.
        ("text/plain", True, 200, True),
        ("text/plain", False, 199, True),
        ("text/plain", False, 300, True),
        ("image/png", False, 200, True),
        ("audio/mpeg", False, 200, True),
        ("video/mp4", False, 200, True),
    ],
)
def test_a_body_of_no_kind_has_to_be_a_script(
    essence: str | None, nosniff: bool, status: int, blocked: bool | None
) -> None:
    assert body("other", CORE, essence, nosniff=nosniff, status=status) is blocked
    # Chromium lets all of these pass.
    assert body("other", SNIFFS_SCRIPTS, essence, nosniff=nosniff, status=status) is False


@pytest.mark.parametrize(("status", "data"), [(199, True), (200, False), (299, False), (300, True), (404, True)])
def test_an_error_page_is_likely_data(status: int, data: bool) -> None:
    """Servers that do not know a file answer with text."""
    assert guess_data(None, status=status) is data
    assert guess_data("text/plain", status=status) is data
    assert guess_data("application/octet-stream", status=status) is (data or None)
    assert guess_data("image/png", status=status) is None
    assert guess_data("text/javascript", status=status) is None
    assert guess_data("text/html", status=status) is True


@pytest.mark.parametrize(("status", "error"), [(199, True), (200, False), (299, False), (300, True)])
def test_an_empty_error_is_blocked_in_firefox(status: int, error: bool) -> None:
    """Step 11, before the body: nothing is in it that could be media."""
    assert blocked("text/plain", TRUSTS_SCRIPTS, status=status, empty=True) is error


def test_only_data_is_blocked_for_being_a_part() -> None:
    """Firefox: a part of an image or of a film passes."""
    for content_type in ("image/png", "video/mp4", "text/plain"):
        assert blocked(content_type, TRUSTS_SCRIPTS, status=206, content_range="bytes 0-1/2") is None


@pytest.mark.parametrize(("length", "read"), [(99, True), (100, True), (101, False)])
def test_a_content_range_of_100_characters_is_read(length: int, read: bool) -> None:
    content_range = f"bytes 1-{'9' * (length - 10)}/*"
    assert len(content_range) == length
    assert blocked(None, SNIFFS_SCRIPTS, status=206, content_range=content_range) is (None if read else False)


def test_a_part_may_be_one_byte() -> None:
    assert blocked(None, TRUSTS_SCRIPTS, status=206, content_range="bytes 0-0/9") is False
    assert blocked(None, TRUSTS_SCRIPTS, status=206, content_range="bytes 1-1/9") is None


@pytest.mark.parametrize(
    ("status", "nosniff", "result"),
    [(200, False, False), (299, False, False), (199, False, None), (300, False, None), (200, True, None)],
)
def test_what_has_no_type_passes_where_its_status_is_an_ok_status(
    status: int, nosniff: bool, result: bool | None
) -> None:
    """Steps 10 to 12: "If mimeType is failure, then return true"."""
    assert blocked(None, TRUSTS_SCRIPTS, status=status, nosniff=nosniff) is result


def test_what_passes_passes_whatever_asked_for_it() -> None:
    for rules in ALL:
        assert blocked("text/css", rules, destination="unknown") is False
