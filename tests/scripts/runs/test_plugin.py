"""The pytest plugin, on suites that send a page's requests without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = '''
import http.server
import threading
import urllib.request

import pytest


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        if "open" in self.path:
            self.send_header("Access-Control-Allow-Origin", "*")
        if "good" in self.path:
            self.send_header("Access-Control-Allow-Origin", "http://localhost:3000")
            self.send_header("Access-Control-Allow-Credentials", "true")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def api():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


@pytest.fixture
def ask(api, corsight_proxy):
    """Sends what a page's script would."""
    proxies = {"http": corsight_proxy} if corsight_proxy else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))

    def send(path):
        headers = {
            "Origin": "http://localhost:3000",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-site",
            "Sec-Fetch-Dest": "empty",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36",
        }
        with opener.open(urllib.request.Request(api + path, headers=headers)) as answer:
            return answer.status

    return send
'''
SUITE = """
import pytest

def test_good(ask):
    assert ask("/good") == 200

def test_blocked(ask):
    assert ask("/blocked") == 200

def test_open(ask):
    assert ask("/open") == 200

@pytest.mark.corsight(allow=["allow-origin-*"])
def test_expected(ask):
    assert ask("/expected") == 200

def test_fails_by_itself(ask):
    assert ask("/blocked/too") == 500

def test_without_a_browser():
    assert True
"""
PLUGIN = (
    "-p",
    "corsight.scripts.runs.plugin",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:randomly",
    "-p",
    "no:playwright",
    "-p",
    "no:anyio",
)


@pytest.fixture(autouse=True)
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeconftest(CONFTEST)
    return


def run(pytester: pytest.Pytester, suite: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(test_suite=suite)
    return pytester.runpytest_subprocess(*PLUGIN, *options, timeout=300)


def test_a_test_fails_for_what_was_blocked_in_it_with_the_finding_below(pytester: pytest.Pytester) -> None:
    result = run(
        pytester, SUITE, "--corsight", "--corsight-format", "junit=cors.xml", "--corsight-format=json=cors.json"
    )
    result.assert_outcomes(passed=3, failed=3)
    text = result.stdout.str()
    failures, _, summary = text.partition("=== Corsight ===")
    sections = re.split(r"_{3,} (test_\w+) _{3,}", failures)[1:]
    told = dict(zip(sections[::2], sections[1::2], strict=True))
    assert list(told) == ["test_blocked", "test_open", "test_fails_by_itself"]
    assert "Corsight: 1 exchange blocked." in told["test_blocked"]
    assert "No Access-Control-Allow-Origin header" in told["test_blocked"]
    assert "Access-Control-Allow-Origin: http://localhost:3000" in told["test_blocked"].partition("   fix ")[2]
    assert "/blocked/too" not in told["test_blocked"]
    assert "Corsight: 1 exchange open." in told["test_open"]
    assert "assert 200 == 500" in told["test_fails_by_itself"]
    assert "--- Corsight: 1 exchange blocked ---" in told["test_fails_by_itself"]
    # The run ends with the report, which names the tests.
    assert "test_suite.py::test_blocked (failed)" in summary
    assert "test_suite.py::test_expected (passed)" not in summary.partition("met a finding above")[2]
    assert "expected in test_suite.py::test_expected" in " ".join(summary.split())
    report = json.loads((pytester.path / "cors.json").read_text("utf-8"))
    tests = {one["name"].partition("::")[2]: one for one in report["tests"]}
    assert {name: (one["outcome"], one["exchanges"], one["blocked"], one["open"]) for name, one in tests.items()} == {
        "test_good": ("passed", 1, 0, 0),
        "test_blocked": ("failed", 1, 1, 0),
        "test_open": ("failed", 1, 0, 1),
        "test_expected": ("passed", 1, 1, 0),
        "test_fails_by_itself": ("failed", 1, 1, 0),
        "test_without_a_browser": ("passed", 0, 0, 0),
    }
    assert 'tests="6" failures="2" errors="0" skipped="2"' in (pytester.path / "cors.xml").read_text("utf-8")


def test_what_makes_it_fail_is_chosen_and_the_rest_warns(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ncorsight_fail_on = never\n")
    result = run(pytester, SUITE, "--corsight", "--deselect", "test_suite.py::test_fails_by_itself")
    result.assert_outcomes(passed=5, warnings=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*CorsightWarning: Corsight: 1 exchange blocked (allow-origin-missing)*"])
    # What is typed goes before the ini file.
    result = run(pytester, SUITE, "--corsight", "--corsight-fail-on", "blocked", "-k", "test_blocked or test_open")
    result.assert_outcomes(passed=1, failed=1, warnings=1)


def test_the_gates_options_and_settings_hold(pytester: pytest.Pytester) -> None:
    result = run(pytester, SUITE, "--corsight", "--corsight-assume", "credentials=include", "-k", "test_open")
    result.assert_outcomes(failed=1)
    assert "Corsight: 1 exchange blocked." in result.stdout.str()
    (pytester.path / "corsight.toml").write_text(
        'ignore = ["allow-origin-missing"]\nassume = ["credentials=not-include"]\n'
    )
    result = run(pytester, SUITE, "--corsight", "-k", "test_open or test_blocked")
    result.assert_outcomes(passed=2)


def test_workers_have_proxies_of_their_own_and_one_report(pytester: pytest.Pytester) -> None:
    result = run(pytester, SUITE, "--corsight", "-n", "2", "--corsight-save", "kept", "-k", "blocked or open or good")
    result.assert_outcomes(passed=1, failed=2)
    summary = result.stdout.str().partition("=== Corsight ===")[2]
    assert summary.count("this test run: 3 exchanges") == 1
    assert "test_suite.py::test_blocked (failed)" in summary
    assert [path.suffix for path in (pytester.path / "kept").iterdir()] == [".mitm"] * 2


def test_a_worker_that_crashes_takes_no_report_with_it(pytester: pytest.Pytester) -> None:
    suite = "import os\ndef test_it(ask):\n    ask('/blocked')\n    os._exit(1)\n"
    result = run(pytester, suite, "--corsight", "-n", "1")
    result.stdout.fnmatch_lines(["*crashed*"])
    assert "this test run" in result.stdout.str().partition("=== Corsight ===")[2]


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ("def test_it(): pass", "no test led its browser through the proxy"),
        ("def test_it(corsight_proxy): pass", "no HTTP request was recorded; was the browser set to use the proxy?"),
    ],
)
def test_green_on_nothing_is_an_error_told_once(pytester: pytest.Pytester, suite: str, said: str) -> None:
    result = run(pytester, suite, "--corsight")
    result.assert_outcomes(passed=1)
    assert result.ret == 1
    assert result.stdout.str().count("corsight: ") == 1
    assert said in result.stdout.str()
    assert run(pytester, suite, "--corsight", "--corsight-allow-empty").ret == 0


@pytest.mark.parametrize(
    ("options", "suite", "said"),
    [
        (("--corsight-fail-on", "nevr"), "", "fail-on nevr is not one of certain, blocked, open, advice, never"),
        (("--corsight-format", "html"), "", "--corsight-format: html needs a file; write html=FILE"),
        (("--corsight-assume", "x=y"), "", "--assume x=y names nothing that a verdict depends on"),
        (("--corsight-baseline", "no.json"), "", "no.json"),
        (
            (),
            "import pytest\n@pytest.mark.corsight(allow='allow-orign')\ndef test_it(): pass\n",
            "mark corsight: there is no code allow-orign",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    pytester: pytest.Pytester, options: tuple[str, ...], suite: str, said: str
) -> None:
    result = run(pytester, suite, "--corsight", *options)
    lines = [line for line in result.errlines + result.outlines if said in line]
    assert len(lines) == 1
    assert result.ret not in (0, 1)
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_without_the_option_it_costs_nothing_and_tests_run_as_before(pytester: pytest.Pytester) -> None:
    suite = (
        "import sys\n"
        "def test_it(ask, corsight_ca, corsight_selenium):\n"
        "    assert ask('/blocked') == 200\n"
        "    assert corsight_ca is None and corsight_selenium(7) == 7\n"
        "    ours = {name for name in sys.modules if name.startswith('corsight.')}\n"
        "    assert ours <= {'corsight.policies', 'corsight.policies.version', 'corsight.scripts',\n"
        "        'corsight.scripts.gate', 'corsight.scripts.gate.options', 'corsight.scripts.runs',\n"
        "        'corsight.scripts.runs.plugin'}\n"
        "    assert not {'mitmproxy', 'pydantic', 'rich', 'typer'} & set(sys.modules)\n"
    )
    result = run(pytester, suite, "--strict-markers")
    result.assert_outcomes(passed=1)
    assert "Corsight" not in result.stdout.str()


def test_selenium_is_told_of_the_proxy_in_its_own_words(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from corsight.scripts.runs.pytest_run import lead_selenium

    class Firefox(SimpleNamespace):
        def set_preference(self, name: str, value: object) -> None:
            self.prefs[name] = value

    options = Firefox(prefs={})
    running = SimpleNamespace(port=4711, url="http://127.0.0.1:4711")
    assert lead_selenium(options, running) is options  # type: ignore[arg-type]
    assert options.accept_insecure_certs is True
    assert options.prefs["network.proxy.allow_hijacking_localhost"] is True
    assert options.prefs["network.proxy.ssl_port"] == options.prefs["network.proxy.http_port"] == 4711
