"""docs/rules/ is what the catalogue says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corsight.policies.decision.place import locate
from corsight.policies.rules import RULES
from corsight.scripts.dev.pages import rules as docs


def test_the_pages_are_fresh() -> None:
    assert docs.main(["--check"]) == 0, "write them with python -m corsight.scripts.dev.docs"


def test_stale_missing_and_left_over_pages_are_said_in_a_line_and_written_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs.main([], tmp_path) == docs.main(["--check"], tmp_path) == 0
    capsys.readouterr()
    for spoil in (
        lambda: (tmp_path / "README.md").write_text("old"),
        lambda: (tmp_path / "allow-origin-missing.md").unlink(),
        lambda: (tmp_path / "a-rule-that-was.md").write_text("x"),
    ):
        spoil()
        assert docs.main(["--check"], tmp_path) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert said.err.startswith("corsight: docs/rules/")
        assert docs.main([], tmp_path) == docs.main(["--check"], tmp_path) == 0
    assert {path.name for path in tmp_path.iterdir()} == {f"{code}.md" for code in RULES} | {"README.md"}


def test_every_link_leads_to_a_page() -> None:
    pages = docs.pages()
    for name, text in pages.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            assert target.startswith("https://") or target in pages, f"{name} links to {target}"


def test_each_page_says_all_of_its_rule() -> None:
    pages = docs.pages()
    for code, rule in RULES.items():
        page, plain = pages[f"{code}.md"], pages[f"{code}.md"].replace("\\*", "*")
        assert f"]({code}.md)" in pages[docs.INDEX]
        for text in (rule.title, rule.why, rule.advice, locate(code).spec, f"`{code}`"):
            assert text in plain
        assert page.count("```") % 2 == 0
        for asked in rule.example.texts:
            assert asked.partition("\n\n")[0] in page


def test_prose_is_no_markup() -> None:
    assert docs._text("a * and `*` and <b>") == "a \\* and `*` and &lt;b>"
