"""docs/causes/ is what the catalogue says."""

from __future__ import annotations

import re

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES
from corsight.scripts.dev.pages import causes
from corsight.scripts.dev.pages.rules import escape_text

PAGES = {path.removeprefix(f"{causes.FOLDER}/"): text for path, text in causes.render().items()}


def test_every_link_leads_to_a_page() -> None:
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            assert target.startswith("../rules/") or target in PAGES, f"{name} links to {target}"


def test_each_page_says_all_of_its_cause() -> None:
    for code, cause in CAUSES.items():
        page = PAGES[f"{code}.md"]
        assert f"]({code}.md)" in PAGES[causes.INDEX]
        for text in (cause.title.rstrip("."), cause.why, cause.advice, name_actor(cause.actor)):
            assert escape_text(text) in page
