"""Reads console messages: which engine wrote a message, for which rule, about which request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from corsight.policies.console import chromium, cookies, edge, firefox, foreign, panels, tools, translated, webkit
from corsight.policies.console.around import CHECKS, add, join_rows, read_around, read_beside, strip_marks, unescape
from corsight.policies.console.model import Message
from corsight.policies.console.names import FAILED, read_net_error
from corsight.policies.console.patterns import Pattern, find_anchor, narrow
from corsight.policies.console.rest import read_rest
from corsight.policies.console.saying import Saying, make_pattern
from corsight.policies.console.wordings import make_patterns
from corsight.policies.rules.isolation import MIME_TYPE, NETWORK_ERROR
from corsight.policies.verdict import EngineName

LONGEST = 16384
"""Characters of a paste that are looked at."""
LINES = 200
"""Lines of a paste that are looked at."""
MOST = 20
"""Messages of a paste that are told."""

SAYINGS: dict[EngineName, tuple[Saying, ...]] = {
    "chromium": (*chromium.SAYINGS, *panels.CHROMIUM, *cookies.CHROMIUM),
    "firefox": (*firefox.SAYINGS, *cookies.FIREFOX),
    "webkit": webkit.SAYINGS,
    "standard": tools.SAYINGS,
}
"""What each engine writes beside what its wording function makes, and what no browser writes."""
_TOLD = ("origin", "url", "initial_url", "method", "status", "value", "target", "page", "kind")
_NOTHING = ("failed-without-reason", "module-import-failed")
_HOST_AS_SCHEME = re.compile(r"[\w.-]+:\d")
"""A URL that was written without its scheme: localhost:3000/x."""


class Found(NamedTuple):
    """A message, and where it stands in the text."""

    start: int
    end: int
    message: Message


def read_messages(text: str) -> tuple[Message, ...]:
    """Return what a console said, message by message; none where no browser says such a thing.

    Lines may have been wrapped, quotes straightened, and what a console prints around the text left in. What belongs
    to one request is one message.
    """
    lines = [plain for line in unescape(text[:LONGEST]).splitlines() if (plain := strip_marks(line))][:LINES]
    ours, lines = edge.take_lines(join_rows(lines))
    body = "\n".join(lines)
    found = _find(body)
    messages = [*ours, *_drop_echoes(_join_beside(found, body))]
    if not messages:
        messages = read_rest(lines, body, _patterns)
    messages = [_strip_slash(one) for one in _name_module(messages)]
    # Below the reason, browsers also say that the request failed.
    reasons = [one for one in messages if not _tells_nothing(one)]
    told = [one for one in messages if not (reasons and _tells_nothing(one) and _belongs(one, reasons))]
    return tuple(one for one in dict.fromkeys(told) if not any(_says_more(other, one) for other in told))[:MOST]


def _name_module(messages: list[Message]) -> list[Message]:
    """Return the messages, one about a module's type with the URL that only the failed import names."""
    imports = {one.url for one in messages if one.cause == "module-import-failed"} - {None}
    if len(imports) != 1:
        return messages
    [url] = imports
    return [replace(one, url=url) if one.rule == MIME_TYPE and one.url is None else one for one in messages]


def _strip_slash(message: Message) -> Message:
    """Return the message with its origin as browsers send it: people write URLs."""
    origin = message.origin or ""
    return replace(message, origin=origin[:-1]) if re.fullmatch(r"https?://[^/]+/", origin) else message


def read_console(text: str) -> Message | None:
    """Return the first message of a paste; None when no browser says such a thing."""
    return next(iter(read_messages(text)), None)


def _tells_nothing(message: Message) -> bool:
    """Return whether a message says no more than that something failed."""
    return message.cause in _NOTHING or (message.rule == NETWORK_ERROR and message.cause is None)


def _belongs(failure: Message, reasons: list[Message]) -> bool:
    """Return whether what failed is what one of the reasons is about, as far as it shows."""
    if failure.url is not None:
        return any(one.url == failure.url for one in reasons)
    return failure.cause != "module-import-failed" or any(one.engine == failure.engine for one in reasons)


def _says_more(one: Message, other: Message) -> bool:
    """Return whether a message tells all that another does, and more: browsers say some things twice."""
    if (one.engine, one.rules, one.cause) != (other.engine, other.rules, other.cause):
        return False
    told = [(getattr(one, name), getattr(other, name)) for name in _TOLD]
    return all(theirs in (None, ours) for ours, theirs in told) and any(theirs != ours for ours, theirs in told)


