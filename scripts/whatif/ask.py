"""Sends what a person typed, as a browser would: the preflight, and the request where the preflight passes."""

from __future__ import annotations

from collections.abc import Sequence

from corsight.policies.exchange import Response
from corsight.policies.redact import redact
from corsight.policies.verdict import EngineName
from corsight.scripts.curl import Hop
from corsight.scripts.errors import CorsightError
from corsight.scripts.replay.model import SAFE_METHODS, Bounds, Failure, Sent
from corsight.scripts.replay.send import send_all
from corsight.scripts.whatif.model import Missing, Question, Responses
from corsight.scripts.whatif.predict import predict


def ask(
    question: Question,
    notes: list[str],
    engines: Sequence[EngineName],
    bounds: Bounds,
    authority: str | None = None,
    *,
    version: int | None = None,
    cookies: Sequence[tuple[str, str]] = (),
    unsafe: bool = False,
) -> Responses:
    """Return what the server answered. `notes` are told what was sent and what was not.

    Cookies go with the request alone, and only with one that is made with credentials. Raises CorsightError where a
    preflight gets no answer.
    """
    responses = Responses()
    while True:
        missing = _find_missing(question, responses, engines, version)
        if missing is None:
            if not responses.preflights and not responses.hops:
                notes.append("Nothing was sent: browsers do not send this request.")
            elif not responses.hops:
                notes.append("The request was not sent: its preflight does not pass.")
            return responses
        if missing.what == "response" and responses.hops:
            notes.append(f"The redirect to {redact(missing.url)} was not followed.")
            return responses
        if missing.what == "response" and question.method not in SAFE_METHODS and not unsafe:
            notes.append(f"{question.method} was not sent, since it may change something: --unsafe sends it.")
            return responses
        answer = _send(missing, cookies, bounds, authority, notes)
        if isinstance(answer, Response):
            hops = (Hop(answer),)
            given = (*responses.preflights, *hops), responses.hops
            responses = Responses(*given) if missing.what == "preflight" else Responses(responses.preflights, hops)
        elif missing.what == "preflight":
            raise CorsightError(f"the preflight got no answer: {answer.text}", where=redact(missing.url))
        else:
            notes.append(f"No answer came: {answer.text}. A browser gets none either, and may blame CORS for it.")
            return Responses(responses.preflights, failed=True)


def _find_missing(
    question: Question, responses: Responses, engines: Sequence[EngineName], version: int | None
) -> Missing | None:
    """Return the first answer that an engine waits for; None where no engine goes on."""
    predictions = (predict(question, responses, engine, version) for engine in engines)
    return next((one.missing[0] for one in predictions if one.missing), None)


def _send(
    missing: Missing, cookies: Sequence[tuple[str, str]], bounds: Bounds, authority: str | None, notes: list[str]
) -> Response | Failure:
    request = missing.request
    headers = list(request.headers.fields)
    if missing.what == "response":
        headers += [(name.encode("latin-1"), text.encode("latin-1")) for name, text in cookies]
    sent = Sent(request.method, request.url, tuple(headers))
    answer = send_all([sent], bounds, authority)[sent]
    came = f"answered {answer.status}" if isinstance(answer, Response) else "unanswered"
    notes.append(f"Sent: {request.method} {redact(request.url)}, {came}.")
    return answer
