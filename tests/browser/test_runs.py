"""Test suites behind the proxy, with a real Chromium: Playwright for Node, pytest-playwright, and Selenium."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from corsight.scripts.processes.machine import free_ports
from tests.recipes import toolbox

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.browser("chromium")
EXAMPLE = toolbox.EXAMPLE
CORSIGHT = (sys.executable, "-P", "-m", "corsight.scripts.cli")
PLUGINS = ("-p", "corsight.scripts.runs.plugin", "-p", "no:cacheprovider", "-p", "no:anyio")

SHOP = '''
import subprocess
import time
import urllib.request

import pytest


@pytest.fixture(scope="session")
def shop():
    """The shop of examples/playwright."""
    process = subprocess.Popen(["NODE", "SERVER"], env={"PORT": "PORTED"}, stdout=subprocess.PIPE)
    for _ in range(300):
        try:
            urllib.request.urlopen("http://localhost:PORTED")
            break
        except OSError:
            time.sleep(0.1)
    yield "http://localhost:PORTED"
    process.kill()
    process.wait()
'''


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> str:
    """The text of a conftest.py with the fixture `shop`; what pytest itself was started with is left out."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    text = SHOP.replace("NODE", str(toolbox.node())).replace("SERVER", str(EXAMPLE / "server.js"))
    return text.replace("PORTED", str(free_pair()))


def free_pair() -> int:
    """A port of loopback that is free, as the one above it is."""
    while True:
        [port] = free_ports(1)
        with contextlib.suppress(OSError), socket.socket() as above:
            above.bind(("127.0.0.1", port + 1))
            return port


def test_the_example_of_playwright_is_told_which_test_met_the_block(
    tmp_path: Path, require_browser: Callable[[str], str]
) -> None:
    modules = toolbox.playwright()
    shutil.copytree(EXAMPLE, tmp_path / "suite", ignore=shutil.ignore_patterns("node_modules", "test-results"))
    (tmp_path / "suite" / "node_modules").symlink_to(modules)
    report, junit = tmp_path / "cors.json", tmp_path / "cors.xml"
    command = [*CORSIGHT, "run", "--format", f"json={report}", "--format", f"junit={junit}", "--workers", "2"]
    command += [str(toolbox.node()), "node_modules/@playwright/test/cli.js", "test", "--workers=2"]
    path = os.pathsep.join((str(toolbox.node().parent), os.environ["PATH"]))
    variables = {"CHROMIUM": require_browser("chromium"), "PORT": str(free_pair()), "PATH": path}
    result = subprocess.run(
        command,
        cwd=tmp_path / "suite",
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert "2 passed" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1
    assert "1  cart.spec.js › puts the lamp into the cart (passed)" in result.stdout
    written = json.loads(report.read_text("utf-8"))
    met = {one["name"]: (one["outcome"], one["blocked"], one["open"]) for one in written["tests"]}
    assert met == {
        "cart.spec.js › puts the lamp into the cart": ("passed", 1, 0),
        "price.spec.js › shows the price": ("passed", 0, 0),
    }
    # Both ran at a time, and each had a port of its own.
    assert all(one["exchanges"] >= 2 for one in written["tests"])
    [finding] = [one for one in written["findings"] if one["kind"] == "blocked"]
    assert (finding["code"], finding["tests"]) == (
        "preflight-method-not-allowed",
        ["cart.spec.js › puts the lamp into the cart"],
    )
    cases = {case.attrib["name"]: len(case) for case in ElementTree.parse(junit).getroot().iter("testcase")}
    assert list(cases.values()).count(1) == 1


def test_pytest_playwright_goes_through_the_proxy_by_itself(
    pytester: pytest.Pytester, shop: str, require_browser: Callable[[str], str]
) -> None:
    pytester.makeconftest(
        shop
        + f"""

@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {{**browser_type_launch_args, "executable_path": {require_browser("chromium")!r}}}
"""
    )
    pytester.makepyfile(
        test_shop="""
from playwright.sync_api import expect


def test_price(page, shop):
    page.goto(shop)
    expect(page.locator("#price")).to_have_text("12 €")


def test_cart(page, shop):
    page.goto(shop)
    page.get_by_role("button").click()
    expect(page.locator("#cart")).not_to_have_text("empty")
"""
    )
    result = pytester.runpytest_subprocess(*PLUGINS, "--corsight", timeout=300)
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert "FAILED test_shop.py::test_cart[chromium] - Corsight: 1 exchange blocked." in text
    assert "Access-Control-Allow-Methods: PUT" in text.partition("test_cart[chromium] ___")[2]
    # The same suite without the option: both pass.
    pytester.runpytest_subprocess(*PLUGINS, timeout=300).assert_outcomes(passed=2)


def test_selenium_goes_through_the_proxy_with_the_options_of_a_fixture(
    pytester: pytest.Pytester, shop: str, require_browser: Callable[[str], str]
) -> None:
    driver = toolbox.program("chromedriver", "apt-get install chromium-driver")
    pytester.makeconftest(
        shop
        + f"""

from selenium import webdriver
from selenium.webdriver.chrome.service import Service


@pytest.fixture
def browser(corsight_selenium):
    options = webdriver.ChromeOptions()
    options.binary_location = {require_browser("chromium")!r}
    for argument in ("--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking"):
        options.add_argument(argument)
    driver = webdriver.Chrome(corsight_selenium(options), Service({driver!r}))
    yield driver
    driver.quit()
"""
    )
    pytester.makepyfile(
        test_shop="""
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


def test_price(browser, shop):
    browser.get(shop)
    WebDriverWait(browser, 30).until(lambda one: one.find_element(By.ID, "price").text == "12 €")


def test_cart(browser, shop):
    browser.get(shop)
    browser.find_element(By.TAG_NAME, "button").click()
    WebDriverWait(browser, 30).until(lambda one: one.find_element(By.ID, "cart").text != "empty")
"""
    )
    result = pytester.runpytest_subprocess(*PLUGINS, "-p", "no:playwright", "--corsight", timeout=300)
    result.assert_outcomes(passed=1, failed=1)
    assert "FAILED test_shop.py::test_cart - Corsight: 1 exchange blocked." in result.stdout.str()
