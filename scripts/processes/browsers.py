"""Finds the browsers installed here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corsight.scripts.errors import CorsightError

type Engine = Literal["chromium", "firefox"]


class BrowserError(CorsightError):
    """A browser is missing, did not start, or does not answer."""


@dataclass(frozen=True, slots=True)
class Browser:
    """An installed browser."""

    engine: Engine
    name: str
    path: Path


KNOWN: tuple[tuple[Engine, str, tuple[str, ...], str, str], ...] = (
    # engine, name, commands on the PATH, macOS application, Windows path below the program folders
    ("chromium", "Chromium", ("chromium", "chromium-browser"), "Chromium", "Chromium/Application/chrome.exe"),
    (
        "chromium",
        "Google Chrome",
        ("google-chrome", "google-chrome-stable"),
        "Google Chrome",
        "Google/Chrome/Application/chrome.exe",
    ),
    (
        "chromium",
        "Microsoft Edge",
        ("microsoft-edge", "microsoft-edge-stable"),
        "Microsoft Edge",
        "Microsoft/Edge/Application/msedge.exe",
    ),
    ("firefox", "Firefox", ("firefox", "firefox-esr"), "Firefox", "Mozilla Firefox/firefox.exe"),
)


def find(engine: Engine | None = None) -> list[Browser]:
    """Return the installed browsers (of one engine), the freest first."""
    found = []
    for kind, name, commands, app, program in KNOWN:
        path = next(_places(commands, app, program), None)
        if path and engine in (None, kind):
            found.append(Browser(kind, name, path))
    return found


def pick(engine: Engine | None = None) -> Browser:
    """Return the first installed browser (of one engine). Raises BrowserError where there is none."""
    for browser in find(engine):
        return browser
    wanted = {"chromium": "Chromium, Chrome or Edge", "firefox": "Firefox", None: "Chromium, Chrome, Edge or Firefox"}
    raise BrowserError(f"{wanted[engine]} is not on the PATH or in its usual place", todo="install it")


def _places(commands: Sequence[str], app: str, program: str) -> Iterator[Path]:
    for command in commands:
        if path := shutil.which(command):
            yield Path(path)
    candidates: list[Path] = []
    if sys.platform == "darwin":
        binary = "firefox" if app == "Firefox" else app
        candidates = [
            folder / f"{app}.app/Contents/MacOS/{binary}"
            for folder in (Path("/Applications"), Path.home() / "Applications")
        ]
    elif sys.platform == "win32":
        folders = (os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData"))
        candidates = [Path(folder) / program for folder in folders if folder]
    yield from (path for path in candidates if path.is_file())
