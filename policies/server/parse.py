"""The text of a policy file as plain data, and the line on which each part of it stands. YAML, TOML and JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from corsight.policies.server.problems import Path

LARGEST = 1_000_000
"""Characters of text, and parts of what it spells out to: no policy comes near."""

type Lines = dict[Path, int]


class Unreadable(ValueError):
    """A text that is not of its format: what is wrong, on which line, and what to write instead."""

    def __init__(self, what: str, line: int | None = None, instead: str = "") -> None:
        super().__init__(what)
        self.what, self.line, self.instead = what, line, instead


def parse(text: str, name: str) -> tuple[Any, Lines]:
    """The data in `text`, and a line for each path in it. The format is told by the end of `name`; YAML otherwise.

    Raises Unreadable.
    """
    if len(text) > LARGEST:
        raise Unreadable(f"longer than {LARGEST} characters")
    suffix = name.rpartition(".")[2].lower()
    reader: Callable[[str], tuple[Any, Lines]] = {"json": _json, "toml": _toml}.get(suffix, _yaml)
    try:
        return reader(text)
    except RecursionError:
        raise Unreadable("nested too deep") from None


# -- YAML ------------------------------------------------------------------------------------------------------------


def _yaml(text: str) -> tuple[Any, Lines]:
    # Imported here: only those who have a policy wait for it.
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        problem = (error.problem or "").partition("\n")[0]
        source = text.splitlines()[line - 1] if line is not None and line <= len(text.splitlines()) else ""
        if "alias" in problem or "alias" in (error.context or "") or re.search(r"(?:^|[\s\[,])\*", source):
            raise Unreadable("* begins something else in YAML", line, 'put it in quotes: "*"') from None
        raise Unreadable(f"is no YAML: {problem or 'it cannot be parsed'}", line) from None
    except (YAMLError, ValueError) as error:
        raise Unreadable(f"is no YAML: {str(error).partition(chr(10))[0]}") from None
    lines: Lines = {}
    return _plain(tree, (), lines, [LARGEST]), lines


def _plain(node: Any, path: Path, lines: Lines, left: list[int]) -> Any:
    """What ruamel read, without its own types. `left` is how many parts it may still have, as aliases multiply."""
    left[0] -= 1
    if left[0] < 0:
        raise Unreadable("has too many parts")
    if isinstance(node, dict):
        for key in node:
            lines.setdefault((*path, str(key)), _line(node, "key", key))
        return {str(key): _plain(child, (*path, str(key)), lines, left) for key, child in node.items()}
    if isinstance(node, list):
        for index in range(len(node)):
            lines.setdefault((*path, index), _line(node, "item", index))
        return [_plain(child, (*path, index), lines, left) for index, child in enumerate(node)]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node if node is None else str(node)


def _line(node: Any, of: str, key: object) -> int:
    try:
        line: int = getattr(node.lc, of)(key)[0]
    except (AttributeError, KeyError, TypeError):
        # What a merge key brought stands elsewhere.
        line = node.lc.line
    return line + 1


# -- JSON ------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)


def _json(text: str) -> tuple[Any, Lines]:
    repeated: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, child in pairs:
            if name in found:
                repeated.append(name)
            found[name] = child
        return found

    try:
        data = json.loads(text, object_pairs_hook=once)
    except ValueError as error:
        raise Unreadable(f"is no JSON: {getattr(error, 'msg', error)}", getattr(error, "lineno", None)) from None
    if repeated:
        raise Unreadable(f"{repeated[0]} stands twice in one object", None, "leave one")
    lines: Lines = {}
    tokens = ((match[0], match.start()) for match in _TOKEN.finditer(text))
    _locate(tokens, (), lines, lambda position: text.count("\n", 0, position) + 1)
    return data, lines


def _locate(
    tokens: Iterator[tuple[str, int]], path: Path, lines: Lines, line_of: Callable[[int], int], first: str = ""
) -> None:
    """Walk over one value of a JSON text that is known to be well formed."""
    token = first or next(tokens)[0]
    if token == "{":
        for token, position in tokens:
            if token == "}":
                return
            if token == ",":
                continue
            inner = (*path, json.loads(token))
            lines[inner] = line_of(position)
            next(tokens)
            _locate(tokens, inner, lines, line_of)
    elif token == "[":
        index = 0
        for token, position in tokens:
            if token == "]":
                return
            if token == ",":
                index += 1
                continue
            lines[*path, index] = line_of(position)
            _locate(tokens, (*path, index), lines, line_of, token)


# -- TOML ------------------------------------------------------------------------------------------------------------

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_\-.\"']+)\s*=")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


def _toml(text: str) -> tuple[Any, Lines]:
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        message = str(error)
        match = _AT_LINE.search(message)
        what = _AT_LINE.sub("", message).strip().removesuffix("(at end of document)").strip()
        raise Unreadable(f"is no TOML: {what}", int(match[1]) if match else None) from None
    return data, _toml_lines(text, data)


def _toml_lines(text: str, data: Any) -> Lines:
    """The lines of tables and keys, and of an array's entries as far as their text is found after the key."""
    lines: Lines = {}
    counts: dict[str, int] = {}
    table: Path = ()
    source = text.splitlines()
    for number, line in enumerate(source, 1):
        if (match := _TABLE.fullmatch(line)) is not None:
            names = [part.strip(" \"'") for part in match[2].split(".")]
            if match[1] == "[[":
                counts[match[2]] = counts.get(match[2], -1) + 1
            table = ()
            for depth, part in enumerate(names):
                table = (*table, part)
                index = counts.get(".".join(names[: depth + 1]))
                if index is not None:
                    table = (*table, index)
            lines.setdefault(table, number)
        elif (match := _KEY.match(line)) is not None:
            path = (*table, *(part.strip("\"'") for part in match[1].split(".")))
            lines.setdefault(path, number)
            for index, entry in enumerate(_at(data, path)):
                spelled = (json.dumps(entry, ensure_ascii=False), f"'{entry}'")
                place = next(
                    (at for at in range(number, len(source) + 1) if any(one in source[at - 1] for one in spelled)),
                    number,
                )
                lines.setdefault((*path, index), place)
    return lines


def _at(data: Any, path: Path) -> list[Any]:
    """The array at `path`; an empty one where something else stands there."""
    try:
        for part in path:
            data = data[part]
    except (KeyError, IndexError, TypeError):
        return []
    return data if isinstance(data, list) else []
