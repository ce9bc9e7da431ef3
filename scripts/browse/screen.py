"""What the screen shows, and what the keys do to it. No terminal and no clock in here: both come in from outside."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from corsight.policies.redact import printable, redact
from corsight.policies.verdict import ASSUMPTIONS
from corsight.scripts.browse.rows import Row, Rows
from corsight.scripts.report.lines import pluralize

MARKS = {"allowed": "✔", "blocked": "✘", "opaque": "○", "not-cors": "·", "answered": "·", "open": "?"}
ASCII_MARKS = {"allowed": "+", "blocked": "x", "opaque": "o", "not-cors": ".", "answered": ".", "open": "?"}
COLOURS = {"allowed": "green", "blocked": "bold red", "opaque": "yellow", "not-cors": "dim", "answered": "cyan"}
TIME, METHOD, VERDICT, CAUSE = 8, 7, 12, 20
NARROWEST = 80
NARROWEST_URL = 20
"""Characters of a URL below which the time makes room for it."""
CHROME, SAID = 5, 4
"""The lines that are not rows: the head, the columns' names, two rules, the keys; and those on the selected one."""
LOW = 16
"""The height below which the selected one gets two lines only."""
KEYS = "↑↓ select  Enter story  / filter  h hide  p patch  r reload  c copy  s save  ? help  q end"
SHORT_KEYS = "Enter story  / filter  h hide  p patch  r reload  c copy  s save  ? help  q end"
STORY_KEYS = "↑↓ scroll  Enter back"
FILTER_HINT = "words of host or origin, or blocked open allowed opaque likely patched browser"
HELP = """\
Verdicts
  {allowed} allowed     the page has the response; patched: as Corsight changed it
  {blocked} blocked     the page gets an error; with ? behind it: likely
  {open} open        may have been blocked: the traffic does not show it
  {opaque} opaque      asked for without CORS: the page may show or run it, not read it
  {not-cors} not CORS    same origin, a navigation, or no response
  ... !         the browser contradicts the verdict
  ... p         its endpoint is patched from the next load on
  browser: ...  it never reached the proxy: the browser itself stopped it

Keys
  up, down, page up, page down, home    select; end follows the newest again
  Enter    the story: what was asked, each step, what would change the end
  /        filter: parts of a host or an origin, or blocked open allowed
           opaque not-cors certain likely patched browser answered disagrees
  Esc      no filter
  h        hide the rows where CORS does not decide, or show them
  p        patch the selected endpoint, or no more; then load the page again
  r        load the page again
  c        copy the fix of the selected one, or its URL if it has none
  s        save the recording so far
  q        end, and print the report
"""


