"""What docs/ has of the code is fresh; what is not is said in a line, and written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsight.scripts.dev.pages.__main__ import PAGES, main


def test_the_pages_are_fresh() -> None:
    assert main(["--check"]) == 0, "write them with scripts/dev/write"


@pytest.mark.parametrize("name", PAGES)
def test_a_stale_page_is_said_in_a_line_and_written_anew(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, text = next(iter(PAGES[name]().items()))
    assert main(["--check", name], tmp_path) == 1
    assert main([name], tmp_path) == main(["--check", name], tmp_path) == 0
    capsys.readouterr()
    (tmp_path / path).write_text("old")
    assert main(["--check", name], tmp_path) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"corsight: {path} is stale; write with scripts/dev/write {name}\n")
    assert main([name], tmp_path) == main(["--check", name], tmp_path) == 0
    assert (tmp_path / path).read_text("utf-8") == text


def test_the_page_of_a_rule_that_is_no_more_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["rules"], tmp_path)
    left_over = tmp_path / "docs" / "rules" / "a-rule-that-was.md"
    for path in (left_over, left_over.with_name("allow-origin-missing.md")):
        path.write_text("old")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.startswith("corsight: docs/rules/allow-origin-missing.md and 1 more are stale; ")
    main(["rules"], tmp_path)
    assert not left_over.exists()
    assert {path.relative_to(tmp_path).as_posix() for path in left_over.parent.iterdir()} == PAGES["rules"]().keys()


def test_a_name_that_is_none_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--check", "poems"])
    said = f"there are no pages 'poems'; there are {', '.join(PAGES)}"
    assert said in capsys.readouterr().err
