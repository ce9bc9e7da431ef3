"""URLs: what is read without the parser is read as the parser reads it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import Url as Parser

from corsight.policies.fetch import url
from corsight.policies.fetch.url import Url, parse

_texts = st.from_regex(
    r"(?:https?|ftp|data)://[a-z0-9.\-xX]{0,70}(?::[0-9]{0,6})?(?:/[A-Za-z0-9_.~%-]{0,9}){0,4}(?:\?[a-z=&.#]{0,9})?",
    fullmatch=True,
)


def by_parser(text: str) -> Url | None:
    """What the parser itself makes of a text."""
    try:
        parsed = Parser(text)
    except ValueError:
        return None
    return Url(parsed.scheme, parsed.host, parsed.port, parsed.path, str(parsed))


@given(_texts)
@example("https://a.example")
@example("https://a.example?x=1")
@example("https://a.example:443/v1")
@example("http://a.example:443/")
@example("http://a.example:70000/")
@example("https://1.2.3/")
@example("https://a.0x7f/")
@example("https://xn--/")
@example("https://a.xn--zz.b/")
@example("https://-a-.b-/a/.b/..c")
@example("https://a.example./a//b/")
@example("https://" + "a" * 300 + ".example/")
@example("https://a.example/..")
@example("https://a\ud800.example/")
def test_every_url_is_what_the_parser_makes_of_it(text: str) -> None:
    assert parse(text) == by_parser(text)


@pytest.mark.parametrize(
    "text", ["https://api.example", "http://localhost:3000/a/b.json?x=1&y=2", "https://a-b.api.example:8443/"]
)
def test_plain_urls_need_no_parser(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = by_parser(text)
    monkeypatch.delattr(url, "_load_parser")
    assert parse(text) == parsed
