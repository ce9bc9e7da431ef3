"""Zip archives written as text, so that a fuzzer's inputs can be read, and any bytes at all are some archive.

stored cut=40               files packed or only stored; what is cut off its end, in bytes; a byte that is another
=== 0.network               a file, and what is in it
{"type": "resource-snapshot", …}
=== inner.zip               an archive in it, whose files begin with one sign more
==== a.har
{"log": …}
"""

from __future__ import annotations

import io
import re
import zipfile

DEEPEST = 4
"""How many archives lie in each other: one more than are read."""
CUT, OTHER = re.compile(rb"\bcut=(\d{1,4})\b"), re.compile(rb"\bother=(\d{1,4})\b")


def pack(data: bytes) -> bytes:
    """Return the archive that any bytes describe."""
    words, _, files = data.partition(b"\n")
    packed = bytearray(_pack(b"\n" + files, b"stored" in words, 3))
    if (other := OTHER.search(words)) is not None and packed:
        packed[int(other[1]) % len(packed)] ^= 0x55
    cut = CUT.search(words)
    return bytes(packed if cut is None else packed[: -int(cut[1]) or None])


def _pack(data: bytes, stored: bool, signs: int) -> bytes:
    written = io.BytesIO()
    names = set[str]()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for part in data.split(b"\n" + b"=" * signs + b" ")[1:]:
            name, _, content = part.partition(b"\n")
            if name.endswith(b".zip") and signs < 3 + DEEPEST:
                content = _pack(b"\n" + content, stored, signs + 1)
            # Two of one name are told on stderr.
            if (text := name.decode("utf-8", "replace")[:200]) not in names and text:
                names.add(text)
                archive.writestr(zipfile.ZipInfo(text), content)
    return written.getvalue()
