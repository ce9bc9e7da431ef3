"""What a browser would do with an exchange that nobody sent: its requests made up as each engine would send them, the
responses as given, judged by the same session and the same judge as traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from corsight.policies.decision.advise import advise
from corsight.policies.decision.judge import judge, survey
from corsight.policies.decision.mend import mend
from corsight.policies.engines import ENGINES, EnginePolicy
from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import CredentialsMode, Facts
from corsight.policies.fetch.corp import measure_distance
from corsight.policies.fetch.origin import origin_of, same_site
from corsight.policies.fetch.redirect import (
    REQUEST_BODY_HEADERS,
    redirect_method,
    serialized_request_origin,
)
from corsight.policies.fetch.safelist import (
    VALUE_LIMIT,
    cors_unsafe_request_header_names,
    is_cors_safelisted_method,
    is_cors_safelisted_request_header,
)
from corsight.policies.rules.model import Fix
from corsight.policies.session import Client, Judged, Session
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.reading import read
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.curl import Hop, preflight_command, request_command

Mode = Literal["cors", "no-cors"]

MAX_HOPS = 32
STEP = 0.01
"""Seconds between two exchanges: soon enough for one to follow the other."""


@value
class Question:
    """What the page asks for. `headers` are those that it may set and that are sent; `include` tells whether it asks
    with credentials, None where that is not given.
    """

    origin: str
    url: str
    method: str
    headers: tuple[tuple[str, str], ...] = ()
    include: bool | None = None
    mode: Mode = "cors"
    destination: str = "empty"


@value
class Answers:
    """The responses as given: that of each preflight, and those of the request, a redirect's before what followed it.

    `failed` tells that the request was sent and nothing came back.
    """

    preflights: tuple[Hop, ...] = ()
    responses: tuple[Hop, ...] = ()
    failed: bool = False


@value
class Preflight:
    """A preflight that the browser sends: what it asks for, why, and the curl command that asks the same."""

    url: str
    method: str
    names: tuple[str, ...]
    because: tuple[str, ...]
    command: str


@value
class Missing:
    """A response that was not given and decides: the curl command that fetches it, and what it would have to say."""

    what: Literal["preflight", "response"]
    url: str
    command: str
    needed: Fix | None


@value
class Answer:
    """What one engine makes of it.

    `judged` are the exchanges up to the one where the browser stops, `unreached` those given beyond, which it never
    sends. `missing` are the responses that a verdict still needs.
    """

    engine: EngineName
    judged: tuple[Judged, ...]
    unreached: tuple[Judged, ...] = ()
    preflights: tuple[Preflight, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def stopped(self) -> Judged | None:
        """The exchange that the browser blocked."""
        return next((one for one in self.judged if one.verdict.outcome is Outcome.BLOCKED), None)

    @property
    def outcome(self) -> Outcome | None:
        """What becomes of it in the end; None while that cannot be said."""
        if self.stopped is not None:
            return Outcome.BLOCKED
        return None if self.missing or not self.judged else self.judged[-1].verdict.outcome

    @property
    def certain(self) -> bool:
        """Whether the outcome is certain."""
        if self.stopped is not None:
            return self.stopped.verdict.certainty == "certain"
        return all(one.verdict.certainty == "certain" for one in self.judged)


def ask(question: Question, answers: Answers, engine: EngineName) -> Answer:
    """What `engine` would do."""
    insecure = _mixed_content(question, engine)
    if insecure is not None:
        return Answer(engine, (insecure,))
    steps = _Steps(question, answers, engine)
    steps.walk()
    judged = _settled(steps.judged, question, engine, include_likelier=_invited(answers))
    stop = next((at for at, one in enumerate(judged, 1) if one.verdict.outcome is Outcome.BLOCKED), len(judged))
    missing = () if stop < len(judged) or _blocked(judged[:stop]) else tuple(steps.missing)
    return Answer(engine, tuple(judged[:stop]), tuple(judged[stop:]), tuple(steps.preflights), missing)


def _blocked(judged: Sequence[Judged]) -> bool:
    return bool(judged) and judged[-1].verdict.outcome is Outcome.BLOCKED


class _Steps:
    """The exchanges of one fetch, as one engine sends them."""

    def __init__(self, question: Question, answers: Answers, engine: EngineName) -> None:
        self.question = question
        self.engine: EngineName = engine
        self.policy = ENGINES[engine]
        self.session = Session(engine)
        self.judged: list[Judged] = []
        self.preflights: list[Preflight] = []
        self.missing: list[Missing] = []
        self.chain = [question.url]
        self.method = question.method
        self.headers = list(question.headers)
        self._preflights = iter(answers.preflights)
        self._responses = iter(answers.responses)
        self._failed = answers.failed

    def walk(self) -> None:
        """Go from the first request over the redirects to the last response that is given."""
        for _ in range(MAX_HOPS):
            self._preflight()
            if not self._request():
                break

    @property
    def url(self) -> str:
        return self.chain[-1]

    @property
    def crossed(self) -> bool:
        """Whether the response has to agree: https://fetch.spec.whatwg.org/#main-fetch, step 12."""
        page = self.question.origin
        return any(page == "null" or origin_of(url) != page for url in self.chain)

    def _preflight(self) -> None:
        names = _unsafe_names(self.headers, self.policy)
        if (
            self.question.mode != "cors"
            or not self.crossed
            or not (names or not is_cors_safelisted_method(self.method))
        ):
            return
        # Firefox goes on asking in the page's own name.
        own = self.policy.same_origin_preflight_unchecked
        origin = self.question.origin if own else serialized_request_origin(self.question.origin, self.chain)
        self.preflights.append(
            Preflight(
                self.url,
                self.method,
                names,
                tuple(_reasons(self.method, self.headers, names)),
                preflight_command(self.url, origin, self.method, names),
            )
        )
        fields = [("Accept", "*/*"), ("Access-Control-Request-Method", self.method)]
        if names:
            fields.append(("Access-Control-Request-Headers", ",".join(names)))
        fields += [("Origin", origin), *self._metadata()]
        given = next(self._preflights, None)
        self._exchange("OPTIONS", fields, given, "preflight", self.preflights[-1].command)

    def _request(self) -> bool:
        """Send the request; whether a redirect leads on."""
        origin = self._origin()
        sent = [*self.headers, *((("Origin", origin),) if origin is not None else ()), *self._metadata()]
        command = request_command(self.url, origin, self.method, self.headers)
        given = next(self._responses, None)
        judged = self._exchange(self.method, sent, given, "response", command)
        if judged is None or judged.entry.role != "redirect":
            return False
        target = judged.facts.target
        if not target or target.partition(":")[0] not in ("http", "https"):
            return False
        self._redirect(judged.entry.exchange.response, target)
        return True

    def _redirect(self, response: Response | None, target: str) -> None:
        """https://fetch.spec.whatwg.org/#http-redirect-fetch, steps 12 and 13."""
        assert response is not None
        method = redirect_method(response.status, self.method)
        if method != self.method:
            self.headers = [field for field in self.headers if field[0].lower() not in REQUEST_BODY_HEADERS]
        if origin_of(target) != origin_of(self.url):
            self.headers = [field for field in self.headers if field[0].lower() != "authorization"]
        self.method = method
        self.chain.append(target)

    def _origin(self) -> str | None:
        """The Origin header: https://fetch.spec.whatwg.org/#append-a-request-origin-header."""
        if self.question.mode == "cors" and self.crossed:
            return serialized_request_origin(self.question.origin, self.chain)
        return None if self.method in ("GET", "HEAD") else self.question.origin

    def _metadata(self) -> Iterator[tuple[str, str]]:
        """Sec-Fetch-*. Over plain http browsers leave them out; here they carry what is known all the same."""
        page = self.question.origin
        yield "Sec-Fetch-Mode", self.question.mode
        yield "Sec-Fetch-Dest", self.question.destination
        if page == "null" or not all(same_site(page, origin_of(url)) for url in self.chain):
            yield "Sec-Fetch-Site", "cross-site"
        else:
            yield "Sec-Fetch-Site", "same-site" if self.crossed else "same-origin"
        if page != "null" and not (page.startswith("https:") and self.url.startswith("http:")):
            yield "Referer", f"{page}/"

    def _exchange(
        self,
        method: str,
        fields: Sequence[tuple[str, str]],
        given: Hop | None,
        what: Literal["preflight", "response"],
        command: str,
    ) -> Judged | None:
        """Judge one exchange; where its response was not given, say what it would have to be."""
        number = len(self.judged) + len(self.missing) + 1
        started = number * STEP
        failed = what == "response" and given is None and self._failed
        exchange = Exchange(
            id=f"{self.engine}-{number}",
            client="typed",
            # Each on a connection of its own: what shares one would tell of the other.
            connection=str(number),
            request=Request(method, self.url, HeaderList.of(*fields), started),
            response=None if given is None else replace(given.response, received=started),
            http2=given is not None and given.http2,
        )
        if given is not None or failed:
            judged = self.session.observe(exchange)[0]
            if self.missing and what == "response":
                evidence = Evidence("preflight", "not given", Reason.ANSWER_NOT_TYPED, "likely")
                judged.entry.evidence["preflight"] = evidence
            elif judged.entry.evidence.get("preflight") is not None:
                del judged.entry.evidence["preflight"]
            self.judged.append(judged)
            return judged
        blank = replace(exchange, response=Response(204 if what == "preflight" else 200, HeaderList(), started))
        # A session of its own: this one never saw it.
        facts = Session(self.engine).observe(blank)[0].facts
        facts = _with_credentials(facts, self.question.include, include_likelier=False)
        self.missing.append(Missing(what, self.url, command, mend(blank, facts, self.engine)))
        return None


