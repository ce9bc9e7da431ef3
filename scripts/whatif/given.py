"""Reads the responses that a person typed, or pasted from curl."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.rules.nearness import compare_origins
from corsight.policies.rules.view import READ
from corsight.scripts.curl import Hop, Pasted, field, read_curl, shown_field
from corsight.scripts.errors import CorsightError
from corsight.scripts.inputs import LARGEST, open_input
from corsight.scripts.whatif.model import Question, Responses

STDIN = "-"
DECIDING = (
    *READ,
    *("content-length", "content-type", "cross-origin-resource-policy", "location", "server", "www-authenticate"),
    *("x-content-type-options",),
)
"""Response headers that a verdict or its cause may turn on: those that are written out to give a response again."""


@dataclass(frozen=True, slots=True)
class Given:
    """How one response was given on the command line: files of what curl printed, or a status and headers; or `pasted`,
    below the request.
    """

    option: Literal["--preflight", "--response"]
    files: Sequence[str] = ()
    status: int | None = None
    headers: Sequence[str] | None = None
    pasted: Pasted | None = None

    @property
    def letter(self) -> str:
        """The option that types a header."""
        return "-P" if self.option == "--preflight" else "-R"

    @property
    def typed(self) -> Hop | None:
        """The response that was typed; None where none was, or the status belongs to a file."""
        if self.headers is None and (self.status is None or self.files):
            return None
        default = 204 if self.option == "--preflight" else 200
        fields = (field(text, self.letter) for text in self.headers or ())
        return Hop(Response(self.status or default, HeaderList.of(*fields)))

    @property
    def words(self) -> list[str]:
        """The words that give it again: a file for what was not given, or came from stdin."""
        prefix = "--preflight-" if self.option == "--preflight" else "--"
        file = f"{self.option[2:]}.txt"
        status, headers = self.status, self.headers or ()
        if self.pasted is not None and len(self.pasted.hops) == 1:
            [hop] = self.pasted.hops
            status = hop.response.status
            headers = [shown_field(name, text) for name in DECIDING for text in hop.response.headers.lines(name)]
        words = [f"{prefix}status", str(status)] if status is not None else []
        for text in headers:
            words += [self.letter, text]
        for path in self.files:
            words += [self.option, path if path != STDIN else file]
        return words or [self.option, file]


def read_responses(question: Question, notes: list[str], preflight: Given, response: Given) -> tuple[Responses, bool]:
    """Return the responses as given, and whether those that were pasted do not show with which Origin they were asked
    for. Adds to `notes` what a person should know of them.
    """
    if sum(path == STDIN for path in (*preflight.files, *response.files)) > 1:
        raise CorsightError("stdin holds one response, not two", todo="give a file for one of them")
    blind = False
    hops = [] if preflight.typed is None else [preflight.typed]
    for path in preflight.files:
        pasted = read_curl(read_input(path, "--preflight"), name_of(path))
        if pasted.failure is not None:
            raise CorsightError(f"curl got no response: {pasted.failure}", where=name_of(path))
        blind = _take_pasted(pasted, question, "preflight's response", notes) or blind
        # Browsers follow no redirect of a preflight, whatever curl -L went on to.
        hops.append(pasted.hops[0])
    if preflight.pasted is not None:
        if preflight.pasted.failure is not None:
            raise CorsightError(f"curl got no response to the preflight: {preflight.pasted.failure}")
        blind = _take_pasted(preflight.pasted, question, "preflight's response", notes) or blind
        hops += preflight.pasted.hops[:1]
    if response.typed is not None:
        return Responses(tuple(hops), (response.typed,)), blind
    if response.pasted is not None:
        pasted = response.pasted
    elif response.files:
        [path] = response.files
        pasted = read_curl(read_input(path, "--response"), name_of(path), status=response.status)
    else:
        return Responses(tuple(hops)), blind
    if pasted.failure is not None:
        notes.append(f"curl got no response: {pasted.failure}. A browser gets none either, and may blame CORS for it.")
        return Responses(tuple(hops), failed=True), blind
    blind = _take_pasted(pasted, question, "response", notes) or blind
    return Responses(tuple(hops), pasted.hops), blind


def _take_pasted(pasted: Pasted, question: Question, what: str, notes: list[str]) -> bool:
    """Return whether what curl printed does not show with which Origin it was asked for; note another one."""
    _note_other_origin(pasted, question, what, notes)
    return not pasted.origin


def _note_other_origin(pasted: Pasted, question: Question, what: str, notes: list[str]) -> None:
    """Note that the server may answer a request from another origin differently."""
    if pasted.origin is None or pasted.origin == question.origin:
        return
    how = f"with Origin: {pasted.origin}" if pasted.origin else "without an Origin header"
    if (difference := compare_origins(question.origin, pasted.origin)) is not None:
        how += f", which {difference.wrong}"
    notes.append(f"The {what} was requested {how}: for {question.origin}, the server may answer differently.")


def name_of(path: str) -> str:
    return "stdin" if path == STDIN else path


def read_input(path: str, option: str) -> bytes:
    """Return what a file, or stdin, holds, as far as any is looked at; at a terminal, say what `option` waits for."""
    if path != STDIN:
        with open_input(path) as file:
            return file.read(LARGEST)
    if sys.stdin is None:
        raise CorsightError("is closed", where="stdin", todo="pipe the text into it, or name a file")
    if sys.stdin.isatty():
        print(f"Paste what {option} is to hold, then press Ctrl-D on an empty line.", file=sys.stderr)
    return sys.stdin.buffer.read(LARGEST)
