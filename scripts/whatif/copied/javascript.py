"""Literals of JavaScript: what a call is given, as far as it stands there; what code makes is unknown."""

from __future__ import annotations

import re
from typing import Any

from corsight.scripts.whatif.copied.model import FILLED, join_halves

UNKNOWN = object()
"""What an expression makes."""
DEEPEST = 8
"""How deep objects in objects are read, and templates in templates."""

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.{0,2000}?\*/)*+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_MADE = re.compile(r"new\s+(?:Headers|URL|Request)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r?\n)|(.))", re.DOTALL)
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_CLOSES = {"(": ")", "[": "]", "{": "}"}


class Reader:
    """Reads values from a place in a text on."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self._templates = 0

    def read_arguments(self) -> list[Any]:
        """Return what stands between the parentheses of a call, whose first has been read; go on behind them."""
        return self._read_list(")", 0)

    def _read_list(self, end: str, depth: int) -> list[Any]:
        values: list[Any] = []
        while not self._ends(end):
            begin = self.at
            values.append(self._read_value(depth))
            self._go_on(begin)
        return values

    def _ends(self, end: str) -> bool:
        """Return whether the list ends here, or the text; go on behind it."""
        self._space()
        if self.at >= len(self.text):
            return True
        if self.text[self.at] != end:
            return False
        self.at += 1
        return True

    def _read_value(self, depth: int) -> Any:
        """Return a literal, or UNKNOWN for any other expression; go on behind it."""
        self._space()
        begin = self.at
        read = self._read_literal(depth)
        self._space()
        if self.text[self.at : self.at + 1] in (",", ")", "]", "}", ""):
            return read
        # It is part of an expression.
        self.at = begin
        self._skip_expression()
        return UNKNOWN

    def _read_literal(self, depth: int) -> Any:
        text, at = self.text, self.at
        char = text[at : at + 1]
        if char in ("'", '"', "`") and char:
            return self._read_string(char)
        if char == "{" and depth < DEEPEST:
            self.at += 1
            return self._read_object(depth + 1)
        if char == "[" and depth < DEEPEST:
            self.at += 1
            return self._read_list("]", depth + 1)
        if number := _NUMBER.match(text, at):
            self.at = number.end()
            return float(number[0])
        if depth < DEEPEST and (made := _MADE.match(text, at)):
            self.at = made.end()
            given = self._read_list(")", depth + 1)
            return given[0] if given else None
        if (word := _NAME.match(text, at)) and word[0] in _WORDS:
            self.at = word.end()
            return _WORDS[word[0]]
        return UNKNOWN

    def _read_object(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not self._ends("}"):
            begin = self.at
            char = self.text[self.at]
            name = None
            if char in "'\"":
                name = self._read_string(char)
            elif found := _NAME.match(self.text, self.at):
                name, self.at = found[0], found.end()
            self._space()
            if name is not None and self.text[self.at : self.at + 1] == ":":
                self.at += 1
                values[name] = self._read_value(depth)
            else:
                # A shorthand, a method, a spread.
                self.at = begin
                self._skip_expression()
                if name is not None:
                    values[name] = UNKNOWN
            self._go_on(begin)
        return values

    def _read_string(self, quote: str) -> str:
        text, at = self.text, self.at + 1
        parts: list[str] = []
        while at < len(text) and text[at] != quote:
            if escape := _ESCAPE.match(text, at):
                number = escape[1] or escape[2]
                sign = escape[4] or ""
                parts.append(chr(int(number, 16)) if number else _SIGNS.get(sign, sign))
                at = escape.end()
            elif quote == "`" and text.startswith("${", at) and self._templates < DEEPEST:
                self.at, self._templates = at + 2, self._templates + 1
                self._skip_expression()
                self._templates -= 1
                parts.append(FILLED)
                at = self.at + 1
            else:
                parts.append(text[at])
                at += 1
        self.at = at + 1
        return join_halves("".join(parts))

    def _skip_expression(self) -> None:
        """Go on at the comma or the bracket that ends an expression."""
        closing: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "'\"`":
                self._read_string(char)
                continue
            if not closing and char in ",)]}":
                return
            if char in _CLOSES:
                closing.append(_CLOSES[char])
            elif closing and char == closing[-1]:
                closing.pop()
            self.at += 1

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _go_on(self, begin: int) -> None:
        """Go on behind a comma; by one sign in any case, where what was read from `begin` on is none that can stand
        there.
        """
        self._space()
        if self.text[self.at : self.at + 1] == "," or self.at == begin:
            self.at += 1
