"""`corsight check`: what if. Judges an exchange that a person types or pastes, or reads a browser's console message.

Nothing is sent. 0 says that every engine allows it, 1 that one blocks it, 2 that the call cannot be read, or that a
response is missing without which nobody can tell.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from corsight.scripts.errors import CorsightError

if TYPE_CHECKING:
    from corsight.policies.verdict import EngineName
    from corsight.scripts.curl import Hop, Pasted
    from corsight.scripts.whatif import Answer, Answers, Question

STDIN = "-"
DESTINATIONS = Literal["empty", "audio", "font", "image", "manifest", "script", "style", "track", "video"]
REQUEST, PREFLIGHT, MESSAGE = (
    "The request, as the page makes it",
    "The responses, as the server sends them",
    "A message",
)


def check(
    origin: Annotated[
        str | None,
        typer.Option(
            metavar="ORIGIN", help="The page's origin, such as https://app.example, or null.", show_default=False
        ),
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="What the page asks for.", show_default=False)] = None,
    method: Annotated[
        str | None, typer.Option("--method", "-X", metavar="METHOD", help="How it asks; GET if left out.")
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
            help="The credentials mode: same-origin is what fetch() does by itself, include is what withCredentials "
            "means. If left out, both are looked at."
        ),
    ] = None,
    mode: Annotated[Literal["cors", "no-cors"], typer.Option(help="The request mode.")] = "cors",
    destination: Annotated[
        DESTINATIONS, typer.Option(help="What asks: empty is fetch() and XMLHttpRequest.")
    ] = "empty",
    response: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The response as curl -i prints it (-v, -I and -L too); - is stdin."),
    ] = None,
    preflight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="The preflight's response, likewise; repeatable where a redirect needs one more."
        ),
    ] = None,
    status: Annotated[
        int | None, typer.Option(min=200, max=599, metavar="STATUS", help="The response's status, typed.")
    ] = None,
    response_header: Annotated[
        list[str] | None,
        typer.Option(
            "--response-header", "-R", metavar="'NAME: VALUE'", help="A header of the response, typed; repeatable."
        ),
    ] = None,
    preflight_status: Annotated[
        int | None, typer.Option(min=200, max=599, metavar="STATUS", help="The preflight's status, typed.")
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
    paste: Annotated[
        str | None,
        typer.Option(
            metavar="MESSAGE", help="A browser's console message to explain: the text, a file, or - for stdin."
        ),
    ] = None,
    engine: Annotated[
        Literal["all", "chromium", "firefox", "webkit", "standard"], typer.Option(help="Whose verdict counts.")
    ] = "all",
    story: Annotated[bool, typer.Option("--story", help="Tell every step of the standard as well.")] = False,
    format: Annotated[
        Literal["text", "json"],
        typer.Option(help="text for people; json for the records of the addon's log, a line each."),
    ] = "text",
) -> None:
    """Judge an exchange that you type or paste, for every engine; or explain a browser's console message.

    Nothing is sent. Says whether a preflight is needed and why, prints the curl commands that fetch what is missing,
    and what the responses would have to say. Exits with 0 when it is allowed, 1 when it is blocked, 2 when it cannot
    be told.
    """
    if paste is not None:
        judging = (method, header, credentials, response, preflight, status, response_header, preflight_header)
        if preflight_status is not None or any(one is not None for one in judging):
            raise CorsightError(
                "--paste explains a message and judges no response", todo="give it --origin and --url at most"
            )
        _explain(paste, origin, url, format)
        return
    from corsight.scripts.whatif import ask

    question, notes = _question(origin, url, method, header or [], credentials, mode, destination)
    typed = response_header is not None or (status is not None and response is None)
    pasted = [("--response", response), *(("--preflight", path) for path in preflight or [])]
    if typed and response is not None:
        raise CorsightError("--response and -R both give the response", todo="give one of them")
    if (preflight_header is not None or preflight_status is not None) and preflight:
        raise CorsightError("--preflight and -P both give the preflight's response", todo="give one of them")
    if sum(path == STDIN for _, path in pasted) > 1:
        raise CorsightError("stdin holds one response, not two", todo="give a file for one of them")
    answers, blind = _answers(
        question,
        notes,
        response=response,
        preflights=preflight or [],
        status=status,
        typed=_typed(response_header, status, 200, "-R") if typed else None,
        typed_preflight=_typed(preflight_header, preflight_status, 204, "-P")
        if preflight_header is not None or preflight_status is not None
        else None,
    )
    engines: tuple[EngineName, ...] = ("chromium", "firefox", "webkit", "standard")
    asked = [ask(question, answers, one) for one in engines if engine in ("all", one)]
    if answers.preflights and asked[0].outcome is not None and not any(one.preflights for one in asked):
        notes.append("No preflight is needed: the browser never asks for the one that is given.")
    if format == "json":
        _write_records(asked)
    else:
        from corsight.scripts.report.check import write_answers

        # What to run once the missing responses are there: this very call, with them.
        again = _request_words(question, credentials, destination, engine)
        if any(one.preflights for one in asked):
            again += _response_words("--preflight", preflight, preflight_status, preflight_header)
        again += _response_words("--response", None if response is None else [response], status, response_header)
        write_answers(question, asked, notes, again, sys.stdout, blind=blind, story=story)
    _exit(asked, format)


def _exit(asked: list[Answer], format: str) -> None:
    from corsight.policies.verdict import Outcome

    if any(one.outcome is Outcome.BLOCKED for one in asked):
        raise typer.Exit(1)
    missing = [one.missing[0].what for one in asked if one.missing]
    if missing and format == "json":
        what = "preflight's response" if missing[0] == "preflight" else "response"
        raise CorsightError(f"no verdict without the {what}", todo="corsight check without --format says how to get it")
    if missing or any(one.judged and one.judged[-1].verdict.ruling.rule is not None for one in asked):
        raise typer.Exit(2)


def _write_records(asked: list[Answer]) -> None:
    from corsight.policies.record import record

    for answer in asked:
        for judged in answer.judged:
            sys.stdout.write(json.dumps(record(judged), separators=(",", ":")) + "\n")
    sys.stdout.flush()


# -- the request -------------------------------------------------------------------------------------------------------


def _question(
    origin: str | None,
    url: str | None,
    method: str | None,
    headers: list[str],
    credentials: str | None,
    mode: Literal["cors", "no-cors"],
    destination: str,
) -> tuple[Question, list[str]]:
    """What the page asks, and what is to be said about the way it was typed."""
    from corsight.policies.fetch.headers import is_token
    from corsight.policies.fetch.safelist import is_forbidden_method, normalize_method
    from corsight.scripts.curl import field
    from corsight.scripts.whatif import Question

    if origin is None or url is None:
        missing = " and ".join(name for name, one in (("--origin", origin), ("--url", url)) if one is None)
        raise CorsightError(f"{missing} {'are' if ' ' in missing else 'is'} missing", todo="see corsight check --help")
    notes: list[str] = []
    page, asked = _origin(origin, notes), _url(url)
    written = method or "GET"
    if not is_token(written):
        raise CorsightError(f"{written!r} is no method", where="--method")
    if is_forbidden_method(written):
        raise CorsightError(f"browsers let no page send {written.upper()}", where="--method")
    sent = normalize_method(written)
    if sent != sent.upper():
        notes.append(
            f"{sent} goes out in lower case: browsers upper-case only DELETE, GET, HEAD, OPTIONS, POST and PUT, and "
            f"{sent.upper()} is another method."
        )
    if mode == "no-cors" and sent not in ("GET", "HEAD", "POST"):
        raise CorsightError(f"mode no-cors takes GET, HEAD and POST, not {sent}", where="--method")
    fields = _page_set([field(text, "-H") for text in headers], mode, notes)
    include = None if credentials is None else credentials == "include"
    return Question(page, asked, sent, fields, include, mode, destination), notes


def _origin(text: str, notes: list[str]) -> str:
    """The serialized origin of a page, given that or the page's URL."""
    from corsight.policies.fetch.origin import origin_of, split_origin

    text = text.strip()
    if text == "null" or text.startswith(("file:", "data:")):
        if text != "null":
            notes.append("A local file's origin is null, and so is that of every other local file.")
        return "null"
    parts = split_origin(text)
    if parts is not None and parts[0].endswith("-extension"):
        return text
    found = origin_of(text)
    if not text.lower().startswith(("http://", "https://")) or found == "null":
        raise CorsightError(f"{text!r} is no origin", where="--origin", todo="write it like https://app.example")
    if found != text:
        notes.append(f"The page's origin is {found}: that is what browsers send and compare.")
    return found


