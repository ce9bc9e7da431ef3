"""HTTP/2 connections of Firefox ESR 153: one for each mode, or one for both."""

from __future__ import annotations

import pytest

from corsight.policies.session.mixing import Mixing
from tests.policies.session.test_browser import CORS, FIREFOX, PAGE, Pairs, Recording
from tests.policies.session.test_credentials import BARE, TURNS

STORAGE = ("Sec-Fetch-Storage-Access", "none")
SERVER = "https://api.test"


def ask(recording: Recording, name: str, headers: Pairs, connection: str, method: str = "GET") -> None:
    """A request over HTTP/2, and an answer that turns on its mode."""
    url = f"{SERVER}/{name}"
    recording.answer(recording.ask(name, method, url, headers, connection=connection, http2=True), 200, TURNS)


def preflight(recording: Recording, name: str, connection: str) -> None:
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    ask(recording, name, asked, connection, "OPTIONS")


@pytest.mark.parametrize(
    ("carried", "said"),
    [
        ([], ("allowed", "certain")),
        (["without"], ("allowed", "certain")),
        # It may be for both.
        (["with"], ("allowed", "certain")),
        (["with", "without"], ("allowed", "certain")),
        (["without", "with"], ("allowed", "certain")),
        (["with", "plain"], ("allowed", "certain")),
        # There is another connection for those without.
        (["elsewhere", "element"], ("blocked", "likely")),
        (["elsewhere", "with"], ("blocked", "likely")),
        (["with", "elsewhere"], ("blocked", "likely")),
        (["with", "elsewhere", "without"], ("allowed", "certain")),
        (["elsewhere"], ("allowed", "certain")),
    ],
)
def test_what_may_be_kept_alive_is_held_against_what_its_connection_carried(
    carried: list[str], said: tuple[str, str]
) -> None:
    """Firefox ESR 153: where both connections were there, all of 25 requests with keepalive and credentials took that
    of the others with credentials, and all of 53 requests without took the other one.
    """
    recording = Recording(agent=FIREFOX)
    recording.embed()
    for number, kind in enumerate(carried):
        name = f"{kind} {number}"
        if kind == "with":
            ask(recording, name, [*BARE, STORAGE], "c1")
        elif kind == "element":
            image = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
            ask(recording, name, [*image, STORAGE], "c1")
        elif kind == "plain":
            ask(recording, name, [*BARE[:1], ("X-A", "1"), *BARE[1:]], "c1")
        else:
            preflight(recording, name, "c2" if kind == "elsewhere" else "c1")
    ask(recording, "r", BARE, "c1")
    assert recording.said("r")[:2] == said


def test_a_connection_is_apart_while_it_carries_one_mode_and_another_the_other() -> None:
    mixing = Mixing(8)
    mixing.note("c1", SERVER, include=True)
    assert not mixing.is_apart("c1", SERVER)
    mixing.note("c3", SERVER, include=False)
    assert mixing.is_apart("c1", SERVER)
    assert not mixing.is_apart("c1", "https://b.test")
    assert not mixing.is_apart("c2", SERVER)
    assert not mixing.is_apart("c3", SERVER)
    mixing.note("c1", SERVER, include=False)
    assert not mixing.is_apart("c1", SERVER)
