"""What a body looks like from its beginning, as far as opaque response blocking asks."""

from __future__ import annotations

import pytest

from corsight.policies.fetch.sniff import LENGTH, BodyKind, sniff


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        # https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern, and of audio and video.
        (b"\x89PNG\r\n\x1a\n\0\0", "media"),
        (b"GIF89a", "media"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8", "media"),
        (b"RIFF\n\n\n\nAVI ", "media"),
        (b"GIF88a", "other"),
        # Chromium's ORB sniffers: HTML behind comments, XML, an object of JSON, and what keeps a script from being run.
        (b"<!DOCTYPE html>", "data"),
        (b"\n <!-- a --> \n<!-- b --> x\n <ScRiPt>", "data"),
        # To a script the line of such a comment is one too.
        (b"<!-- a --><html>", "other"),
        (b"<?xml version='1.0'?>", "data"),
        (b' {"a\\"b" : 1}', "data"),
        (b"{a: 1}", "other"),
        (b")]}',\n[]", "data"),
        (b"{} && {}", "data"),
        (b"for(;;);{}", "loop"),
        (b"while (1);", "loop"),
        (b"<svg>", "markup"),
        (b"<!-- a -->\n<x>", "markup"),
        (b"<!-- not closed", "other"),
        (b"[1, 2]", "json"),
        (b'"text"', "json"),
        (b"{}", "json"),
        (b"[1, 2", "other"),
        (b"\xff\xfe", "other"),
        (b"var a = 1", "other"),
    ],
)
def test_a_whole_body_is_what_its_beginning_says(body: bytes, kind: BodyKind) -> None:
    assert sniff(body, whole=True) == kind


def test_a_json_text_that_is_too_deep_to_be_read_is_none() -> None:
    """Python's parser gives up; a kilobyte of brackets is within what it reads, so only a lower limit shows it."""
    assert sniff(b"[" * LENGTH, whole=True) == "other"


def test_what_may_go_on_is_told_only_where_enough_is_there() -> None:
    """Both engines wait for a kilobyte or the end (step 6)."""
    assert sniff(b"", whole=False) is None
    assert sniff(b"[1]", whole=False) is None
    assert sniff(b"a" * (LENGTH - 1), whole=False) is None
    assert sniff(b"a" * LENGTH, whole=False) == "other"
    assert sniff(b"a" * LENGTH + b"more", whole=False) == "other"
    assert sniff(b"<p>", whole=False) == "data"
    assert sniff(b"<x>", whole=False) == "markup"
    assert sniff(b"for (;;);", whole=False) == "loop"


def test_nobody_looks_behind_the_first_kilobyte() -> None:
    assert sniff(b" " * (LENGTH - 2) + b"<p>", whole=True) == "data"
    assert sniff(b" " * (LENGTH - 1) + b"<p>", whole=True) == "markup"
    assert sniff(b" " * LENGTH + b"<p>", whole=True) == "other"
