"""The casebook: single exchanges, one file each, and what every engine makes of them. README.md has the format."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Build, Facts
from corsight.policies.verdict import EngineName, Ruling, Verdict

FOLDER = Path(__file__).resolve().parent
ENGINES: tuple[EngineName, ...] = ("standard", "chromium", "firefox", "webkit")
PAGE = "https://app.test"

DEFAULTS: dict[str, Any] = {
    "tainting": "cors",
    "mode": "cors",
    "destination": "empty",
    "origin": PAGE,
    "page_origin": PAGE,
    "page": f"{PAGE}/index.html",
    "credentials": "not-include",
    "secure": True,
}
"""The facts a file leaves out: a fetch() by the page https://app.test."""

_SAID = re.compile(
    r"(?P<likely>likely )?(?P<outcome>allowed|blocked|opaque|not-cors)"
    r"(?: by (?P<rule>[\w-]+))?(?: as (?P<error>[\w -]+?))?(?: hiding (?P<hidden>.+))?"
)


@dataclass(frozen=True, slots=True)
class Said:
    """One branch as a file says it: outcome, rule, the engine's identifier and its console text."""

    outcome: str
    rule: str | None = None
    error: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, ruling: Ruling) -> Said:
        return cls(ruling.outcome.value, ruling.rule, ruling.error, ruling.message)


@dataclass(slots=True)
class Expected:
    """What a file expects of one engine."""

    said: Said
    certainty: str = "certain"
    branches: dict[str, Said] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    @classmethod
    def of(cls, verdict: Verdict) -> Expected:
        branches = {one.label: Said.of(one.ruling) for one in verdict.branches} if verdict.divided else {}
        return cls(Said.of(verdict.ruling), verdict.certainty, branches, verdict.hidden)


@dataclass(frozen=True, slots=True)
class Case:
    """One file, read."""

    name: str
    title: str
    rule: str
    exchange: Exchange
    facts: Facts
    expected: dict[EngineName, Expected]

    @property
    def blocks(self) -> bool:
        """Whether some engine blocks the exchange by the rule that the file is about."""
        return any(one.said.outcome == "blocked" and one.said.rule == self.rule for one in self.expected.values())

    @property
    def passes(self) -> bool:
        """Whether some engine lets the exchange pass that the rule is about."""
        return any(one.said.outcome != "blocked" and one.said.rule is None for one in self.expected.values())


@cache
def cases() -> tuple[Case, ...]:
    """Every case, by name."""
    return tuple(read(path.stem, path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.txt")))


def read(name: str, text: str) -> Case:
    """Read one file: the facts, the request, the response and what is expected, a blank line between them."""
    try:
        head, sent, received, expected = text.strip("\n").split("\n\n")
    except ValueError:
        raise ValueError(f"{name}: four blocks are needed, a blank line between them") from None
    title, *lines = head.splitlines()
    stated = dict(line.split(": ", 1) for line in lines)
    rule, http2, body = stated.pop("rule"), stated.pop("http2", "no") == "yes", stated.pop("body", None)
    unknown = stated.keys() - {one.name for one in fields(Facts)}
    if unknown or not title.startswith("# "):
        raise ValueError(f"{name}: no title, or no such fact: {', '.join(sorted(unknown))}")
    (start, *sent_lines), (status, *received_lines) = sent.splitlines(), received.splitlines()
    method, url = start.split(" ")
    request = Request(method, url, _headers(sent_lines))
    answered = status.isdigit()
    response = Response(int(status), _headers(received_lines), body=body) if answered else None
    facts = replace(_facts(stated, request), response=response)
    exchange = Exchange(
        id=name,
        client="192.0.2.1",
        connection="1",
        request=request,
        response=response,
        http2=http2,
        proxy_status=int(status.rsplit(" ", 1)[1]) if status[-1].isdigit() and not answered else None,
    )
    return Case(name, title[2:], rule, exchange, facts, _expected(name, expected.splitlines()))


def _headers(lines: list[str]) -> HeaderList:
    """Header lines; `\\xFC` stands for that byte."""
    pairs = (line.partition(":") for line in lines)
    return HeaderList(tuple((name.encode(), _bytes(value[1:] if value else "")) for name, _, value in pairs))


def _bytes(value: str) -> bytes:
    return re.sub(rb"\\x([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), value.encode())


def _facts(stated: dict[str, str], request: Request) -> Facts:
    values: dict[str, Any] = {**DEFAULTS, "method": request.method, **stated}
    asked = request.headers.get("access-control-request-method")
    if asked is not None:
        names = request.headers.get("access-control-request-headers") or ""
        values |= {"method": asked, "names": tuple(names.split(",")) if names else ()}
    for name in ("secure", "event_source"):
        if isinstance(values.get(name), str):
            values[name] = {"yes": True, "no": False, "unknown": None}[values[name]]
    for name in ("embedder", "distance"):
        if values.get(name) == "unknown":
            values[name] = None
    if "chain" in values:
        values["chain"] = tuple(values["chain"].split())
    if "build" in values:
        engine, _, version = values["build"].partition("@")
        values["build"] = Build(engine, int(version))
    if values.get("target") == "(none)":
        values["target"] = ""
    return Facts(**values)


def _expected(name: str, lines: list[str]) -> dict[EngineName, Expected]:
    found: dict[EngineName, Expected] = {}
    engines: tuple[EngineName, ...] = ()
    label: str | None = None
    for line in lines:
        text = line.strip()
        depth = (len(line) - len(line.lstrip())) // 2
        if depth == 0:
            who, _, what = text.partition(": ")
            engines = ENGINES if who == "*" else tuple(one for one in ENGINES if one in who.split(", "))
            label = None
            for engine in engines:
                found[engine] = _said(name, what)
        elif depth == 1 and (branch := re.fullmatch(r"([\w=/. -]+=[\w=/. -]+): (.+)", text)):
            label = branch[1]
            for engine in engines:
                found[engine].branches[label] = _said(name, branch[2]).said
        else:
            for engine in engines:
                _add_message(found[engine], label if depth == 2 else None, text)
    if set(found) != set(ENGINES):
        raise ValueError(f"{name}: not every engine's verdict is given")
    return found


def _said(name: str, what: str) -> Expected:
    match = _SAID.fullmatch(what)
    if match is None:
        raise ValueError(f"{name}: cannot read the verdict {what!r}")
    said = Said(match["outcome"], match["rule"], match["error"])
    hidden = tuple(match["hidden"].split(", ")) if match["hidden"] else ()
    return Expected(said, "likely" if match["likely"] else "certain", hidden=hidden)


def _add_message(expected: Expected, label: str | None, text: str) -> None:
    old = expected.said if label is None else expected.branches[label]
    new = Said(old.outcome, old.rule, old.error, text)
    if label is None:
        expected.said = new
    else:
        expected.branches[label] = new
