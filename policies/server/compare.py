"""Drift: where a server's answers differ from its policy.

looser: the server allows what the policy does not. stricter: the page needed it, the policy allows it, and the server
refused it. inconsistent: the server answered the same request in two ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import islice
from typing import Literal

from corsight.policies.decision.judge import judge
from corsight.policies.evidence import Certainty
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts, Role
from corsight.policies.fetch import cors_check, preflight
from corsight.policies.fetch.exposed import FORBIDDEN_RESPONSE_NAMES, SAFELISTED_RESPONSE_NAMES
from corsight.policies.fetch.origin import split_origin
from corsight.policies.fetch.safelist import (
    NO_CORS_SAFELISTED_NAMES,
    is_cors_safelisted_method,
    is_forbidden_request_header,
)
from corsight.policies.server import respond
from corsight.policies.server.grammar import ANY
from corsight.policies.server.match import Index
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.phrases import list_elements, word_grant, word_near
from corsight.policies.server.problems import shorten
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory
from corsight.policies.value import value
from corsight.policies.verdict import Outcome, Verdict

Kind = Literal["looser", "stricter", "inconsistent"]
Subject = Literal["origin", "credentials", "method", "request header", "exposed header", "preflight status", "answer"]

QUESTIONS = 10_000
"""How many requests are remembered with their answers, to compare the next answers with."""
LONGEST_GRANT = 300
"""Characters of an answer in words."""

_NEEDED: dict[str, Subject] = {
    cors_check.MISSING: "origin",
    cors_check.WILDCARD: "origin",
    cors_check.MULTIPLE: "origin",
    cors_check.INVALID: "origin",
    cors_check.MISMATCH: "origin",
    cors_check.CREDENTIALS: "credentials",
    preflight.STATUS: "preflight status",
    preflight.REDIRECT: "preflight status",
    preflight.METHODS_INVALID: "method",
    preflight.METHOD: "method",
    preflight.HEADERS_INVALID: "request header",
    preflight.HEADER: "request header",
}
"""Which part of a policy the server did not fulfil, by the rule that blocked."""
_WITH_CREDENTIALS = frozenset({cors_check.WILDCARD, cors_check.CREDENTIALS})
"""Rules that block only requests with credentials."""


@value
class Place:
    """One exchange, as people can find it again: `url` is without its query."""

    flow: str
    role: Role
    method: str
    url: str
    origin: str | None
    status: int


@value
class Drift:
    """One difference between a policy and an answer.

    `value` is what was allowed, or needed and refused; `text` says in a sentence what differs.
    """

    kind: Kind
    policy: str
    subject: Subject
    value: str
    text: str
    place: Place
    certainty: Certainty = "certain"

    def __str__(self) -> str:
        how = "under" if self.kind == "inconsistent" else "than"
        return f"{self.kind} {how} policy {self.policy}: {self.text}"


@value
class _Given:
    """An answer that was given to a request: by which exchange, and what it allowed."""

    flow: str
    digest: bytes
    grant: str
    status: int


class Comparison:
    """Compares answers with the policies that apply to them, and with each other."""

    def __init__(self, policies: Sequence[ServerPolicy]) -> None:
        self.policies = tuple(policies)
        self.index = Index(self.policies)
        # By digests, since questions and answers can be of any length.
        self._answers: Memory[bytes, _Given] = Memory(QUESTIONS)

    def compare(self, judged: Judged) -> tuple[Drift, ...]:
        """Return how one exchange drifts; nothing where no policy applies to it, or where no response came from the
        server.

        An exchange whose verdict was revised may be given again: the last one counts.
        """
        exchange, verdict = take_server_answer(judged)
        response = exchange.response
        if response is None:
            return ()
        policy = self.index.find(exchange.request.url)
        if policy is None:
            return ()
        place = _locate(judged, exchange, response)
        drifts = [
            *_find_looser(policy, exchange, response, place),
            *_find_stricter(policy, judged.facts, verdict, response, place),
        ]
        inconsistent = self._find_inconsistent(policy, exchange, response, place)
        return (*drifts, inconsistent) if inconsistent is not None else tuple(drifts)

    def _find_inconsistent(
        self, policy: ServerPolicy, exchange: Exchange, response: Response, place: Place
    ) -> Drift | None:
        """Return how the answer differs from an earlier one to the same request, None where it does not."""
        get = exchange.request.headers.get
        origin = get("origin")
        if origin is None or response.status == 304:
            return None
        asked = respond.read_asked_method(exchange.request)
        names = get("access-control-request-headers") or "" if asked is not None else ""
        question = _hash(place.method, place.url, origin, asked or "", names)
        grant = word_grant(response, preflight=asked is not None)
        given = _Given(place.flow, _hash(grant), shorten(grant, LONGEST_GRANT), response.status)
        before = self._answers.get(question)
        if before is None or before.flow == place.flow:
            self._answers.put(question, given)
            return None
        if before.digest == given.digest:
            return None
        first, second = (f"{one.grant} (status {one.status})" for one in (before, given))
        text = f"the server answered {_word_question(place, asked)} {first}, then {second}"
        return Drift("inconsistent", policy.name, "answer", given.grant, text, place)


def _hash(*texts: str) -> bytes:
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def take_server_answer(judged: Judged) -> tuple[Exchange, Verdict | None]:
    """Return the exchange as the server answered it, without a patch, and the verdict on that."""
    patched = judged.entry.patched
    if patched is None:
        return judged.entry.exchange, judged.verdict
    if patched.without is None:
        # The proxy answered in the server's place, unasked.
        return Exchange("", "", "", judged.entry.exchange.request), None
    without = patched.without
    return without, judge(without, replace(judged.facts, response=without.response), judged.verdict.engine)


def _locate(judged: Judged, exchange: Exchange, response: Response) -> Place:
    request = exchange.request
    url = request.url.partition("?")[0]
    return Place(
        judged.entry.exchange.id, judged.entry.role, request.method, url, request.headers.get("origin"), response.status
    )


NAMED = 128
"""How many elements of one list that a policy does not allow are reported."""


# -- looser ----------------------------------------------------------------------------------------------------------


def _find_looser(policy: ServerPolicy, exchange: Exchange, response: Response, place: Place) -> Iterator[Drift]:
    """Yield what the response allows and the policy does not."""
    get = response.headers.get
    allowed = get("access-control-allow-origin")
    if allowed is None or (allowed not in (ANY, "null") and split_origin(allowed) is None):
        # It grants nobody anything.
        return
    asked = respond.read_asked_method(exchange.request)
    if asked is not None and not 200 <= response.status <= 299:
        # Nor does a preflight that failed.
        return

    def drift(subject: Subject, value: str, text: str) -> Drift:
        return Drift("looser", policy.name, subject, value, text, place)

    credentials = allowed != ANY and get("access-control-allow-credentials") == "true"
    if allowed == ANY and not respond.is_public(policy):
        yield drift(
            "origin", ANY, "the server allows every origin (Access-Control-Allow-Origin: *), the policy only some"
        )
    elif allowed != ANY and not respond.grants_origin(policy, allowed):
        near = word_near(allowed, policy.origins)
        yield drift("origin", allowed, f"the server allows origin {allowed}, but the policy {near or 'does not'}")
    if credentials and not respond.grants_credentials(policy, allowed):
        what = "the server sends Access-Control-Allow-Credentials: true, but the policy allows no credentials"
        yield drift("credentials", "true", what)
    if asked is None:
        method = exchange.request.method
        if is_cors_safelisted_method(method) and not respond.grants_method(policy, method):
            yield drift(
                "method",
                method,
                f"the server lets pages read its response to {method}, but the policy does not allow {method}",
            )
        yield from (
            drift("exposed header", name, f"the server exposes header {name}, but the policy does not")
            for name in islice(
                _list_beyond(get("access-control-expose-headers"), policy.expose_headers, credentials, _SAFE_TO_READ),
                NAMED,
            )
        )
        return
    for method in list_elements(get("access-control-allow-methods"))[:NAMED]:
        if method == ANY and not credentials:
            if ANY not in policy.methods:
                yield drift("method", ANY, "the server allows every method (*), the policy only some")
        elif method != ANY and not respond.grants_method(policy, method):
            yield drift("method", method, f"the server allows method {method}, but the policy does not")
    harmless = NO_CORS_SAFELISTED_NAMES - {"content-type"}
    names = tuple(islice(_list_beyond(get("access-control-allow-headers"), (), credentials, harmless), NAMED))
    refused = set(respond.list_refused_names(policy, names))
    for name in names:
        if name == ANY:
            if ANY not in policy.request_headers:
                yield drift("request header", ANY, "the server allows every request header (*), the policy only some")
        elif name in refused and not is_forbidden_request_header(name.lower(), ""):
            yield drift("request header", name, f"the server allows request header {name}, but the policy does not")


_SAFE_TO_READ = SAFELISTED_RESPONSE_NAMES | FORBIDDEN_RESPONSE_NAMES


def _list_beyond(
    value: str | None, granted: tuple[str, ...], credentials: bool, harmless: frozenset[str]
) -> Iterator[str]:
    """Yield the names in a header's value that the policy does not allow, without those that have no effect.

    With credentials, `*` has no effect.
    """
    known = {name.lower() for name in granted} | harmless
    if ANY in known:
        return
    for name in list_elements(value):
        if name.lower() not in known and not (name == ANY and credentials):
            yield name


# -- stricter --------------------------------------------------------------------------------------------------------


def _find_stricter(
    policy: ServerPolicy, facts: Facts, verdict: Verdict | None, response: Response, place: Place
) -> Iterator[Drift]:
    """Yield what the page needed and the policy allows, and what the server refused."""
    if facts.tainting != "cors" or facts.origin is None or verdict is None:
        return
    ruling = verdict.ruling
    include = facts.credentials == "include" or ruling.rule in _WITH_CREDENTIALS
    names = facts.names if facts.role == "preflight" else ()
    if not respond.grants(policy, facts.origin, facts.method, names, include=include):
        return
    certainty = verdict.certainty
    if ruling.outcome is Outcome.BLOCKED and ruling.rule in _NEEDED:
        subject = _NEEDED[ruling.rule]
        value = _name_refused(subject, facts.origin, facts.method, names, response)
        text = f"the policy allows {_word_wanted(subject, value)} ({ruling.rule})"
        named = response.headers.get("access-control-allow-origin")
        if subject == "origin" and named is not None and (near := word_near(value, (named,))):
            text += f": the server {near}"
        yield Drift("stricter", policy.name, subject, value, text, place, certainty)
    elif ruling.outcome is Outcome.ALLOWED and facts.role == "request":
        hidden = set(verdict.hidden)
        for name in policy.expose_headers:
            if name.lower() in hidden:
                text = f"the policy exposes header {name}, but the server does not, so the page cannot read it"
                yield Drift("stricter", policy.name, "exposed header", name, text, place, certainty)


def _name_refused(subject: Subject, origin: str, method: str, names: tuple[str, ...], response: Response) -> str:
    if subject == "method":
        return method
    if subject == "request header":
        listed = {name.lower() for name in list_elements(response.headers.get("access-control-allow-headers"))}
        return ", ".join(name for name in names if name.lower() not in listed) or ", ".join(names)
    return str(response.status) if subject == "preflight status" else origin


def _word_wanted(subject: Subject, value: str) -> str:
    """Return what the policy allows, and that the server did not."""
    match subject:
        case "credentials":
            return f"requests with credentials from {value}, but the server refused one"
        case "preflight status":
            return f"the request, but the server answered its preflight with status {value}"
        case _:
            return f"{subject} {value}, but the server refused it"


# -- in words --------------------------------------------------------------------------------------------------------


def _word_question(place: Place, asked: str | None) -> str:
    what = f"{place.method} {place.url}" if asked is None else f"the preflight for {asked} {place.url}"
    return f"{what} from {place.origin}"
