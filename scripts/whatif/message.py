"""Reads the console messages that a person pasted, and tells what is behind each."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, replace
from typing import Any

from corsight.policies.causes import CAUSES
from corsight.policies.console import Message, read_messages
from corsight.policies.findings.model import Cause
from corsight.policies.findings.pasted import explain_message
from corsight.policies.rules import RULES
from corsight.scripts.errors import CorsightError
from corsight.scripts.inputs import is_pipe
from corsight.scripts.paths import name_command
from corsight.scripts.whatif.copied.unread import refuse_unread
from corsight.scripts.whatif.given import STDIN, read_input
from corsight.scripts.whatif.typed import read_origin, read_url

LONGEST = 1 << 22
"""Characters of a paste: nobody pastes more, and what comes from a device has no end."""
LONGEST_PATH = 1024
_URL_ALONE = re.compile(r"https?://\S+", re.IGNORECASE)


def read_paste(text: str, where: str, origin: str | None, url: str | None) -> tuple[Message, ...]:
    """Return what the console messages in a text say; `where` names it.

    `origin` and `url`, where given, stand in for what the messages say of them. Raises CorsightError for a text that no
    browser writes.
    """
    messages = read_messages(text)
    if not messages:
        if not text.strip():
            raise CorsightError("it is empty", where=where, todo="paste a console message or a request")
        if _URL_ALONE.fullmatch(text.strip()):
            raise CorsightError(
                "a URL alone does not say what happened",
                where=where,
                todo="paste the console's message; or ask the server: "
                f"{name_command()} check URL --origin ORIGIN --send",
            )
        refuse_unread(text, where)
        raise CorsightError(
            "no browser writes this to its console",
            where=where,
            todo="paste the whole message, from its beginning, or a request that was copied as cURL",
        )
    return stand_in(messages, origin, url)


def is_message(text: str) -> bool:
    """Return whether a text holds the whole of what a browser's console says, whatever else stands in it."""
    return any(message.exact for message in read_messages(text))


def stand_in(messages: tuple[Message, ...], origin: str | None, url: str | None) -> tuple[Message, ...]:
    """Return the messages with a page's origin and a URL, where given, for what they say of them."""
    if origin is not None:
        page = read_origin(origin, [])
        messages = tuple(replace(message, origin=page) for message in messages)
    if url is not None:
        asked = read_url(url)
        messages = tuple(replace(message, url=asked) for message in messages)
    return messages


def explain(message: Message) -> Cause | None:
    """Return the cause behind the rule that a message tells; None where it tells no rule, or no more than that."""
    if message.rule is None or message.cause is not None:
        return None
    return explain_message(
        message.rule,
        message.engine,
        origin=message.origin,
        url=message.url,
        value=message.value,
        preflight=bool(message.preflight),
        status=message.status,
        method=message.method,
        kind=message.kind,
        initial_url=message.initial_url,
    )


def tell_message(message: Message) -> dict[str, Any]:
    """Return what a message says, and what is behind it, as plain data."""
    cause, code = explain(message), message.cause or message.rule or ""
    entry = CAUSES[code] if code in CAUSES else RULES[code]
    told = {
        "title": entry.title.rstrip(".") if cause is None else cause.title,
        "todo": entry.advice if cause is None else cause.action,
        "who": entry.actor if cause is None else cause.actor,
    }
    if cause is not None and cause.code != message.rule:
        told["cause"] = cause.code
    return asdict(message) | told


def read_text(paste: str) -> tuple[str, str]:
    """Return what was pasted, the text itself, a file that holds it, or - for stdin; and what to call it."""
    if paste == STDIN:
        return read_input(STDIN, "--paste")[:LONGEST].decode("utf-8", "replace"), "stdin"
    if len(paste) < LONGEST_PATH and "\n" not in paste and (os.path.isfile(paste) or is_pipe(paste)):
        return read_input(paste, "--paste")[:LONGEST].decode("utf-8", "replace"), paste
    return paste, "--paste"
