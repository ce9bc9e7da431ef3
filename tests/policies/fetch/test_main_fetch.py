"""Main fetch: the response tainting that a request has by its mode, and what a redirect may not lead to."""

from __future__ import annotations

import pytest

from corsight.policies.fetch.main_fetch import (
    COUNT,
    LOCATION,
    MIXED_CONTENT,
    MIXED_IMAGE_ADDRESS,
    MIXED_LOCAL_NETWORK,
    MIXED_LOCALHOST,
    MIXED_TRACK,
    MIXED_ZERO_ADDRESS,
    REFUSED,
    SAME_ORIGIN_MODE,
    SCHEME,
    UNLED,
    UNREAD,
    USERINFO,
    USERINFO_BY_XHR,
    USERINFO_EMBEDDED,
    Tainting,
    check_redirect,
    find_response_tainting,
    is_kept_from_secure_pages,
)
from corsight.policies.fetch.steps import Question

PAGE = "https://app.test"
HOME = f"{PAGE}/data"
API = "https://api.test/data"
HTTP = "http://api.test/data"


def taint(
    url: str,
    mode: str = "unknown",
    *,
    origin: str | None = None,
    page: str | None = PAGE,
    site: str | None = None,
    crossed: bool = False,
    needs_preflight: bool = False,
    tells_metadata: bool = True,
) -> tuple[Tainting, Tainting | None]:
    return find_response_tainting(
        url,
        mode=mode,
        origin=origin,
        page_origin=page,
        site=site,
        crossed=crossed,
        needs_preflight=needs_preflight,
        tells_metadata=tells_metadata,
    )


@pytest.mark.parametrize("mode", ["navigate", "websocket", "same-origin"])
def test_step_12_gives_these_modes_a_basic_response(mode: str) -> None:
    assert taint(API, mode, origin=PAGE, site="cross-site") == ("basic", None)


@pytest.mark.parametrize("mode", ["cors", "no-cors", "unknown"])
def test_what_the_browser_asks_for_itself_is_no_pages_business(mode: str) -> None:
    """Sec-Fetch-Site: none (Fetch Metadata, section 2.3): the user or the browser asked."""
    assert taint(API, mode, origin=PAGE, site="none") == ("basic", None)


@pytest.mark.parametrize(
    ("url", "site", "crossed", "tainting"),
    [
        (HOME, "same-origin", False, "basic"),
        (HOME, None, False, "basic"),
        # A redirect went to another origin and back: tainting never goes back to "basic".
        (HOME, "cross-site", True, "opaque"),
        (HOME, "same-origin", True, "opaque"),
        (HOME, None, True, "opaque"),
        (API, "cross-site", False, "opaque"),
        (API, "same-site", False, "opaque"),
        (API, None, False, "opaque"),
    ],
)
def test_no_cors_is_opaque_away_from_home(url: str, site: str | None, crossed: bool, tainting: Tainting) -> None:
    assert taint(url, "no-cors", site=site, crossed=crossed) == (tainting, None)


@pytest.mark.parametrize("url", ["https://api.test/x", "https://[/", "https://a b/"])
def test_an_opaque_origin_is_at_home_nowhere(url: str) -> None:
    """A URL that cannot be read has an opaque origin too, and no two of these are the same."""
    assert taint(url, "cors", origin="null", page=None) == ("cors", None)
    assert taint(url, "cors", origin="null", page="null") == ("cors", None)
    assert taint(url, "no-cors", page="null") == ("opaque", None)


def test_cors_at_home_is_basic_unless_a_redirect_came_back() -> None:
    """A GET to the page's own origin carries no Origin, a POST does. That of a data: URL's worker is null, of which
    WebKitGTK 2.50.6 says same-origin all the same, and checks it (5 of 5).
    """
    assert taint(HOME, "cors", site="same-origin") == ("basic", None)
    assert taint(HOME, "cors", origin=PAGE, site="same-origin") == ("basic", None)
    assert taint(HOME, "cors", origin="null", site="same-origin") == ("cors", None)
    assert taint(HOME, "cors", origin="null", site="cross-site", crossed=True) == ("cors", None)
    assert taint(HOME, "cors", origin=PAGE, site="same-origin", crossed=True) == ("cors", None)
    assert taint(API, "cors", origin=PAGE, site="cross-site") == ("cors", None)


