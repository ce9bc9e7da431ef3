"""Which MIME types scripts, modules and style sheets may have: the checks of Fetch, and those of HTML."""

from __future__ import annotations

from typing import get_args

import pytest

from corsight.policies.fetch.mime_type import (
    SCRIPT_LIKE,
    TYPED,
    Use,
    determine_nosniff,
    is_blocked_by_mime_type,
    is_blocked_by_nosniff,
    is_usable,
    list_uses,
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
    assert {*SCRIPT_LIKE, "style", "json"} == TYPED


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


@pytest.mark.parametrize(
    ("essence", "uses"),
    [
        ("text/javascript", {"module", "imported", "worker", "worklet", "service worker"}),
        ("application/wasm", {"module"}),
        ("application/json", {"json"}),
        ("text/json", {"json"}),
        ("image/svg+json", {"json"}),
        ("application/jsonp", set()),
        ("text/css", {"style", "css module"}),
        ("text/html", set()),
        (None, {"style"}),
    ],
)
def test_each_use_asks_for_its_own_types(essence: str | None, uses: set[Use]) -> None:
    """HTML, "fetch a single module script" and the like; what any type may be used for is a classic script, and a style
    sheet in quirks mode.
    """
    assert {use for use in get_args(Use) if is_usable(essence, use)} == {*uses, "classic", "quirks"}


@pytest.mark.parametrize(
    ("destination", "mode", "uses"),
    [
        ("script", "cors", ("module", "classic")),
        ("script", "no-cors", ("classic", "imported")),
        ("script", "unknown", ()),
        ("worker", "same-origin", ("worker", "module")),
        ("worker", "cors", ("module",)),
        ("style", "no-cors", ("style",)),
        ("style", "cors", ("style", "css module")),
        ("image", "cors", ()),
    ],
)
def test_a_request_tells_its_uses_by_destination_and_mode(destination: str, mode: str, uses: tuple[Use, ...]) -> None:
    assert list_uses(destination, mode, same_origin=False, json_as_script=False) == uses


def test_a_page_in_quirks_mode_applies_style_sheets_of_its_own_origin_alone() -> None:
    assert list_uses("style", "no-cors", same_origin=True, json_as_script=False) == ("style", "quirks")


def test_json_may_be_a_module_where_that_is_asked_for_like_a_script() -> None:
    assert list_uses("script", "cors", same_origin=False, json_as_script=True) == ("json", "module", "classic")
    assert list_uses("script", "no-cors", same_origin=False, json_as_script=True) == ("classic", "imported")
