"""Console messages, read back: which engine said it, by which rule, of what.

The patterns are made from the engines' own wording functions: each is asked to word every rule about made-up values,
and where those values stand in its text, a message has its own. So what an engine is said to print can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from corsight.policies.engines import WORDS, Wording, list_texts
from corsight.policies.fetch.cors_check import classify
from corsight.policies.rules import RULES
from corsight.policies.rules.isolation import NETWORK_ERROR
from corsight.policies.value import value
from corsight.policies.verdict import EngineName

LONGEST = 16384
"""Characters of a paste that are looked at."""
LINES = 200
"""Lines of a paste that are looked at."""

SPEAKING: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")
"""The engines that print something."""

LIKELIER = (
    "allow-origin-missing",
    "allow-origin-mismatch",
    "network-error",
    "preflight-status-not-ok",
)
"""Where an engine words several rules alike: the most frequent ones, in this order."""


@value
class Message:
    """What a console message says.

    `rules` are the codes of the rules that the engine words so, the likeliest first; none where it names no reason.
    `exact` tells that the whole text is the engine's, not just a sentence or an identifier of it. `preflight` is None
    where the engine says the same of a preflight and of a request. What the message does not tell is None.
    """

    engine: EngineName
    rules: tuple[str, ...] = ()
    exact: bool = True
    error: str | None = None
    preflight: bool | None = None
    origin: str | None = None
    url: str | None = None
    initial_url: str | None = None
    method: str | None = None
    status: int | None = None
    value: str | None = None
    target: str | None = None
    page: str | None = None
    kind: str | None = None

    @property
    def rule(self) -> str | None:
        """The likeliest rule."""
        return self.rules[0] if self.rules else None


def read_console(text: str) -> Message | None:
    """What a console said, from one message or several about the same request; None when no engine says such a thing.

    Lines may have been wrapped, quotes straightened, and what a console prints around the text left in.
    """
    lines = [plain for line in text[:LONGEST].splitlines() if (plain := _plain(line))][:LINES]
    texts = (*lines, " ".join(lines))
    for reading in (_match, _by_identifier, _failure):
        found = [message for message in map(reading, texts) if message is not None]
        # Below the reason, browsers also say that the request failed.
        told = [message for message in found if message.rule != NETWORK_ERROR]
        if found:
            return _beside((told or found)[0], lines)
    return None


# -- patterns ----------------------------------------------------------------------------------------------------------


class _Pattern(NamedTuple):
    """A text with places for its values: what it is made of, and which rules are worded so."""

    engine: EngineName
    regex: re.Pattern[str]
    literals: str
    rules: tuple[str, ...]
    preflight: bool | None
    error: str | None
    whole: bool


_STATUS = 987
_VALUES = {
    "url": "https://url.invalid/url",
    "initial_url": "https://initial.invalid/initial",
    "origin": "https://origin.invalid",
    "value": "VALUE-OF-IT",
    "target": "//target.invalid/target",
    "page": "https://page.invalid/page",
}
"""What the engines are asked to word. No two share a part, and every engine prints them as they are."""

_GROUPS = {
    "url": r"\S+?",
    "initial_url": r"\S+?",
    "origin": r"\S+?",
    "value": r".*?",
    "target": r"\S+?",
    "page": r"\S+?",
    "kind": r"[\w ]+?",
    "status": r"\d{1,3}",
}
_CONTENT_TYPES = ("", "text/html", "application/zip")
"""Firefox names its reasons for opaque response blocking by the type: sniffed or never sniffed."""
_KIND = re.compile(r"(?<=^Access to )[\w ]+(?= at )|(?<=requested an insecure )[\w ]+(?= )")
"""What Chromium calls the thing that was asked for: more than can be told on the wire."""
_QUOTE = "['\"‘’“”`]"
_SLOT = "\0"


@cache
def _patterns() -> tuple[_Pattern, ...]:
    """Every text that an engine can print, the ones with the most words of their own first."""
    gathered: dict[tuple[EngineName, str], list[tuple[str, bool, str | None]]] = {}
    speakers = [(engine, texts) for engine in SPEAKING for texts in list_texts(engine)]
    for wording in _wordings():
        for engine, texts in speakers:
            error, text = WORDS[engine](replace(wording, texts=texts))
            if text is not None:
                said = wording.rule, wording.preflight, error
                known = gathered.setdefault((engine, _template(text)), [])
                if said not in known:
                    known.append(said)
    patterns = [_pattern(engine, template, said, whole=True) for (engine, template), said in gathered.items()]
    patterns += _sentences(gathered)
    return tuple(sorted(patterns, key=lambda one: (not one.whole, -len(one.literals))))


def _wordings() -> Iterator[Wording]:
    """Every rule in every way that an engine's words can turn on."""
    schemes = ("https:", "ftp:", "data:")
    decisions = [code for code, rule in RULES.items() if rule.kind == "decision"]
    for rule, destination in product(decisions, ("empty", "image")):
        preflights = {"preflight": (True,), "allow": (False, True)}.get(rule.partition("-")[0], (False,))
        redirects = rule.startswith(("redirect-", "mixed-content"))
        targets = [None] if rule.startswith("preflight") else [None, *schemes]
        for preflight, scheme, redirected in product(preflights, targets, (False, True)):
            if redirects and scheme is None:
                continue
            for lines, tainting, content in product((0, 2), ("cors", "opaque"), _contents(rule)):
                yield Wording(
                    rule=rule,
                    preflight=preflight,
                    url=_VALUES["url"],
                    initial_url=_VALUES["initial_url"] if redirected else _VALUES["url"],
                    origin=_VALUES["origin"],
                    page_origin=_VALUES["origin"],
                    destination=destination,
                    event_source=False,
                    status=206 if content == "206" else _STATUS,
                    value="" if content == "206" else content,
                    separate_lines=lines,
                    target=None if scheme is None else scheme + _VALUES["target"],
                    page=_VALUES["page"],
                    tainting=tainting,
                )


