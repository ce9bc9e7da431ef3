"""Which MIME types scripts and style sheets may have, by the standard's two checks."""

from __future__ import annotations

import pytest

from corsight.policies.fetch.mime_type import (
    SCRIPT_LIKE,
    TYPED,
    determine_nosniff,
    is_blocked_by_mime_type,
    is_blocked_by_nosniff,
)

DESTINATIONS = ("style", "image", "font", "empty")


@pytest.mark.parametrize("essence", ["image/png", "audio/mpeg", "video/mp4", "text/csv"])
def test_types_that_no_script_has_block_scripts_and_nothing_else(essence: str) -> None:
    """Fetch, "should response be blocked due to its MIME type", step 3."""
    assert all(is_blocked_by_mime_type(essence, destination) for destination in SCRIPT_LIKE)
    assert not any(is_blocked_by_mime_type(essence, destination) for destination in DESTINATIONS)


@pytest.mark.parametrize("essence", [None, "text/plain", "text/html", "application/json", "text/csv2", "imagery/png"])
def test_any_other_type_may_be_a_script(essence: str | None) -> None:
    assert not any(is_blocked_by_mime_type(essence, destination) for destination in SCRIPT_LIKE)


@pytest.mark.parametrize(
    ("essence", "scripts", "styles"),
    [
        ("text/javascript", False, True),
        ("application/x-javascript", False, True),
        ("text/javascript1.5", False, True),
        ("text/javascript1.6", True, True),
        ("text/css", True, False),
        ("text/plain", True, True),
        (None, True, True),
    ],
)
def test_nosniff_asks_scripts_and_style_sheets_for_their_own_types(
    essence: str | None, scripts: bool, styles: bool
) -> None:
    """Fetch, "should response be blocked due to nosniff": step 4 scripts, 5 style sheets, 6 nothing else."""
    assert {is_blocked_by_nosniff(essence, destination) for destination in SCRIPT_LIKE} == {scripts}
    assert is_blocked_by_nosniff(essence, "style") is styles
    assert not any(
        is_blocked_by_nosniff(essence, destination) for destination in DESTINATIONS if destination != "style"
    )
    assert {*SCRIPT_LIKE, "style"} == TYPED


@pytest.mark.parametrize(
    ("value", "nosniff"),
    [
        (None, False),
        ("nosniff", True),
        ("NoSniff", True),
        ("nosniff, x", True),
        # "values[0]": the first one alone counts.
        ("x, nosniff", False),
        ('"nosniff"', False),
        ("", False),
    ],
)
def test_nosniff_is_the_first_value(value: str | None, nosniff: bool) -> None:
    assert determine_nosniff(value) is nosniff
