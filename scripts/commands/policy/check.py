"""`corsight policy check`: reports what cannot work or is unsafe in policy files."""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.policies.server.load import PolicyError, load_all
from corsight.scripts.policy_files import read_text
from corsight.scripts.report.lines import pluralize, print_lines


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Policy files: YAML, TOML or JSON.")],
) -> None:
    """Report everything that cannot work or is unsafe in policy files that are used together.

    Exit code: 0 if nothing is wrong, 1 if something is, 2 if a file cannot be read.
    """
    texts = [(path, read_text(path)) for path in files]
    try:
        policies = load_all(texts)
    except PolicyError as error:
        print_lines(str(problem) for problem in error.problems)
        print_lines([pluralize(len(error.problems), "problem")])
        raise typer.Exit(1) from None
    names = ", ".join(one.name for one in policies)
    print_lines([f"{', '.join(files)}: no problems; {pluralize(len(policies), 'policy', 'policies')}: {names}"])
