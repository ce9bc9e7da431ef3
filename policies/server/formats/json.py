"""JSON: the standard library reads it, and its tokens tell the lines."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from corsight.policies.server.formats.limits import Lines, Unreadable, check_depth, check_parts, read_integer
from corsight.policies.server.problems import Path, shorten

# A string that is not closed runs to the end, so that no character is read twice.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)

type _Token = tuple[str, int]


def read_json(text: str) -> tuple[Any, Lines]:
    """Return the data in `text`, and a line for each path in it. Raises Unreadable."""
    tokens = list(_split(text))
    try:
        data = json.loads(text, parse_int=read_integer)
    except ValueError as error:
        raise Unreadable(f"is not valid JSON: {getattr(error, 'msg', error)}", getattr(error, "lineno", None)) from None
    lines: Lines = {}
    _locate(iter(tokens), (), lines)
    return data, lines


def _split(text: str) -> Iterator[_Token]:
    """Yield each token with its line. Raises Unreadable for too many, and for what is too deep."""
    ends = [match.start() for match in re.finditer("\n", text)]
    depth = parts = 0
    for number, match in enumerate(_TOKEN.finditer(text), 1):
        token = match[0]
        line = bisect_right(ends, match.start()) + 1
        depth += (token in "[{") - (token in "]}")
        check_depth(depth, line)
        parts += token not in "]},:"
        # A part has three signs of its own at most.
        check_parts(max(parts, number // 4), line)
        yield token, line


def _locate(tokens: Iterator[_Token], path: Path, lines: Lines, first: str = "") -> None:
    """Note the lines of one value, of a text that is known to be well formed. Raises Unreadable for a name twice."""
    token = first or next(tokens)[0]
    if token == "{":
        for token, line in tokens:
            if token == "}":
                return
            if token == ",":
                continue
            inner = (*path, json.loads(token))
            if inner in lines:
                raise Unreadable(f"{shorten(inner[-1])} is listed twice", line, "leave one", inner)
            lines[inner] = line
            next(tokens)
            _locate(tokens, inner, lines)
    elif token == "[":
        index = 0
        for token, line in tokens:
            if token == "]":
                return
            if token == ",":
                index += 1
                continue
            lines[*path, index] = line
            _locate(tokens, (*path, index), lines, token)
