"""Calls of fetch(): what Chrome, Firefox and Safari copy as fetch, and what stands in a page's code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from corsight.scripts.whatif.copied.javascript import SPREAD, UNKNOWN, Reader
from corsight.scripts.whatif.copied.model import FILLED, UNSEEN, UNSEEN_OPTIONS, Copied, CredentialsMode, make_headers

BEGIN = re.compile(
    r"^[^\S\n]*(?:(?:const|let|var)\s++[\w${}, ]++=\s*)?(?:return\s+)?(?:await\s+)?"
    r"(?:window\.|globalThis\.)?fetch\s*\(",
    re.MULTILINE,
)
"""A call at the beginning of a line."""
INSIDE = re.compile(r"(?<![\w$.])fetch\s*\((?=\s*(?:['\"`]|new\b|[A-Za-z_$][\w$.]*\s*(?:[,+]|(\)))))")
"""A call anywhere in a line."""
_MODES: dict[str, CredentialsMode] = {"include": "include", "same-origin": "same-origin", "omit": "omit"}
GUESSED = (
    "Developer tools write omit wherever they saw no cookie go out, whatever the page asked for: both modes are "
    "judged. Say which it was with --credentials."
)
UNSEEN_METHOD = "The method is not in the paste, but a name for it: give it with --method."


def read_fetch(text: str, at: int, names: Mapping[str, Any]) -> Copied:
    """Return the request of a call whose arguments begin at a place in a text; `names` are what its names stand for."""
    reader = Reader(text, at, names)
    given = reader.read_arguments()
    if given and isinstance(given[0], tuple):
        # A Request, which holds both.
        given = [*given[0], *given[1:]]
    return make_fetch([*given, *(None, {})[len(given) :]], text[reader.at :])


def make_fetch(given: list[Any], answer: str, default: str = "GET", kind: str | None = None) -> Copied:
    """Return the request of a call that is given a URL and options; `kind` is the type that it sets by itself."""
    options: dict[str, Any] = given[1] if isinstance(given[1], dict) else {}
    notes = []
    if given[1] is UNKNOWN or SPREAD in options:
        notes.append(UNSEEN_OPTIONS)
    elif options.get("headers") is UNKNOWN:
        notes.append(UNSEEN)
    if options.get("method") is UNKNOWN:
        notes.append(UNSEEN_METHOD)
    fields, seen = list_headers(options.get("headers"))
    notes += [] if seen else [UNSEEN]
    names = {name.lower() for name, _ in fields}
    fields += [("Content-Type", kind)] if kind is not None and "content-type" not in names else []
    told = options.get("credentials")
    credentials = _MODES.get(told) if isinstance(told, str) else None
    copied = "referrer" in options or _is_copied(fields)
    if credentials == "omit" and copied:
        credentials = None
        notes.append(GUESSED)
    elif told is None and not copied and UNSEEN_OPTIONS not in notes:
        # What fetch() does by itself.
        credentials = "same-origin"
    mode, referrer, method = options.get("mode"), options.get("referrer"), options.get("method")
    return Copied(
        read_address(given[0]),
        method if isinstance(method, str) else default,
        make_headers(fields),
        credentials,
        mode if isinstance(mode, str) else None,
        referrer if isinstance(referrer, str) else None,
        False,
        answer,
        tuple(notes),
    )


def _is_copied(fields: list[tuple[str, str]]) -> bool:
    """Return whether the headers are a browser's own too."""
    agents = [sent for name, sent in fields if name.lower() == "user-agent"]
    return any(name.lower() == "sec-ch-ua" for name, _ in fields) or any(one.startswith("Mozilla/") for one in agents)


def read_address(given: Any) -> str | None:
    """Return the URL that a call is given; None where code makes it."""
    return given if isinstance(given, str) and given and not given.startswith(FILLED) else None


def list_headers(given: Any) -> tuple[list[tuple[str, str]], bool]:
    """Return the headers of an object or a list of pairs, and whether these are all; a value that code makes is filled
    in.
    """
    pairs = given.items() if isinstance(given, dict) else given if isinstance(given, list) else ()
    fields = [
        (pair[0], pair[1] if isinstance(pair[1], str) else FILLED)
        for pair in pairs
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str) and pair[0] != SPREAD
    ]
    return fields, not (isinstance(given, dict) and SPREAD in given)