def _unsafe_names(headers: Sequence[tuple[str, str]], policy: EnginePolicy) -> tuple[str, ...]:
    return cors_unsafe_request_header_names(
        headers,
        total_limit=policy.unsafe_total_limit,
        joined=policy.repeated_lines_joined,
        extra=policy.extra_safelisted,
    )


_SAFELISTED_TYPES = "application/x-www-form-urlencoded, multipart/form-data and text/plain go without"
_BY_VALUE = frozenset({"accept", "accept-language", "content-language", "content-type", "range"})


def _reasons(method: str, headers: Sequence[tuple[str, str]], names: Sequence[str]) -> Iterator[str]:
    """Why a preflight is needed: the method, and each header with what of it needs leave."""
    if not is_cors_safelisted_method(method):
        yield f"the method {method}: only GET, HEAD and POST go without"
    for wanted in names:
        written, sent = next((field for field in headers if field[0].lower() == wanted), (wanted, ""))
        if wanted not in _BY_VALUE:
            yield f"the header {written}: it is not CORS-safelisted"
        elif len(sent) > VALUE_LIMIT:
            yield f"the header {written}: its value is longer than {VALUE_LIMIT} bytes"
        elif wanted == "content-type":
            yield f"Content-Type: {sent}: only {_SAFELISTED_TYPES}"
        elif is_cors_safelisted_request_header(wanted, sent):
            yield f"the header {written}: the safelisted headers are too long together"
        else:
            yield f"{written}: {sent}: this value does not go without"


