"""Calls of fetch(): what Chrome, Firefox and Safari copy as fetch, and what stands in a page's code."""

from __future__ import annotations

import re
from typing import Any

from corsight.policies.exchange import HeaderList
from corsight.scripts.whatif.copied.javascript import UNKNOWN, Reader
from corsight.scripts.whatif.copied.model import FILLED, UNSEEN, Copied, CredentialsMode

BEGIN = re.compile(
    r"^[^\S\n]*(?:(?:const|let|var)\s++[\w${}, ]++=\s*)?(?:return\s+)?(?:await\s+)?"
    r"(?:window\.|globalThis\.)?fetch\s*\(",
    re.MULTILINE,
)
"""A call at the beginning of a line."""
_MODES: dict[str, CredentialsMode] = {"include": "include", "same-origin": "same-origin", "omit": "omit"}
GUESSED = (
    "Developer tools write omit wherever they saw no cookie go out, whatever the page asked for: both modes are "
    "judged. Say which it was with --credentials."
)


def read_fetch(text: str, at: int) -> Copied:
    """Return the request of a call whose arguments begin at a place in a text."""
    reader = Reader(text, at)
    given = [*reader.read_arguments(), None, None]
    url = given[0] if isinstance(given[0], str) and not given[0].startswith(FILLED) else None
    options: dict[str, Any] = given[1] if isinstance(given[1], dict) else {}
    notes = []
    if given[1] is UNKNOWN or options.get("headers") is UNKNOWN:
        notes.append(UNSEEN)
    fields = list(_list_headers(options.get("headers")))
    names = {name.lower() for name, _ in fields}
    told = options.get("credentials")
    credentials = _MODES.get(told) if isinstance(told, str) else None
    copied = "referrer" in options or not names.isdisjoint(("sec-ch-ua", "user-agent"))
    if credentials == "omit" and copied:
        credentials = None
        notes.append(GUESSED)
    elif told is None and not copied:
        # What fetch() does by itself.
        credentials = "same-origin"
    mode, referrer, method = options.get("mode"), options.get("referrer"), options.get("method")
    return Copied(
        url,
        method if isinstance(method, str) else "GET",
        HeaderList(tuple((name.encode("latin-1", "replace"), sent.encode()) for name, sent in fields)),
        credentials,
        mode if isinstance(mode, str) else None,
        referrer if isinstance(referrer, str) else None,
        False,
        text[reader.at :],
        tuple(notes),
    )


def _list_headers(given: Any) -> list[tuple[str, str]]:
    """Return the headers of an object or a list of pairs; a value that code makes is filled in."""
    pairs = given.items() if isinstance(given, dict) else given if isinstance(given, list) else ()
    return [
        (pair[0], pair[1] if isinstance(pair[1], str) else FILLED)
        for pair in pairs
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str)
    ]
