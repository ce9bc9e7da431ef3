"""The lazy command group: every subcommand is offered, and values are what Typer makes of them."""

from __future__ import annotations

import pkgutil
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.core import TyperCommand

from corsight.scripts import cli, commands, group
from corsight.scripts.commands import policy


@pytest.mark.parametrize(("app", "package"), [(cli.app, commands), (policy.policy, policy)])
def test_every_module_is_a_subcommand_with_its_help_in_one_line(app: typer.Typer, package: ModuleType) -> None:
    lazy = typer.main.get_command(app)
    assert isinstance(lazy, group.LazyGroup)
    names = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert lazy.helps.keys() == names
    for name, text in lazy.helps.items():
        assert lazy.get_command(None, name).help
        assert len(f"  {max(names, key=len)}  {text}") <= 80


def test_a_command_that_is_mistyped_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["auidt"]) == 2
    assert capsys.readouterr().err == "corsight: No such command 'auidt'. Did you mean 'audit'? See corsight --help\n"
    assert cli.run(["history", "xyz"]) == 2
    assert capsys.readouterr().err == "corsight: No such command 'xyz'; see corsight history --help\n"


def take(cls: type[TyperCommand], arguments: list[str]) -> object:
    """Return what a command of a class is called with, or the error in a line."""
    app = typer.Typer()

    @app.command(cls=cls)
    def command(
        text: Annotated[str | None, typer.Option()] = None,
        texts: Annotated[list[str] | None, typer.Option()] = None,
        kind: Annotated[Literal["a", "b"], typer.Option()] = "a",
        number: Annotated[int | None, typer.Option(min=0)] = None,
        flag: Annotated[bool, typer.Option("--flag")] = False,
        files: Annotated[list[str] | None, typer.Argument()] = None,
    ) -> Any:
        return text, texts, kind, number, flag, files

    try:
        return app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        return error.format_message()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--text", "x", "--texts", "y", "--texts", "z"],
        ["--kind", "b", "--flag"],
        ["--number", "7", "f", "g"],
        ["--text", "", "--texts", "", ""],
        ["--kind", "c"],
        ["--number", "seven"],
        ["--number", "-1"],
        ["--texts"],
        ["--nothing"],
    ],
    ids=" ".join,
)
def test_values_and_errors_are_typers_own(arguments: list[str]) -> None:
    assert take(group.DirectCommand, arguments) == take(TyperCommand, arguments)
