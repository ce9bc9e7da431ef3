"""What the screen shows, and what the keys do to it. No terminal and no clock in here: both come in from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from corsight.policies.redact import printable, redact
from corsight.scripts.browse.rows import Row, Rows

MARKS = {"allowed": "✔", "blocked": "✘", "opaque": "○", "not-cors": "·", "answered": "·"}
ASCII_MARKS = {"allowed": "+", "blocked": "x", "opaque": "o", "not-cors": ".", "answered": "."}
COLOURS = {"allowed": "green", "blocked": "bold red", "opaque": "yellow", "not-cors": "dim", "answered": "cyan"}
TIME, METHOD, VERDICT, CAUSE = 8, 7, 12, 20
NARROWEST = 80
WIDEST_CAUSE = 34
CHROME = 7
"""The lines that are not rows: the head, the names of the columns, the two rules, the selected one, the keys."""
KEYS = "↑↓ select  Enter story  / filter  p patch  s save  q end"
STORY_KEYS = "↑↓ scroll  Enter back"
FILTER_HINT = "words of host or origin, or blocked allowed opaque likely patched browser"


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
        elif key == "s":
            self.notice = self.save()
        elif key in ("p", "enter") and (row := self.chosen()) is not None:
            if key == "p":
                self.notice = self.patch(row)
            else:
                self.story, self.scrolled = self.tell(row), 0

    def shown(self) -> list[Row]:
        """The rows that the filter lets through."""
        return self.rows.matching(self.wanted)

    def chosen(self) -> Row | None:
        """The selected row."""
        shown = self.shown()
        return shown[self._place(shown)] if shown else None

    def _place(self, shown: list[Row]) -> int:
        last = len(shown) - 1
        return next((place for place, row in enumerate(shown) if row.id == self.selected), last)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def render(self, console: Console) -> RenderableType:
        """All of the screen, as high and wide as the console."""
        width, height = console.width, console.height
        if self.story is not None:
            return self._render_story(console, height)
        self._height = max(1, height - CHROME)
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
        parts += [self._rule(width), *self._selection(shown[place] if shown else None, width), self._foot(width)]
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
        total = f"{len(self.rows)} exchange{'' if len(self.rows) == 1 else 's'}"
        counts = f"{blocked} blocked of {total}" + (f", {count} shown" if self.wanted else "")
        line = _line(f"Corsight  {self.title}", max(10, width - len(counts) - 2), "bold")
        line.pad_right(max(0, width - len(line) - len(counts)))
        return line.append(counts, "bold red" if blocked else "dim")

    def _table(self, rows: list[Row], selected: str | None, width: int) -> RenderableType:
        width = max(width, NARROWEST)
        spare = width - NARROWEST
        cause = min(WIDEST_CAUSE, CAUSE + spare // 2)
        url = width - TIME - METHOD - VERDICT - cause - 4
        table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False, show_edge=False)
        for name, size in (("time", TIME), ("method", METHOD), ("URL", url), ("verdict", VERDICT), ("cause", cause)):
            table.add_column(name, width=size, no_wrap=True, overflow="ellipsis")
        for row in rows:
            style = COLOURS[row.outcome]
            if row.disagrees:
                style = "bold magenta"
            elif row.outcome == "blocked" and not row.certain:
                style = "bold yellow"
            table.add_row(
                time.strftime("%H:%M:%S", time.localtime(row.started)),
                _safe(row.method),
                _middle(_safe(row.url).partition("://")[2] or _safe(row.url), url),
                Text(self.verdict(row), style),
                Text(
                    _safe(f"browser: {row.cause}" if row.by_browser else row.cause),
                    "" if row.outcome == "blocked" else "dim",
                ),
                style="reverse" if row.id == selected else None,
            )
        return table

    def verdict(self, row: Row) -> str:
        """A mark and a word; `?` for what is only likely, `!` where the browser says the contrary."""
        mark = (ASCII_MARKS if self.ascii_only else MARKS)[row.outcome]
        word = "not CORS" if row.outcome == "not-cors" else row.outcome
        if row.patched and row.outcome == "allowed":
            word = "patched"
        return f"{mark} {word}{'' if row.certain else '?'}{' !' if row.disagrees else ''}"

    def _selection(self, row: Row | None, width: int) -> list[Text]:
        """Two lines on the selected row: its URL, and what is to be said of it."""
        if row is None:
            return [Text(""), Text("")]
        said = _safe(row.title or row.message or row.cause)
        if row.fix:
            said = f"{said} -> {_safe(row.fix)}"
        if row.disagrees:
            said = f"The browser says: {_safe(row.seen or '')}, the contrary. {said}"
        if row.origin:
            said = f"{said}{'; a' if said else 'A'}sked by {_safe(row.origin)}"
        role = "" if row.role == "request" else f" ({row.role})"
        return [_line(f"{_safe(row.method)} {_safe(row.url)}{role}", width), _line(said, width, "dim")]

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
        keys = KEYS.replace("↑↓", "up/down") if self.ascii_only else KEYS
        return _line(keys + wanted, width, "dim")


def _safe(text: str) -> str:
    return printable(redact(text))


def _line(text: str, width: int, style: str = "") -> Text:
    line = Text(text, style, no_wrap=True, overflow="ellipsis")
    line.truncate(width, overflow="ellipsis")
    return line


def _middle(text: str, width: int) -> str:
    """The text, without its middle where it is too long: a URL tells most at its two ends."""
    if len(text) <= width:
        return text
    end = (width - 1) * 2 // 5
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"
