"""The tools for what a person types or pastes: an exchange, a request, console messages, a code of the catalogue."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES
from corsight.policies.console import Message, read_messages
from corsight.policies.engines import ENGINES, read_engine
from corsight.policies.exchange import HeaderList, Response
from corsight.policies.rules import RULES, Fix
from corsight.policies.story import tell
from corsight.scripts.agents import results
from corsight.scripts.agents.server import Server
from corsight.scripts.agents.words import mean, write_entry, write_exchanges
from corsight.scripts.curl import Hop, field
from corsight.scripts.errors import CorsightError
from corsight.scripts.report.message import write_messages
from corsight.scripts.whatif.copied.read import read_asked
from corsight.scripts.whatif.given import Given, read_responses
from corsight.scripts.whatif.message import explain, stand_in
from corsight.scripts.whatif.model import DESTINATIONS, Destination, Missing, Mode, Prediction, Question, Responses
from corsight.scripts.whatif.predict import predict
from corsight.scripts.whatif.typed import read_question

MESSAGES = 20
"""How many console messages are explained at once."""

Line = Annotated[str, Field(max_length=16_384)]


class TypedResponse(BaseModel):
    """A response, as it is typed."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[int, Field(ge=200, le=599)] = 200
    headers: Annotated[tuple[Line, ...], Field(max_length=200)] = ()


Origin = Annotated[Line, Field(description="of the page: https://shop.example, or null")]
Url = Annotated[Line, Field(description="that it asks")]
Headers = Annotated[tuple[Line, ...], Field(max_length=100, description="that the page sets, each as Name: value")]
Credentials = Annotated[
    Literal["include", "same-origin", "omit"] | None, Field(description="the credentials mode, where it is known")
]
Answers = Annotated[
    tuple[TypedResponse, ...], Field(max_length=32, description="the responses: a redirect's before what followed it")
]
Preflights = Annotated[tuple[TypedResponse, ...], Field(max_length=32, description="the preflights' responses")]
Engine = Annotated[str, Field(max_length=32, description="all, or chromium, firefox, webkit, standard; chromium@120")]
Paste = Annotated[str, Field(max_length=200_000, description="one message or several, as the console shows them")]
Request = Annotated[
    str,
    Field(
        max_length=200_000,
        description="the request as developer tools copy or list it, a page's code (fetch, axios, XMLHttpRequest), or "
        "what curl -v prints; the output of curl -i may stand below the command",
    ),
]


