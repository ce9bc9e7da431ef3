"""The fixtures of pytest-playwright with the proxy set, where that plugin is installed and `--corsight` is given."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], corsight_proxy: str) -> dict[str, Any]:
    """Return how browsers are launched: behind the proxy, for loopback addresses too."""
    return {**browser_type_launch_args, "proxy": {"server": corsight_proxy, "bypass": "<-loopback>"}}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Return the options of contexts: the proxy checks the servers' certificates, and shows its own in their place."""
    return {**browser_context_args, "ignore_https_errors": True}
