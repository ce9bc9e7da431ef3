"""Packages of another release of Debian, brought by the machine's apt into a folder: nothing is installed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

SOURCES, PARTS = Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d")
WALK = tuple(f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"))
SETTINGS = """\
#clear APT::Update;
APT::Update::Error-Mode "any";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "@FOLDER@/sources";
Dir::State "@FOLDER@";
Dir::State::status "@FOLDER@/status";
Dir::Cache "@FOLDER@";
Dir::Cache::pkgcache "packages.bin";
"""
"""Beside the machine's own settings, which know its proxies. What these run after an update is for the machine's own
lists and archives, and the user that apt would else become may not be let into the folder."""


def unpack(root: str, prefix: str, suite: str, folder: Path) -> None:
    """Unpack the package `root` of `suite` into the folder, and those it depends on whose names begin with `prefix`.

    They come from where the machine has its own packages from, and apt checks their signatures. Raises OSError where
    apt is not there or has no such source, CalledProcessError where it cannot bring them.
    """
    own = folder / "apt"
    for name in ("sources", "lists/partial", "archives/partial"):
        (own / name).mkdir(parents=True)
    (own / "status").touch()
    settings = own / "apt.conf"
    settings.write_text(SETTINGS.replace("@FOLDER@", str(own)), "utf-8")
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "no release")
    aimed = {path.name: aim(path.read_text("utf-8"), release, suite) for path in find_sources()}
    if not any(aimed.values()):
        raise OSError(f"apt has no source of packages for {release}")
    for name, text in aimed.items():
        (own / "sources" / name).write_text(text, "utf-8")
    _run("apt-get", "--config-file", settings, "update")
    found = _run("apt-cache", "--config-file", settings, "depends", "--recurse", *WALK, root)
    names = sorted({name for name in found.splitlines() if name.startswith(prefix)})
    _run("apt-get", "--config-file", settings, "download", *names, cwd=own / "archives")
    for package in sorted((own / "archives").glob("*.deb")):
        _run("dpkg-deb", "--extract", package, folder)
    shutil.rmtree(own)


def find_sources() -> list[Path]:
    """The files that tell apt where packages come from."""
    return [path for path in (SOURCES, *sorted(PARTS.glob("*.list")), *PARTS.glob("*.sources")) if path.is_file()]


def aim(text: str, release: str, suite: str) -> str:
    """What a file of sources says of the release, said of the suite; empty where it says nothing of the release."""
    lines = re.findall(rf"(?m)^(deb[ \t]+(?:\[[^]\n]*\][ \t]+)?\S+[ \t]+){re.escape(release)}([ \t].*)$", text)
    suites = re.compile(rf"(?m)^Suites:(?:.*[ \t])?{re.escape(release)}(?:[ \t].*)?$")
    parts = [part for part in re.split(r"\n[ \t]*\n", text) if suites.search(part)]
    kept = [f"{before}{suite}{after}\n" for before, after in lines]
    return "".join(kept + [suites.sub(f"Suites: {suite}", part).strip("\n") + "\n\n" for part in parts])


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    argv = [str(part) for part in command]
    return subprocess.run(
        argv,
        cwd=cwd,
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"LC_ALL": "C"},
    ).stdout