@dataclass(slots=True)
class Screen:
    """The table, or a story over it. What the keys ask of others goes through the functions given."""

    rows: Rows
    title: str
    tell: Callable[[Row], RenderableType]
    """The story of a row's fetch."""
    patch: Callable[[Row], str]
    """Patches a row's endpoint, or no more; what to say of it."""
    save: Callable[[], str]
    """Saves the recording; what to say of it."""
    reload: Callable[[], str] = lambda: ""
    """Loads the page again; what to say of it."""
    copy: Callable[[str], str] = lambda text: ""
    """Copies a text; what to say of it."""
    is_patched: Callable[[Row], bool] = lambda row: False
    """Whether a row's endpoint is patched from the next load on."""
    concerned: bool = False
    """Whether what CORS has no say in is hidden."""
    ended: bool = False
    notice: str = ""
    wanted: str = ""
    typing: str | None = None
    """The filter while it is being typed."""
    selected: str | None = None
    """The id of the selected row; None follows the newest."""
    top: int = 0
    story: RenderableType | None = None
    scrolled: int = 0
    ascii_only: bool = False
    _height: int = field(default=10)
    _story_lines: int = field(default=0)

    # -- keys ---------------------------------------------------------------------------------------------------------

    def press(self, key: str) -> None:
        """Take in one key: a character, or up, down, page-up, page-down, home, end, enter, escape, backspace."""
        if self.typing is not None:
            self._type(key)
        elif self.story is not None:
            self._read(key)
        else:
            self._choose(key)

    def _type(self, key: str) -> None:
        typed = self.typing or ""
        if key == "enter":
            self.wanted, self.typing = typed.strip(), None
            self.selected = None
        elif key == "escape":
            self.typing = None
        elif key == "backspace":
            self.typing = typed[:-1]
        elif len(key) == 1 and key.isprintable():
            self.typing = typed + key

    def _read(self, key: str) -> None:
        moves = {"up": -1, "k": -1, "down": 1, "j": 1, "page-up": -self._height, "page-down": self._height}
        moves |= {" ": self._height, "home": -self._story_lines, "end": self._story_lines}
        if key in moves:
            self.scrolled = max(0, min(self.scrolled + moves[key], self._story_lines - self._height))
        elif key in ("enter", "escape", "q", "backspace"):
            self.story = None

    def _choose(self, key: str) -> None:
        shown = self.shown()
        moves = {"up": -1, "k": -1, "down": 1, "j": 1, "page-up": -self._height, "page-down": self._height}
        self.notice = ""
        if key in moves and shown:
            place = max(0, min(self._place(shown) + moves[key], len(shown) - 1))
            # On the last one, the newest is followed again.
            self.selected = None if place == len(shown) - 1 and moves[key] > 0 else shown[place].id
        elif key == "home" and shown:
            self.selected = shown[0].id
        elif key == "end":
            self.selected = None
        elif key == "/":
            self.typing = self.wanted
        elif key == "escape":
            self.wanted = ""
        elif key == "q":
            self.ended = True
        elif key == "h":
            self.concerned = not self.concerned
            hidden = "Rows where CORS does not decide are hidden; h shows them again."
            self.notice = hidden if self.concerned else "Everything is shown."
        elif key == "?":
            self.story, self.scrolled = self._help(), 0
        elif key == "s":
            self.notice = self.save()
        elif key == "r":
            self.notice = self.reload()
        elif key in ("p", "enter", "c") and (row := self.chosen()) is not None:
            if key == "p":
                self.notice = self.patch(row)
            elif key == "c":
                self.notice = self.copy("\n".join(map(_safe, row.fix or (row.url,))))
            else:
                self.story, self.scrolled = self.tell(row), 0

    def _help(self) -> Text:
        marks = ASCII_MARKS if self.ascii_only else MARKS
        return Text(HELP.format(**marks))

    def shown(self) -> list[Row]:
        """Return the rows that are not hidden."""
        return self.rows.matching(self.wanted, concerned=self.concerned)

    def chosen(self) -> Row | None:
        """Return the selected row."""
        shown = self.shown()
        return shown[self._place(shown)] if shown else None

    def _place(self, shown: list[Row]) -> int:
        last = len(shown) - 1
        return next((place for place, row in enumerate(shown) if row.id == self.selected), last)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def render(self, console: Console) -> RenderableType:
        """Return all of the screen, as high and wide as the console."""
        width, height = console.width, console.height
        if self.story is not None:
            return self._render_story(console, height)
        said = SAID if height >= LOW else 2
        self._height = max(1, height - CHROME - said)
        shown = self.shown()
        place = self._place(shown)
        self.top = max(0, min(self.top, len(shown) - self._height, place))
        self.top = max(self.top, place - self._height + 1)
        table = self._table(shown[self.top : self.top + self._height], shown[place].id if shown else None, width)
        blanks = self._height - len(shown[self.top : self.top + self._height])
        parts: list[RenderableType] = [self._head(len(shown), width), self._rule(width), table]
        if not shown:
            empty = "Nothing matches the filter." if len(self.rows) else "Nothing has come through the proxy yet."
            parts.append(_line(empty, width, "dim"))
            blanks -= 1
        parts += [Text("") for _ in range(blanks)]
        selection = self._selection(shown[place] if shown else None, width, said)
        parts += [self._rule(width), *selection, self._foot(width)]
        return Group(*parts)

    def _render_story(self, console: Console, height: int) -> RenderableType:
        assert self.story is not None
        lines = console.render_lines(self.story, console.options.update(height=None), pad=False)
        self._story_lines, self._height = len(lines), max(1, height - 2)
        taken = lines[self.scrolled : self.scrolled + self._height]
        taken += [[] for _ in range(self._height - len(taken))]
        segments: list[Segment] = []
        for line in taken:
            segments += [*line, Segment.line()]
        return Group(Segments(segments), self._rule(console.width), _line(STORY_KEYS, console.width, "dim"))

    def _rule(self, width: int) -> Text:
        return Text(("-" if self.ascii_only else "─") * width, "dim", no_wrap=True)

    def _head(self, count: int, width: int) -> Text:
        blocked = sum(row.outcome == "blocked" for row in self.rows)
        open = sum(bool(row.open) for row in self.rows)
        counts = f"{blocked} blocked{f', {open} open' if open else ''} of {pluralize(len(self.rows), 'exchange')}"
        counts += f", {count} shown" if count < len(self.rows) else ""
        line = _line(f"Corsight  {self.title}", max(10, width - len(counts) - 2), "bold")
        line.pad_right(max(0, width - len(line) - len(counts)))
        return line.append(counts, "bold red" if blocked else "dim")

    def _table(self, rows: list[Row], selected: str | None, width: int) -> RenderableType:
        width = max(width, NARROWEST)
        # No code is cut off: the URL, which the selected one shows whole, makes room for it, and then the time.
        cause = max(CAUSE, self.rows.widest)
        url = width - TIME - METHOD - VERDICT - cause - 4
        timed = url >= NARROWEST_URL
        if not timed:
            url = max(NARROWEST_URL // 2, url + TIME + 1)
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False, show_edge=False)
        columns = [("time", TIME)] if timed else []
        columns += [("method", METHOD), ("URL", url), ("verdict", VERDICT), ("cause", cause)]
        for name, size in columns:
            table.add_column(name, width=size, no_wrap=True, overflow="ellipsis")
        for row in rows:
            style = COLOURS[row.outcome]
            if row.disagrees:
                style = "bold magenta"
            elif row.open or (row.outcome == "blocked" and not row.certain):
                style = "bold yellow"
            cells: list[str | Text] = [
                _safe(row.method),
                _middle(_safe(row.url).partition("://")[2] or _safe(row.url), url),
                Text(self.verdict(row), style),
                Text(_safe(row.shown_cause), "" if row.outcome == "blocked" or row.open else "dim"),
            ]
            if timed:
                cells.insert(0, time.strftime("%H:%M:%S", time.localtime(row.started)))
            table.add_row(*cells, style="reverse" if row.id == selected else None)
        return table

    def verdict(self, row: Row) -> str:
        """Return a mark and a word; `?` for what is only likely, `!` where the browser contradicts it, `p` where it
        will be patched.
        """
        marks = ASCII_MARKS if self.ascii_only else MARKS
        sign = " !" if row.disagrees else " p" if self.is_patched(row) and not row.patched else ""
        if row.open:
            return f"{marks['open']} open{sign}"
        word = "not CORS" if row.outcome == "not-cors" else row.outcome
        if row.patched and row.outcome == "allowed":
            word = "patched"
        return f"{marks[row.outcome]} {word}{'' if row.certain else '?'}{sign}"

    def _selection(self, row: Row | None, width: int, lines: int) -> list[Text]:
        """Return lines on the selected row: its URL, what is to be said of it, and what mends it."""
        if row is None:
            return [Text("")] * lines
        said = row.title or _safe(row.message or row.cause)
        if row.open:
            said = f"Open: blocked if {_when(row.open)}, otherwise {row.outcome}. {said}"
        if row.disagrees:
            said = f"The browser contradicts this verdict: {_safe(row.seen or '')}. {said}"
        if row.origin:
            said = f"{said}{'; a' if said else 'A'}sked by {_safe(row.origin)}"
        role = "" if row.role == "request" else f" ({row.role})"
        shown = [_line(f"{_safe(row.method)} {_safe(row.url)}{role}", width), _line(said, width, "dim")]
        if lines > len(shown):
            shown += self._remedy(row, width, lines - len(shown))
        return shown

    def _remedy(self, row: Row, width: int, lines: int) -> list[Text]:
        """Return lines on what mends the row; the last is cut off where there are more."""
        fix = "; ".join(map(_safe, row.fix))
        blocked = row.outcome == "blocked" or row.open
        text = f"fix: {fix}" if fix else f"to do: {_safe(row.todo)}" if blocked and row.todo else ""
        wrapped = textwrap.wrap(text, width, break_long_words=True)
        if len(wrapped) > lines:
            wrapped = [*wrapped[: lines - 1], " ".join(wrapped[lines - 1 :])]
        return [_line(one, width, "green") for one in wrapped] + [Text("")] * (lines - len(wrapped))

    def _foot(self, width: int) -> Text:
        if self.typing is not None:
            line = _line(f"/{self.typing}", width, "bold")
            line.append("_" if self.ascii_only else "▏", "bold")
            if not self.typing:
                line.append(f" {FILTER_HINT}", "dim")
            line.truncate(width, overflow="ellipsis")
            return line
        if self.notice:
            return _line(_safe(self.notice), width, "bold cyan")
        wanted = f"  [{self.wanted}]" if self.wanted else ""
        keys = KEYS if width >= len(KEYS) + len(wanted) and not self.ascii_only else SHORT_KEYS
        return _line(wanted.strip() + "  " + keys if wanted else keys, width, "dim")


def _when(label: str) -> str:
    """Return a branch's label of the log, such as `credentials=include`, in words."""
    pairs = (part.partition("=") for part in label.split())
    words = {(fact.value, value): text for (fact, value), text in ASSUMPTIONS.items()}
    return "asked for " + ", ".join(words.get((fact, value), value) for fact, _, value in pairs)


def _safe(text: str) -> str:
    return printable(redact(text))


def _line(text: str, width: int, style: str = "") -> Text:
    line = Text(text, style, no_wrap=True, overflow="ellipsis")
    line.truncate(width, overflow="ellipsis")
    return line


def _middle(text: str, width: int) -> str:
    """Return the text, without its middle where it is too long: a URL tells most at its two ends."""
    if len(text) <= width:
        return text
    end = (width - 1) * 2 // 5
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"
