"""Where packages of another release come from, and what is said where they cannot come."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.recipes import apt

LINES = """\
# deb http://mirror.test/debian bookworm main
deb http://mirror.test/debian bookworm main contrib
deb [arch=amd64 signed-by=/keys/one.gpg] http://mirror.test/debian  bookworm main
deb http://mirror.test/debian bookworm-updates main
deb http://mirror.test/security bookworm-security main
deb-src http://mirror.test/debian bookworm main
deb http://tools.test/apt tools-bookworm main
"""
PARTS = """\
Types: deb
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/one.gpg

Types: deb
URIs: http://mirror.test/security
Suites: bookworm-security

Types: deb
URIs: http://tools.test/apt
Suites: tools-bookworm
"""


@pytest.mark.parametrize(
    ("text", "aimed"),
    [
        (
            LINES,
            "deb http://mirror.test/debian trixie main contrib\n"
            "deb [arch=amd64 signed-by=/keys/one.gpg] http://mirror.test/debian  trixie main\n",
        ),
        (
            PARTS,
            "Types: deb\nURIs: http://mirror.test/debian\nSuites: trixie\nComponents: main\n"
            "Signed-By: /keys/one.gpg\n\n",
        ),
        (LINES.replace("bookworm", "jammy"), ""),
        (PARTS.replace("bookworm", "stable"), ""),
    ],
)
def test_the_sources_of_the_machines_release_are_those_of_another(text: str, aimed: str) -> None:
    assert apt.aim(text, "bookworm", "trixie") == aimed


def test_a_machine_without_such_sources_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "plucky"})
    monkeypatch.setattr(apt, "_run", None)
    with pytest.raises(OSError, match="apt has no source of packages for plucky"):
        apt.unpack("php-laravel-framework", "php-", "trixie", tmp_path)


def test_the_package_comes_with_those_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def run(*command: str | Path, cwd: Path | None = None) -> str:
        asked.append(tuple(map(str, command)))
        if "depends" in command:
            return "php-a\n  Depends: php-b\nphp-b\nlibc6\n<php-c>\nphp-b\n"
        if "download" in command:
            assert cwd is not None
            (cwd / "php-a_1_all.deb").touch()
        return ""

    (tmp_path / "debian.sources").write_text(PARTS)
    monkeypatch.setattr(apt.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    monkeypatch.setattr(apt, "find_sources", lambda: [tmp_path / "debian.sources"])
    monkeypatch.setattr(apt, "_run", run)
    apt.unpack("php-a", "php-", "trixie", tmp_path / "made")
    assert [command[3] for command in asked[:3]] == ["update", "depends", "download"]
    assert asked[2][4:] == ("php-a", "php-b")
    assert asked[3:] == [("dpkg-deb", "--extract", f"{tmp_path}/made/apt/archives/php-a_1_all.deb", f"{tmp_path}/made")]


def test_what_apt_cannot_bring_is_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "debian.list").write_text("deb file:/nowhere/debian bookworm main\n")
    monkeypatch.setattr(apt.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    monkeypatch.setattr(apt, "find_sources", lambda: [tmp_path / "debian.list"])
    with pytest.raises((OSError, subprocess.CalledProcessError)):
        apt.unpack("php-laravel-framework", "php-", "trixie", tmp_path / "made")
