"""A command line taken apart as its shell does: bash and its kin, and Windows' cmd.

PowerShell writes its commands in another way: powershell.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.copied.model import join_halves

_ANSI = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_NUMBER = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})")
_CARETS = re.compile(r"\^(?:\r?\n(\r?\n)?|(.))", re.DOTALL)
_IS_CMD = re.compile(r'\^\s*$|\^"', re.MULTILINE)
_ENDS = frozenset("|&;<>")


def split_command(text: str) -> tuple[list[str], str]:
    """Return the words of the command that a text begins with, and the text behind its last line.

    Raises CorsightError where its quotes are not closed.
    """
    cmd = _IS_CMD.search(text) is not None
    if cmd:
        # A caret makes the next sign an ordinary one; before a line's end it goes on in the next line.
        text = _CARETS.sub(lambda found: found[2] or ("\n" if found[1] else " "), text)
    return _Splitter(text, cmd).split()


def list_options(words: list[str], with_value: frozenset[str], letters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each option with its value, empty where it takes none; a word that is no option under an empty name.

    `letters` are the short options that are told by their long name.
    """
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word.startswith("--"):
            option, equals, value = word.partition("=")
            if not equals and option in with_value and at < len(words):
                value, at = words[at], at + 1
            yield option, value
        elif word.startswith("-") and len(word) > 1:
            for place, letter in enumerate(word[1:], 2):
                option = f"-{letter}"
                if option not in with_value:
                    yield option, ""
                    continue
                value = word[place:]
                if not value and at < len(words):
                    value, at = words[at], at + 1
                yield letters.get(letter, option) if letter in letters else option, value
                break
        elif word:
            yield "", word


class _Splitter:
    """Walks over a command line once."""

    def __init__(self, text: str, cmd: bool) -> None:
        self._text = text
        self._cmd = cmd
        self._at = 0

    def split(self) -> tuple[list[str], str]:
        words: list[str] = []
        word: list[str] | None = None
        piped = False
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in " \t\r\n" or char in _ENDS:
                if word is not None and not piped:
                    words.append("".join(word))
                word = None
                self._at += 1
                if char == "\n":
                    break
                # What the answer is piped into is no part of the command.
                piped = piped or char in _ENDS
                continue
            word = [] if word is None else word
            word.append(self._take(char))
        if word is not None and not piped:
            words.append("".join(word))
        return words, self._text[self._at :]

    def _take(self, char: str) -> str:
        """Return what stands for the next sign, or the next part in quotes."""
        text, at = self._text, self._at
        if char == '"':
            return self._take_double()
        if char == "'" and not self._cmd:
            end = text.find("'", at + 1)
            return text[at + 1 : self._end_at(end)]
        if text.startswith("$'", at) and not self._cmd:
            return self._take_ansi()
        if char == "\\" and not self._cmd:
            broken = re.compile(r"\\[ \t]*\r?(\n|\Z)").match(text, at)
            self._at = broken.end() if broken else at + 2
            # A line that ends so goes on in the next, and a word ends there or not.
            return "" if broken else text[at + 1 : at + 2]
        self._at += 1
        return char

    def _take_double(self) -> str:
        text, at = self._text, self._at + 1
        got: list[str] = []
        while at < len(text) and text[at] != '"':
            if text[at] == "\\" and text[at + 1 : at + 2] in ("\\", '"', "$", "`", "\n"):
                got.append(text[at + 1].replace("\n", ""))
                at += 2
            else:
                got.append(text[at])
                at += 1
            if self._cmd and text.startswith('""', at):
                got.append('"')
                at += 2
        self._end_at(at if at < len(text) else -1)
        return "".join(got)

    def _take_ansi(self) -> str:
        text, at = self._text, self._at + 2
        got: list[str] = []
        while at < len(text) and text[at] != "'":
            if text[at] != "\\":
                got.append(text[at])
                at += 1
            elif number := _NUMBER.match(text, at + 1):
                got.append(chr(int(number[1] or number[2], 16)))
                at = number.end()
            else:
                got.append(_ANSI.get(text[at + 1 : at + 2], text[at + 1 : at + 2]))
                at += 2
        self._end_at(at if at < len(text) else -1)
        return join_halves("".join(got))

    def _end_at(self, end: int) -> int:
        """Go on behind the quote at `end`, and return its place."""
        if end < 0:
            raise CorsightError("a quote in the command is not closed", todo="paste the command as a whole")
        self._at = end + 1
        return end
