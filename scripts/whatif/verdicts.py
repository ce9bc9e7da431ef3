"""The verdicts on exchanges that nobody sent: by their facts alone, since what was typed proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corsight.policies.decision.advise import advise
from corsight.policies.decision.judge import judge, survey
from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Build, CredentialsMode, Facts
from corsight.policies.fetch.corp import measure_distance
from corsight.policies.fetch.local_network import asks_local_network
from corsight.policies.session import Client, Judged
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.reading import read
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.whatif.model import STEP, Question, Responses


def invites_credentials(responses: Responses) -> bool:
    """Return whether the server's own words make a credentialed request the likelier."""
    given = [hop.response.headers for hop in (*responses.preflights, *responses.hops)]
    return any(
        one.get("access-control-allow-credentials") == "true" and one.get("access-control-allow-origin") != "*"
        for one in given
    )


def settle_by_facts(
    judged: Sequence[Judged],
    question: Question,
    engine: EngineName,
    version: int | None = None,
    *,
    include_likelier: bool,
) -> list[Judged]:
    """Return the verdicts under the credentials mode that was given, or under either.

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
        facts = set_credentials(one.facts, question.include, include_likelier=include_likelier)
        facts = ask_local_network(facts, entry.exchange.request.url)
        verdict, entry.differing = survey(entry.exchange, facts, engine)
        entry.advice = advise(entry.exchange, facts, engine, preflight)
        preflight = entry.exchange.response if entry.role == "preflight" else None
        settled.append(Judged(entry, Client(engine, version), facts, verdict))
    return settled


def set_credentials(facts: Facts, include: bool | None, *, include_likelier: bool) -> Facts:
    """Return the facts with the credentials mode that was given, unknown where none was."""
    if include is None and facts.tainting != "cors":
        return facts
    mode: CredentialsMode = "unknown" if include is None else "include" if include else "not-include"
    return replace(facts, credentials=mode, likelier="include" if include_likelier else "not-include")


def ask_local_network(facts: Facts, url: str) -> Facts:
    """Return the facts with the question whether a public page may reach the local network, where it asks for that.

    Whoever types has no proxy between: the browser asks its user.
    """
    page = facts.page_origin
    if page is None or not asks_local_network(page, url):
        return facts
    return replace(facts, local_network="unknown", secure=page.startswith("https:"))


def judge_unsent(question: Question, engine: EngineName, version: int | None = None) -> Judged | None:
    """Return the verdict on a request that the browser does not even send, or likely does not; None where it does."""
    return judge_mixed_content(question, engine, version) or judge_local_network(question, engine, version)


def judge_local_network(question: Question, engine: EngineName, version: int | None = None) -> Judged | None:
    """Return the verdict on a page's request to the local network, where the page cannot be given leave."""
    if not question.origin.startswith("http:") or not asks_local_network(question.origin, question.url):
        return None
    facts = Facts(
        role="request",
        tainting="opaque" if question.mode == "no-cors" else "cors",
        response=Response(200, HeaderList.of(("Access-Control-Allow-Origin", question.origin), *ALLOWED)),
        origin=question.origin,
        page_origin=question.origin,
        mode=question.mode,
        destination=question.destination,
        secure=False,
        credentials="not-include",
        distance=measure_distance(question.origin, question.url),
        local_network="unknown",
        build=None if version is None else Build(engine, version),
    )
    return _judge_alone(question, engine, facts)


ALLOWED = (("Access-Control-Allow-Credentials", "true"), ("Cross-Origin-Resource-Policy", "cross-origin"))
"""What lets a response pass, so that nothing is judged but whether the request is sent."""


def judge_mixed_content(question: Question, engine: EngineName, version: int | None = None) -> Judged | None:
    """Return the verdict on a request that a secure page may not even send; None where it may.

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
        build=None if version is None else Build(engine, version),
    )
    return _judge_alone(question, engine, facts)


def _judge_alone(question: Question, engine: EngineName, facts: Facts) -> Judged | None:
    """Return what an engine makes of the request alone; None where it sends it."""
    request = Request(question.method, question.url, HeaderList.of(*question.headers), STEP)
    exchange = Exchange(id=f"{engine}-1", client="typed", connection="1", request=request)
    verdict = judge(exchange, facts, engine)
    if verdict.outcome is not Outcome.BLOCKED:
        return None
    fetch = Fetch(exchange.id, question.origin, urls=[question.url])
    entry = Entry(exchange, read(question.method, request.headers), fetch, question.mode, question.destination)
    return Judged(entry, Client(engine, None if facts.build is None else facts.build.version), facts, verdict)
