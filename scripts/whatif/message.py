"""Reads the console messages that a person pasted."""

from __future__ import annotations

import os
from dataclasses import replace

from corsight.policies.console import Message, read_messages
from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.given import STDIN, read_input
from corsight.scripts.whatif.typed import read_origin, read_url

LONGEST_PATH = 1024


def read_paste(paste: str, origin: str | None, url: str | None) -> tuple[Message, ...]:
    """Return what the console messages in a paste say: the text itself, a file that holds it, or - for stdin.

    `origin` and `url`, where given, stand in for what the messages say of them. Raises CorsightError for a text that no
    browser writes.
    """
    text, where = _read(paste)
    messages = read_messages(text)
    if not messages:
        raise CorsightError(
            "no browser's console says this", where=where, todo="paste the whole line, from its beginning"
        )
    if origin is not None:
        page = read_origin(origin, [])
        messages = tuple(replace(message, origin=page) for message in messages)
    if url is not None:
        asked = read_url(url)
        messages = tuple(replace(message, url=asked) for message in messages)
    return messages


def _read(paste: str) -> tuple[str, str]:
    """Return the text to explain, and where it came from."""
    if paste == STDIN:
        return read_input(STDIN, "--paste").decode("utf-8", "replace"), "stdin"
    if len(paste) < LONGEST_PATH and "\n" not in paste and os.path.isfile(paste):
        return read_input(paste, "--paste").decode("utf-8", "replace"), paste
    return paste, "--paste"
