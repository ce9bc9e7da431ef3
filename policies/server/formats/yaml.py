"""YAML: ruamel.yaml reads the events, and they are put together here, within bounds.

Its own composer goes as deep as the text does, and multiplies what aliases repeat. Plain values are resolved by the
core schema of YAML 1.2: https://yaml.org/spec/1.2.2/#103-core-schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)
from ruamel.yaml.scanner import Scanner

from corsight.policies.server.formats.limits import Lines, Unreadable, check_depth, check_parts, read_integer
from corsight.policies.server.problems import Path, shorten

_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    spelled: word == "true" for word in ("true", "false") for spelled in (word, word.title(), word.upper())
}
_INTEGER = re.compile(r"([-+]?[0-9]+)|0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)")
_CORE = "tag:yaml.org,2002:"
_TEXT = ("!", f"{_CORE}str")
_PLAIN = (None, *(f"{_CORE}{kind}" for kind in ("null", "bool", "int", "float")))
_MERGE = "<<"


@dataclass(slots=True, eq=False)
class _Scalar:
    line: int
    text: str
    value: Any
    size: int = 1
    height: int = 0


@dataclass(slots=True, eq=False)
class _Collection:
    """A list, or a table: then its children are keys and values by turns, each with the line it is used on.

    `size` counts aliases at their full size.
    """

    line: int
    table: bool
    children: list[tuple[_Node, int]] = field(default_factory=list)
    size: int = 1
    height: int = 1

    def add(self, child: _Node, line: int) -> None:
        self.children.append((child, line))
        self.size += child.size
        self.height = max(self.height, child.height + 1)
        check_parts(self.size, line)
        check_depth(self.height, line)


type _Node = _Scalar | _Collection


class _BoundedScanner(Scanner):
    """Stops at brackets that are too deep: it would look at all that are open for each further one."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: Any) -> None:
        """Take `[` or `{` in. Raises Unreadable."""
        check_depth(self.flow_level + 1, self.reader.line + 1)
        super().fetch_flow_collection_start(TokenClass, to_push)