def add_tools(server: Server) -> None:
    """Add the tools of this module."""

    def check_exchange(
        origin: Origin,
        url: Url,
        method: Annotated[str, Field(max_length=64)] = "GET",
        headers: Headers = (),
        credentials: Credentials = None,
        mode: Mode = "cors",
        destination: Destination = "empty",
        responses: Answers = (),
        preflights: Preflights = (),
        engine: Engine = "all",
    ) -> results.Check:
        """Judge an exchange that is typed, for every engine or one: whether a preflight is needed and why, whether it
        passes, what would mend it. Nothing is sent. Where a response is missing that decides, tells the curl command
        for it."""
        question, notes = read_question(origin, url, method, headers, credentials, mode, destination)
        given = Responses(_read_hops(preflights, "preflights"), _read_hops(responses, "responses"))
        return results.Check(predictions=_predict(question, given, engine), notes=notes[:10])

    def check_pasted_request(
        text: Request,
        origin: Line | None = None,
        url: Line | None = None,
        credentials: Credentials = None,
        responses: Answers = (),
        preflights: Preflights = (),
        engine: Engine = "all",
    ) -> results.PastedCheck:
        """Judge a request that is pasted, as check_exchange does: copied from developer tools as cURL, fetch or
        PowerShell, or printed by curl -v. A response below it is judged with it. Nothing is sent. `origin`, `url`,
        `credentials`, `responses` and `preflights` go before what the paste says."""
        asked = read_asked(text, "text", origin)
        if asked is None:
            raise CorsightError("no request was found", where="text", todo="copy it as cURL or as fetch, whole")
        page, target = origin or asked.origin, url or asked.url
        if page is None or target is None:
            missing = "origin" if page is None else "url"
            raise CorsightError(f"the request does not contain its {missing}", where="text", todo=f"give {missing}")
        destination = next((one for one in DESTINATIONS if one == asked.destination), "empty")
        question, notes = read_question(
            page, target, asked.method, asked.headers, credentials or asked.credentials, asked.mode, destination
        )
        notes += asked.notes
        read, blind = read_responses(
            question,
            notes,
            Given("--preflight", pasted=None if preflights else asked.preflight),
            Given("--response", pasted=None if responses else asked.response),
        )
        if blind:
            notes.append("The response does not show with which Origin header it was requested.")
        given = Responses(
            _read_hops(preflights, "preflights") or read.preflights,
            _read_hops(responses, "responses") or read.hops,
            failed=read.failed,
        )
        return results.PastedCheck(
            request=_write_question(question), predictions=_predict(question, given, engine), notes=notes[:10]
        )

    def explain_console_message(text: Paste, origin: Line | None = None, url: Line | None = None) -> results.Messages:
        """Explain what a browser's console wrote: which rule or cause it is, what would satisfy the browser, who has
        to act. `origin` and `url` stand in for what the message says of them."""
        messages = read_messages(text)
        if not messages:
            raise CorsightError(
                "no browser writes this to its console", where="text", todo="give the whole line, from its beginning"
            )
        messages = stand_in(messages, origin, url)
        page_text = io.StringIO()
        write_messages(messages[:MESSAGES], page_text)
        return results.Messages(
            messages=[_write_message(message) for message in messages[:MESSAGES]],
            more=max(0, len(messages) - MESSAGES),
            text=page_text.getvalue(),
        )

    def look_up(code: Annotated[str, Field(max_length=100)]) -> results.Entry:
        """Say what a code of the catalogue means, a rule's or a cause's: why it exists, what browsers say, what mends
        it."""
        text = write_entry(code)
        if text is None:
            raise CorsightError("the catalogue has no such code", where="code", todo="the findings name theirs")
        return results.Entry(code=code, text=text)

    for tool in (check_exchange, check_pasted_request, explain_console_message, look_up):
        server.add(tool)


def _read_hops(typed: Sequence[TypedResponse], where: str) -> tuple[Hop, ...]:
    return tuple(
        Hop(Response(one.status, HeaderList.of(*(field(line, f"{where}.headers") for line in one.headers))))
        for one in typed
    )


def _predict(question: Question, given: Responses, engine: str) -> list[results.Prediction]:
    try:
        chosen, version = read_engine(engine, "all")
    except ValueError as error:
        raise CorsightError(str(error), where="engine") from None
    wanted = [one for one in ENGINES if chosen in (None, one)]
    return [_write_prediction(predict(question, given, one, version)) for one in wanted]


def _write_question(question: Question) -> results.Question:
    include = question.include
    return results.Question(
        origin=question.origin,
        url=question.url,
        method=question.method,
        headers=list(dict.fromkeys(name for name, _ in question.headers))[:100],
        credentials="unknown" if include is None else "include" if include else "not-include",
        mode=question.mode,
        destination=question.destination,
    )


def _write_prediction(prediction: Prediction) -> results.Prediction:
    story = tell(prediction.judged) if prediction.judged else None
    stopped = prediction.stopped
    return results.Prediction(
        engine=prediction.engine,
        version=prediction.version,
        outcome=prediction.outcome,
        certain=prediction.certain,
        stopped_at=None if stopped is None else stopped.entry.role,
        preflights=list(dict.fromkeys(reason for one in prediction.preflights for reason in one.because))[:10],
        missing=[_write_missing(one) for one in prediction.missing[:2]],
        exchanges=[] if story is None else write_exchanges(story),
    )


def _write_missing(missing: Missing) -> results.Missing:
    fix = missing.needed or Fix()
    needed = [f"status {fix.status}"] if fix.status else []
    return results.Missing(what=missing.what, command=missing.command, needed=[*needed, *map(str, fix.edits)][:10])


def _write_message(message: Message) -> results.Message:
    cause = explain(message)
    code = message.cause or message.rule or ""
    entry = CAUSES[code] if code in CAUSES else RULES[code]
    return results.Message(
        engine=message.engine,
        stops=message.stops,
        rule=message.rule,
        cause=message.cause if cause is None or cause.code == message.rule else cause.code,
        means=mean(code) if cause is None else cause.title,
        advice=entry.advice if cause is None else cause.action,
        who=name_actor(entry.actor if cause is None else cause.actor),
        origin=message.origin,
        url=message.url,
    )
