"""Runs `corsight browse` and `corsight run`: the proxy, the browser or the command behind it, what is shown meanwhile,
and the report.

Whatever ends it ends both. The recording is kept, and the report printed, when the browser or the proxy broke, too.
"""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from corsight.policies.fetch.origin import parse_url
from corsight.policies.redact import printable, redact
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.session import Session, say_where
from corsight.scripts.browse.watch import watching
from corsight.scripts.browse.word import Told, copy_told
from corsight.scripts.errors import CorsightError, print_problem
from corsight.scripts.paths import name_command
from corsight.scripts.processes import browsers, launch, proxy
from corsight.scripts.processes.machine import free_port, has_display
from corsight.scripts.processes.proxy import Proxy
from corsight.scripts.processes.running import Running
from corsight.scripts.processes.script import make_environment, name_script, run_script, wait_for_exit_code
from corsight.scripts.processes.signals import end_by_signals, pause, was_interrupted
from corsight.scripts.report.formats import Output
from corsight.scripts.report.lines import pluralize
from corsight.scripts.runs.met import ByTest
from corsight.scripts.runs.recording import RECORDING, TESTS, make_options
from corsight.scripts.runs.report import Reported, read_files, report
from corsight.scripts.runs.report import Told as Saying
from corsight.scripts.runs.tests import read_tests

TERMINATED = 128 + 15
"""The exit code after SIGTERM."""
PLAYWRIGHT = Path(__file__).parents[1] / "runs" / "playwright.cjs"
"""What leads Playwright through the proxy, and has it tell of its tests."""
OURS = {"localhost", "127.0.0.1", "[::1]"}


def run(plan: Plan, *, scripts: Sequence[Path] = (), options: Mapping[str, object] | None = None) -> int:
    """Do it, and return the exit code. `scripts` and `options` are for mitmproxy, beside ours.

    Raises CorsightError for what cannot be done, and for what broke on the way.
    """
    _check(plan)
    outputs = read_files(plan.formats, [] if plan.save is None else [str(plan.save)])
    browser = browsers.pick(plan.browser) if plan.script is None else None
    with (
        end_by_signals(),
        tempfile.TemporaryDirectory(prefix="corsight-browse-", ignore_cleanup_errors=True) as temporary,
    ):
        folder = Path(temporary)
        code, session, problem, ended = 0, None, None, None
        if browser is not None:
            # Both take seconds, and the screen is not to be empty meanwhile.
            print(
                f"Starting the proxy, then {browser.name} at {printable(redact(_absolute(plan.url)))} ...", flush=True
            )
        try:
            with _proxy(plan, folder, scripts, options or {}) as running:
                session = Session(running, folder / RECORDING, plan)
                if browser is None:
                    code = _run_script(plan, running)
                else:
                    with _browser(plan, browser, running, session) as opened:
                        problem = session.look_on(opened)
        except CorsightError as error:
            problem = error
            if session is None:
                raise
        except SystemExit as error:
            # SIGTERM: what came so far is reported all the same. A terminal that is gone reads nothing.
            if session is None or error.code != TERMINATED:
                raise
            ended = error
        finally:
            if plan.save is not None and (folder / RECORDING).is_file():
                copy_told(folder / RECORDING, plan.save, {} if session is None else session.words)
        session.poll()
        problem = problem or session.mistrust()
        if problem is not None and not len(session.rows):
            raise problem
        reported = _report(plan, folder, session, outputs)
        session.notes()
        if unseen := session.unseen():
            print("\nStopped by the browser itself, and never seen by the proxy:")
            print("\n".join(f"  {line}" for line in unseen))
        if browser is not None:
            _tell_disagreements(plan, session.disagreements(browser.name))
    if ended is not None:
        raise ended
    if problem is not None:
        raise problem
    if plan.script is not None and not plan.gate.allow_empty:
        empty = reported.find_emptiness(name_script(plan.script), plan.gate.engine)
        if empty is not None and code:
            # The command failed by itself, and that is what is said of it.
            print_problem(empty)
        elif empty is not None:
            raise empty
    return (1 if reported.failures else 0) or code


def _check(plan: Plan) -> None:
    if plan.save is not None:
        if plan.save.is_dir():
            raise CorsightError("is a directory", where=str(plan.save), todo="name a file for the recording")
        if not plan.save.absolute().parent.is_dir():
            raise CorsightError("there is no such folder", where=str(plan.save.parent), todo="make it first")
    if plan.script is None and not plan.headless and not has_display():
        raise CorsightError("there is no display to show the browser on", todo="add --headless")


