"""One session: takes in what the proxy logs, shows it until it ends, and does what the keys ask for."""

from __future__ import annotations

import base64
import os
import re
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from corsight.policies.exchange import Word
from corsight.policies.findings import Known
from corsight.policies.redact import printable, redact
from corsight.policies.session.memory import Memory
from corsight.policies.story import tell
from corsight.policies.story.text import lines
from corsight.scripts.browse.join import join
from corsight.scripts.browse.keys import keyboard
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.rows import LOADED, Row, Rows
from corsight.scripts.browse.screen import Screen
from corsight.scripts.browse.watch import Sighting, Watcher
from corsight.scripts.browse.word import Told, copy_told, word_on
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.explaining import add_to
from corsight.scripts.judging import group_by_fetch, judge_recording
from corsight.scripts.processes import signals
from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.proxy import Proxy, Tail
from corsight.scripts.processes.running import Running
from corsight.scripts.report.story import tree

if TYPE_CHECKING:
    from corsight.policies.session import Judged

TICK = 0.1
FLOWS, LIMIT = 100_000, 8 * 1024 * 1024
"""Of how many exchanges it is remembered what the browser said and by which lane they came, and bytes of that."""
HOSTS = 1000
"""How many hosts are remembered whose certificate was refused."""
EVERYTHING = "everything"
MAKERS = re.compile(r"(^|\.)(google|gvt1|googleapis|mozilla|firefox|microsoft|msn)\.(com|net|org)$")
"""Hosts that browsers ask by themselves: that one of them trusts no proxy there says nothing."""
ALONE = "The proxy has not seen it: this is what the browser says."
DISAGREEMENT = """\
## {browser} and Corsight disagree on {method} {url}

{browser} {said}; Corsight says {verdict}.

"""


