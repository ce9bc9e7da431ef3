"""Commands that start without being felt: what a subcommand needs is imported when that subcommand is asked for."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

_LOOKS: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}

DIGITS = 9
"""Digits of a number that is read as it was typed."""


def lazy_group(package: str, helps: Mapping[str, str]) -> typer.Typer:
    """Return a group of the subcommands in `package`: a module each, named in `helps` with its help in one line."""
    group = type("Group", (LazyGroup,), {"package": package, "helps": helps})
    return typer.Typer(cls=group, **_LOOKS)


class DirectParameters:
    """Commands whose parameters take a value as it was typed, where that is of their type.

    Typer converts every value with pydantic, one that is left out too, and importing that takes longer than most
    commands run. It still converts, and refuses, all others.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if not isinstance(param.get_runtime_param, _Direct):
                param.get_runtime_param = _Direct(param.type_descriptor.annotation, param.get_runtime_param)
        return params


class _Direct:
    """What a parameter asks for its converter, and that converter."""

    def __init__(self, annotation: Any, get_converter: Callable[[], Any]) -> None:
        self._annotation = annotation
        self._get_converter = get_converter

    def __call__(self) -> _Direct:
        return self

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        repeatable = param.multiple or param.nargs == -1
        if value is None:
            return () if repeatable else None
        if repeatable and isinstance(value, list | tuple) and all(_fits(one, self._annotation) for one in value):
            return list(value)
        if not repeatable and _fits(value, self._annotation):
            return value
        if self._annotation is int and not repeatable and _is_number(value, param.min, param.max):
            return int(value)
        return self._get_converter().coerce(value, param=param, ctx=ctx)


def _fits(value: Any, annotation: Any) -> bool:
    """Return whether a value has its type as it was typed, or was left out: text, one of the texts to choose from, a
    default.
    """
    if get_origin(annotation) is list:
        [annotation] = get_args(annotation)
    if get_origin(annotation) is Literal:
        return isinstance(value, str) and value in get_args(annotation)
    # Only what was left out comes as a number or a truth value.
    return annotation in (str, int, bool) and type(value) is annotation


def _is_number(value: Any, least: float | None, most: float | None) -> bool:
    """Return whether a value is a whole number in digits, within these bounds; None is none."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > DIGITS:
        return False
    return (least is None or least <= int(value)) and (most is None or int(value) <= most)


class LazyGroup(DirectParameters, TyperGroup):
    """A group whose subcommand NAME is what the module PACKAGE.NAME calls NAME: a function, or a group of its own."""

    package: ClassVar[str]
    helps: ClassVar[Mapping[str, str]]

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.helps)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.helps:
            return None
        command = getattr(_load(f"{self.package}.{cmd_name}"), cmd_name)
        if not isinstance(command, typer.Typer):
            app = typer.Typer(**_LOOKS)
            settings = _LOOKS["context_settings"] | getattr(command, "context_settings", {})
            app.command(cmd_name, cls=DirectCommand, context_settings=settings)(command)
            command = app
        return typer.main.get_command(command)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # Of these it suggests one for a name that is mistyped.
        self.commands: Any = dict.fromkeys(self.helps)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.helps.items()))


class DirectCommand(DirectParameters, TyperCommand):
    """A command with such parameters."""


def _load(name: str) -> ModuleType:
    """Return the module, imported. Importing makes no garbage: to look for some would take a tenth of a start."""
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
