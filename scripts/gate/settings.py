"""Settings: what corsight.toml, or [tool.corsight] of pyproject.toml, says of every run. The command line wins."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from corsight.policies.engines import EngineChoice, read_engine
from corsight.policies.server.formats import Unreadable
from corsight.policies.server.formats.toml import read_toml
from corsight.scripts.errors import CorsightError
from corsight.scripts.gate.codes import check_code
from corsight.scripts.gate.fail_on import FAIL_ON, FailOn
from corsight.scripts.gate.suppressions import Suppression, read_suppression
from corsight.scripts.inputs import open_input
from corsight.scripts.paths import show_path

OWN, SHARED = "corsight.toml", "pyproject.toml"
LARGEST = 1_000_000
"""Bytes of settings that are read."""
DEFAULT, TYPED = "default", "command line"
"""Where a setting comes from that no file has."""

type Kind = Literal["text", "truth", "texts"]
KEYS: dict[str, tuple[Kind, Any]] = {
    "engine": ("text", "auto"),
    "fail-on": ("text", FAIL_ON),
    "hosts": ("texts", ()),
    "origins": ("texts", ()),
    "policies": ("texts", ()),
    "select": ("texts", ()),
    "ignore": ("texts", ()),
    "assume": ("texts", ()),
    "baseline": ("text", ""),
    "formats": ("texts", ("text",)),
    "secrets": ("truth", False),
    "allow-empty": ("truth", False),
}
"""Each key: of what kind its value is, and its default. `hosts` and `origins` stand in [scope]."""
SCOPE, SUPPRESS = "scope", "suppress"
IN_SCOPE = ("hosts", "origins")
PATHS = ("policies", "baseline")
"""Keys whose values are files, beside the settings."""
OPTIONS = {
    "engine": "--engine",
    "assume": "--assume",
    "hosts": "--host",
    "origins": "--origin",
    "select": "--select",
    "ignore": "--ignore",
    "baseline": "--baseline",
}
"""The options of the settings that decide what is found."""
EXPECTED: dict[Kind, str] = {"text": "a text", "truth": "true or false", "texts": "a list of texts"}


class Setting(NamedTuple):
    """A value, and where it comes from."""

    value: Any
    where: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force: each key of `KEYS`, what is suppressed, the file it was read from (None: there is none).

    `typed` is what was typed of that which decides what is found.
    """

    values: Mapping[str, Setting]
    suppressions: tuple[Suppression, ...] = ()
    path: Path | None = None
    typed: tuple[str, ...] = ()

    def take(self, **typed: Any) -> Settings:
        """Return the settings with what was typed in their place; None, an empty list and False were not typed."""
        given = {name.replace("_", "-"): value for name, value in typed.items() if value not in (None, [], (), False)}
        parts = [part for name, one in given.items() for part in _type(name, one)]
        values = dict(self.values) | {name: Setting(one, TYPED) for name, one in given.items()}
        return replace(self, values=values, typed=(*self.typed, *parts))

    def text(self, name: str) -> str:
        """Return the text that a key has."""
        return str(self.values[name].value)

    def truth(self, name: str) -> bool:
        """Return whether a key is true."""
        return bool(self.values[name].value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the list of texts that a key has."""
        return tuple(self.values[name].value)

    def check(self) -> None:
        """Raise CorsightError where a value is none that its key can have."""
        _ = self.engine, self.fail_on, self.codes

    @property
    def engine(self) -> EngineChoice:
        """The engine that judges. Raises CorsightError where there is no such engine."""
        value, where = self.values["engine"]
        try:
            read_engine(value)
        except ValueError as error:
            raise CorsightError(f"engine {error}", where=where) from None
        return str(value)

    @property
    def fail_on(self) -> FailOn:
        """What makes a run fail. Raises CorsightError where there is no such thing."""
        value, where = self.values["fail-on"]
        for one in get_args(FailOn):
            if one == value:
                return one  # type: ignore[no-any-return]
        raise CorsightError(f"fail-on {value} is not one of {', '.join(get_args(FailOn))}", where=where)

    @property
    def codes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The codes that are selected, and those that are ignored. Raises CorsightError where there is no such code."""
        for name in ("select", "ignore"):
            for code in self.texts(name):
                check_code(code, f"{name} ({self.values[name].where})")
        return self.texts("select"), self.texts("ignore")


def find_settings(folder: Path) -> Path | None:
    """Return the settings that are for a folder: its own, or those of the nearest folder above it that has any."""
    for place in (folder, *folder.parents):
        own, shared = place / OWN, place / SHARED
        if own.is_file():
            return own
        if shared.is_file() and "corsight" in _read(shared).get("tool", {}):
            return shared
    return None


def load_settings(path: str | None = None) -> Settings:
    """Return the settings of a file, by default of the one that is for this folder. Raises CorsightError, OSError."""
    values = {name: Setting(default, DEFAULT) for name, (_, default) in KEYS.items()}
    found = Path(path) if path is not None else find_settings(Path.cwd())
    if found is None:
        return Settings(values)
    content: Any = _read(found)
    where = show_path(found)
    if found.name == SHARED:
        content, where = content.get("tool", {}).get("corsight", {}), f"{where} [tool.corsight]"
    if not isinstance(content, Mapping):
        raise CorsightError("is no table", where=where)
    content = dict(content)
    scope, suppress = content.pop(SCOPE, {}), content.pop(SUPPRESS, [])
    if not isinstance(scope, Mapping) or not set(scope) <= set(IN_SCOPE):
        raise CorsightError("scope has other fields than hosts and origins", where=where)
    for name in content:
        if name not in KEYS or name in IN_SCOPE:
            raise _unknown(name, where)
    for name, value in (content | dict(scope)).items():
        _check(name, value, where)
        if name in PATHS:
            beside = found.parent
            value = _beside(beside, value) if isinstance(value, str) else [_beside(beside, one) for one in value]
        values[name] = Setting(tuple(value) if isinstance(value, list) else value, where)
    if not isinstance(suppress, list):
        raise CorsightError("is not a list of tables", where=f"{where}: suppress", todo="write [[suppress]]")
    told = tuple(read_suppression(one, f"{where}: suppress {number}") for number, one in enumerate(suppress, 1))
    return Settings(values, told, found, () if path is None else ("--config", path))


def _type(name: str, value: Any) -> list[str]:
    """Return what was typed for a setting; nothing for one that does not decide what is found."""
    option = OPTIONS.get(name)
    if option is None:
        return []
    return [part for one in ([value] if isinstance(value, str) else value) for part in (option, one)]


def _read(path: Path) -> dict[str, Any]:
    where = show_path(path)
    try:
        with open_input(str(path)) as file:
            data, _ = read_toml(file.read(LARGEST).decode("utf-8-sig"))
            return data  # type: ignore[no-any-return]
    except Unreadable as error:
        line = f":{error.line}" if error.line is not None else ""
        raise CorsightError(error.what, where=f"{where}{line}") from None
    except UnicodeDecodeError:
        raise CorsightError("is not valid TOML: it is not in UTF-8", where=where) from None


def _check(name: str, value: Any, where: str) -> None:
    kind = KEYS[name][0]
    good = {
        "text": isinstance(value, str),
        "truth": isinstance(value, bool),
        "texts": isinstance(value, list) and all(isinstance(one, str) for one in value),
    }
    if not good[kind]:
        raise CorsightError(f"{name} is not {EXPECTED[kind]}", where=where)


def _unknown(name: str, where: str) -> CorsightError:
    if name in IN_SCOPE:
        return CorsightError(f"{name} stands in [scope]", where=where)
    near = difflib.get_close_matches(name, [*KEYS, SCOPE, SUPPRESS], 1)
    names = ", ".join([*(key for key in KEYS if key not in IN_SCOPE), SCOPE, SUPPRESS])
    todo = f"did you mean {near[0]}?" if near else f"there are {names}"
    return CorsightError(f"there is no setting {name}", where=where, todo=todo)


def _beside(folder: Path, name: str) -> str:
    return show_path(folder / name) if name else name
