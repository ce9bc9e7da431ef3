"""Documents and workers of local schemes, which in some engines lack the embedder policy of the page that made them."""

from __future__ import annotations

import pytest

from tests.policies.session.test_browser import CHROMIUM, FIREFOX, PAGE, WEBKIT, Pairs, Recording

COEP = ("Cross-Origin-Embedder-Policy", "require-corp")
TYPES = {"image": "image/png", "script": "text/javascript", "empty": "application/octet-stream"}
URL = "https://cdn.test/a.png"
BLOCKED = ("blocked", "certain", "corp-required-by-coep")
LIKELY = ("blocked", "likely", "corp-required-by-coep")


def ask(recording: Recording, name: str, destination: str, referrer: str | None) -> tuple[str, str, str | None]:
    """Ask another site without CORS, and return what is said of an answer that no policy of its own allows."""
    sent: Pairs = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "cross-site")]
    if referrer is not None:
        sent.append(("Referer", referrer))
    recording.answer(recording.ask(name, "GET", URL, sent), 200, [("Content-Type", TYPES[destination])], "media")
    return recording.said(name)


def open_document(recording: Recording, url: str, destination: str, site: str, referrer: str | None) -> None:
    sent: Pairs = [
        *(("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", site)),
        *([] if referrer is None else [("Referer", referrer)]),
    ]
    recording.answer(recording.ask(url, "GET", url, sent), 200, [("Content-Type", "text/html"), COEP])


@pytest.mark.parametrize(("agent", "said"), [(FIREFOX, LIKELY), (CHROMIUM, BLOCKED), (WEBKIT, BLOCKED)])
@pytest.mark.parametrize(
    ("destination", "referrer"), [("document", f"{PAGE}/"), ("iframe", f"{PAGE}/"), ("iframe", None)]
)
def test_a_window_that_is_led_back_to_about_blank_may_have_no_policy(
    agent: str, said: tuple[str, str, str | None], destination: str, referrer: str | None
) -> None:
    """web-platform-tests, about-blank-popup: Firefox ESR 153 loaded what Corsight said was blocked, certain."""
    recording = Recording(agent=agent)
    recording.page(f"{PAGE}/", COEP)
    assert ask(recording, "before", "image", f"{PAGE}/") == BLOCKED
    open_document(recording, "https://shop.test/", destination, "cross-site", referrer)
    assert ask(recording, "after", "image", f"{PAGE}/") == said


def test_what_nobody_led_to_is_never_led_back() -> None:
    recording = Recording(agent=FIREFOX)
    recording.page(f"{PAGE}/", COEP)
    open_document(recording, "https://shop.test/", "document", "none", None)
    # Of these pages only the other one led somewhere.
    open_document(recording, "https://shop.test/frame", "iframe", "same-origin", "https://shop.test/")
    assert ask(recording, "r", "image", f"{PAGE}/") == BLOCKED


@pytest.mark.parametrize(
    ("agent", "destination", "referrer", "said"),
    [
        # The blob: URL of a shared worker: its Referer is its origin, as that of a page across origins.
        pytest.param(FIREFOX, "empty", f"{PAGE}/", LIKELY, id="firefox, blob:"),
        pytest.param(FIREFOX, "script", f"{PAGE}/", LIKELY, id="firefox, blob: importing"),
        pytest.param(FIREFOX, "empty", f"{PAGE}/page", BLOCKED, id="firefox, a page"),
        pytest.param(FIREFOX, "image", f"{PAGE}/", BLOCKED, id="firefox, an element"),
        # The worker of a data: URL has no Referer.
        pytest.param(WEBKIT, "empty", None, LIKELY, id="webkit, data:"),
        pytest.param(WEBKIT, "empty", f"{PAGE}/", BLOCKED, id="webkit, a page"),
        pytest.param(WEBKIT, "image", None, BLOCKED, id="webkit, an element"),
        pytest.param(CHROMIUM, "empty", f"{PAGE}/", BLOCKED, id="chromium, blob:"),
        pytest.param(CHROMIUM, "empty", None, BLOCKED, id="chromium, data:"),
    ],
)
def test_a_worker_of_a_local_scheme_may_have_no_policy(
    agent: str, destination: str, referrer: str | None, said: tuple[str, str, str | None]
) -> None:
    """web-platform-tests, worker-inheritance: Firefox ESR 153 and WebKitGTK 2.50.6 let some of them load it."""
    recording = Recording(agent=agent)
    recording.page(f"{PAGE}/", COEP)
    recording.page(f"{PAGE}/page", COEP)
    assert ask(recording, "r", destination, referrer) == said


def test_a_page_without_a_policy_has_none_to_hand_on() -> None:
    recording = Recording(agent=FIREFOX)
    recording.page(f"{PAGE}/")
    open_document(recording, "https://shop.test/", "iframe", "cross-site", f"{PAGE}/")
    assert ask(recording, "r", "image", f"{PAGE}/") == ("opaque", "certain", None)


def test_what_credentialless_lets_pass_is_certain_to() -> None:
    recording = Recording(agent=FIREFOX)
    recording.page(f"{PAGE}/", ("Cross-Origin-Embedder-Policy", "credentialless"))
    open_document(recording, "https://shop.test/", "iframe", "cross-site", f"{PAGE}/")
    assert ask(recording, "r", "image", f"{PAGE}/") == ("opaque", "certain", None)