def _contents(rule: str) -> tuple[str, ...]:
    if rule == "opaque-response-blocked":
        return (*_CONTENT_TYPES, "206")
    return (_VALUES["value"], f"{_VALUES['value']},") if rule == "allow-origin-multiple" else (_VALUES["value"],)


def _template(text: str) -> str:
    """The text with a slot for each of its values."""
    for name, sample in _VALUES.items():
        # A list is a value too; a target keeps its scheme.
        text = re.sub(
            f"(?:\\w+:)?{re.escape(sample)}" if name == "target" else f"{re.escape(sample)},?", _slot(name), text
        )
    return _plain(_KIND.sub(_slot("kind"), text.replace(str(_STATUS), _slot("status"))))


def _slot(name: str) -> str:
    return f"{_SLOT}{name}{_SLOT}"


def _pattern(engine: EngineName, template: str, said: list[tuple[str, bool, str | None]], *, whole: bool) -> _Pattern:
    pieces = template.split(_SLOT)
    seen: set[str] = set()
    parts: list[str] = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            parts.append(re.sub(r"['\"‘’“”`]", lambda _: _QUOTE, re.escape(piece).replace("\\ ", " ")))
        elif piece in seen:
            parts.append(f"(?P={piece})")
        else:
            seen.add(piece)
            parts.append(f"(?P<{piece}>{_GROUPS[piece]})")
    # A value that ends the text goes on to its end.
    end = "(?= *$)" if len(pieces) > 1 and not pieces[-1] else ""
    preflights = {preflight for _, preflight, _ in said}
    rules = {rule for rule, _, _ in said}
    order = [*(rule for rule in LIKELIER if rule in rules), *(rule for rule in RULES if rule in rules)]
    errors = {error for _, _, error in said}
    return _Pattern(
        engine,
        re.compile("".join(parts) + end),
        "".join(pieces[::2]),
        tuple(dict.fromkeys(order)),
        preflights.pop() if len(preflights) == 1 else None,
        errors.pop() if len(errors) == 1 else None,
        whole,
    )


_SENTENCE = {
    "chromium": re.compile(
        "has been blocked by CORS policy: (?:Response to preflight request doesn't pass access control check: )?(.+)"
    ),
    "firefox": re.compile(r"\(Reason: (.+)"),
}
"""Where the reason begins: older browsers and other parts of the developer tools put other words before it."""


def _sentences(gathered: dict[tuple[EngineName, str], list[tuple[str, bool, str | None]]]) -> list[_Pattern]:
    """The reasons by themselves."""
    reasons: dict[tuple[EngineName, str], list[tuple[str, bool, str | None]]] = {}
    for (engine, template), said in gathered.items():
        found = _SENTENCE[engine].search(template) if engine in _SENTENCE else None
        if found is not None:
            # Firefox did not always say the status.
            reason = found[1].partition(" Status code:")[0]
            known = reasons.setdefault((engine, reason), [])
            known += [one for one in said if one not in known]
    return [_pattern(engine, template, said, whole=False) for (engine, template), said in reasons.items()]