# -- messages ----------------------------------------------------------------------------------------------------------


@cache
def _patterns() -> tuple[Pattern, ...]:
    """Return every text that a browser can print, whole messages and those with the most words of their own first."""
    patterns = [
        *make_patterns(),
        *(make_pattern(engine, one) for engine, sayings in SAYINGS.items() for one in sayings),
    ]
    return tuple(sorted(patterns, key=lambda one: (not one.whole, -len(one.literals))))


@cache
def _by_anchor() -> dict[str, list[tuple[int, Pattern]]]:
    """Return the patterns, and each one's place among all, by the words without which no text matches them."""
    found: dict[str, list[tuple[int, Pattern]]] = {}
    for place, pattern in enumerate(_patterns()):
        found.setdefault(find_anchor(pattern.template), []).append((place, pattern))
    return found


def _find(body: str) -> list[Found]:
    """Return the messages in a text, in their order; where two patterns match, the one with more words counts."""
    found: list[Found] = []
    flat = body.replace("\n", " ")
    by_anchor = _by_anchor()
    for _, pattern in sorted([one for anchor in filter(flat.__contains__, by_anchor) for one in by_anchor[anchor]]):
        for match in pattern.regex.finditer(body):
            start, end = match.span()
            if start == end or any(start < other.end and other.start < end for other in found):
                continue
            message = _make_message(pattern, match.groupdict(), match[0])
            message, start, end = read_around(message, body, start, end, whole=pattern.whole)
            message = _tell_scheme(message, match[0])
            found.append(Found(start, end, message))
    found += _find_by_line(found, body)
    return sorted(found)


def _find_by_line(found: list[Found], body: str) -> Iterator[Found]:
    """Yield the lines that Firefox wrote in another language or in its network panel, and those of servers' logs."""
    above: list[str] = []
    for start, line in _list_rest(found, body):
        if any(one.start < start + len(line) and start < one.end for one in found):
            continue
        message = (
            foreign.read_line(line)
            or panels.read_firefox(line, above)
            or translated.read_translated(line)
            or tools.read_log(line)
        )
        above.append(line)
        if message is not None:
            yield Found(start, start + len(line), message)
            above.clear()


def _make_message(pattern: Pattern, values: dict[str, str | None], text: str) -> Message:
    value, url, initial = values.get("value") or values.get("directive"), values.get("url"), values.get("initial_url")
    if value is not None and value[:1] == value[-1:] == "`":
        # Markdown's mark around a name.
        value = value.strip("`") or value
    target = values.get("target")
    if target is not None and "redirected from" in text:
        url, initial = target, initial or url
    rules, cause = narrow(pattern.rules, value), pattern.cause
    if cause == "csp-forbids-it" and value == "frame-ancestors":
        # It is the policy of the page in the frame.
        cause = "frame-refused"
    status = values.get("status")
    preflight = True if pattern.preflight is None and not pattern.whole and "preflight" in text else pattern.preflight
    return Message(
        engine=pattern.engine,
        rules=rules,
        cause="failed-without-reason" if FAILED in pattern.literals else cause,
        exact=pattern.whole,
        error=pattern.error,
        preflight=preflight,
        origin=values.get("origin"),
        url=url or target,
        initial_url=initial,
        method=value if rules == ("preflight-method-not-allowed",) else values.get("method"),
        status=int(status) if status else None,
        value=value,
        target=target,
        page=values.get("page"),
        kind=values.get("kind"),
    )


def _tell_scheme(message: Message, text: str) -> Message:
    """Return the message, which is this text, with its cause by the URL's scheme, where the words tell of schemes only.

    A redirect that leaves HTTP and a page that asks such a URL by itself are told alike but for the first URL; and
    what is not reached may be a WebSocket.
    """
    url = message.url or ""
    if message.engine == "webkit" and message.origin == "null" and message.status == 0:
        # No answer of HTTP has that status.
        return replace(message, rules=(), cause="page-from-file", status=None)
    if message.rule == "redirect-cross-origin" and message.engine != "firefox":
        # Both engines say the same where nothing was redirected.
        return replace(message, cause="same-origin-mode")
    if message.rule == "redirect-scheme" and message.engine == "firefox" and not url.startswith(("http", "file:")):
        # Of a redirect, Firefox tells the first URL in another message.
        return replace(message, cause="scheme-not-fetchable")
    if message.cause == "event-source-failed" and url.startswith(("ws:", "wss:")):
        return replace(message, rules=(), cause="websocket-failed")
    scheme = message.cause == "scheme-not-fetchable" or message.rule == "redirect-scheme"
    if scheme and url.startswith("file:"):
        return replace(message, rules=(), cause="page-from-file")
    redirected = message.initial_url is not None or message.engine != "chromium" or "redirected" in text
    hostlike = message.engine != "webkit" and _HOST_AS_SCHEME.match(url) is not None
    if message.rule == "redirect-scheme" and ((not redirected and ":" in url) or hostlike):
        return replace(message, rules=(), cause="scheme-not-fetchable")
    return message


