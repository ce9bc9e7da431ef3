"""The pytest plugin: `pytest --corsight` leads a test suite's browsers through the proxy, and fails what is blocked.

Nothing but pytest and the names of the options is imported until `--corsight` asks for more.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corsight.scripts.gate.options import OPTIONS, Option

NAME = "corsight-run"
"""What the running part of the plugin is registered as."""
MARK = "corsight(allow=[...]): causes or rules, or patterns of them, that this test expects to be blocked."
FAIL_ON = "corsight_fail_on"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the gate's options, each behind `--corsight-`."""
    group = parser.getgroup("corsight", "CORS, behind Corsight's proxy")
    group.addoption("--corsight", action="store_true", help="Lead browsers through Corsight, and fail what is blocked.")
    for option in OPTIONS:
        many = "append" if option.many else "store"
        taken = {"action": many, "metavar": option.metavar} if option.metavar else {"action": "store_true"}
        group.addoption(name_option(option), dest=_dest(option), help=_tell(option), **taken)
    group.addoption(
        "--corsight-format",
        action="append",
        metavar="NAME=FILE",
        help="Also write the report to a file, as corsight audit does: html=cors.html, junit=cors.xml. Repeatable.",
    )
    group.addoption("--corsight-save", metavar="FOLDER", help="Keep the recordings in this folder.")
    group.addoption(
        "--corsight-marker", action="store_true", help="Set the marker cookie, which settles much of what is open."
    )
    parser.addini(FAIL_ON, "What makes a test fail, as --corsight-fail-on.", default="")


def name_option(option: Option) -> str:
    """Return an option's name for pytest."""
    return f"--corsight-{option.flag.removeprefix('--')}"


def _dest(option: Option) -> str:
    return f"corsight_{option.key.replace('-', '_')}"


def _tell(option: Option) -> str:
    return option.help.replace("What makes the exit code 1", "What makes a test fail").replace("%", "%%")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known; with `--corsight`, bring in what runs."""
    config.addinivalue_line("markers", MARK)
    if not config.getoption("corsight"):
        return
    from corsight.scripts.runs.pytest_run import Run, read_plan

    typed = {option.key: config.getoption(_dest(option)) for option in OPTIONS}
    typed["fail-on"] = typed["fail-on"] or config.getini(FAIL_ON)
    plan = read_plan(
        typed,
        config.getoption("corsight_format") or [],
        save=config.getoption("corsight_save"),
        marker=config.getoption("corsight_marker"),
        verbose=config.get_verbosity() > 0,
    )
    run = Run(plan, getattr(config, "workerinput", None))
    config.pluginmanager.register(run, NAME)
    if any(config.pluginmanager.hasplugin(name) for name in ("playwright", "playwright-asyncio")):
        from corsight.scripts.runs import pytest_playwright

        # Registered behind it, so that its fixtures are there to build on.
        config.pluginmanager.register(pytest_playwright, "corsight-playwright")


def _get_run(config: pytest.Config) -> Any:
    return config.pluginmanager.get_plugin(NAME)


@pytest.fixture(scope="session")
def corsight_proxy(pytestconfig: pytest.Config) -> str | None:
    """Return the address of Corsight's proxy, which starts when this is first asked for; None without `--corsight`."""
    run = _get_run(pytestconfig)
    return None if run is None else run.open().url


@pytest.fixture(scope="session")
def corsight_ca(pytestconfig: pytest.Config) -> Path | None:
    """Return the certificate of the proxy's certificate authority; None without `--corsight`."""
    run = _get_run(pytestconfig)
    return None if run is None else run.open().authority


@pytest.fixture(scope="session")
def corsight_selenium(pytestconfig: pytest.Config) -> Callable[[Any], Any]:
    """Return a function that takes options of Selenium, for Chrome, Edge or Firefox, and returns them with the proxy
    set; without `--corsight` as they are.
    """
    run = _get_run(pytestconfig)
    if run is None:
        return lambda options: options
    from corsight.scripts.runs.pytest_run import lead_selenium

    return lambda options: lead_selenium(options, run.open())
