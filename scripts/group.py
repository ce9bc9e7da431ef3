"""A command group that imports a subcommand's module only when that subcommand is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

SETTINGS = {"help_option_names": ["-h", "--help"]}


class LazyGroup(TyperGroup):
    """A group whose subcommand NAME is what the module PACKAGE.NAME calls NAME: a function, or a group of its own."""

    package: ClassVar[str]
    helps: ClassVar[Mapping[str, str]]
    """Each subcommand by its name, with its help in one line."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.helps)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.helps:
            return None
        command = getattr(import_module(f"{self.package}.{cmd_name}"), cmd_name)
        if not isinstance(command, typer.Typer):
            app = typer.Typer(**_LOOKS)
            app.command(cmd_name)(command)
            command = app
        return typer.main.get_command(command)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.helps.items()))


_LOOKS: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": SETTINGS,
}


def lazy_group(package: str, helps: Mapping[str, str]) -> typer.Typer:
    """Return a group of the subcommands in `package`: a module each, named in `helps` with its help in one line."""
    group = type("Group", (LazyGroup,), {"package": package, "helps": helps})
    return typer.Typer(cls=group, **_LOOKS)
