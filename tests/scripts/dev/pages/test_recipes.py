"""docs/recipes.md says what is verified, and on which versions."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess

import pytest

from corsight.policies.server.export import TARGETS
from corsight.scripts.dev.pages import recipes
from tests.recipes import toolbox

DEBIAN = json.loads((recipes.TESTS / "debian.json").read_text("utf-8"))


def test_every_target_has_a_row_that_tells_whether_it_is_verified() -> None:
    rows = dict(re.findall(r"(?m)^\| `([\w-]+)` \|(.*)$", recipes.render()[recipes.FILE]))
    assert rows.keys() == TARGETS.keys()
    for name, target in TARGETS.items():
        assert ("not verified" in rows[name]) != target.verified
        assert bool(re.search(r"\d+\.\d+", rows[name])) == target.verified
    assert {name for name, target in TARGETS.items() if target.verified} == recipes.RUNS.keys()


@pytest.mark.parametrize("package", DEBIAN["12"]["packages"])
def test_the_page_names_the_versions_that_debian_has(package: str) -> None:
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    if (system.get("ID"), system.get("VERSION_ID")) != ("debian", "12") or not shutil.which("dpkg-query"):
        pytest.skip("this is not Debian 12, of which the page tells")
    query = ["dpkg-query", "--show", "--showformat=${Version}", package]
    version = subprocess.run(query, capture_output=True, text=True).stdout
    if not version:
        pytest.skip(f"{package} is not installed; get it with: apt-get install {package}")
    upstream = version.rpartition(":")[2]
    assert upstream.startswith(f"{DEBIAN['12']['packages'][package]}."), "change tests/recipes/debian.json"


@pytest.mark.recipes
def test_the_page_names_the_version_of_laravel_that_runs() -> None:
    text = (toolbox.laravel() / "Illuminate" / "Foundation" / "Application.php").read_text("utf-8")
    [version] = re.findall(r"const VERSION = '([\d.]+)';", text)
    said = DEBIAN["13"]["packages"]["php-laravel-framework"]
    assert version.startswith(f"{said}."), "change tests/recipes/debian.json"
