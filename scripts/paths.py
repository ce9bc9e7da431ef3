"""Where Corsight's own files lie, and how paths are shown."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ADDON = ROOT / "addons" / "cors.py"
"""The script that mitmproxy loads."""


LAUNCHER = ROOT / "scripts" / "corsight"
"""What starts the command in a checkout; an installed Corsight has none."""


def name_command() -> str:
    """Return how the command is called here: by its launcher in a checkout, else by its name."""
    return show_path(LAUNCHER) if LAUNCHER.is_file() else "corsight"


def name_extra(extra: str) -> str:
    """Return what installs the packages of an extra; the command of a checkout has an environment without extras."""
    if not LAUNCHER.is_file():
        return f"pip install 'corsight[{extra}]'"
    return f"pip install '{show_path(ROOT)}[{extra}]', and run the corsight that this installs"


def show_path(path: Path) -> str:
    """Return the path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
