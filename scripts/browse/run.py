"""Runs `corsight browse`: the proxy, the browser or the command behind it, what is shown meanwhile, and the report.

Whatever ends it ends both. The recording is kept, and the report printed, when the browser or the proxy broke, too.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corsight.policies.redact import printable, redact
from corsight.policies.verdict import Outcome
from corsight.scripts.browse.session import Session
from corsight.scripts.browse.watch import watching
from corsight.scripts.browse.word import Told, copy_told
from corsight.scripts.errors import CorsightError, print_problem
from corsight.scripts.judging import EngineChoice, judge_recording
from corsight.scripts.processes import browsers, launch, proxy
from corsight.scripts.processes.browsers import Engine
from corsight.scripts.processes.machine import free_port, has_display
from corsight.scripts.processes.proxy import Proxy
from corsight.scripts.processes.running import Running
from corsight.scripts.processes.script import make_environment, run_script, wait_for_exit_code
from corsight.scripts.processes.signals import end_by_signals, pause, was_interrupted
from corsight.scripts.recordings import Recording
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.text import write

FailOn = Literal["certain", "blocked", "never"]

TERMINATED = 128 + 15
"""The exit code after SIGTERM."""
RECORDING, VERDICTS = "browse.mitm", "verdicts.jsonl"
OURS = {"localhost", "127.0.0.1", "[::1]"}
MAKERS = (
    r"^https?://("
    r"(clients[0-9]+|android[.]clients)[.]google[.]com|(edgedl[.]me|redirector)[.]gvt1[.]com|"
    r"(update|optimizationguide-pa|content-autofill|safebrowsing|safebrowsingohttpgateway|passwordsleakcheck-pa)"
    r"[.]googleapis[.]com|accounts[.]google[.]com/ListAccounts|www[.]google[.]com/async/(newtab|ddljson|folae)|"
    r"[a-z0-9.-]+[.](services|cdn)[.]mozilla[.](com|net)|detectportal[.]firefox[.]com)"
)
"""What browsers ask of their makers by themselves: it is neither judged nor recorded."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for."""

    url: str = "about:blank"
    browser: Engine | None = None
    save: Path | None = None
    web: bool = False
    engine: EngineChoice = "auto"
    port: int = 0
    headless: bool = False
    script: str | None = None
    fail_on: FailOn = "never"
    watch: bool = True
    marker: str = "everything"
    """The marker cookie's scope; empty for none."""
    patch_scope: str | None = None
    patch_origins: tuple[str, ...] = ()


def run(plan: Plan, *, scripts: Sequence[Path] = (), options: Mapping[str, object] | None = None) -> int:
    """Do it, and return the exit code. `scripts` and `options` are for mitmproxy, beside ours.

    Raises CorsightError for what cannot be done, and for what broke on the way.
    """
    _check(plan)
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
        findings = _report(plan, Told(str(folder / RECORDING), session.words))
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
    return _code(plan, findings) or code


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
    settings: dict[str, object] = {
        # Without it a name that leads nowhere fails before there is an exchange to judge.
        "connection_strategy": "lazy",
        "cors_engine": plan.engine,
        "cors_log": folder / VERDICTS,
        # The log is ours alone, and joined by URL to what the browser says. What is shown of it is redacted.
        "cors_secrets": "true",
        "corsight_watch": str(plan.watch and plan.script is None).lower(),
        "cors_scope": f'!~u "{MAKERS}"',
        "save_stream_file": folder / RECORDING,
        "save_stream_filter": f'!~u "{MAKERS}"',
    }
    if plan.web:
        settings |= {"web_open_browser": "false", "web_host": "127.0.0.1", "web_port": free_port()}
    if plan.marker and plan.script is None:
        # The profile is thrown away, and the cookie with it.
        settings |= {"cors_marker": "true", "cors_marker_scope": plan.marker}
    if plan.patch_scope is not None:
        settings |= {"cors_patch": "blocked", "cors_patch_scope": plan.patch_scope}
        settings["cors_patch_origins"] = list(plan.patch_origins)
    tool: proxy.Tool = "mitmweb" if plan.web else "mitmdump"
    with proxy.start(folder, tool=tool, scripts=scripts, port=plan.port, **settings | dict(options)) as running:
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
    """The URL with a scheme, as one leaves it out where one types it."""
    if "://" in url or url.startswith(("about:", "data:", "file:", "view-source:")):
        return url
    host = url.partition("/")[0].partition("?")[0]
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return f"{'http' if name in OURS else 'https'}://{url}"


def _run_script(plan: Plan, running: Proxy) -> int:
    assert plan.script is not None
    if running.web is not None:
        print(f"mitmweb shows it at {running.web}", flush=True)
    with run_script(plan.script, make_environment(running)) as process:
        while process.poll() is None:
            if was_interrupted():
                break
            if (problem := running.find_problem()) is not None:
                raise problem
            pause()
        else:
            return wait_for_exit_code(process)
    return 130


def _report(plan: Plan, recording: Recording) -> Findings:
    """Print what `corsight audit` says of the recording."""
    recording.name = "this session" if plan.save is None else str(plan.save)
    findings = Findings()
    for judged in judge_recording(recording, plan.engine):
        findings.add(judged)
    write(findings, [(recording.name, recording.exchanges)], plan.engine, sys.stdout)
    sys.stdout.flush()
    if recording.problem is not None:
        print_problem(recording.problem)
    return findings


def _tell_disagreements(plan: Plan, said: str) -> None:
    """Where the browser says the contrary of Corsight: into a file beside the recording, or printed."""
    if not said:
        return
    print("\nThe browser says the contrary of some of this. Please report it; what to write:")
    if plan.save is None:
        print(f"\n{said}", end="")
        return
    path = plan.save.with_name(f"{plan.save.name}.disagreements.md")
    path.write_text(said, encoding="utf-8")
    print(f"  {path}")


def _code(plan: Plan, findings: Findings) -> int:
    failures = {
        "certain": findings.blocked("certain"),
        "blocked": findings.count(Outcome.BLOCKED),
        "never": 0,
    }
    return 1 if failures[plan.fail_on] else 0
