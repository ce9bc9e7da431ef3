"""Policy files, loaded: the text comes in, policies come out, or everything that is wrong with it at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from corsight.policies.server.formats import LARGEST, Lines, Unreadable, parse
from corsight.policies.server.lint import lint, lint_together
from corsight.policies.server.model import DefaultPolicy, Match, ServerPolicy
from corsight.policies.server.problems import Finding, Path, PolicyError, Problem, shorten, spell_path

MOST_PROBLEMS = 100
"""How many problems of one file are listed."""
UNNAMED = "(unnamed)"
_KINDS = {
    "tuple_type": "a list",
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "model_type": "a table of fields",
    "dict_type": "a table of fields",
    "model_attributes_type": "a table of fields",
}


class _TooMany(Exception):
    """As many problems as are listed."""


class _Loaded:
    """The policies of one file so far, with where each stands, and what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: Lines = {}
        self.policies: list[tuple[Path, ServerPolicy]] = []
        self.default: tuple[Path, ServerPolicy] | None = None
        # In the order they were met, each once.
        self._problems: dict[Problem, None] = {}

    def add(self, finding: Finding, *path: str | int) -> None:
        """Take a finding in, at its line, or at that of what it is part of. Raises _TooMany."""
        whole = (*path, *finding.path)
        line = next((self.lines[whole[:end]] for end in range(len(whole), 0, -1) if whole[:end] in self.lines), None)
        self.put(Problem(self.file, line, spell_path(whole), finding.reason, finding.what, finding.instead))

    def put(self, problem: Problem) -> None:
        """Take a problem in. Raises _TooMany."""
        self._problems[problem] = None
        if len(self._problems) > MOST_PROBLEMS:
            raise _TooMany

    def problems(self) -> list[Problem]:
        """Return the problems by their lines; of too many, the first, and a last one that says so."""
        if len(self._problems) <= MOST_PROBLEMS:
            return sorted(self._problems, key=lambda problem: problem.line or 0)
        listed = sorted(list(self._problems)[:MOST_PROBLEMS], key=lambda problem: problem.line or 0)
        what = f"there are more than {MOST_PROBLEMS} problems"
        return [*listed, Problem(self.file, None, "", "out of bounds", what, "fix these first")]


def load(text: str, name: str) -> tuple[ServerPolicy, ...]:
    """Return the policies in the text of the file `name`, in order; the default comes last and matches everything.

    Raises PolicyError with everything that is wrong.
    """
    return load_all([(name, text)])


def load_all(files: Iterable[tuple[str, str]]) -> tuple[ServerPolicy, ...]:
    """Return the policies of several files, given as (name, text), in the order they are looked through, the default
    last.

    Raises PolicyError with everything that is wrong in any of them, and between them; of each file, up to
    MOST_PROBLEMS.
    """
    loaded = [_load(name, text) for name, text in files]
    policies = [(one, path, policy) for one in loaded for path, policy in one.policies]
    defaults = [(one, *one.default) for one in loaded if one.default is not None]
    try:
        for number, finding in lint_together([policy for _, _, policy in policies]):
            one, path, _ = policies[number]
            one.add(finding, *path)
        for one, path, _ in defaults[1:]:
            one.add(Finding((), "conflicting", f"{defaults[0][0].file} has a default too", "leave one"), *path)
    except _TooMany:
        # What is listed is enough to go on with.
        pass
    problems = [problem for one in loaded for problem in one.problems()]
    if problems:
        raise PolicyError(problems)
    return (*(policy for _, _, policy in policies), *(policy for _, _, policy in defaults))


def _load(name: str, text: str) -> _Loaded:
    loaded = _Loaded(name)
    try:
        data, loaded.lines = parse(text, name)
        if isinstance(data, dict):
            _add_file(loaded, data)
        else:
            loaded.add(Finding((), "invalid", "a policy file is a table of fields", "begin it with version: 1"))
    except Unreadable as error:
        loaded.put(Problem(name, error.line, spell_path(error.path), "invalid", error.what, error.instead))
    except _TooMany:
        pass
    return loaded