def test_the_mask_of_a_foreign_style_sheet_is_checked_in_firefox() -> None:
    """Firefox sends the page's Origin, and a Sec-Fetch-Site that is the style sheet's."""
    assert taint(API, "cors", origin=PAGE, site="same-origin") == ("cors", None)


@pytest.mark.parametrize("scheme", ["chrome-extension", "moz-extension", "safari-web-extension"])
def test_an_extension_may_be_granted_the_host(scheme: str) -> None:
    assert taint(API, "cors", origin=f"{scheme}://abcdef", page=None) == ("cors", "basic")
    assert taint(API, "cors", origin="https://an-extension", page=None) == ("cors", None)
    # A file's page says null, and its Referer nothing.
    assert taint(API, "cors", origin="null", page=None) == ("cors", None)
    assert taint(API, "cors", origin="null", page=f"{scheme}://abcdef") == ("cors", "basic")


def test_without_metadata_the_headers_tell_as_far_as_they_do() -> None:
    """Over plain http, and in browsers of before 2020 to 2023, no Sec-Fetch-Mode comes."""
    assert taint(HOME) == ("basic", None)
    assert taint(HOME, origin=PAGE) == ("basic", None)
    assert taint(API) == ("opaque", None)
    assert taint(API, origin=PAGE) == ("cors", "opaque")
    # A form that is posted home and redirected away from there, and back: it has an Origin and asks for no CORS.
    assert taint(HOME, origin=PAGE, crossed=True) == ("opaque", None)


def test_what_would_need_a_preflight_and_has_no_origin_is_asked_at_home() -> None:
    """no-cors mode has no such methods and headers (Fetch, "request-no-cors" guard), and CORS has an Origin."""
    assert taint(API, needs_preflight=True) == ("basic", None)
    assert taint(API, needs_preflight=True, origin=PAGE) == ("cors", "opaque")


def test_a_withheld_referrer_leaves_it_open_over_plain_http_alone() -> None:
    """There a page may ask others without CORS and say nothing of itself; elsewhere its metadata would come."""
    assert taint(API, page=None) == ("basic", None)
    assert taint(API, page=None, tells_metadata=False) == ("basic", "opaque")
    assert taint(HTTP, page=None) == ("basic", "opaque")
    assert taint(HTTP, page="http://app.test") == ("opaque", None)
    assert taint(HTTP, origin="null", page=None) == ("cors", "opaque")


# -- redirects --------------------------------------------------------------------------------------------------------


def ask(
    target: str | None,
    *,
    mode: str = "cors",
    destination: str = "empty",
    tainting: Tainting = "cors",
    page: str | None = PAGE,
    redirects: int = 0,
    secure: bool = False,
    redirect: str = "follow",
) -> dict[Question, str | None]:
    return dict(
        check_redirect(
            target,
            mode=mode,
            destination=destination,
            tainting=tainting,
            page_origin=page,
            redirects=redirects,
            secure=secure,
            redirect=redirect,
        )
    )


def hazards(target: str, **more: object) -> list[str]:
    return [hazard for hazard in ask(target, **more).values() if hazard is not None]  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["navigate", "websocket"])
def test_navigations_and_websockets_are_asked_nothing(mode: str) -> None:
    assert ask("ftp://u:p@other.test/", mode=mode) == {}


def test_no_target_is_asked_nothing_but_whether_the_page_allows_redirects() -> None:
    assert ask(None) == {}
    assert ask(None, redirect="manual") == {}
    assert ask(None, redirect="error") == {Question.REDIRECT_MODE: UNLED}


def test_a_redirect_mode_of_error_refuses_and_one_of_manual_does_not_look() -> None:
    """HTTP fetch: "error" makes a network error, "manual" an opaque-redirect filtered response."""
    assert ask("ftp://a.test/", redirect="error") == {Question.REDIRECT_MODE: REFUSED}
    assert ask("ftp://a.test/", redirect="manual") == {Question.LOCATION: None}
    assert ask("", redirect="manual") == {Question.LOCATION: UNREAD}


def test_what_is_asked_is_in_the_standards_order() -> None:
    asked = [Question.LOCATION, Question.SCHEME, Question.REDIRECT_COUNT, Question.NO_USERINFO]
    assert list(ask(API)) == asked
    assert list(ask(HOME, mode="same-origin", secure=True)) == [*asked, Question.SAME_ORIGIN, Question.NOT_MIXED]


