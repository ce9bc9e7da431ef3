"""How the command and its extras are called, in a checkout and where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsight.scripts import paths


def test_an_extra_is_installed_from_where_the_command_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(paths.ROOT)
    assert paths.name_extra("store") == "pip install '.[store]', and run the corsight that this installs"
    monkeypatch.chdir(tmp_path)
    assert paths.name_extra("store").startswith(f"pip install '{paths.ROOT}[store]'")
    monkeypatch.setattr(paths, "LAUNCHER", tmp_path / "corsight")
    assert paths.name_extra("store") == "pip install 'corsight[store]'"