def _add_file(loaded: _Loaded, data: Mapping[str, Any]) -> None:
    for field in data:
        if field not in ("$schema", "version", "policies", "default"):
            loaded.add(_explain_unknown((field,), ("version", "policies", "default")))
    version = data.get("version")
    if "version" not in data:
        loaded.add(Finding(("version",), "missing", "the version of this format is not named", "write version: 1"))
    elif version != 1 or isinstance(version, bool):
        what = f"{shorten(str(version))} is not known here"
        loaded.add(Finding(("version",), "invalid", what, "write version: 1"))
    entries = data.get("policies") or []
    if not isinstance(entries, list):
        loaded.add(Finding(("policies",), "invalid", "needs a list", "begin each policy with a dash: - name: api"))
        entries = []
    elif not entries and data.get("default") is None:
        loaded.add(Finding(("policies",), "missing", "there is no policy in it", "write one: - name: api"))
    for index, entry in enumerate(entries):
        policy = _read_policy(loaded, ServerPolicy, entry, "policies", index)
        if policy is not None:
            loaded.policies.append((("policies", index), policy))
    if data.get("default") is not None:
        policy = _read_policy(loaded, DefaultPolicy, data["default"], "default")
        if policy is not None:
            loaded.default = ("default",), policy


def _read_policy(loaded: _Loaded, model: type[ServerPolicy], entry: Any, *path: str | int) -> ServerPolicy | None:
    """Return one policy, as far as its fields can be read: what is wrong with one hides nothing about the others."""
    if not isinstance(entry, dict):
        loaded.add(Finding((), "invalid", "a policy is a table of fields", "write its name: - name: api"), *path)
        return None
    policy, unread = _read_fields(loaded, model, dict(entry), path)
    if "name" not in entry and model is ServerPolicy:
        loaded.add(Finding(("name",), "missing", "reports call it by its name", "write name: and a word"), *path)
    for finding in lint(policy):
        # A field that could not be read is not missing.
        if finding.path[0] not in unread and not (finding.reason == "missing" and unread):
            loaded.add(finding, *path)
    if "match" in unread:
        # Of what it matches nothing is known, so it is held against no other.
        policy = policy.model_copy(update={"match": Match(hosts=(f"{UNNAMED} {spell_path(path)}",))})
    if "name" not in entry and model is ServerPolicy:
        # So that two of them do not seem to have one name.
        policy = policy.model_copy(update={"name": f"{UNNAMED[:-1]} {spell_path(path)})"})
    return policy


def _read_fields(
    loaded: _Loaded, model: type[ServerPolicy], fields: dict[str, Any], path: Path
) -> tuple[ServerPolicy, set[str]]:
    """Return the policy without the fields that cannot be read, and those fields' names."""
    unread: set[str] = set()
    blank = {"name": UNNAMED} if model is ServerPolicy else {}
    while True:
        try:
            # As JSON, where `yes` is no bool, "600" no number, and a list is a tuple.
            text = json.dumps(blank | fields, default=str)
            return model.model_validate_json(text, strict=True), unread
        except ValidationError as error:
            for one in error.errors(include_url=False, include_context=False):
                where = one["loc"]
                loaded.add(_explain_type(one["type"], where, one.get("input")), *path)
                unread.add(str(where[0]))
                fields.pop(str(where[0]), None)


def _explain_type(kind: str, path: Path, given: Any) -> Finding:
    if kind == "extra_forbidden":
        return _explain_unknown(path, tuple(Match.model_fields if path[0] == "match" else ServerPolicy.model_fields))
    needed = _KINDS.get(kind, "another value")
    if given is None:
        return Finding(path, "invalid", f"needs {needed}, and is empty", "write one, or take the field out")
    instead = f"write {needed}"
    if needed == "a list" and isinstance(given, str):
        instead = f"write [{json.dumps(given, ensure_ascii=False)}]"
    elif needed == "a text" and isinstance(given, int | float):
        instead = f'write "{given}"'
    elif needed == "true or false" and isinstance(given, str):
        instead = f"write {'true' if given.lower() in ('yes', 'on', 'true', 'y', '1') else 'false'}"
    elif needed == "a whole number" and isinstance(given, str) and given.strip().isdecimal():
        instead = f"write {given.strip()}"
    return Finding(
        path, "invalid", f"{shorten(json.dumps(given, ensure_ascii=False, default=str))} is not {needed}", instead
    )


def _explain_unknown(path: Path, known: Iterable[str]) -> Finding:
    close = get_close_matches(str(path[-1]), known, 1)
    instead = f"write {close[0]}" if close else f"there are {', '.join(known)}"
    return Finding(path, "invalid", "there is no such field", instead)


__all__ = ["LARGEST", "PolicyError", "load", "load_all"]
