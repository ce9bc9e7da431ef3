"""Walks one fetch as an engine would: its requests made up as the engine sends them, the responses as given, judged by
the same session and the same judge as traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from corsight.policies.decision.mend import mend
from corsight.policies.engines import EnginePolicy, list_policies, list_spans
from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Build
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
from corsight.policies.session import Judged, Session
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.curl import Hop, preflight_command, request_command
from corsight.scripts.whatif.model import STEP, Missing, Prediction, Preflight, Question, Responses
from corsight.scripts.whatif.verdicts import invites_credentials, judge_unsent, set_credentials, settle_by_facts

MAX_HOPS = 32


def predict(question: Question, responses: Responses, engine: EngineName, version: int | None = None) -> Prediction:
    """Return what `engine` would do with the question and the responses given, in one of its versions."""
    unsent = judge_unsent(question, engine, version)
    if unsent is not None:
        return Prediction(engine, (unsent,), version=version)
    steps = _Walk(question, responses, engine, version)
    steps.walk()
    judged = settle_by_facts(steps.judged, question, engine, version, include_likelier=invites_credentials(responses))
    stop = next((at for at, one in enumerate(judged, 1) if one.verdict.outcome is Outcome.BLOCKED), len(judged))
    missing = () if stop < len(judged) or _blocked(judged[:stop]) else tuple(steps.missing)
    return Prediction(engine, tuple(judged[:stop]), tuple(judged[stop:]), tuple(steps.preflights), missing, version)


def predict_versions(
    question: Question, responses: Responses, engine: EngineName
) -> list[tuple[tuple[int, int], Prediction]]:
    """Return what each range of the engine's measured versions would do, if they do not all do the same."""
    found: list[tuple[tuple[int, int], Prediction]] = []
    for oldest, youngest in list_spans(engine):
        prediction = predict(question, responses, engine, oldest)
        if found and _alike(found[-1][1], prediction):
            found[-1] = (found[-1][0][0], youngest), found[-1][1]
        else:
            found.append(((oldest, youngest), prediction))
    return found if len(found) > 1 else []


def _alike(one: Prediction, other: Prediction) -> bool:
    """Return whether two versions send the same preflights, decide alike and print the same text."""
    return (
        one.outcome is other.outcome
        and one.certain == other.certain
        and one.preflights == other.preflights
        and [judged.verdict.ruling for judged in one.judged] == [judged.verdict.ruling for judged in other.judged]
    )


def _blocked(judged: Sequence[Judged]) -> bool:
    return bool(judged) and judged[-1].verdict.outcome is Outcome.BLOCKED


class _Walk:
    """The exchanges of one fetch, as one engine sends them."""

    def __init__(self, question: Question, responses: Responses, engine: EngineName, version: int | None) -> None:
        self.question = question
        self.engine: EngineName = engine
        self.version = version
        build = None if version is None else Build(engine, version)
        self.policy = list_policies(engine, build)[0]
        self.session = Session(engine, version)
        self.judged: list[Judged] = []
        self.preflights: list[Preflight] = []
        self.missing: list[Missing] = []
        self.chain = [question.url]
        self.method = question.method
        self.headers = list(question.headers)
        self._preflights = iter(responses.preflights)
        self._responses = iter(responses.hops)
        self._failed = responses.failed
        self._asked_again: list[tuple[str, str]] = []

    def walk(self) -> None:
        """Follow the redirects from the first request to the last response that is given."""
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
        asking = [*self.headers, *self._asked_again]
        names = _unsafe_names(asking, self.policy)
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
                tuple(_reasons(self.method, asking, names)),
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
        """Send the request; return whether a redirect follows."""
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
        """Go on with the request that a redirect leads to (https://fetch.spec.whatwg.org/#http-redirect-fetch, 12 and
        13).
        """
        assert response is not None
        method = redirect_method(response.status, self.method)
        if method != self.method:
            dropped = [field for field in self.headers if field[0].lower() in REQUEST_BODY_HEADERS]
            self.headers = [field for field in self.headers if field not in dropped]
            if self.policy.content_type_asked_again:
                self._asked_again = [field for field in dropped if field[0].lower() == "content-type"]
        if origin_of(target) != origin_of(self.url) and not self.policy.authorization_kept:
            self.headers = [field for field in self.headers if field[0].lower() != "authorization"]
        self.method = method
        self.chain.append(target)

    def _origin(self) -> str | None:
        """Return the Origin header: https://fetch.spec.whatwg.org/#append-a-request-origin-header."""
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
        """Judge one exchange; if its response was not given, say what it would have to be."""
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
        facts = Session(self.engine, self.version).observe(blank)[0].facts
        facts = set_credentials(facts, self.question.include, include_likelier=False)
        self.missing.append(Missing(what, exchange.request, command, mend(blank, facts, self.engine)))
        return None


def _unsafe_names(headers: Sequence[tuple[str, str]], policy: EnginePolicy) -> tuple[str, ...]:
    return cors_unsafe_request_header_names(
        headers,
        total_limit=policy.unsafe_total_limit,
        joined=policy.repeated_lines_joined,
        extra=policy.extra_safelisted,
        never=policy.never_safelisted,
    )


_SAFELISTED_TYPES = "application/x-www-form-urlencoded, multipart/form-data and text/plain need none"
_BY_VALUE = frozenset({"accept", "accept-language", "content-language", "content-type", "range"})


def _reasons(method: str, headers: Sequence[tuple[str, str]], names: Sequence[str]) -> Iterator[str]:
    """Yield why a preflight is needed: the method, and each header that needs permission."""
    if not is_cors_safelisted_method(method):
        yield f"the method {method}: only GET, HEAD and POST need none"
    firsts = {field[0].lower(): field for field in reversed(headers)}
    for wanted in names:
        written, sent = firsts.get(wanted, (wanted, ""))
        if wanted not in _BY_VALUE:
            yield f"the header {written}: it is not CORS-safelisted"
        elif len(sent) > VALUE_LIMIT:
            yield f"the header {written}: its value is longer than {VALUE_LIMIT} bytes"
        elif wanted == "content-type":
            yield f"Content-Type: {sent}: only {_SAFELISTED_TYPES}"
        elif is_cors_safelisted_request_header(wanted, sent):
            yield f"the header {written}: the safelisted headers are too long together"
        else:
            yield f"{written}: {sent}: this value needs one"
