"""Findings: fifty exchanges blocked for one cause are one finding with fifty places.

Counts and examples only: what is held grows with what differs, and stops at a bound. What came from the wire is made
fit to be shown here, once: secrets replaced, control characters escaped, what is very long cut.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from policies.exchange import Exchange, Response
from policies.facts import Facts
from policies.judge import mend, situation
from policies.redact import printable, redact
from policies.rules import RULES, Rule
from policies.session import Judged
from policies.session.fetches import Entry
from policies.verdict import Certainty, EngineName, Outcome, Role, Ruling, Verdict

PLACES = 1000
"""How many different places of one finding are told apart; the rest is only counted."""
CLIENTS = 50
LONGEST = 300
LONGEST_MESSAGE = 1200

ALLOW_ORIGIN, ALLOW_CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
ALLOW_METHODS, ALLOW_HEADERS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
RESOURCE_POLICY = "Cross-Origin-Resource-Policy"
STATUS = "status"
EMPTY = "(empty)"

TURNED_ON = {
    "allow-origin-missing": (STATUS,),
    "allow-origin-wildcard": (ALLOW_ORIGIN,),
    "allow-origin-multiple": (ALLOW_ORIGIN,),
    "allow-origin-invalid": (ALLOW_ORIGIN,),
    "allow-origin-mismatch": (ALLOW_ORIGIN,),
    "allow-credentials-not-true": (ALLOW_CREDENTIALS,),
    "preflight-status-not-ok": (STATUS,),
    "preflight-redirect": (STATUS, "Location"),
    "preflight-allow-methods-invalid": (ALLOW_METHODS,),
    "preflight-allow-headers-invalid": (ALLOW_HEADERS,),
    "preflight-method-not-allowed": (ALLOW_METHODS,),
    "preflight-header-not-allowed": (ALLOW_HEADERS,),
    "redirect-userinfo": ("Location",),
    "redirect-scheme": ("Location",),
    "redirect-location-invalid": ("Location",),
    "redirect-too-many": ("Location",),
    "redirect-cross-origin": ("Location",),
    "mixed-content": ("Location",),
    "corp-same-origin": (RESOURCE_POLICY,),
    "corp-same-site": (RESOURCE_POLICY,),
    "corp-required-by-coep": (RESOURCE_POLICY,),
    "opaque-response-blocked": ("Content-Type", "X-Content-Type-Options"),
    "network-error": (STATUS,),
}
"""What of the response each rule looks at, and so is shown of it."""


class Answer(NamedTuple):
    """What was needed, what came instead, and what mends it: the same at every place that is served the same way."""

    role: Role
    needed: str
    was: tuple[str, ...]
    fix: tuple[str, ...]
    revalidated: bool


class Place(NamedTuple):
    """Where: the request as the page made it (of a preflight, the one it asks for), and the origin that asked."""

    method: str
    url: str
    origin: str | None


class Unsure(NamedTuple):
    """Why a verdict is only likely: what it takes to be so and why, and what becomes of it otherwise."""

    taken: str
    because: str
    otherwise: str


@dataclass(slots=True)
class Finding:
    """One cause, over all the exchanges that it blocked."""

    rule: Rule
    certain: int = 0
    likely: int = 0
    unlisted: int = 0
    places: dict[Answer, Counter[Place]] = field(default_factory=dict)
    messages: dict[tuple[Answer, EngineName], tuple[str | None, str | None]] = field(default_factory=dict)
    elsewhere: Counter[tuple[EngineName, Outcome, str | None]] = field(default_factory=Counter)
    unsure: Counter[Unsure] = field(default_factory=Counter)

    @property
    def exchanges(self) -> int:
        """How many it blocked."""
        return self.certain + self.likely


class Findings:
    """What was found in all."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[Outcome, Certainty]] = Counter()
        self.clients: Counter[str] = Counter()
        self.engines: Counter[EngineName] = Counter()
        self.perhaps: Counter[tuple[Outcome, str, str]] = Counter()
        self.unanswered = 0
        self._by_rule: dict[str, Finding] = {}

    def add(self, judged: Judged) -> None:
        """Take in the last word on an exchange."""
        verdict = judged.verdict
        self.outcomes[verdict.outcome, verdict.certainty] += 1
        self.engines[verdict.engine] += 1
        label = judged.client.label
        self.clients[label if label in self.clients or len(self.clients) < CLIENTS else "others"] += 1
        if verdict.outcome is Outcome.BLOCKED:
            self._add_blocked(judged)
            return
        if verdict.ruling.rule is not None:
            self.unanswered += 1
        for label, ruling in verdict.branches.items():
            if ruling.outcome is Outcome.BLOCKED and ruling.rule is not None:
                self.perhaps[verdict.outcome, _words(label, _taken(verdict)), ruling.rule] += 1
                break

    def blocked(self, certainty: Certainty) -> int:
        """How many exchanges are blocked with that certainty."""
        return self.outcomes[Outcome.BLOCKED, certainty]

    def count(self, outcome: Outcome) -> int:
        """How many exchanges came to that."""
        return self.outcomes[outcome, "certain"] + self.outcomes[outcome, "likely"]

    def sorted(self) -> list[Finding]:
        """The findings, those that are certain anywhere first, then by the number of exchanges."""
        return sorted(self._by_rule.values(), key=lambda one: (not one.certain, -one.exchanges))

    def _add_blocked(self, judged: Judged) -> None:
        entry, verdict = judged.entry, judged.verdict
        rule = RULES[verdict.ruling.rule or ""]
        finding = self._by_rule.setdefault(rule.code, Finding(rule))
        if verdict.certainty == "certain":
            finding.certain += 1
        else:
            finding.likely += 1
            finding.unsure[_unsure(entry, verdict)] += 1
        for other in judged.others:
            finding.elsewhere[other.engine, other.outcome, other.ruling.rule] += 1
        answer, place = _answer(entry, verdict, rule), _place(entry)
        places = finding.places.get(answer)
        if (places is None or place not in places) and sum(map(len, finding.places.values())) >= PLACES:
            finding.unlisted += 1
            return
        if places is None:
            places = finding.places[answer] = Counter()
        places[place] += 1
        if (answer, verdict.engine) not in finding.messages:
            finding.messages[answer, verdict.engine] = _message(verdict.ruling)


