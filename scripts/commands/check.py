"""`corsight check`: judges an exchange that a person types or pastes, or explains a browser's console message.

Nothing is sent without --send. 0 says that every engine allows it, 1 that one blocks it, 2 that the call cannot be
read, or that a response is missing without which nobody can tell.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from corsight.policies.engines import read_engine
from corsight.policies.record import record
from corsight.policies.redact import redact
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.curl import field
from corsight.scripts.errors import CorsightError
from corsight.scripts.explaining import explain
from corsight.scripts.options import check_engine
from corsight.scripts.report.check import write_predictions
from corsight.scripts.whatif.given import STDIN, Given, read_responses
from corsight.scripts.whatif.model import DESTINATIONS, Destination, Prediction, Question, Responses
from corsight.scripts.whatif.predict import predict, predict_versions
from corsight.scripts.whatif.typed import read_question, words_of

ENGINES: tuple[EngineName, ...] = ("chromium", "firefox", "webkit", "standard")


def check(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="URL",
            help="The URL that the page requests. - reads console messages or a request from stdin, as --paste does.",
            show_default=False,
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            metavar="ORIGIN", help="The page's origin, such as https://app.example, or null.", show_default=False
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The URL that the page requests, as an option.", show_default=False),
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", "-X", metavar="METHOD", help="The request's method.  [default: GET]")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", "-H", metavar="'NAME: VALUE'", help="A request header that the page sets; repeatable."
        ),
    ] = None,
    credentials: Annotated[
        Literal["include", "same-origin", "omit"] | None,
        typer.Option(
            help="The credentials mode: same-origin is the default of fetch(), include is set by withCredentials. "
            "Without this option, both are judged."
        ),
    ] = None,
    mode: Annotated[Literal["cors", "no-cors"], typer.Option(help="The request mode.")] = "cors",
    destination: Annotated[
        Destination,
        typer.Option(help="What the request is for; empty is fetch() and XMLHttpRequest."),
    ] = "empty",
    response: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A file with the response as curl -i prints it (or -v, -I, -L); - is stdin."),
    ] = None,
    preflight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="A file with the preflight's response; repeatable, if a redirect needs another preflight.",
        ),
    ] = None,
    status: Annotated[
        int | None, typer.Option(min=200, max=599, metavar="STATUS", help="The response's status.")
    ] = None,
    response_header: Annotated[
        list[str] | None,
        typer.Option("--response-header", "-R", metavar="'NAME: VALUE'", help="A header of the response; repeatable."),
    ] = None,
    preflight_status: Annotated[
        int | None, typer.Option(min=200, max=599, metavar="STATUS", help="The preflight response's status.")
    ] = None,
    preflight_header: Annotated[
        list[str] | None,
        typer.Option(
            "--preflight-header",
            "-P",
            metavar="'NAME: VALUE'",
            help="A header of the preflight's response; repeatable.",
        ),
    ] = None,
    send: Annotated[
        bool,
        typer.Option(
            "--send",
            help="Send the preflight and the request as a browser does, and judge the responses; follow no redirects.",
        ),
    ] = False,
    unsafe: Annotated[
        bool,
        typer.Option("--unsafe", help="With --send: also send a method that may change something, without a body."),
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.1, help="With --send: how long to wait for one response.  [default: 10]"),
    ] = None,
    ca: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --send: further certificates (PEM) to trust."),
    ] = None,
    paste: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Explain console messages of a browser. Or judge a request: as developer tools copy it (cURL, fetch, "
            "PowerShell) or list it, as curl -v prints it, as a page's code makes it (fetch, XMLHttpRequest, axios, "
            "jQuery, Angular), or as a command (HTTPie, wget), an .http file or Python has it. If its response "
            "follows, as curl -i prints it, that is judged. TEXT is the text itself, a file that holds it, or - for "
            "stdin.",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME[@VERSION]",
            callback=lambda text: check_engine(text, "all"),
            help="The engine to judge by: all, chromium, firefox, webkit or standard; chromium@120 is one version.",
        ),
    ] = "all",
    versions: Annotated[
        bool, typer.Option("--versions", help="Also list the versions of browsers that decide otherwise.")
    ] = False,
    story: Annotated[bool, typer.Option("--story", help="Also print every step of the standard.")] = False,
    format: Annotated[
        Literal["text", "json"],
        typer.Option(help="text for people, json for programs: one record of the addon's log on each line."),
    ] = "text",
) -> None:
    """Judge a request and its response that you type or paste, or explain a browser's console message.

    Says whether a preflight is needed, and why. If a response is missing, prints the curl command that fetches it and
    the headers that it needs. Nothing is sent without --send.

    Exit code: 0 if the request is allowed, 1 if it is blocked, 2 if a response is missing that decides. For console
    messages: 1 if something was blocked or failed, 0 if they only warn, 2 if no browser writes such a message.
    """
    if address == STDIN and paste is None:
        address, paste = None, STDIN
    if address is not None and url is not None:
        raise CorsightError("the URL is given twice", where="--url", todo="give it once")
    url = address if url is None else url
    pasted_preflight = pasted_response = None
    told: tuple[str, ...] = ()
    if paste is not None:
        from corsight.scripts.whatif.copied.read import read_asked, read_lone_response, shows_answer
        from corsight.scripts.whatif.message import is_message, read_text

        text, where = read_text(paste)
        spoken = is_message(text) and not shows_answer(text)
        asked = None if spoken else read_asked(text, where, origin)
        if asked is None and not spoken and (pasted_response := read_lone_response(text, where)) is not None:
            if origin is None or url is None:
                raise CorsightError(
                    "this is a response without its request", where=where, todo="give --origin and --url with it"
                )
            told = ("The paste holds no request: this is judged as the response to it, not to its preflight.",)
        elif asked is None:
            judging = (method, header, credentials, response, preflight, status, response_header, preflight_header)
            if send or preflight_status is not None or any(one is not None for one in judging):
                raise CorsightError(
                    "--paste explains a message and judges no response", todo="give it --origin and --url at most"
                )
            _explain(text, where, origin, url, format)
            return
        else:
            # What is typed goes before what is pasted.
            origin, url = origin or asked.origin, url or asked.url
            if origin is None or url is None:
                what, option = ("page that asks", "--origin") if origin is None else ("URL", "--url")
                raise CorsightError(f"the request does not name the {what}", where=where, todo=f"give it with {option}")
            method, header = method or asked.method, [*asked.headers, *(header or ())]
            credentials, told = credentials or asked.credentials, asked.notes
            mode, destination = (asked.mode if mode == "cors" else mode), _choose(destination, asked.destination)
            if response is None and response_header is None and status is None:
                pasted_response = asked.response
            if not preflight and preflight_header is None and preflight_status is None:
                pasted_preflight = asked.preflight
    headers = header or []
    cookies = [one for one in headers if send and credentials == "include" and one.lower().startswith("cookie:")]
    settable = [one for one in headers if one not in cookies]
    question, notes = read_question(origin, url, method, settable, credentials, mode, destination)
    notes += told
    if response_header is not None and response is not None:
        raise CorsightError("--response and -R both give the response", todo="give one of them")
    if (preflight_header is not None or preflight_status is not None) and preflight:
        raise CorsightError("--preflight and -P both give the preflight's response", todo="give one of them")
    given = Given("--response", [] if response is None else [response], status, response_header, pasted_response)
    given_preflight = Given("--preflight", preflight or [], preflight_status, preflight_header, pasted_preflight)
    chosen, version = read_engine(engine, "all")
    names = [one for one in ENGINES if chosen in (None, one)]
    if send:
        if any((*given.files, *given_preflight.files)) or given.typed is not None or given_preflight.typed is not None:
            raise CorsightError("--send asks the server, and a response is given", todo="leave one of them out")
        responses, blind = (
            _ask(question, notes, cookies, unsafe, timeout, ca, names, version),
            False,
        )
    else:
        responses, blind = read_responses(question, notes, given_preflight, given)
    predictions = [predict(question, responses, one, version) for one in names]
    needed = any(one.preflights for one in predictions)
    if responses.preflights and predictions[0].outcome is not None and not needed:
        notes.append("No preflight is needed: the browser does not send one, so the one that you gave is ignored.")
    if versions and format == "json":
        raise CorsightError("--versions is for reading", todo="leave --format out, or give --engine chromium@120")
    if format == "json":
        _write_records(predictions)
    else:
        # What to run once the missing responses are there: this very call, with them.
        again = [*words_of(question, credentials, engine), *(given_preflight.words if needed else ()), *given.words]
        write_predictions(question, predictions, notes, again, sys.stdout, blind=blind, story=story)
        if versions:
            from corsight.scripts.report.versions import write_versions

            write_versions([(name, predict_versions(question, responses, name)) for name in names], sys.stdout)
    _exit(predictions, format)


def _ask(
    question: Question,
    notes: list[str],
    cookies: Sequence[str],
    unsafe: bool,
    timeout: float | None,
    authority: str | None,
    engines: Sequence[EngineName],
    version: int | None,
) -> Responses:
    from corsight.scripts.replay.model import Bounds
    from corsight.scripts.whatif.ask import ask

    bounds = Bounds() if timeout is None else Bounds(timeout=timeout)
    sent = [field(text, "-H") for text in cookies]
    return ask(question, notes, engines, bounds, authority, version=version, cookies=sent, unsafe=unsafe)


def _choose(typed: Destination, pasted: str | None) -> Destination:
    """Return what the request is for: as typed, or else as pasted."""
    return next((one for one in DESTINATIONS if typed == "empty" and one == pasted), typed)


def _exit(predictions: Sequence[Prediction], format: str) -> None:
    if any(one.outcome is Outcome.BLOCKED for one in predictions):
        raise typer.Exit(1)
    missing = [one.missing[0].what for one in predictions if one.missing]
    if missing and format == "json":
        what = "preflight's response" if missing[0] == "preflight" else "response"
        raise CorsightError(f"no verdict without the {what}", todo="corsight check without --format says how to get it")
    if missing or any(one.judged and one.judged[-1].verdict.ruling.rule is not None for one in predictions):
        raise typer.Exit(2)


def _write_records(predictions: Sequence[Prediction]) -> None:
    for prediction in predictions:
        for judged, explanation in explain(prediction.judged):
            sys.stdout.write(json.dumps(record(judged, explanation), separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _explain(text: str, where: str, origin: str | None, url: str | None, format: str) -> None:
    from corsight.scripts.report.message import write_messages
    from corsight.scripts.whatif.message import read_paste, tell_message

    messages = read_paste(text, where, origin, url)
    if format == "json":
        for message in messages:
            fields = {name: redact(one) if isinstance(one, str) else one for name, one in tell_message(message).items()}
            sys.stdout.write(json.dumps(fields, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    else:
        write_messages(messages, sys.stdout)
    if any(message.stops for message in messages):
        raise typer.Exit(1)