def _url(text: str) -> str:
    from corsight.policies.fetch.origin import has_userinfo, parse_url

    found = parse_url(text, None)
    if found is None or not found.startswith(("http://", "https://")):
        raise CorsightError(f"{text!r} is no http or https URL", where="--url", todo="write it in full")
    if has_userinfo(found):
        raise CorsightError("browsers fetch no URL with a user name or password in it", where="--url")
    return found


RESPONSE_SIDE = "access-control-"


def _page_set(fields: list[tuple[str, str]], mode: str, notes: list[str]) -> tuple[tuple[str, str], ...]:
    """The headers of those that a page may set, and that leave with the request."""
    from corsight.policies.fetch.safelist import is_forbidden_request_header, is_no_cors_safelisted_request_header

    kept = []
    for name, text in fields:
        lower = name.lower()
        if lower == "cookie":
            notes.append("Cookie is the browser's to send: --credentials include says that the page asks for that.")
        elif is_forbidden_request_header(lower, text):
            notes.append(f"{name} is left out: browsers let no page set it.")
        elif mode == "no-cors" and not is_no_cors_safelisted_request_header(lower, text):
            notes.append(f"{name} is left out: in mode no-cors browsers drop it without a word.")
        else:
            if lower.startswith(RESPONSE_SIDE):
                notes.append(
                    f"{name} is for the server to send: from the page it grants nothing, and needs a preflight itself."
                )
            kept.append((name, text))
    return tuple(kept)


