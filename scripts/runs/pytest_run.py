"""What runs under `pytest --corsight`: the proxy, what each test met, and the report at the end.

1. A process has a proxy of its own, which starts when a fixture first asks for it: workers of pytest-xdist too.
2. In a process one test runs after the other. What is asked from a test's beginning to that of the next is its own.
3. The gate is that of audit: what fails a run there fails a test here.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.gate.codes import check_code
from corsight.scripts.gate.gate import Gate, read_gate
from corsight.scripts.gate.settings import load_settings
from corsight.scripts.processes import proxy
from corsight.scripts.processes.chromium import hash_public_key
from corsight.scripts.processes.proxy import Proxy
from corsight.scripts.processes.signals import wait_for
from corsight.scripts.recordings import Recording
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.formats import Output
from corsight.scripts.report.lines import pluralize
from corsight.scripts.report.text import write_finding
from corsight.scripts.runs.live import Live
from corsight.scripts.runs.met import ByTest
from corsight.scripts.runs.recording import RECORDING, TESTS, make_options
from corsight.scripts.runs.report import Reported, Told, read_files, report
from corsight.scripts.runs.tests import Test, Tests, read_tests

FOLDER = "corsight_folder"
"""What a worker is told under this name: the folder for all recordings."""
ALONE = "main"
"""What the only process is called, where there are no workers."""
TITLE = "Corsight"
UNTRUSTED = "untrusted.json"
"""The file of the hosts whose certificates, as the proxy shows them, a browser refused."""


class CorsightWarning(pytest.PytestWarning):
    """Something was blocked, or is open, that does not make its test fail."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for."""

    gate: Gate
    outputs: Sequence[Output] = ()
    save: Path | None = None
    marker: bool = False
    verbose: bool = False


def read_plan(
    typed: Mapping[str, Any], formats: Sequence[str], *, save: str | None, marker: bool, verbose: bool
) -> Plan:
    """Return what is asked for, by what was typed and the settings. Raises pytest.UsageError, in one line."""
    given = dict(typed)
    config, write = given.pop("config"), given.pop("write-baseline")
    try:
        settings = load_settings(config).take(**{name: one or None for name, one in given.items()})
        outputs = read_files(formats, [], where="--corsight-format")
        return Plan(read_gate(settings, write=bool(write)), outputs, Path(save) if save else None, marker, verbose)
    except (CorsightError, OSError) as error:
        raise pytest.UsageError(f"corsight: {one_line(str(error))}") from None


@dataclass(slots=True)
class Meeting:
    """The test that runs, and the flows of what was said of it already."""

    test: Test
    told: set[str] = field(default_factory=set)