# -- reading -----------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def _match(text: str) -> Message | None:
    for pattern in _patterns():
        found = pattern.regex.search(text)
        if found is None:
            continue
        values = found.groupdict()
        rules = _narrowed(pattern.rules, values.get("value"))
        return Message(
            engine=pattern.engine,
            rules=rules,
            exact=pattern.whole,
            error=pattern.error,
            preflight=True if "preflight" in text and not pattern.whole else pattern.preflight,
            origin=values.get("origin"),
            url=values.get("url"),
            initial_url=values.get("initial_url"),
            method=_method(rules, values.get("value")),
            status=int(values["status"]) if values.get("status") else None,
            value=values.get("value"),
            target=values.get("target"),
            page=values.get("page"),
            kind=values.get("kind"),
        )
    return None


def _narrowed(rules: tuple[str, ...], said: str | None) -> tuple[str, ...]:
    """The rules with the one first that the value which the message shows fails by."""
    if said is None or len(rules) == 1:
        return rules
    first = classify(said)
    return (first, *(rule for rule in rules if rule != first)) if first in rules else rules


def _method(rules: tuple[str, ...], said: str | None) -> str | None:
    return said if rules == ("preflight-method-not-allowed",) else None


@cache
def _identifiers() -> dict[str, tuple[EngineName, tuple[str, ...], bool | None]]:
    """The engines' names of their errors, by what a person may paste of them."""
    gathered: dict[str, tuple[EngineName, list[str], set[bool]]] = {}
    for wording in _wordings():
        for engine in SPEAKING:
            error, text = WORDS[engine](wording)
            # A plain word is no name; and MDN's pages leave the number off.
            names = [error.rstrip(_DIGITS)] if error is not None and re.search("[a-z][A-Z]|-", error) else []
            for name in (*names, *_NET_ERROR.findall(text or "")):
                _, rules, preflights = gathered.setdefault(name, (engine, [], set()))
                preflights.add(wording.preflight)
                if wording.rule not in rules:
                    rules.append(wording.rule)
    found: dict[str, tuple[EngineName, tuple[str, ...], bool | None]] = {}
    for name, (engine, rules, preflights) in gathered.items():
        order = [*(rule for rule in LIKELIER if rule in rules), *rules]
        found[name] = engine, tuple(dict.fromkeys(order)), preflights.pop() if len(preflights) == 1 else None
    return found


_DIGITS = "0123456789"
_NET_ERROR = re.compile(r"net::ERR_[A-Za-z_.]*[A-Za-z]")
_NAME = re.compile(r"net::ERR_[A-Za-z_.]*[A-Za-z]|[A-Za-z][\w-]*")
_FAILED = "net::ERR_FAILED"


def _by_identifier(text: str) -> Message | None:
    names = _identifiers()
    for word in _NAME.findall(text):
        for name in (word.rstrip(_DIGITS), word.rstrip(_DIGITS).removeprefix("k")):
            if name in names and name != _FAILED:
                engine, rules, preflight = names[name]
                return Message(engine=engine, rules=rules, exact=False, error=name, preflight=preflight)
        if _NET_ERROR.fullmatch(word) and word != _FAILED:
            return Message(engine="chromium", rules=(NETWORK_ERROR,), exact=False, error=word)
    return None


_FAILURES: dict[EngineName, re.Pattern[str]] = {
    "chromium": re.compile(r"\bFailed to fetch\b|net::ERR_FAILED"),
    "firefox": re.compile(r"\bNetworkError when attempting to fetch resource\b"),
    "webkit": re.compile(r"\bLoad failed\b|\bdue to access control checks\b"),
}
"""What each engine says of any failure."""


def _failure(text: str) -> Message | None:
    for engine, pattern in _FAILURES.items():
        if pattern.search(text):
            return Message(engine=engine, exact=False)
    return None


_REQUEST_FAILED = re.compile(r"\b([A-Z]+) (https?://\S+) net::ERR_[\w.]+(?: (\d{3})\b)?")
"""What Chromium prints below its message."""
_CANNOT_LOAD = " cannot load "
_REFUSED = re.compile(r"(https?://\S+?),? due to access control checks")
_KIND_AT_END = re.compile(r"[\w ]{1,40}\Z")
"""What WebKit prints below its message: a kind, the first, a URL and the second."""


def _beside(message: Message, lines: list[str]) -> Message:
    """The message with what the lines beside it tell of the request."""
    for line in lines:
        if failed := _REQUEST_FAILED.search(line):
            status = int(failed[3]) if failed[3] else None
            message = _with(message, url=failed[2], method=failed[1], status=status)
        before, cannot, after = line.partition(_CANNOT_LOAD)
        if cannot and (refused := _REFUSED.match(after)) and (kind := _KIND_AT_END.search(before[-40:])):
            message = _with(message, url=refused[1], kind=kind[0].strip())
    return message


def _with(message: Message, **told: Any) -> Message:
    return replace(message, **{name: what for name, what in told.items() if getattr(message, name) is None})