# -- the responses -----------------------------------------------------------------------------------------------------


def _answers(
    question: Question,
    notes: list[str],
    *,
    response: str | None,
    preflights: list[str],
    status: int | None,
    typed: Hop | None,
    typed_preflight: Hop | None,
) -> tuple[Answers, bool]:
    """The responses as given, and whether those that were pasted do not show which Origin they were asked for with."""
    from corsight.scripts.curl import read_curl
    from corsight.scripts.whatif import Answers

    asked: list[Hop] = [] if typed_preflight is None else [typed_preflight]
    blind = False
    for path in preflights:
        pasted = read_curl(_read(path, "--preflight"), _name(path))
        if pasted.failure is not None:
            raise CorsightError(f"curl got no response: {pasted.failure}", where=_name(path))
        _other_origin(pasted, question, "preflight's response", notes)
        # Browsers follow no redirect of a preflight, whatever curl -L went on to.
        asked.append(pasted.hops[0])
        blind = blind or not pasted.origin
    if typed is not None:
        return Answers(tuple(asked), (typed,)), blind
    if response is None:
        return Answers(tuple(asked)), blind
    pasted = read_curl(_read(response, "--response"), _name(response), status=status)
    if pasted.failure is not None:
        notes.append(f"curl got no response: {pasted.failure}. A browser gets none either, and may blame CORS for it.")
        return Answers(tuple(asked), failed=True), blind
    _other_origin(pasted, question, "response", notes)
    return Answers(tuple(asked), pasted.hops), blind or not pasted.origin


