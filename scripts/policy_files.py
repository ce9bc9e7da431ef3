"""Reads policy files."""

from __future__ import annotations

from collections.abc import Sequence
from io import TextIOWrapper

from corsight.policies.server.load import LARGEST, PolicyError, load_all
from corsight.policies.server.model import ServerPolicy
from corsight.scripts.errors import CorsightError, stop_at
from corsight.scripts.inputs import open_input


def read_text(path: str) -> str:
    """Return a policy file's text. Raises CorsightError where it is not text, OSError where there is none."""
    try:
        with open_input(path) as raw, TextIOWrapper(raw, encoding="utf-8-sig") as file:
            # No more of it than tells that it is too long.
            return file.read(LARGEST + 1)
    except UnicodeDecodeError:
        raise CorsightError("is not text", where=path, todo="a policy file is YAML, TOML or JSON in UTF-8") from None


def read_policies(paths: Sequence[str]) -> tuple[ServerPolicy, ...]:
    """Return the policies of some files, in order. Where something is wrong, print each problem and end the command."""
    try:
        return load_all([(path, read_text(path)) for path in paths])
    except PolicyError as error:
        stop_at(error.problems)
        raise
