"""TOML: the standard library reads it, and its tokens tell the lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from corsight.policies.server.formats.limits import Lines, Unreadable, check_depth, check_parts
from corsight.policies.server.problems import Path

# A string that is not closed runs to its end, so that no character is read twice.
_TOKEN = re.compile(
    r'(?P<text>"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?)"
    r"|(?P<line>\n)|(?P<sign>[\[\]{}=,.])|(?P<other>#[^\n]*|[ \t\r]+)|(?P<bare>[^\s\[\]{}=,.\"'#]+|.)",
    re.DOTALL,
)
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_DIGITS = re.compile(r"[0-9_]{4000}")

type _Token = tuple[str, int]


def read_toml(text: str) -> tuple[Any, Lines]:
    """Return the data in `text`, and a line for each path in it. Raises Unreadable."""
    tokens = list(_split(text))
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise _explain(error, text) from None
    return data, _Locator(tokens).lines


def _split(text: str) -> Iterator[_Token]:
    """Yield each token but spaces and comments, with its line.

    Raises Unreadable for too many, and for what is too deep: for a name of many dotted parts, the standard library's
    parser takes quadratic time.
    """
    line, depth, dots, parts, number, last = 1, 0, 0, 0, 0, ""
    for match in _TOKEN.finditer(text):
        token, kind = match[0], match.lastgroup
        if kind == "other" or (token == last == "\n"):
            line += kind == "line"
            continue
        number += 1
        last = token
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        dots = dots + 1 if token == "." else dots if kind in ("text", "bare") else 0
        parts += kind in ("text", "bare") or token in ("[", "{")
        check_depth(depth + dots, line)
        # A part has three signs of its own at most.
        check_parts(max(parts, number // 4), line)
        yield token, line
        line += token.count("\n")


def _explain(error: ValueError, text: str) -> Unreadable:
    message = str(error)
    match = _AT_LINE.search(message)
    if not isinstance(error, tomllib.TOMLDecodeError) and (digits := _DIGITS.search(text)) is not None:
        return Unreadable("a number is too large", text.count("\n", 0, digits.start()) + 1, "write a smaller one")
    what = _AT_LINE.sub("", message).strip().removesuffix("(at end of document)").strip()
    return Unreadable(f"is not valid TOML: {what}", int(match[1]) if match else None)


class _Locator:
    """The lines of a text that is known to be well formed."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.lines: Lines = {}
        self._tokens = tokens
        self._at = 0
        self._last: dict[Path, int] = {}
        table: Path = ()
        while self._at < len(tokens):
            token = self._next()
            if token == "[":
                table = self._take_header()
            elif token != "\n":
                self._take_field(table)

    def _peek(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else "\n"

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][0]

    def _get_line(self) -> int:
        """Return the line of the last token taken."""
        return self._tokens[self._at - 1][1]

    def _take_header(self) -> Path:
        """Take the rest of `[table]` or `[[table]]`; return the table's path."""
        line = self._get_line()
        array = self._peek() == "["
        if array:
            self._next()
        self._next()
        *before, last = self._take_name("]")
        table: Path = ()
        for part in before:
            table = self._note((*table, part), line)
        table = (*table, last)
        if array:
            self._last[table] = self._last.get(table, -1) + 1
            self._next()
        return self._note(table, line)

    def _note(self, path: Path, line: int) -> Path:
        """Note the line of a table, and of its last entry where it is a list; return the path of what goes on."""
        self.lines.setdefault(path, line)
        if path in self._last:
            path = (*path, self._last[path])
            self.lines.setdefault(path, line)
        return path

    def _take_name(self, end: str) -> list[str]:
        """Take a dotted name and the sign behind it, the first token of it being taken already."""
        parts = [_read_key(self._tokens[self._at - 1][0])]
        while self._next() != end:
            parts.append(_read_key(self._next()))
        return parts

    def _take_field(self, table: Path) -> None:
        """Take a name, of which the first token is taken already, and its value."""
        line = self._get_line()
        for part in self._take_name("="):
            table = (*table, part)
            self.lines.setdefault(table, line)
        self._take_value(table)

    def _take_value(self, path: Path) -> None:
        token = self._next()
        if token == "[":
            index = 0
            while self._peek() != "]":
                if self._peek() in ("\n", ","):
                    self._next()
                    continue
                self.lines[*path, index] = self._tokens[self._at][1]
                self._take_value((*path, index))
                index += 1
            self._next()
        elif token == "{":
            while (token := self._next()) != "}":
                if token not in ("\n", ","):
                    self._take_field(path)
        else:
            # A number or a date is of several tokens.
            while self._peek() not in ("\n", ",", "]", "}"):
                self._next()


def _read_key(token: str) -> str:
    """Return the name that a token spells."""
    if token.startswith(("'", '"')):
        return next(iter(tomllib.loads(f"{token}=1")))
    return token
