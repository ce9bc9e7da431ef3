"""Values of JavaScript: what a call is given, as far as it stands in the paste; what other code makes is unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from corsight.policies.fetch.origin import parse_url
from corsight.scripts.whatif.copied.model import FILLED, Room, join_halves

UNKNOWN = object()
"""What an expression makes."""
FORM = object()
"""A FormData or URLSearchParams: a body that browsers give a safelisted type."""
DEEPEST = 8
"""How deep objects in objects are read, and templates in templates."""
LONGEST = 4096
"""Characters of one of many values that are looked at."""
MOST_ADDED = 32
"""Texts that are added to one another."""
SPREAD = "..."
"""The name in an object under which stands that code adds more to it."""

_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.{0,2000}?\*/)*+", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_PATH = re.compile(r"[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)*")
_MADE = re.compile(r"(?:new\s+(Headers|URL|HttpHeaders|Request)|(Uri\.parse|Options|String))\s*\(")
_CHAINED = re.compile(r"\s*\.(?:set|append)\s*\(")
_FORM = re.compile(r"new\s+(?:FormData|URLSearchParams)\s*\(")
_TEXT = re.compile(r"JSON\.stringify\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r?\n)|(.))", re.DOTALL)
_SIGNS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_KEYWORD = re.compile(r"([A-Za-z_]\w*)\s*:(?!:)")
_BEHIND = re.compile(r"\s*(?:as\s+\w+\s*)?(?:;|,|\Z)|[^\S\n]*(?:\r?\n(?!\s*[.?+*/|&<>=!(\[-])|//)")
"""What ends a value that is assigned."""


def read_call(text: str, at: int, names: Mapping[str, Any] | None = None) -> list[Any]:
    """Return the arguments of a call, one of many in a text, whose first parenthesis ends at a place in it."""
    return Reader(text[at : at + LONGEST], 0, names).read_arguments()


class Reader:
    """Reads values from a place in a text on."""

    def __init__(self, text: str, at: int, names: Mapping[str, Any] | None = None) -> None:
        """`names` are the values of names, as the text gives them."""
        self.text = text
        self.at = at
        self.keywords: dict[str, Any] = {}
        self._names = names or {}
        self._room = Room()
        self._templates = 0

    def read_arguments(self) -> list[Any]:
        """Return what stands between the parentheses of a call, whose first has been read; go on behind them.

        Arguments with a name, as Dart writes them, are kept in `keywords`.
        """
        return self._read_list(")", 0, self.keywords)

    def read_assigned(self) -> Any:
        """Return what stands behind the sign of an assignment, or UNKNOWN."""
        self._space()
        read = self._read_sum(0)
        behind = _BEHIND.match(self.text, self.at)
        return UNKNOWN if behind is None else read

    def _read_list(self, end: str, depth: int, keywords: dict[str, Any] | None = None) -> list[Any]:
        values: list[Any] = []
        while not self._ends(end):
            begin = self.at
            if keywords is not None and (named := _KEYWORD.match(self.text, self.at)) is not None:
                self.at = named.end()
                keywords[named[1]] = self._read_value(depth)
            else:
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
        read = self._read_sum(depth)
        self._space()
        if self.text[self.at : self.at + 1] in (",", ")", "]", "}", ""):
            return read
        # It is part of an expression.
        self.at = begin
        self._skip_expression()
        return UNKNOWN

    def _read_sum(self, depth: int) -> Any:
        """Return a literal, or the texts that are added to one; what code adds is filled in."""
        read = self._read_literal(depth)
        for _ in range(MOST_ADDED):
            at = self.at
            self._space()
            plus = self.text[self.at : self.at + 1] == "+"
            if not plus or self.text.startswith(("++", "+="), self.at):
                self.at = at
                return read
            self.at += 1
            self._space()
            begin = self.at
            added = self._read_literal(depth)
            if added is UNKNOWN:
                self.at = begin
                self._skip_operand()
            read = "".join(one if isinstance(one, str) else FILLED for one in (read, added))
        return UNKNOWN

    def _skip_operand(self) -> None:
        """Go on behind a name, with what is called or looked up in it."""
        if path := _PATH.match(self.text, self.at):
            self.at = path.end()
            while self.text[self.at : self.at + 1] in ("(", "["):
                self.at += 1
                self._skip_expression()
                self.at += 1

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
            return self._read_made(made[1], depth + 1)
        if depth < DEEPEST and (call := _FORM.match(text, at) or _TEXT.match(text, at)):
            self.at = call.end()
            self._read_list(")", depth + 1)
            return FORM if call.re is _FORM else FILLED
        if (path := _PATH.match(text, at)) is None:
            return UNKNOWN
        self.at = path.end()
        return _WORDS[path[0]] if path[0] in _WORDS else self._look_up(path[0])

    def _read_made(self, name: str | None, depth: int) -> Any:
        """Return what is made of the arguments that follow."""
        named: dict[str, Any] = {}
        given = self._read_list(")", depth, named)
        if name == "Request":
            return tuple(given)
        if name == "URL" and len(given) > 1 and isinstance(given[0], str) and isinstance(given[1], str):
            return parse_url(given[0], given[1]) or UNKNOWN
        made = given[0] if given else named
        while isinstance(made, dict) and depth < DEEPEST and (more := _CHAINED.match(self.text, self.at)):
            self.at, depth = more.end(), depth + 1
            pair = self._read_list(")", depth)
            made = made | ({pair[0]: pair[1]} if len(pair) == 2 and isinstance(pair[0], str) else {SPREAD: UNKNOWN})
        return made

    def _look_up(self, path: str) -> Any:
        """Return the value of a name, and of what it holds."""
        first, *inner = path.replace("?", "").split(".")
        found = self._names.get(first, UNKNOWN)
        for name in inner:
            found = found.get(name, UNKNOWN) if isinstance(found, dict) else UNKNOWN
        return found if self._room.take(found) else UNKNOWN

    def _read_object(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not self._ends("}"):
            begin = self.at
            char = self.text[self.at]
            name = None
            if self.text.startswith("...", self.at):
                self.at += 3
                spread = self._read_value(depth)
                values |= spread if isinstance(spread, dict) else {SPREAD: UNKNOWN}
                self._go_on(begin)
                continue
            if char in "'\"":
                name = self._read_string(char)
            elif found := _NAME.match(self.text, self.at):
                name, self.at = found[0], found.end()
            self._space()
            if name is not None and self.text[self.at : self.at + 1] == ":":
                self.at += 1
                values[name] = self._read_value(depth)
            else:
                # A shorthand, a method, a name that is computed.
                short = self.text[self.at : self.at + 1] in (",", "}")
                self.at = begin
                self._skip_expression()
                if name is not None:
                    values[name] = self._look_up(name) if short else UNKNOWN
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
                filled = self._read_value(DEEPEST)
                self._templates -= 1
                parts.append(filled if isinstance(filled, str) else FILLED)
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
