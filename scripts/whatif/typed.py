"""Reads a request that a person typed. Raises CorsightError for what no page could request."""

from __future__ import annotations

from collections.abc import Sequence

from corsight.policies.engines.shells import SITES, find_shell
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.origin import has_userinfo, origin_of, parse_url, split_origin
from corsight.policies.fetch.safelist import (
    is_forbidden_method,
    is_forbidden_request_header,
    is_no_cors_safelisted_request_header,
    normalize_method,
)
from corsight.policies.redact import redact
from corsight.scripts.curl import field, shown_field
from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import name_command
from corsight.scripts.whatif.model import Mode, Question

RESPONSE_SIDE = "access-control-"


def read_question(
    origin: str | None,
    url: str | None,
    method: str | None,
    headers: Sequence[str],
    credentials: str | None,
    mode: Mode,
    destination: str,
) -> tuple[Question, list[str]]:
    """Return the page's request, and notes on what a browser changes in it."""
    if origin is None and url is None:
        raise CorsightError(
            "there is nothing to check", todo="give a console message with --paste, or a request with URL and --origin"
        )
    if origin is None:
        raise CorsightError("--origin is missing", todo="give the page that asks, such as --origin https://app.example")
    if url is None:
        raise CorsightError("the URL is missing", todo="give the one that the page requests")
    notes: list[str] = []
    page, target = read_origin(origin, notes), read_url(url)
    typed = method or "GET"
    if not is_token(typed):
        raise CorsightError(f"{typed!r} is not a method", where="--method")
    if is_forbidden_method(typed):
        raise CorsightError(f"browsers let no page send {typed.upper()}", where="--method")
    sent = normalize_method(typed)
    if sent != sent.upper():
        notes.append(
            f"{sent} goes out in lower case: browsers upper-case only DELETE, GET, HEAD, OPTIONS, POST and PUT, and "
            f"{sent.upper()} is another method."
        )
    if mode == "no-cors" and sent not in ("GET", "HEAD", "POST"):
        raise CorsightError(f"mode no-cors takes GET, HEAD and POST, not {sent}", where="--method")
    fields = _keep_settable([field(text, "-H") for text in headers], mode, notes)
    include = None if credentials is None else credentials == "include"
    return Question(page, target, sent, fields, include, mode, destination), notes


def words_of(question: Question, credentials: str | None, engine: str) -> list[str]:
    """Return the command line that asks the same question, without responses."""
    words = [name_command(), "check", "--origin", question.origin, "--url", question.url]
    words += ["--method", question.method] if question.method != "GET" else []
    for name, text in question.headers:
        words += ["-H", shown_field(name, text)]
    words += ["--credentials", credentials] if credentials is not None else []
    words += ["--mode", question.mode] if question.mode != "cors" else []
    words += ["--destination", question.destination] if question.destination != "empty" else []
    words += ["--engine", engine] if engine != "all" else []
    return words


def read_origin(text: str, notes: list[str]) -> str:
    """Return the serialized origin of a page, given that or the page's URL."""
    text = text.strip()
    if (app := _read_app_origin(text, notes)) is not None:
        return app
    if text == "null" or text.startswith(("file:", "data:")):
        if text != "null":
            notes.append(
                "A local file's origin is null in browsers, and so is that of every other local file. Electron, "
                "Cordova and Android's web views send file:// instead: give that to have it judged."
            )
        return "null"
    origin = origin_of(text)
    if not text.lower().startswith(("http://", "https://")) or origin == "null":
        raise CorsightError(
            f"{redact(text)!r} is not an origin", where="--origin", todo="write it like https://app.example"
        )
    if origin != text:
        notes.append(f"The page's origin is {origin}: that is what browsers send and compare.")
    return origin


def _read_app_origin(text: str, notes: list[str]) -> str | None:
    """Return the origin of an app's or an extension's page, given that or its URL; None for any other."""
    scheme, colon, rest = text.partition("://")
    host = rest.partition("/")[0]
    shell = find_shell(text)
    if text.lower() == "file://":
        origin = "file://"
    elif not colon or scheme.lower() in SITES:
        origin = None
    else:
        origin = f"{scheme.lower()}://{host}"
        if split_origin(origin) is None:
            return None
        if origin != text:
            notes.append(f"The page's origin is {origin}: that is what it sends, and what is compared.")
    if shell is not None:
        notes.append(f"{shell.begins if origin is None else origin} is the origin of {shell.what}. {shell.listing}")
    return origin


def read_url(text: str) -> str:
    """Return a URL as a browser writes it."""
    url = parse_url(text, None)
    if url is None or not url.startswith(("http://", "https://")):
        raise CorsightError(
            f"{redact(text)!r} is not an http or https URL",
            where="--url",
            todo="write it in full, such as https://api.example/items",
        )
    if has_userinfo(url):
        raise CorsightError("browsers fetch no URL with a user name or password in it", where="--url")
    return url


def _keep_settable(fields: list[tuple[str, str]], mode: Mode, notes: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the headers that a page may set and that are sent with the request."""
    kept = []
    for name, text in fields:
        lower = name.lower()
        if lower == "cookie":
            notes.append("Cookie is set by the browser: --credentials include says that the request has credentials.")
        elif is_forbidden_request_header(lower, text):
            notes.append(f"{name} is left out: browsers let no page set it.")
        elif mode == "no-cors" and not is_no_cors_safelisted_request_header(lower, text):
            notes.append(f"{name} is left out: in mode no-cors, browsers drop it silently.")
        else:
            if lower.startswith(RESPONSE_SIDE):
                notes.append(
                    f"{name} is for the server to send. Sent by the page, it allows nothing and needs a preflight "
                    "itself."
                )
            kept.append((name, text))
    return tuple(kept)
