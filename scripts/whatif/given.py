"""Reads the responses that a person typed, or pasted from curl."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.rules.nearness import compare_origins
from corsight.scripts.curl import Hop, Pasted, field, read_curl
from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.model import Question, Responses

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Given:
    """How one response was given on the command line: files of what curl printed, or a status and headers."""

    option: Literal["--preflight", "--response"]
    files: Sequence[str] = ()
    status: int | None = None
    headers: Sequence[str] | None = None

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
        words = [f"{prefix}status", str(self.status)] if self.status is not None else []
        for text in self.headers or ():
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
        _note_other_origin(pasted, question, "preflight's response", notes)
        # Browsers follow no redirect of a preflight, whatever curl -L went on to.
        hops.append(pasted.hops[0])
        blind = blind or not pasted.origin
    if response.typed is not None:
        return Responses(tuple(hops), (response.typed,)), blind
    if not response.files:
        return Responses(tuple(hops)), blind
    [path] = response.files
    pasted = read_curl(read_input(path, "--response"), name_of(path), status=response.status)
    if pasted.failure is not None:
        notes.append(f"curl got no response: {pasted.failure}. A browser gets none either, and may blame CORS for it.")
        return Responses(tuple(hops), failed=True), blind
    _note_other_origin(pasted, question, "response", notes)
    return Responses(tuple(hops), pasted.hops), blind or not pasted.origin


def _note_other_origin(pasted: Pasted, question: Question, what: str, notes: list[str]) -> None:
    """A server may well answer a request from elsewhere in another way."""
    if pasted.origin is None or pasted.origin == question.origin:
        return
    how = f"with Origin: {pasted.origin}" if pasted.origin else "without an Origin header"
    if (difference := compare_origins(question.origin, pasted.origin)) is not None:
        how += f", which {difference.wrong}"
    notes.append(f"The {what} was asked for {how}: to {question.origin} the server may answer otherwise.")


def name_of(path: str) -> str:
    return "stdin" if path == STDIN else path


def read_input(path: str, option: str) -> bytes:
    """Return what a file, or stdin, holds; at a terminal, say what `option` waits for."""
    if path != STDIN:
        with open(path, "rb") as file:
            return file.read()
    if sys.stdin.isatty():
        print(f"Paste what {option} is to hold, then press Ctrl-D on an empty line.", file=sys.stderr)
    return sys.stdin.buffer.read()
