"""What a body looks like from its first kilobyte, as far as opaque response blocking asks.

https://github.com/annevk/orb steps 6 to 13, https://mimesniff.spec.whatwg.org/, and Chromium's orb_sniffers.cc. Nothing
here decides: the two engines that look make different things of the same body.
"""

from __future__ import annotations

import json
import re
from typing import Literal

LENGTH = 1024
"""Bytes of a body that browsers look at."""

BodyKind = Literal["empty", "media", "data", "loop", "markup", "json", "other"]
"""`data` begins as HTML, XML, a JSON object, or with what is to keep a script from being run, and is no script.
`loop` begins with an endless loop to the same end. `markup` begins with some other tag, `json` is a whole JSON text but
no object, `media` an image, audio or video."""

_MEDIA = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|BM|\x00\x00[\x01\x02]\x00|RIFF....(?:WEBPVP|WAVE|AVI )|FORM....AIFF"
    rb"|ID3|OggS\x00|MThd\x00\x00\x00\x06|\x1aE\xdf\xa3|fLaC|....ftyp|\xff[\xe2-\xff][\x10-\xfe]",
    re.DOTALL,
).match
"""https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern, #matching-an-audio-or-video-type-pattern"""
_COMMENT = re.compile(rb"[ \t\r\n]*<!--.*?-->[^\r\n]*", re.DOTALL).match
_HTML = re.compile(
    rb"[ \t\r\n]*<(?:!doctype html|script|html|head|iframe|h1|div|font|table|a|style|title|b|p)", re.IGNORECASE
).match
_DATA = re.compile(rb'[ \t\r\n]*(?:<\?xml|\{[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:)|\)\]\}\'|\{\} ?&&', re.DOTALL).match
_LOOP = re.compile(rb"(?:for|while) ?\((?:;;|1)\);").match
_TAG = re.compile(rb"[ \t\r\n]*<(?!!--)").match


def sniff(beginning: bytes, *, whole: bool) -> BodyKind | None:
    """Return what a body is by its first bytes; None where they are too few to tell. `whole` tells that it ends there.

    `beginning` is without its content encoding.
    """
    beginning = beginning[:LENGTH]
    if not beginning:
        return "empty" if whole else None
    if _MEDIA(beginning):
        return "media"
    rest = beginning
    while (comment := _COMMENT(rest)) is not None:
        # To a script a comment of HTML's is one too.
        rest = rest[comment.end() :]
    if _HTML(rest) or _DATA(beginning):
        return "data"
    if _LOOP(beginning):
        return "loop"
    if _TAG(rest):
        return "markup"
    if not whole:
        return "other" if len(beginning) == LENGTH else None
    return "json" if _is_json(beginning) else "other"


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
