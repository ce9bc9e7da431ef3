"""Programs on a developer's machine: the fix names their own setting, and only where their port shows them."""

from __future__ import annotations

import pytest

from corsight.policies.findings.causes.programs import find_setting
from corsight.policies.findings.model import Cause
from corsight.policies.findings.pasted import explain_message

PAGE = "https://app.test"


def explain(url: str, rule: str = "allow-origin-missing") -> Cause | None:
    return explain_message(rule, "chromium", origin=PAGE, url=url, value=None, preflight=False)


@pytest.mark.parametrize(
    ("url", "setting"),
    [
        ("http://localhost:11434/api/tags", "OLLAMA_ORIGINS"),
        ("http://192.168.1.5:11434/api/tags", "OLLAMA_ORIGINS"),
        ("http://127.0.0.1:1234/v1/models", "Enable CORS"),
        ("http://localhost:8188/prompt", f"--enable-cors-header {PAGE}"),
        ("http://localhost:8888/api/kernels", f"allow_origin = '{PAGE}'"),
        ("http://localhost:9200/_search", f"http.cors.allow-origin: {PAGE}"),
    ],
)
def test_the_fix_names_the_setting(url: str, setting: str) -> None:
    cause = explain(url)
    assert cause is not None
    assert setting in cause.action
    assert cause.mended_by_headers


@pytest.mark.parametrize(("origin", "said"), [(None, "list the page's origin in"), ("null", None)])
def test_nobody_is_told_to_list_null(origin: str | None, said: str | None) -> None:
    url = "http://localhost:11434/api/tags"
    cause = explain_message("allow-origin-missing", "firefox", origin=origin, url=url, value=None, preflight=False)
    action = "" if cause is None else cause.action
    assert "list null" not in action
    assert ("OLLAMA_ORIGINS" in action) == (said is not None)
    assert said is None or said in action


def test_a_port_alone_tells_nothing_elsewhere() -> None:
    assert explain("https://api.example.org:11434/x") is None
    assert explain("http://localhost:3000/x") is None
    assert explain("http://localhost:11434/x", "allow-origin-wildcard") is None or "OLLAMA" not in (
        explain("http://localhost:11434/x", "allow-origin-wildcard").action  # type: ignore[union-attr]
    )
    assert find_setting("null", PAGE) is None


def test_who_registers_a_page_with_a_login_is_the_page_s_owner() -> None:
    cause = explain("https://login.microsoftonline.com/common/oauth2/v2.0/token")
    assert cause is not None
    assert (cause.actor, cause.mended_by_headers) == ("client", False)