def test_steps_5_and_6_ask_for_a_url_of_http() -> None:
    assert hazards("") == [LOCATION]
    assert hazards("ftp://api.test/") == hazards("data:,x") == [SCHEME]
    assert hazards(API) == hazards(HTTP) == []


def test_step_7_counts_to_twenty() -> None:
    assert hazards(API, redirects=19) == []
    assert hazards(API, redirects=20) == hazards(API, redirects=21) == [COUNT]


@pytest.mark.parametrize(
    ("target", "mode", "tainting", "page", "hazard"),
    [
        # 9. "If request's mode is "cors", locationURL includes credentials, and request's origin is not same origin"
        ("https://u:p@api.test/", "cors", "basic", PAGE, USERINFO),
        ("https://u:p@app.test/", "cors", "basic", PAGE, USERINFO_EMBEDDED),
        # 10. "If request's response tainting is "cors" and locationURL includes credentials"
        ("https://u:p@app.test/", "cors", "cors", PAGE, USERINFO),
        ("https://u:p@api.test/", "no-cors", "opaque", PAGE, USERINFO_EMBEDDED),
        # Whether an unknown page's is another origin, nobody knows.
        ("https://u:p@api.test/", "cors", "basic", None, USERINFO_EMBEDDED),
    ],
)
def test_steps_9_and_10_ask_for_no_user_name(
    target: str, mode: str, tainting: Tainting, page: str | None, hazard: str
) -> None:
    assert hazards(target, mode=mode, tainting=tainting, page=page) == [hazard]
    by_xhr = USERINFO_BY_XHR if hazard == USERINFO_EMBEDDED else hazard
    assert hazards(target, mode=mode, tainting=tainting, page=page, redirect="xhr") == [by_xhr]


def test_same_origin_mode_is_led_nowhere_else() -> None:
    """Main fetch, step 12: "request's mode is "same-origin": Return a network error"."""
    assert hazards(API, mode="same-origin", tainting="basic") == [SAME_ORIGIN_MODE]
    assert hazards(HOME, mode="same-origin", tainting="basic") == []
    assert hazards(API, mode="same-origin", tainting="basic", page=None) == []
    assert hazards(API, mode="cors") == []


@pytest.mark.parametrize(
    ("target", "destination", "hazard"),
    [
        (HTTP, "empty", MIXED_CONTENT),
        ("http://203.0.113.5/", "empty", MIXED_CONTENT),
        ("http://localhost:3000/", "empty", MIXED_LOCALHOST),
        ("http://192.168.0.9/", "empty", MIXED_LOCAL_NETWORK),
        ("http://0.0.0.0/", "empty", MIXED_ZERO_ADDRESS),
        ("http://203.0.113.5/i.png", "image", MIXED_IMAGE_ADDRESS),
        ("http://192.168.0.9/a.mp3", "audio", MIXED_IMAGE_ADDRESS),
        (HTTP, "track", MIXED_TRACK),
        ("http://203.0.113.5/", "track", MIXED_TRACK),
    ],
)
def test_a_secure_page_is_not_led_to_http_and_engines_except_some(target: str, destination: str, hazard: str) -> None:
    """Mixed Content, section 4.4; what Chromium, Firefox and WebKit except is measured, see their departures."""
    assert hazards(target, destination=destination, secure=True) == [hazard]
    assert hazards(target, destination=destination, secure=False) == []


def test_images_are_upgraded_and_https_is_safe() -> None:
    """Mixed Content, section 4.1: the URL of an image becomes https, unless its host is an address."""
    assert hazards(HTTP, destination="image", secure=True) == []
    assert hazards(API, secure=True) == []


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://api.test/", True),
        ("http://api.test:8080/", True),
        ("https://api.test/", False),
        ("http://localhost/", False),
        ("http://a.localhost/", False),
        ("http://192.0.2.1/", False),
        ("http://[2001:db8::1]/", False),
        ("http://printer.local/", False),
        ("http://a b/", False),
        ("ftp://api.test/", False),
    ],
)
def test_what_no_secure_page_may_ask_for(url: str, kept: bool) -> None:
    """https://w3c.github.io/webappsec-mixed-content/: a name over plain http; some engines except addresses."""
    assert is_kept_from_secure_pages(url) is kept
