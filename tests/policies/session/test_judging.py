"""What is said of an exchange beyond what judge() makes of its facts: how sure it is, and what it is held against."""

from __future__ import annotations

import pytest

from tests.policies.session.test_browser import (
    ALLOW,
    API,
    CHROMIUM,
    CORS,
    CREDENTIALS,
    FIREFOX,
    PAGE,
    STAR,
    UNCACHED,
    WEBKIT,
    Pairs,
    Recording,
    rulings,
)

COEP = ("Cross-Origin-Embedder-Policy", "require-corp")
CORP = ("Cross-Origin-Resource-Policy", "cross-origin")
OWN = ("Cross-Origin-Resource-Policy", "same-origin")
AGAIN = ("If-None-Match", '"1"')


def embedded(destination: str) -> Pairs:
    sent = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "cross-site")]
    return [*sent, ("Referer", f"{PAGE}/"), AGAIN]


@pytest.mark.parametrize(
    ("headers", "answer", "page", "certainty"),
    [
        pytest.param([("Origin", PAGE), *CORS, AGAIN], [], (), "likely", id="silent on what decides"),
        pytest.param([("Origin", PAGE), *CORS, AGAIN], [*ALLOW, CREDENTIALS], (), "certain", id="it says what decides"),
        pytest.param(
            [("Origin", PAGE), *CORS, AGAIN],
            [("Access-Control-Allow-Origin", API)],
            (),
            "certain",
            id="or another origin",
        ),
        pytest.param(
            [("Origin", PAGE), *CORS, AGAIN, ("Cookie", "a=1")], ALLOW, (), "likely", id="silent on credentials"
        ),
        # What is embedded may have said who may embed it, and of which type it is.
        pytest.param(embedded("image"), [], (), "likely", id="an image"),
        pytest.param(embedded("image"), [CORP], (), "certain", id="an image for all"),
        pytest.param(embedded("image"), [OWN], (), "certain", id="an image for its own origin"),
        pytest.param(embedded("image"), [], (COEP,), "likely", id="an image on a page that isolates itself"),
        pytest.param(embedded("image"), [CORP], (COEP,), "certain", id="an image for all there"),
        pytest.param(embedded("iframe"), [], (COEP,), "likely", id="a frame of a page that isolates itself"),
    ],
)
def test_a_304_that_confirms_what_was_not_seen_is_sure_where_it_says_what_decides(
    headers: Pairs, answer: Pairs, page: tuple[tuple[str, str], ...], certainty: str
) -> None:
    """A 304 says only what changed; what the stored response says, it need not say again (RFC 9111, section 4.3.4)."""
    recording = Recording(agent=WEBKIT)
    recording.page(f"{PAGE}/", *page)
    recording.answer(recording.ask("r", "GET", API, headers), 304, answer)
    assert recording.said("r")[1] == certainty
    assert recording.last["r"].entry.evidence["response"].value == "304"


@pytest.mark.parametrize("answer", [[], [CORP], [CORP, ("Content-Type", "text/html")]])
def test_a_304_is_of_the_type_and_status_of_what_it_confirms(answer: Pairs) -> None:
    """Firefox: an image that was asked for again, whose first answer came before the recording began, was told as
    blocked by opaque response blocking, for certain: a 304 has no ok status, and no type.
    """
    recording = Recording(agent=FIREFOX)
    recording.page(f"{PAGE}/")
    recording.answer(recording.ask("r", "GET", API, embedded("image")), 304, answer)
    assert recording.said("r")[1] == "likely"


def test_what_is_advised_of_a_request_knows_its_preflight_and_no_redirect() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", [*UNCACHED, ("Access-Control-Expose-Headers", "X-Total")])
    recording.request("r", [*STAR, ("X-Total", "1")], method="PUT")
    assert "expose-headers-on-preflight" in recording.last["r"].entry.advice
    recording.preflight("q", UNCACHED)
    recording.request("s", [*STAR, ("X-Total", "1")], method="PUT")
    assert "expose-headers-on-preflight" not in recording.last["s"].entry.advice


def test_of_what_was_judged_twice_the_last_word_is_given_once() -> None:
    recording = Recording(agent=WEBKIT)
    recording.preflight("p", STAR)
    assert set(rulings(recording.last["p"])) == {"credentials=include", "credentials=not-include"}
    exchange = recording.ask("r", "PUT", API, [("Origin", PAGE), *CORS, ("Cookie", "a=1")])
    told = recording.session.begin(exchange)
    assert len({one.entry.exchange.id for one in told}) == len(told)
