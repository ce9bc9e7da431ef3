"""The page of a case, as HTML."""

from __future__ import annotations

from pathlib import Path

from tests.browser.console.cases import CASES

PAGE = Path(__file__).with_name("page.html").read_text("utf-8")
BY_NAME = {case.name: case for case in CASES}


def render(name: str, result: str) -> str:
    """Return the page of a case, which tells `result` what its script got."""
    case = BY_NAME.get(name)
    if case is None:
        return "<!doctype html><title>left</title>"
    policy = f'<meta http-equiv=Content-Security-Policy content="{case.policy}">' if case.policy else ""
    parts = {"<!--POLICY-->": policy, "<!--HTML-->": case.html, "/*SCRIPT*/": case.script, "@RESULT@": result}
    text = PAGE
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text
