"""docs/rules/ is what the catalogue says."""

from __future__ import annotations

import re

from corsight.policies.decision.place import locate
from corsight.policies.rules import RULES
from corsight.scripts.dev.pages import rules

PAGES = {path.removeprefix(f"{rules.FOLDER}/"): text for path, text in rules.render().items()}


def test_every_link_leads_to_a_page() -> None:
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            assert target.startswith(("https://", "../causes/")) or target in PAGES, f"{name} links to {target}"


def test_each_page_says_all_of_its_rule() -> None:
    for code, rule in RULES.items():
        page, plain = PAGES[f"{code}.md"], PAGES[f"{code}.md"].replace("\\*", "*")
        assert f"]({code}.md)" in PAGES[rules.INDEX]
        for text in (rule.title, rule.why, rule.advice, locate(code).spec, f"`{code}`"):
            assert text in plain
        assert page.count("```") % 2 == 0
        for asked in rule.example.texts:
            assert asked.partition("\n\n")[0] in page


def test_prose_is_no_markup() -> None:
    assert rules.escape_text("a * and `*` and <b>") == "a \\* and `*` and &lt;b>"