def shown(text: str, longest: int = LONGEST) -> str:
    """Text from the wire, fit to be shown."""
    text = printable(redact(text))
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def _message(ruling: Ruling) -> tuple[str | None, str | None]:
    return ruling.error, None if ruling.message is None else shown(ruling.message, LONGEST_MESSAGE)


def _place(entry: Entry) -> Place:
    facts, exchange = entry.facts, entry.exchange
    assert facts is not None
    method = facts.method if facts.role == "preflight" else exchange.request.method
    origin = None if facts.origin is None else shown(facts.origin)
    return Place(shown(method, 40), shown(exchange.request.url.partition("?")[0]), origin)


def _answer(entry: Entry, verdict: Verdict, rule: Rule) -> Answer:
    facts, exchange = entry.facts, entry.exchange
    assert facts is not None
    response = facts.response or exchange.response
    fix = mend(exchange, facts, verdict.engine)
    edits: tuple[str, ...] = ()
    if fix is not None:
        edits = (
            *((f"answer OPTIONS with status {fix.status}",) if fix.status else ()),
            *(shown(f"{edit.name}: {edit.value or EMPTY}") for edit in fix.edits),
        )
    return Answer(
        facts.role,
        _needed(exchange, facts, response, rule),
        _was(rule, exchange, response),
        edits,
        revalidated=entry.stored is not None,
    )


def _needed(exchange: Exchange, facts: Facts, response: Response | None, rule: Rule) -> str:
    if response is None:
        return rule.needed
    seen = situation(exchange, facts, response, include=False)
    return shown(
        rule.needed.format(
            origin=seen.origin,
            method=seen.method,
            names=", ".join(seen.names) or EMPTY,
            host=seen.url.partition("://")[2].partition("/")[0],
        )
    )


def _was(rule: Rule, exchange: Exchange, response: Response | None) -> tuple[str, ...]:
    if response is None:
        return (f"no answer; the proxy sent status {exchange.proxy_status} in its place",)
    lines: list[str] = []
    for what in TURNED_ON[rule.code]:
        if what == STATUS:
            lines.append(f"status {response.status}")
            continue
        values = response.headers.lines(what.lower())
        lines += [shown(f"{what}: {value or EMPTY}") for value in values[:5]]
        if not values and not lines:
            lines.append(f"no {what}")
    if rule.code == "allow-origin-missing":
        lines = [f"no {ALLOW_ORIGIN} (status {response.status})"]
    return tuple(lines)


# -- what is not certain ---------------------------------------------------------------------------------------------

WORDS = {
    "credentials=include": "with credentials",
    "credentials=not-include": "without credentials",
    "mode=no-cors": "without CORS (mode no-cors)",
    "mode=cors": "with CORS",
    "mode=same-origin": "by its own origin",
    "page=secure": "by an https page",
    "page=insecure": "by an http page",
    "embedder-policy=unsafe-none": "by a page without Cross-Origin-Embedder-Policy",
    "embedder-policy=require-corp": "by a page with Cross-Origin-Embedder-Policy: require-corp",
}
"""How it was asked, by the branch's label."""


def _unsure(entry: Entry, verdict: Verdict) -> Unsure:
    taken = _taken(verdict)
    other = next(((label, one) for label, one in verdict.branches.items() if one.outcome is not verdict.outcome), None)
    evidence = [one for one in (*entry.fetch.evidence.values(), *entry.evidence.values()) if one.certainty == "likely"]
    because = evidence[-1].because if evidence else _default(entry, taken)
    if other is None:
        return Unsure("", because, "")
    return Unsure(_words(taken, other[0]), because, f"{_words(other[0], taken)}, it is {_outcome(other[1])}")


def _taken(verdict: Verdict) -> str:
    """The label of the branch that is said."""
    return next((label for label, ruling in verdict.branches.items() if ruling == verdict.ruling), "")


def _default(entry: Entry, taken: str) -> str:
    response = entry.stored or entry.exchange.response
    if "credentials=include" in taken:
        allows = response is not None and response.headers.get(ALLOW_CREDENTIALS.lower()) == "true"
        return "the response allows them" if allows else "the page's other requests to this server have them"
    return "nothing points to the contrary"


def _words(label: str, other: str) -> str:
    """A branch's label in words, as far as the other differs."""
    known = other.split()
    return ", ".join(WORDS.get(part, part) for part in label.split() if part not in known)


def _outcome(ruling: Ruling) -> str:
    return f"blocked by {ruling.rule}" if ruling.outcome is Outcome.BLOCKED else ruling.outcome.value