# -- what stands beside them -------------------------------------------------------------------------------------------


def _join_beside(found: list[Found], body: str) -> list[Message]:
    """Return the messages with what the lines between them tell of their requests."""
    messages = [one.message for one in found]
    if not messages:
        return []
    others: list[Message] = []
    for start, line in _list_rest(found, body):
        told = read_beside(line)
        if not told:
            continue
        place = _find_owner(found, messages, start, told)
        error = told.get("error")
        if CHECKS in line:
            _join_checks(messages, place, told["url"])
        if place is not None:
            if told.get("method") == "OPTIONS":
                told["preflight"] = True
            messages[place] = add(messages[place], **{name: one for name, one in told.items() if name != "error"})
        elif error is not None and error != FAILED:
            # It is about a request that no message names.
            others.append(add(read_net_error(error), **{n: one for n, one in told.items() if n != "error"}))
    return [*messages, *others]


def _join_checks(messages: list[Message], place: int | None, url: str) -> None:
    """Tell the message that WebKit's line on access control checks stands below whose it is, and what was asked."""
    if place is None:
        redirects = [at for at, one in enumerate(messages) if (one.rule or "").startswith("redirect-")]
        if len(redirects) == 1 and messages[redirects[0]].initial_url is None:
            messages[redirects[0]] = replace(messages[redirects[0]], initial_url=url)
    elif messages[place].url is None:
        messages[place] = _tell_scheme(replace(messages[place], engine="webkit", url=url), "")


def _drop_echoes(messages: list[Message]) -> list[Message]:
    """Return the messages without what Firefox says again of the same failure, in a line behind the one that tells it.

    WebKit tells of what it blocked once more, without its URL. A preflight that was redirected has no success either;
    and a redirect that leaves HTTP makes the first URL fail.
    """
    kept: list[Message] = []
    for message in messages:
        last = kept[-1] if kept else None
        if last is not None and last.engine == message.engine == "webkit" and _is_echo(last, message):
            continue
        if last is not None and last.engine == message.engine == "firefox":
            if (last.rule, message.rule, last.url) == ("preflight-redirect", "preflight-status-not-ok", message.url):
                kept[-1] = add(last, status=message.status)
                continue
            if message.cause == "event-source-failed" and message.url == last.url:
                continue
            if last.rule == "redirect-cross-origin" and message.cause == "operation-insecure":
                continue
            left = last.rule == "redirect-scheme" or last.cause == "scheme-not-fetchable"
            if left and message.rule == NETWORK_ERROR and message.url != last.url:
                kept[-1] = replace(last, rules=("redirect-scheme",), cause=None, initial_url=message.url)
                continue
        kept.append(message)
    return kept


def _is_echo(last: Message, message: Message) -> bool:
    """Return whether a line of WebKit's says again, with less, what the line above says."""
    if message.url is not None:
        return False
    if message.cause == "response-not-acceptable":
        return last.rule == "mixed-content"
    if message.cause == "operation-insecure":
        return last.cause == "canvas-tainted"
    return message.rule == last.rule == "allow-origin-missing" and message.origin is None


def _list_rest(found: list[Found], body: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are no part of a message, and where they begin."""
    at = 0
    for line in body.split("\n"):
        if not any(one.start <= at and at + len(line) <= one.end for one in found):
            yield at, line
        at += len(line) + 1


def _find_owner(found: list[Found], messages: list[Message], at: int, told: dict[str, Any]) -> int | None:
    """Return which message a line belongs to: one of the same URL, else the nearest that names none."""
    url, error = told.get("url"), told.get("error")
    places = sorted(range(len(messages)), key=lambda place: (found[place].start > at, abs(found[place].start - at)))
    same = [place for place in places if url is None or messages[place].url == url]
    if error not in (None, FAILED):
        # It has a reason of its own.
        return next(iter(same), None)
    return next(iter([*same, *(place for place in places if messages[place].url is None)]), None)