def read_yaml(text: str) -> tuple[Any, Lines]:
    """Return the data in `text`, and a line for each path in it. Raises Unreadable."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _BoundedScanner
    try:
        root = _compose(yaml.parse(text))
    except Unreadable:
        raise
    except MarkedYAMLError as error:
        raise _explain(error, text) from None
    except (YAMLError, ValueError) as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
        raise Unreadable(f"is not valid YAML: {str(error).partition(chr(10))[0]}", line) from None
    lines: Lines = {}
    return (None if root is None else _expand(root, (), lines)), lines


def _explain(error: MarkedYAMLError, text: str) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else mark.line + 1
    problem = (error.problem or "").partition("\n")[0]
    source = text.split("\n")
    shown = source[line - 1] if line is not None and line <= len(source) else ""
    if "alias" in problem or "alias" in (error.context or "") or re.search(r"(?:^|[\s\[,])\*", shown):
        return Unreadable("* begins an alias in YAML", line, 'put it in quotes: "*"')
    return Unreadable(f"is not valid YAML: {problem or 'it cannot be parsed'}", line)


# -- events to nodes -------------------------------------------------------------------------------------------------


def _compose(events: Iterable[Event]) -> _Node | None:
    """Put the events of one document together."""
    root: _Node | None = None
    anchors: dict[str, _Node] = {}
    opened: list[tuple[_Collection, str | None]] = []
    documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise Unreadable("a second document begins here", line, "leave one")
        elif isinstance(event, CollectionStartEvent):
            table = isinstance(event, MappingStartEvent)
            if event.tag not in (None, "!", f"{_CORE}{'map' if table else 'seq'}"):
                raise _refuse_tag(event.tag, line)
            opened.append((_Collection(line, table), event.anchor))
            check_depth(len(opened), line)
        elif isinstance(event, ScalarEvent | AliasEvent | CollectionEndEvent):
            anchor: str | None = None
            node: _Node
            if isinstance(event, CollectionEndEvent):
                node, anchor = opened.pop()
                line = node.line
            elif isinstance(event, AliasEvent):
                node = _find_aliased(event, anchors, line)
            else:
                node, anchor = _read_scalar(event, line), event.anchor
            if anchor is not None:
                # Known from its end on: what holds itself has no end.
                anchors[anchor] = node
            if opened:
                opened[-1][0].add(node, line)
            else:
                root = node
    return root


def _find_aliased(event: AliasEvent, anchors: dict[str, _Node], line: int) -> _Node:
    node = anchors.get(event.anchor)
    if node is None:
        name = shorten(f"*{event.anchor}")
        raise Unreadable(
            f"{name} is an alias in YAML, of something that is not there", line, f'put it in quotes: "{name}"'
        )
    return node


def _read_scalar(event: ScalarEvent, line: int) -> _Scalar:
    if event.tag in _TEXT or (event.tag is None and not event.implicit[0]):
        return _Scalar(line, event.value, event.value)
    if event.tag in _PLAIN:
        return _Scalar(line, event.value, _resolve(event.value))
    raise _refuse_tag(event.tag, line)


def _refuse_tag(tag: str | None, line: int) -> Unreadable:
    shown = shorten((tag or "!").replace(_CORE, "!!"))
    return Unreadable(f"the tag {shown} makes nothing that a policy holds", line, "take it out")


def _resolve(text: str) -> Any:
    """Return what a plain scalar stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if (match := _INTEGER.fullmatch(text)) is not None:
        decimal, octal, hexadecimal = match.groups()
        return read_integer(decimal) if decimal else read_integer(octal, 8) if octal else read_integer(hexadecimal, 16)
    if _FLOAT.fullmatch(text) is not None:
        return float(text)
    if (match := _INFINITE.fullmatch(text)) is not None:
        return float(f"{match[1]}{match[2]}")
    return text


# -- nodes to data ---------------------------------------------------------------------------------------------------


def _expand(node: _Node, path: Path, lines: Lines) -> Any:
    """Return a node's data. What an alias repeats has the lines of what it repeats."""
    if isinstance(node, _Scalar):
        return node.value
    if not node.table:
        for index, (_, line) in enumerate(node.children):
            lines[*path, index] = line
        return [_expand(child, (*path, index), lines) for index, (child, _) in enumerate(node.children)]
    data: dict[str, Any] = {}
    for key, value in _merge_fields(node).values():
        lines[*path, key.text] = key.line
        data[key.text] = _expand(value, (*path, key.text), lines)
    return data


def _merge_fields(table: _Collection) -> dict[str, tuple[_Scalar, _Node]]:
    """Return a table's keys and values by the key's text, with those that merge keys bring behind its own."""
    own: dict[str, tuple[_Scalar, _Node]] = {}
    merged: list[_Collection] = []
    nodes = [child for child, _ in table.children]
    for key, value in zip(nodes[::2], nodes[1::2], strict=True):
        if not isinstance(key, _Scalar):
            raise Unreadable("a list or a table is no name of a field", key.line, "write a word")
        if key.text == _MERGE:
            merged += _list_merged(value)
        elif key.text in own:
            raise Unreadable(f"{shorten(key.text)} is listed twice", key.line, "leave one")
        else:
            own[key.text] = key, value
    for other in merged:
        for text, pair in _merge_fields(other).items():
            own.setdefault(text, pair)
    return own


def _list_merged(value: _Node) -> list[_Collection]:
    """Return the tables that a merge key brings, the one that counts most first (https://yaml.org/type/merge.html)."""
    listed = [value] if isinstance(value, _Scalar) or value.table else [child for child, _ in value.children]
    tables = [one for one in listed if isinstance(one, _Collection) and one.table]
    if len(tables) != len(listed):
        raise Unreadable("<< takes in tables only", value.line, "write <<: *NAME, where a table has the anchor &NAME")
    return tables
