"""`corsight config`: shows the settings in force, and where each comes from."""

from __future__ import annotations

from typing import Any

from corsight.scripts.gate.settings import KEYS, OWN, SHARED, load_settings
from corsight.scripts.options import Config as ConfigFile
from corsight.scripts.report.lines import pluralize, print_lines


def config(config: ConfigFile = None) -> None:
    """Show the settings that are in force here, and where each comes from.

    Settings are read from corsight.toml, or from [tool.corsight] in pyproject.toml, in this folder or the nearest one
    above. Options on the command line override them. Exit code: 2 if the file is not valid.
    """
    settings = load_settings(config)
    settings.check()
    if settings.path is None:
        print_lines(
            [f"There is no {OWN} here or above, and no [tool.corsight] in a {SHARED}: these are the defaults.", ""]
        )
    rows = [(name, _write(settings.values[name].value), settings.values[name].where) for name in KEYS]
    names, values = (max(len(row[index]) for row in rows) for index in (0, 1))
    print_lines(f"{name:<{names}}  {value:<{values}}  {where}" for name, value, where in rows)
    if settings.suppressions:
        print_lines(["", f"{pluralize(len(settings.suppressions), 'suppression')}:"])
    for one in settings.suppressions:
        until = "" if one.expiry is None else f", until {one.expiry}"
        print_lines([f"  {one.words}{until}: {one.reason}"])


def _write(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"
