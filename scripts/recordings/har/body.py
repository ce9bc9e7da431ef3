"""What a body looks like by its first kilobyte, of which a HAR usually holds the text: the rest is never decoded."""

from __future__ import annotations

import base64
import binascii
import json

import msgspec

from corsight.policies.fetch.sniff import LENGTH, BodyKind, sniff
from corsight.scripts.recordings.har.format import Content

ESCAPED = 4 * LENGTH
"""Bytes of a JSON text that are looked at for the first kilobyte."""
ESCAPE = 6
"""Bytes of the longest escape, of which a cut may leave a part."""
BROKEN = "\ufffd"
"""What stands for bytes that were no text."""
_text = msgspec.json.Decoder(str)


def look_at_body(content: Content) -> BodyKind | None:
    """Return what a body looks like; None where it is left out, or its bytes cannot be told from what is recorded."""
    recorded = memoryview(content.text)
    text, whole = bytes(recorded[:ESCAPED]), len(recorded) <= ESCAPED
    if text[:1] != b'"':
        return None
    beginning = _unescape(text[1:-1] if whole else text[1:])
    if beginning is None or (not beginning and content.size != 0):
        return None
    if not beginning:
        return "empty"
    if content.encoding == "base64":
        body = _decode(beginning, whole=whole)
    elif BROKEN in beginning or (content.mimeType or "").startswith(("image/", "audio/", "video/")):
        return None
    else:
        body = beginning.encode("utf-8", "replace")
    if body is None:
        return None
    whole = whole and (content.size is None or content.size <= len(body))
    return sniff(body[:LENGTH], whole=whole and len(body) <= LENGTH)


def _unescape(text: bytes) -> str | None:
    """Return the beginning of a JSON string, without its quotes, as text; None where it is none."""
    try:
        # Usually nothing is wrong with it.
        return _text.decode(b'"%b"' % text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    for cut in range(ESCAPE):
        try:
            found = json.loads(f'"{text[: len(text) - cut].decode("utf-8", "ignore")}"', strict=False)
        except ValueError:
            continue
        return found if isinstance(found, str) else None
    return None


def _decode(text: str, *, whole: bool) -> bytes | None:
    text = "".join(text.split())
    # Padding may be left out.
    text = text + "=" * (-len(text) % 4) if whole else text[: len(text) // 4 * 4]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
