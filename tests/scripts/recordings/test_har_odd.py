"""HAR files that are damaged: any value in any place, cut off anywhere. What is good of them is read all the same."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from corsight.scripts.recordings import Recording
from corsight.scripts.recordings.har.body import look_at_body
from corsight.scripts.recordings.har.format import Content
from tests.scripts.recordings.test_har import ALLOW, CHROME, DEVTOOLS, GRANT, Read, entry, har, preflight, read

__all__ = ["read"]

type Place = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 1e308, 10**30, "", "x", "\ud800", "\0", "é€", "9" * 400, [], [1], [None], [[]], {}),
    *({"a": 1}, {"name": 1, "value": 2}, [{"name": "a"}], [{"value": "b"}], [["a", "b"]], [{"name": None}]),
)
FULL = entry(path="/odd", answer=ALLOW, at=2.0, error=None, _initiator={"type": "script", "url": "x"}, connection="4")
FULL["request"] |= {"cookies": [], "queryString": [], "bodySize": 0, "postData": {"mimeType": "x", "text": "y"}}
FULL["response"] |= {"statusText": "OK", "redirectURL": "", "headersSize": -1, "bodySize": 3, "_transferSize": 9}
FULL["response"]["content"] = {"size": 9, "mimeType": "text/html", "text": "PGh0bWw+", "encoding": "base64"}


def list_places(value: Any, place: Place = ()) -> Iterator[Place]:
    """The places of all values in a JSON value."""
    yield place
    parts = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for name, part in parts:
        yield from list_places(part, (*place, name))


def put(value: Any, place: Place, odd: Any) -> Any:
    """The value with something else in one place."""
    if not place:
        return odd
    changed = copy.deepcopy(value)
    holder = changed
    for part in place[:-1]:
        holder = holder[part]
    holder[place[-1]] = odd
    return changed


@pytest.mark.parametrize(
    ("place", "creator"),
    zip(
        list_places(FULL),
        cycle((DEVTOOLS, "Firefox", "Playwright", "Fiddler", "WebPagetest", "unheard of", "WebKit Web Inspector")),
        strict=False,
    ),
    ids=str,
)
def test_an_odd_value_costs_its_own_entry_at_most(tmp_path: Path, place: Place, creator: str) -> None:
    around = entry(path="/before", answer=ALLOW, error=None), entry(path="/behind", answer=ALLOW, at=3.0, error=None)
    for odd in ODD:
        found = Read(tmp_path / "a.har", har(around[0], put(FULL, place, odd), around[1], creator=creator))
        ids = [one.entry.exchange.id for one in found.judged]
        assert found.problem == ""
        assert ids in (["1", "2", "3"], ["1", "3"]), odd
        if ids == ["1", "3"] and place[:1] != ("request",):
            # What is no HTTP request at all needs no word.
            assert "number 2" in found.remarks or "Not judged" in found.remarks, odd


def test_the_bad_entries_are_counted_and_the_first_are_named(read: Any) -> None:
    good = entry(answer=ALLOW)
    assert "1 entry could not be read, and is left out: number 2." in read(har(good, {}, good)).remarks
    assert "7 entries could not be read, and are left out: numbers 2, 3, 4, 5, 6 and 2 more." in (
        read(har(good, *[7] * 7)).remarks
    )


def test_what_is_no_entry_among_entries_of_a_broken_file_is_left_out(read: Any) -> None:
    good = json.dumps(entry(answer=ALLOW))
    found = read(f'{{"log": {{"creator": {{"name": "{DEVTOOLS}"}}, "entries": [{good}, NaN, "\ud800", [1], {good}]}}}}')
    assert len(found.judged) == 2
    assert "numbers 2, 3, 4." in found.remarks


WHOLE = har(
    *(preflight("PUT", answer=GRANT, at=1.2), entry("PUT", answer=ALLOW), entry(path="/é€\\")),
    entry(path="/c", answer=ALLOW, at=4.0),
)


@pytest.mark.parametrize("indent", [None, 1])
def test_a_file_that_is_cut_off_anywhere_yields_what_is_whole(tmp_path: Path, indent: int | None) -> None:
    whole = json.dumps(WHOLE, ensure_ascii=False, indent=indent).encode()
    path, before = tmp_path / "a.har", 0
    for cut in range(0, len(whole) + 1, 1 if indent is None else 7):
        path.write_bytes(whole[:cut])
        recording = Recording(str(path))
        count = len(list(recording))
        assert count >= before
        assert "please report" not in str(recording.problem)
        assert recording.problem is not None or count == 4 or cut == 0
        before = count
    path.write_bytes(whole)
    assert len(list(Recording(str(path)))) == 4


# -- what producers put among the headers -------------------------------------------------------------------------


def test_headers_that_devtools_told_its_own_network_stack_are_no_pages(read: Any) -> None:
    one = entry(kind=None, sent={"x-devtools-emulate-network-conditions-client-id": "F9F4"}, whole=False)
    one["request"]["headers"].append({"name": "Referer", "value": "https://shop.example/"})
    assert read(har(one)).said == ["GET opaque likely"]


def test_a_request_line_among_the_headers_is_none(read: Any) -> None:
    one = entry(answer=ALLOW)
    one["request"]["headers"].insert(0, {"name": "GET /a?click=http", "value": "//x.example"})
    one["response"]["headers"].insert(0, {"name": "HTTP/1.1 200 OK", "value": ""})
    found = read(har(one, creator="WebPagetest"))
    names = [name for name, _ in found[0].entry.exchange.request.headers.fields]
    assert b"GET /a?click=http" not in names
    assert found[0].verdict.outcome.value == "allowed"


def test_of_what_a_listener_keeps_a_doubt_is_settled_and_a_block_is_not(read: Any) -> None:
    bare = entry(kind=None, whole=False)
    bare["request"]["headers"].append({"name": "Referer", "value": "https://shop.example/"})
    assert read(har(bare, creator="chrome-har")).said == ["GET opaque likely"]
    assert read(har(entry(), creator="chrome-har")).said == ["GET blocked certain"]


def test_a_request_whose_headers_are_written_twice_sent_them_once(read: Any) -> None:
    asked = preflight("PUT", answer=GRANT)
    asked["request"]["headers"] += [one | {"name": one["name"].title()} for one in asked["request"]["headers"]]
    found = read(har(asked, entry("PUT", answer=ALLOW, at=2.0), creator="chrome-har"))
    assert found.said == ["OPTIONS allowed certain", "PUT allowed certain"]


@pytest.mark.parametrize(("socket", "outcome"), [("0", "allowed likely"), ("30", "blocked certain")])
def test_a_socket_of_number_0_is_none(read: Any, socket: str, outcome: str) -> None:
    # Chrome HAR Capturer writes it where it knows none: requests of both kinds have it.
    old = CHROME.replace("150", "98")
    image = entry(path="/i", kind="image", dest="image", mode="no-cors", agent=old, connection=socket)
    image["request"]["headers"] = [one for one in image["request"]["headers"] if one["name"] != "origin"]
    star = [{"name": "Access-Control-Allow-Origin", "value": "*"}]
    style = entry(answer=star, kind="stylesheet", dest="style", at=2.0, agent=old, connection=socket)
    found = read(har(image, style, creator="Chrome HAR Capturer"))
    assert found.said[1] == f"GET {outcome}"


def test_an_image_that_nobody_says_asked_for_is_no_blocked_script(read: Any) -> None:
    one = entry(kind=None, whole=False, sent={"accept": "*/*", "host": "x", "referer": "https://shop.example/"})
    one["response"]["headers"] = [{"name": "Content-Type", "value": "image/png"}]
    assert read(har(one, creator="WebPagetest")).said == ["GET opaque likely"]


# -- bodies ---------------------------------------------------------------------------------------------------------


def content(text: str, **more: Any) -> Content:
    """A body as a HAR holds it."""
    import msgspec

    return Content(text=msgspec.Raw(json.dumps(text, ensure_ascii="\n" in text).encode()), **more)


HTML = "<!doctype html><title>é€\n</title>"
LONG = "var a = '\\u20ac\"\\\\';\n" * 4000


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (content(HTML), "data"),
        (content(base64.b64encode(HTML.encode()).decode(), encoding="base64"), "data"),
        (content(base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(9000)).decode(), encoding="base64"), "media"),
        (content('{"a": 1}', size=8), "data"),
        (content("[1]", size=3), "json"),
        (content("[1]", size=9000), None),
        (content(LONG), "other"),
        (content("", size=0), "empty"),
        (content("", size=0, mimeType="image/png"), "empty"),
        (content("", size=7, mimeType="image/png"), None),
        (content("", size=7), None),
        (content(""), None),
        (content("\ufffdPNG"), None),
        (content("!base64", encoding="base64"), None),
        (content("!!", encoding="base64"), None),
        (content("e30", encoding="base64"), "json"),
        (content("mangled", mimeType="image/png"), None),
        (Content(), None),
    ],
)
def test_a_body_is_known_by_its_first_kilobyte(given: Content, kind: str | None) -> None:
    assert look_at_body(given) == kind


def test_every_cut_of_an_escape_leaves_a_text() -> None:
    for shift in range(12):
        assert look_at_body(content("a" * shift + '\n"\\é\ud83d\ude00€\0' * 2000)) == "other"


@pytest.mark.parametrize(("text", "outcome"), [("<html>", "blocked"), ("var a = 1; " * 200, "opaque")])
def test_what_is_in_a_body_decides_what_is_blocked_by_it(read: Any, text: str, outcome: str) -> None:
    one = entry(kind="script", dest="script", mode="no-cors", error="unset")
    one["request"]["headers"] = [field for field in one["request"]["headers"] if field["name"] != "origin"]
    one["response"] |= {"headers": [{"name": "Content-Type", "value": "text/html"}]}
    one["response"]["content"] = {"size": len(text), "mimeType": "text/html", "text": text}
    assert read(har(one))[0].verdict.outcome.value == outcome