# -- judging -----------------------------------------------------------------------------------------------------------


def _invited(answers: Answers) -> bool:
    """Whether the server's own words make a credentialed request the likelier."""
    given = [hop.response.headers for hop in (*answers.preflights, *answers.responses)]
    return any(
        one.get("access-control-allow-credentials") == "true" and one.get("access-control-allow-origin") != "*"
        for one in given
    )


def _settled(
    judged: Sequence[Judged], question: Question, engine: EngineName, *, include_likelier: bool
) -> list[Judged]:
    """The verdicts under the credentials mode that was given, or under either.

    The session takes what follows a preflight or a redirect for proof that it passed. What was typed proves nothing, so
    each exchange is judged again by its facts alone.
    """
    told: dict[str, Evidence] = {}
    if question.include is not None:
        mode = "include" if question.include else "not-include"
        told["credentials"] = Evidence("credentials", mode, Reason.TYPED)
    settled = []
    preflight: Response | None = None
    for one in judged:
        entry = one.entry
        # One fetch, whatever the session made of it.
        entry.fetch = judged[0].entry.fetch
        entry.fetch.evidence = told
        entry.evidence.pop("sequel", None)
        facts = _with_credentials(one.facts, question.include, include_likelier=include_likelier)
        verdict, entry.differing = survey(entry.exchange, facts, engine)
        entry.advice = advise(entry.exchange, facts, engine, preflight)
        preflight = entry.exchange.response if entry.role == "preflight" else None
        settled.append(Judged(entry, _client(engine), facts, verdict))
    return settled


def _with_credentials(facts: Facts, include: bool | None, *, include_likelier: bool) -> Facts:
    if include is None and facts.tainting != "cors":
        return facts
    mode: CredentialsMode = "unknown" if include is None else "include" if include else "not-include"
    return replace(facts, credentials=mode, likelier="include" if include_likelier else "not-include")


def _client(engine: EngineName) -> Client:
    return Client(engine)


def _mixed_content(question: Question, engine: EngineName) -> Judged | None:
    """The verdict on a request that a secure page may not even send; None where it may.

    What a redirect to the URL would be held to holds for the URL itself.
    """
    if not question.origin.startswith("https:") or not question.url.startswith("http:"):
        return None
    facts = Facts(
        role="redirect",
        response=Response(302, HeaderList()),
        origin=question.origin,
        page_origin=question.origin,
        mode=question.mode,
        destination=question.destination,
        secure=True,
        distance=measure_distance(question.origin, question.url),
        target=question.url,
    )
    request = Request(question.method, question.url, HeaderList.of(*question.headers), STEP)
    exchange = Exchange(id=f"{engine}-1", client="typed", connection="1", request=request)
    verdict = judge(exchange, facts, engine)
    if verdict.outcome is not Outcome.BLOCKED:
        return None
    fetch = Fetch(exchange.id, question.origin, urls=[question.url])
    entry = Entry(exchange, read(question.method, request.headers), fetch, question.mode, question.destination)
    return Judged(entry, _client(engine), facts, verdict)
