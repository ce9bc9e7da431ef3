"""Origins of app shells and extensions."""

from __future__ import annotations

import pytest

from corsight.policies.engines.shells import SHELLS, Shell, find_shell


@pytest.mark.parametrize("shell", SHELLS, ids=[one.begins for one in SHELLS])
def test_every_kind_is_whole_and_found_by_its_sample(shell: Shell) -> None:
    assert find_shell(shell.sample) == shell
    assert shell.sample.startswith(shell.begins)
    assert shell.listing.endswith(".")
    assert not shell.what.endswith(".")
    assert shell.extension == ("host_permissions" in shell.listing)


@pytest.mark.parametrize(
    "origin",
    ["https://app.example", "http://localhost", "null", "", None, "data:text/html,x", "https://x.tauri.localhost"],
)
def test_a_site_is_no_shell(origin: str | None) -> None:
    assert find_shell(origin) is None


def test_a_scheme_of_its_own_is_an_apps() -> None:
    found = find_shell("editor://main")
    assert found is not None
    assert (found.what, found.extension) == ("an app's own page (a scheme of its own)", False)