class Run:
    """The run of one process. `worker` is what a worker of pytest-xdist was told; None in the process that starts."""

    def __init__(self, plan: Plan, worker: Mapping[str, Any] | None) -> None:
        self._plan = plan
        self._worker = worker
        self._stack, self._running = ExitStack(), ExitStack()
        self._proxy: Proxy | None = None
        self._live: Live | None = None
        self._meeting: Meeting | None = None
        self._untrusted: dict[str, None] = {}
        self._said: tuple[str, str | None] | None = None
        if worker is None:
            temporary = tempfile.TemporaryDirectory(prefix="corsight-pytest-", ignore_cleanup_errors=True)
            self._folder = Path(self._stack.enter_context(temporary))
            self._own = self._folder / ALONE
        else:
            self._folder = Path(worker[FOLDER])
            self._own = self._folder / str(worker["workerid"])

    # -- the proxy ----------------------------------------------------------------------------------------------------

    def open(self) -> Proxy:
        """Return the proxy, which starts with the first call."""
        if self._proxy is None:
            self._own.mkdir(parents=True, exist_ok=True)
            options = make_options(self._own, self._plan.gate.engine, "everything" if self._plan.marker else "")
            try:
                self._proxy = self._running.enter_context(
                    proxy.start(self._own, tool="mitmdump", scripts=(), port=0, lanes=0, **options)
                )
            except CorsightError as error:
                pytest.exit(f"corsight: {one_line(str(error))}", pytest.ExitCode.INTERNAL_ERROR)
            self._live = Live(self._own / RECORDING, self._plan.gate)
        return self._proxy

    def _catch_up(self, running: Proxy) -> None:
        """Wait until all that the proxy got so far is written."""
        order, answered = running.flush(), False

        def is_answered() -> bool:
            nonlocal answered
            for event in running.events.read_new():
                answered = answered or (event["kind"] == "answer" and event["id"] == order)
                if event["kind"] == "untrusted":
                    self._untrusted[event["host"]] = None
            return answered

        wait_for(is_answered, running.find_problem, "the proxy did not answer")

    # -- the tests ----------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        allow = tuple(_read_allow(item))
        test = Test(item.nodeid, time.time(), 0, allow=allow)
        self._meeting = Meeting(test)
        self._tell({"test": test.name, "began": test.began, "lane": 0, "allow": allow})
        try:
            return (yield)
        finally:
            self._meeting = None
            self._tell({"test": test.name, "ended": time.time(), "lane": 0, "outcome": test.outcome})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        made = yield
        meeting = self._meeting
        if meeting is not None and self._proxy is not None and self._live is not None:
            try:
                self._look(item, made, meeting)
            except CorsightError as error:
                made.outcome, made.longrepr = "failed", f"corsight: {one_line(str(error))}"
        if meeting is not None and (made.when == "call" or made.outcome != "passed"):
            meeting.test.outcome = "failed" if meeting.test.outcome == "failed" else made.outcome
        return made

    def _look(self, item: pytest.Item, made: pytest.TestReport, meeting: Meeting) -> None:
        """Tell what a phase of a test met; it fails for what makes a run fail."""
        assert self._proxy is not None
        assert self._live is not None
        if made.when == "setup" and made.outcome == "passed":
            # Told with the call, which may say more of it.
            return
        self._catch_up(self._proxy)
        findings = Findings()
        for judged in self._live.take(meeting.test.began):
            if judged.entry.exchange.id not in meeting.told:
                findings.add(judged)
                meeting.told.add(judged.entry.exchange.id)
        gate = self._plan.gate
        sifted = gate.ignore(meeting.test.allow).sift(findings.sorted())
        told = [one for one in sifted.findings if one.kind in ("blocked", "open")]
        failures = gate.count_failures(sifted.count_failures(gate.fail_on))
        if failures and not told:
            told = sifted.findings
        if not told:
            return
        text = io.StringIO()
        for number, finding in enumerate(told, 1):
            write_finding(finding, number, text)
        counts = [(kind, sum(one.count for one in told if one.kind == kind)) for kind in ("blocked", "open", "advice")]
        said = " and ".join(f"{pluralize(count, 'exchange')} {kind}" for kind, count in counts if count)
        if failures and made.outcome == "passed":
            made.outcome, made.longrepr = "failed", f"{TITLE}: {said}.\n\n{text.getvalue()}"
            return
        made.sections.append((f"{TITLE}: {said}", text.getvalue()))
        if not failures:
            causes = ", ".join(dict.fromkeys(one.code for one in told))
            item.warn(CorsightWarning(f"{TITLE}: {said} ({causes}); it fails no test: see --corsight-fail-on"))

    def _tell(self, line: Mapping[str, object]) -> None:
        self._own.mkdir(parents=True, exist_ok=True)
        with (self._own / TESTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    # -- the end ------------------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[FOLDER] = str(self._folder)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._close_proxy()
        if self._worker is not None or session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        text = io.StringIO()
        try:
            problem = self._report(text, passed=session.exitstatus == pytest.ExitCode.OK)
        except (CorsightError, OSError) as error:
            problem = one_line(str(error))
        self._said = text.getvalue(), problem
        if problem is not None and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _close_proxy(self) -> None:
        """End the proxy, if it runs: then all is written."""
        if self._proxy is None:
            return
        with contextlib.suppress(CorsightError):
            # One that broke told so in the test that met it.
            self._catch_up(self._proxy)
        (self._own / UNTRUSTED).write_text(json.dumps(list(self._untrusted)), encoding="utf-8")
        self._proxy = None
        self._running.close()

    def _report(self, text: io.StringIO, *, passed: bool) -> str | None:
        """Write the report; return what is wrong with the run beyond its tests."""
        recordings, tests, lanes, hosts = list[Recording](), Tests(), dict[str, int](), list[str]()
        for lane, folder in enumerate(sorted(self._folder.iterdir())):
            for test in read_tests(folder / TESTS).all:
                test.lane = lane
                tests.add(test)
            if (folder / RECORDING).is_file():
                recordings.append(InLane(folder, lane, lanes))
                # A worker that crashed left none.
                with contextlib.suppress(FileNotFoundError):
                    hosts += json.loads((folder / UNTRUSTED).read_text("utf-8"))
        if self._plan.save is not None:
            self._plan.save.mkdir(parents=True, exist_ok=True)
            for one in recordings:
                shutil.copyfile(one.path, self._plan.save / f"{one.name}.mitm")
        if not recordings:
            if self._plan.gate.allow_empty:
                return None
            return NEVER
        told = Told("this test run", self._plan.verbose, hint=self._hint(recordings), brief=True)
        by_test = ByTest(tests, lanes)
        reported = report(recordings, self._plan.gate, self._plan.outputs, told, tests=by_test, stream=text)
        if hosts and not any(reported.findings.outcomes):
            return f"the browser does not trust the proxy's certificate for {hosts[0]}; let it trust corsight_ca"
        return self._judge(reported, passed=passed)

    def _judge(self, reported: Reported, *, passed: bool) -> str | None:
        if not self._plan.gate.allow_empty:
            empty = reported.find_emptiness("pytest", self._plan.gate.engine)
            if empty is not None:
                return one_line(str(empty)).replace("--allow-empty", "--corsight-allow-empty")
        failures = reported.failures
        if not failures or not passed:
            return None
        count = pluralize(failures, "exchange")
        return f"{count} outside of the tests, or known to be blocked only later, made the run fail"

    def _hint(self, recordings: Sequence[Recording]) -> str:
        parts = ["-v tells each in full"]
        if self._plan.save is None:
            parts.append("--corsight-save FOLDER keeps the recordings, for corsight audit and explain")
        else:
            parts = [f"corsight audit {self._plan.save / recordings[0].name}.mitm -v", *parts]
        if not self._plan.marker:
            parts.append("--corsight-marker settles much of what is open")
        return f"\nnext       {'; '.join(parts)}"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._said is None:
            return
        text, problem = self._said
        terminalreporter.section(TITLE, sep="=")
        terminalreporter.write(text)
        if problem is not None:
            terminalreporter.write_line(f"corsight: {problem}", red=True)

    def pytest_unconfigure(self) -> None:
        self._running.close()
        self._stack.close()


NEVER = (
    "nothing was judged: no test led its browser through the proxy; browsers of pytest-playwright go there by "
    "themselves, for Selenium there is the fixture corsight_selenium, for others corsight_proxy; "
    "--corsight-allow-empty lets such a run pass"
)


class InLane(Recording):
    """A recording of one process, whose exchanges are of its tests only."""

    def __init__(self, folder: Path, lane: int, lanes: dict[str, int]) -> None:
        super().__init__(str(folder / RECORDING))
        self.name = folder.name
        self._lane = lane
        self._lanes = lanes

    def __iter__(self) -> Iterator[Exchange]:
        for exchange in super().__iter__():
            self._lanes[exchange.id] = self._lane
            yield exchange


def _read_allow(item: pytest.Item) -> Iterator[str]:
    """Yield the codes that the marks of a test name. Raises pytest.UsageError where there is no such code."""
    for mark in item.iter_markers("corsight"):
        allow = mark.kwargs.get("allow", ())
        for code in [allow] if isinstance(allow, str) else allow:
            try:
                check_code(code, f"{item.nodeid}: mark corsight")
            except CorsightError as error:
                raise pytest.UsageError(f"corsight: {one_line(str(error))}") from None
            yield code


# -- what opens browsers ---------------------------------------------------------------------------------------------


def lead_selenium(options: Any, running: Proxy) -> Any:
    """Return options of Selenium with the proxy set: those of Firefox have preferences, all others are Chromium's."""
    if hasattr(options, "set_preference"):
        for scheme in ("http", "ssl"):
            options.set_preference(f"network.proxy.{scheme}", "127.0.0.1")
            options.set_preference(f"network.proxy.{scheme}_port", running.port)
        options.set_preference("network.proxy.type", 1)
        options.set_preference("network.proxy.no_proxies_on", "")
        options.set_preference("network.proxy.allow_hijacking_localhost", True)
        options.accept_insecure_certs = True
        return options
    options.add_argument(f"--proxy-server={running.url}")
    options.add_argument("--proxy-bypass-list=<-loopback>")
    options.add_argument(f"--ignore-certificate-errors-spki-list={hash_public_key(running.authority)}")
    return options
