"""The workflows of examples/ci are what GitHub and GitLab take, by the schemas that SchemaStore and GitLab publish, and
what they run is a command of ours.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from check_jsonschema import main
from ruamel.yaml import YAML

from corsight.scripts import cli

CI = Path(__file__).resolve().parent.parent / "examples" / "ci"
SCHEMAS = {"github.yml": "github-workflows", "github-audit.yml": "github-workflows", "gitlab.yml": "gitlab-ci"}


def check(file: Path, schema: str, capsys: pytest.CaptureFixture[str]) -> tuple[int | str | None, str]:
    """The exit code of check-jsonschema, and what it says."""
    # GitLab's own tags for YAML.
    transform = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
    with pytest.raises(SystemExit) as ended:
        main(["--builtin-schema", f"vendor.{schema}", *transform, str(file)])
    return ended.value.code, capsys.readouterr().out


def test_every_workflow_is_checked() -> None:
    assert {path.name for path in CI.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_workflow_is_as_its_schema_says(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert check(CI / name, SCHEMAS[name], capsys)[0] == 0
    # And the schema would say otherwise.
    broken = tmp_path / name
    broken.write_text((CI / name).read_text("utf-8").replace("steps:", "stepz:").replace("script:", "skript:"))
    assert check(broken, SCHEMAS[name], capsys)[0] == 1


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_a_workflow_runs_is_a_command_with_options_there_are(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for line in list_commands(YAML(typ="safe").load(CI / name)) if re.match(r"\S*corsight ", line)]
    assert lines
    for line in lines:
        _, command, *words = shlex.split(line)
        assert cli.run([command, "--help"]) == 0
        told = capsys.readouterr().out
        ours = words[: words.index("npx")] if "npx" in words else words
        assert [word for word in ours if word.startswith("--") and word not in told] == []


def list_commands(node: Any) -> list[str]:
    """Every text of a workflow."""
    if isinstance(node, dict):
        return [line for one in node.values() for line in list_commands(one)]
    if isinstance(node, list):
        return [line for one in node for line in list_commands(one)]
    return [node] if isinstance(node, str) else []