class Session:
    """What has come so far. `recording` is the file that the proxy writes."""

    def __init__(self, running: Proxy, recording: Path, plan: Plan) -> None:
        self.rows = Rows()
        self.notice = ""
        self.watcher: Watcher | None = None
        self.words: Memory[str, Word] = Memory(FLOWS, LIMIT)
        self.lanes: Memory[str, int] = Memory(FLOWS, LIMIT)
        """The lane that an exchange came by, by the id of its flow."""
        self._proxy = running
        self._recording = recording
        self._plan = plan
        self._log = Tail(recording.with_name("verdicts.jsonl"))
        self._untrusted: Memory[str, None] = Memory(HOSTS)
        self._patched: dict[str, str] = {}

    # -- what comes in ------------------------------------------------------------------------------------------------

    def poll(self) -> list[tuple[Row, str | None]]:
        """Take in what came since the last call: the rows, each with the outcome it had before."""
        for event in self._proxy.events.read_new():
            if event["kind"] == "untrusted":
                if MAKERS.search(event["host"]) is None:
                    self._untrusted.put(event["host"], None, len(event["host"]))
                    self.notice = str(self._refusal(event["host"]))
            elif event["kind"] == "lane":
                self.lanes.put(event["flow"], self._proxy.lanes.index(event["port"]), len(event["flow"]))
            elif event["kind"] == "patching":
                self.notice = event["text"]
            elif event["problem"] is not None:
                self.notice = event["problem"]
        # First what the browser said, then the log: what it speaks of was logged before.
        seen = self.watcher.new() if self.watcher is not None else []
        told = [self.rows.tell(record) for record in self._log.read_new()]
        changed = []
        for sighting in seen:
            if (row := join(self.rows, sighting)) is not None:
                changed.append(row)
                self._pass_on(row, sighting)
        return told + [(row, row.outcome if not row.by_browser else None) for row in changed]

    def _pass_on(self, row: Row, sighting: Sighting) -> None:
        """Let the proxy judge by what the browser said, too, and the recording hold it; the page show the rest."""
        if row.by_browser:
            self._proxy.tell_stopped(
                id=row.id,
                started=row.started,
                method=row.method,
                url=row.url,
                outcome="stopped" if row.outcome == "blocked" else row.outcome,
                cause=row.cause,
                message=row.message,
                fix=row.fix[0] if sighting.directive else "",
            )
            return
        word = word_on(self.rows, row, sighting)
        if word is not None:
            self.words.put(row.id, word, len(row.id) + len(word.error) + len(word.place))
            self._proxy.tell_word(row.id, word)

    def _refusal(self, host: str) -> CorsightError:
        who = "the script" if self._plan.script is not None else "the browser"
        todo = "a policy of this machine may forbid it: name another with --browser"
        if self._plan.script is not None:
            todo = "let it trust the file that CORSIGHT_CA names"
        return CorsightError(f"{who} does not trust the proxy's certificate for {printable(host)}", todo=todo)

    def mistrust(self) -> CorsightError | None:
        """Return what to say where the certificate was refused, and nothing encrypted came through."""
        if not self._untrusted or any(row.url.startswith(("https:", "wss:")) for row in self.rows):
            return None
        return self._refusal(next(iter(self._untrusted)))

    def notes(self) -> None:
        """Print what the report does not say: where some certificate was refused, and others not."""
        if self.mistrust() is None:
            for host in self._untrusted:
                print(f"corsight: note: {one_line(str(self._refusal(host)))}", file=sys.stderr)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def look_on(self, running: Running) -> CorsightError | None:
        """Show what comes until someone ends it; what broke, if something did."""
        name = running.browser.name
        say_where(self._proxy)
        dumb = os.environ.get("TERM") == "dumb"
        watched = sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty()
        if self._proxy.web is None and watched and not dumb:
            return self._live(running)
        print(f"{name} is open behind 127.0.0.1:{self._proxy.port}. Ctrl-C, or closing it, ends both.", flush=True)
        while True:
            told = self.poll()
            if self._proxy.web is None:
                for row, before in told:
                    self._print(row, before)
            if signals.was_interrupted():
                return None
            if (over := self._over(running)) is not None:
                return over[0]
            time.sleep(TICK)

    def _over(self, running: Running) -> tuple[CorsightError | None] | None:
        """Return whether the proxy or the browser ended, and what broke; None while both run."""
        if (problem := self._proxy.find_problem()) is not None:
            return (problem,)
        if running.is_alive():
            return None
        if running.process.returncode == 0:
            return (None,)
        return (BrowserError(f"{running.browser.name} ended by itself: {one_line(running.read_last_line())}"),)

    def _print(self, row: Row, before: str | None) -> None:
        if row.by_browser and row.outcome == "blocked":
            line = f"{clock(row)} blocked by the browser {row.method} {row.url} [{row.cause}] {row.message}"
        elif row.outcome == "blocked" and before != "blocked":
            sure = "" if row.certain else " likely"
            mends = "; ".join(row.fix) or row.todo
            line = f"{clock(row)}{sure} blocked {row.method} {row.url} [{row.cause}] {row.title or row.message}"
            line += f" -> {mends}" if mends else ""
        elif before == "blocked" and row.outcome != "blocked":
            line = f"{clock(row)} {'open' if row.open else row.outcome} after all {row.method} {row.url}"
        else:
            return
        print(printable(redact(line)), flush=True)

    def _live(self, running: Running) -> CorsightError | None:
        console = Console(markup=False, emoji=False, highlight=False)
        title = f"{running.browser.name} behind 127.0.0.1:{self._proxy.port}"
        screen = Screen(self.rows, title, self.story, self.patch, self.save, reload=self.reload)
        screen.is_patched = lambda row: row.endpoint in self._patched
        screen.copy = lambda text: _copy(text, console)
        screen.ascii_only = not console.encoding.startswith("utf")
        drawn = None
        with keyboard() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
            while not screen.ended:
                changed = bool(self.poll())
                pressed = keys(TICK)
                for key in pressed:
                    screen.press(key)
                if self.notice:
                    screen.notice, self.notice, changed = self.notice, "", True
                if changed or pressed or drawn != console.size:
                    # Calm: it is drawn again only where something is new.
                    drawn = console.size
                    live.update(screen.render(console), refresh=True)
                if signals.was_interrupted():
                    return None
                if (over := self._over(running)) is not None:
                    return over[0]
        return None

    # -- what the keys ask for ----------------------------------------------------------------------------------------

    def story(self, row: Row) -> RenderableType:
        """Return the story of the row's fetch, from the recording so far."""
        if row.by_browser:
            said = f"{row.method} {row.url}", f"{row.message}.", ALONE
            return Text("\n\n".join(printable(redact(line.strip())) for line in said))
        known = Known()
        fetch = self._fetch(row, known)
        if fetch is None:
            return Text("The response has not come to its end yet: its story can be told then.")
        return tree(tell(fetch, known), ascii_only=not (sys.stdout.encoding or "").lower().startswith("utf"))

    def _fetch(self, row: Row, known: Known) -> list[Judged] | None:
        """Return the row's fetch, once all that was recorded is known."""
        found = None
        for fetch in self._fetches(known):
            if found is None and any(judged.entry.exchange.id == row.id for judged in fetch):
                found = fetch
        return found

    def _fetches(self, known: Known) -> Iterator[list[Judged]]:
        # The proxy writes on while it is read: what is not whole at the end comes the next time.
        verdicts = judge_recording(Told(str(self._recording), self.words), self._plan.gate.engine)
        return group_by_fetch(add_to(known, verdicts))

    def unseen(self) -> list[str]:
        """Return a line for each request that the browser stopped before it reached the proxy."""
        stopped = [row for row in self.rows if row.by_browser and row.outcome == "blocked"]
        lines = (f"{row.method or 'request'} {row.url}: {row.message}" for row in stopped)
        return [printable(redact(line)) for line in dict.fromkeys(lines)]

    def disagreements(self, browser: str) -> str:
        """Return a report for an issue on every exchange where the browser contradicts the verdict; empty where there
        is none.
        """
        rows = {row.id: row for row in self.rows if row.disagrees}
        said = ""
        known = Known()
        for fetch in self._fetches(known) if rows else ():
            for judged in fetch:
                if (row := rows.get(judged.entry.exchange.id)) is None:
                    continue
                verdict = f"{'' if row.certain else 'likely '}{row.outcome}{f' ({row.cause})' if row.cause else ''}"
                refused = f"kept it from the page ({row.seen})"
                head = DISAGREEMENT.format(
                    browser=browser,
                    method=row.method,
                    url=row.url,
                    said="let the page have it" if row.seen == LOADED else refused,
                    verdict=verdict,
                )
                said += "\n".join(printable(redact(line)) for line in head.split("\n"))
                said += "\n".join(f"    {line}".rstrip() for line in lines(tell(fetch, known))) + "\n\n"
        return said

    def patch(self, row: Row) -> str:
        """Patch the row's endpoint from now on, or no more; what to say of it."""
        if self._plan.patch_scope == EVERYTHING:
            return "Everything is patched already: --patch-scope everything."
        if row.by_browser:
            return "It never reached the proxy: nothing there can patch it."
        endpoint = row.endpoint
        undone = endpoint in self._patched
        if undone:
            del self._patched[endpoint]
        elif row.origin == "null" and "null" not in self._plan.patch_origins:
            return "Its origin is null, as that of sandboxed frames on every site: --patch-origin null patches for all."
        else:
            self._patched[endpoint] = row.origin
        scopes = [] if self._plan.patch_scope is None else [self._plan.patch_scope]
        scopes += [scope_of(endpoint) for endpoint in self._patched]
        # Whoever is trusted for one endpoint is for all of them: no longer than that is patched.
        trusted = dict.fromkeys((*self._plan.patch_origins, *filter(None, self._patched.values())))
        self._proxy.set_options(
            cors_patch="blocked" if scopes else "off",
            cors_patch_scope=" | ".join(f"({scope})" for scope in scopes),
            cors_patch_origins=list(trusted),
        )
        if undone:
            return f"No longer patched: {endpoint}"
        again = "r loads the page again" if self.watcher is not None else "load the page again"
        return f"Patched from now on, p again ends it; {again}: {endpoint}"

    def reload(self) -> str:
        """Load the browser's page again; what to say of it."""
        if self.watcher is None:
            return "Load it again in the browser: with --no-watch it cannot be told to."
        try:
            self.watcher.reload()
        except BrowserError as problem:
            return f"It could not be loaded again: {problem}."
        return "The page is loaded again."

    def save(self) -> str:
        """Copy the recording so far to where it was asked for, or to a new file here; what to say of it."""
        path = self._plan.save or _unused(Path(time.strftime("corsight-%Y%m%d-%H%M%S.mitm")))
        try:
            copy_told(self._recording, path, self.words)
        except OSError as error:
            return f"It could not be saved to {path}: {error.strerror or error}."
        return f"Saved so far: {path}"


def say_where(running: Proxy) -> None:
    """Print where the session is shown in a browser, and where an agent may ask of it."""
    if running.web is None or running.page is None:
        return
    print(f"The live page shows it at {running.page}")
    if find_spec("mcp") is not None:
        port = urlsplit(running.page).port
        print(f"An agent asks at http://127.0.0.1:{port}/mcp with Authorization: Bearer and the token of that link")
    print(f"mitmweb shows it at {running.web}", flush=True)


def _copy(text: str, console: Console) -> str:
    """Put a text on the clipboard, as terminals are told to by OSC 52; what to say of it."""
    console.file.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07")
    console.file.flush()
    return f"Copied, if the terminal allows it: {text.replace(chr(10), '; ')}"


def scope_of(endpoint: str) -> str:
    """Return the filter expression for a URL with whatever query."""
    pattern = f"^{re.escape(endpoint)}([?#]|$)"
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"')
    return f'~u "{quoted}"'


def clock(row: Row) -> str:
    """When it began, as a clock shows it."""
    return time.strftime("%H:%M:%S", time.localtime(row.started))


def _unused(path: Path) -> Path:
    number = 1
    while path.exists():
        number += 1
        path = path.with_stem(f"{path.stem.partition('_')[0]}_{number}")
    return path
