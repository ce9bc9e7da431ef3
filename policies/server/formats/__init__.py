"""The text of a policy file as plain data, and the line on which each part of it stands. YAML, TOML and JSON."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from corsight.policies.server.formats.limits import LARGEST, Lines, Unreadable
from corsight.policies.server.problems import Path

type _Reader = Callable[[str], tuple[Any, Lines]]

_LARGEST_NUMBER = 2**63


def parse(text: str, name: str) -> tuple[Any, Lines]:
    """Return the data in `text`, and a line for each path in it, in time linear in the text.

    The end of `name` names the format; it is YAML otherwise. Raises Unreadable for what is not of the format, and for
    what is longer, deeper or of more parts than any policy.
    """
    if len(text) > LARGEST:
        raise Unreadable(f"longer than {LARGEST} characters", None, "split it: several files are used together")
    data, lines = _choose_reader(name)(text)
    _check_values(data, lines)
    return data, lines


def _choose_reader(name: str) -> _Reader:
    # Imported here: only those who have a policy of the format wait for its parser.
    match name.rpartition(".")[2].lower():
        case "json":
            from corsight.policies.server.formats.json import read_json as read
        case "toml":
            from corsight.policies.server.formats.toml import read_toml as read
        case _:
            from corsight.policies.server.formats.yaml import read_yaml as read
    return read


def _check_values(data: Any, lines: Lines) -> None:
    """Raise Unreadable at the first text that is no Unicode, and the first number that is none or is too large."""
    left: list[tuple[Path, Any]] = [((), data)]
    while left:
        path, node = left.pop()
        if isinstance(node, dict):
            for key in node:
                _check_text(key, (*path, key), lines)
            left += [((*path, key), child) for key, child in reversed(node.items())]
        elif isinstance(node, list):
            left += [((*path, index), node[index]) for index in reversed(range(len(node)))]
        elif isinstance(node, str):
            _check_text(node, path, lines)
        elif isinstance(node, int | float) and not abs(node) < _LARGEST_NUMBER:
            what = (
                "a number is too large"
                if not isinstance(node, float) or not math.isnan(node)
                else "nan is not a number"
            )
            raise Unreadable(what, lines.get(path), "write a smaller one", path)


def _check_text(text: str, path: Path, lines: Lines) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f"\\u{ord(text[error.start]):04x} is half of a character"
        raise Unreadable(what, lines.get(path), "write the character itself", path) from None


__all__ = ["LARGEST", "Lines", "Unreadable", "parse"]