@contextlib.contextmanager
def _proxy(plan: Plan, folder: Path, scripts: Sequence[Path], options: Mapping[str, object]) -> Iterator[Proxy]:
    settings = make_options(folder, plan.gate.engine, plan.marker)
    settings["corsight_watch"] = str(plan.watch and plan.script is None).lower()
    if plan.web:
        settings |= {"web_open_browser": "false", "web_host": "127.0.0.1", "web_port": free_port()}
        settings["cors_page"] = free_port()
    if plan.patch_scope is not None:
        settings |= {"cors_patch": "blocked", "cors_patch_scope": plan.patch_scope}
        settings["cors_patch_origins"] = list(plan.patch_origins)
    tool: proxy.Tool = "mitmweb" if plan.web else "mitmdump"
    settings |= dict(options)
    with proxy.start(folder, tool=tool, scripts=scripts, port=plan.port, lanes=plan.lanes, **settings) as running:
        yield running


@contextlib.contextmanager
def _browser(plan: Plan, browser: browsers.Browser, running: Proxy, session: Session) -> Iterator[Running]:
    url = _absolute(plan.url)
    # What is watched begins with an empty page: nothing is missed while the watcher is not there yet.
    first = "about:blank" if plan.watch else url
    with launch.start(
        browser, running.port, running.folder, first, headless=plan.headless, remote=plan.watch
    ) as opened:
        if not plan.watch:
            yield opened
            return
        with watching(opened) as session.watcher:
            if url != first:
                session.watcher.go(url)
            yield opened


def _absolute(url: str) -> str:
    """Return the URL with a scheme, as one leaves it out where one types it. Raises CorsightError for no URL."""
    if "://" in url or url.startswith(("about:", "data:", "file:", "view-source:")):
        return url
    host = url.partition("/")[0].partition("?")[0]
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    absolute = f"{'http' if name in OURS else 'https'}://{url}"
    if parse_url(absolute, None) is None:
        raise CorsightError(
            f"{printable(redact(url))!r} is not a URL",
            where="URL",
            todo="write the page's, such as https://app.example",
        )
    return absolute


def _run_script(plan: Plan, running: Proxy) -> int:
    assert plan.script is not None
    say_where(running)
    variables = make_environment(running) | {
        "CORSIGHT_TESTS": str(running.folder / TESTS),
        "CORSIGHT_PLAYWRIGHT": str(PLAYWRIGHT),
    }
    with run_script(plan.script, variables) as process:
        while process.poll() is None:
            if was_interrupted():
                break
            if (problem := running.find_problem()) is not None:
                raise problem
            pause()
        else:
            return wait_for_exit_code(process)
    return 130


def _report(plan: Plan, folder: Path, session: Session, outputs: Sequence[Output]) -> Reported:
    """Print what `corsight audit` says of the recording, and write it to the files that are asked for."""
    recording = Told(str(folder / RECORDING), session.words)
    recording.name = "this session" if plan.save is None else str(plan.save)
    tests = read_tests(folder / TESTS)
    if tests.broken:
        print_problem(f"note: {pluralize(tests.broken, 'line')} of CORSIGHT_TESTS tell of no test: docs/testing.md")
    hint = "-v tells each in full; --save FILE keeps the recording, for audit and explain"
    if plan.script is not None and not plan.marker:
        hint += "; --marker settles much of what is open"
    told = Saying(
        recording.name,
        plan.verbose,
        next=[] if plan.save is None else _list_next(str(plan.save), plan),
        hint=f"\nnext       {hint}" if plan.save is None else "",
    )
    by_test = ByTest(tests, session.lanes) if tests.all else None
    return report([recording], plan.gate, outputs, told, tests=by_test)


def _list_next(path: str, plan: Plan) -> list[str]:
    arguments, command = shlex.join([path, *plan.gate.typed]), name_command()
    return [f"{command} explain {arguments} --finding 1", f"{command} audit {arguments} -v"]


def _tell_disagreements(plan: Plan, said: str) -> None:
    """Write where the browser contradicts Corsight, into a file beside the recording, or print it."""
    if not said:
        return
    print("\nThe browser contradicts some of these verdicts. Please report it, with this text:")
    if plan.save is None:
        print(f"\n{said}", end="")
        return
    path = plan.save.with_name(f"{plan.save.name}.disagreements.md")
    path.write_text(said, encoding="utf-8")
    print(f"  {path}")
