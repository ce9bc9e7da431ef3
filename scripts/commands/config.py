"""`corsight config`: the settings that are in force, and where each comes from."""

from __future__ import annotations

from typing import Any

from corsight.scripts.gate.settings import KEYS, OWN, SHARED, load_settings
from corsight.scripts.options import Config as ConfigFile
from corsight.scripts.report.lines import pluralize, print_lines


def config(config: ConfigFile = None) -> None:
    """Show the settings that are in force here, and where each comes from.

    They stand in corsight.toml, or in [tool.corsight] of pyproject.toml, here or in the nearest folder above; what is
    typed on the command line wins. Exit code: 2 when the file is no good.
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
