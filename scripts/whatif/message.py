"""Reads a browser's console message that a person pasted."""

from __future__ import annotations

import os
from dataclasses import replace

from corsight.policies.console import Message, read_console
from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.given import STDIN, read_input
from corsight.scripts.whatif.typed import read_origin, read_url

LONGEST_PATH = 1024


def read_message(paste: str, origin: str | None, url: str | None) -> Message:
    """Return what a console message says: the text itself, a file that holds it, or - for stdin.

    `origin` and `url`, where given, stand in for what the message says of them. Raises CorsightError for a text that no
    browser writes about CORS.
    """
    text, where = _read(paste)
    message = read_console(text)
    if message is None:
        raise CorsightError(
            "no browser's console says this about CORS", where=where, todo="paste the whole line, from its beginning"
        )
    if not message.rules:
        raise CorsightError(
            "this says only that the request failed",
            where=where,
            todo="paste the line of the console beside it that gives the reason",
        )
    if origin is not None:
        message = replace(message, origin=read_origin(origin, []))
    return message if url is None else replace(message, url=read_url(url))


def _read(paste: str) -> tuple[str, str]:
    """Return the text to explain, and where it came from."""
    if paste == STDIN:
        return read_input(STDIN, "--paste").decode("utf-8", "replace"), "stdin"
    if len(paste) < LONGEST_PATH and "\n" not in paste and os.path.isfile(paste):
        return read_input(paste, "--paste").decode("utf-8", "replace"), paste
    return paste, "--paste"