def _other_origin(pasted: Pasted, question: Question, what: str, notes: list[str]) -> None:
    """A server may well answer a request from elsewhere in another way."""
    if pasted.origin is None or pasted.origin == question.origin:
        return
    how = f"with Origin: {pasted.origin}" if pasted.origin else "without an Origin header"
    notes.append(f"The {what} was asked for {how}: to {question.origin} the server may answer otherwise.")


def _typed(fields: list[str] | None, status: int | None, default: int, where: str) -> Hop:
    from corsight.policies.exchange import HeaderList, Response
    from corsight.scripts.curl import Hop, field

    headers = HeaderList.of(*(field(text, where) for text in fields or []))
    return Hop(Response(status or default, headers))


def _name(path: str) -> str:
    return "stdin" if path == STDIN else path


def _read(path: str, option: str) -> bytes:
    if path != STDIN:
        with open(path, "rb") as file:
            return file.read()
    if sys.stdin.isatty():
        print(f"Paste what {option} is to hold, then press Ctrl-D on an empty line.", file=sys.stderr)
    return sys.stdin.buffer.read()


def _request_words(question: Question, credentials: str | None, destination: str, engine: str) -> list[str]:
    """The call that asks the same question, without responses."""
    from corsight.scripts.curl import shown_field

    words = ["corsight", "check", "--origin", question.origin, "--url", question.url]
    words += ["--method", question.method] if question.method != "GET" else []
    for name, text in question.headers:
        words += ["-H", shown_field(name, text)]
    words += ["--credentials", credentials] if credentials is not None else []
    words += ["--mode", question.mode] if question.mode != "cors" else []
    words += ["--destination", destination] if destination != "empty" else []
    words += ["--engine", engine] if engine != "all" else []
    return words


def _response_words(
    option: Literal["--preflight", "--response"], paths: list[str] | None, status: int | None, headers: list[str] | None
) -> list[str]:
    """How a response was given; a file for what was not, or came from stdin."""
    begins, letter = ("--preflight-", "-P") if option == "--preflight" else ("--", "-R")
    words = [f"{begins}status", str(status)] if status is not None else []
    for text in headers or []:
        words += [letter, text]
    for path in paths or []:
        words += [option, path if path != STDIN else f"{option[2:]}.txt"]
    return words or [option, f"{option[2:]}.txt"]


# -- messages ----------------------------------------------------------------------------------------------------------


def _explain(paste: str, origin: str | None, url: str | None, format: str) -> None:
    from dataclasses import asdict, replace

    from corsight.policies.console import read_console
    from corsight.policies.redact import redact

    text, where = _message(paste)
    message = read_console(text)
    if message is None:
        raise CorsightError(
            "no browser's console says this about CORS", where=where, todo="paste the whole line, from its beginning"
        )
    if not message.rules:
        raise CorsightError(
            "this says only that the request failed",
            where=where,
            todo="paste the line of the console beside it that gives the reason",
        )
    notes: list[str] = []
    if origin is not None:
        message = replace(message, origin=_origin(origin, notes))
    if url is not None:
        message = replace(message, url=_url(url))
    if format == "json":
        fields = {name: redact(one) if isinstance(one, str) else one for name, one in asdict(message).items()}
        sys.stdout.write(json.dumps(fields, separators=(",", ":")) + "\n")
        return
    from corsight.scripts.report.message import write_message

    write_message(message, sys.stdout)


def _message(paste: str) -> tuple[str, str]:
    """The text to explain, and where it came from."""
    if paste == STDIN:
        return _read(STDIN, "--paste").decode("utf-8", "replace"), "stdin"
    if len(paste) < 1024 and "\n" not in paste and os.path.isfile(paste):
        return _read(paste, "--paste").decode("utf-8", "replace"), paste
    return paste, "--paste"
