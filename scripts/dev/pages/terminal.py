"""docs/images/*.svg: what commands print, at 80 columns, drawn from real runs on the demo's recording."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from functools import cache

from rich.console import Console
from rich.text import Text

from corsight.policies.record import record
from corsight.scripts.browse.rows import Rows
from corsight.scripts.browse.screen import Screen
from corsight.scripts.explaining import explain
from corsight.scripts.judging import judge_recording
from corsight.scripts.paths import ROOT
from corsight.scripts.recordings import Recording

FOLDER = "docs/images"
RECORDING = "examples/shop.mitm"
WIDTH, HEIGHT = 80, 30
"""Columns of all of them, and lines of the live table."""
MESSAGE = (
    "Access to fetch at 'https://api.shop.test/cart/1' from origin 'https://shop.test' has been blocked by CORS "
    "policy: Method DELETE is not allowed by Access-Control-Allow-Methods in preflight response."
)
COMMANDS: dict[str, tuple[str, ...]] = {
    "audit": ("audit", RECORDING),
    "explain": ("explain", RECORDING, "--url", "/cart"),
    "check": ("check", "--paste", MESSAGE),
}
"""What is drawn, by the names of the images."""
TITLES = {"check": 'corsight check --paste "Access to fetch at …"', "browse": "corsight browse https://shop.test"}
"""What stands above one, where that is not the command as it was typed."""
COLOURS = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": str(WIDTH), "TZ": "UTC"}
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Fira Code, Menlo, Consolas, DejaVu Sans Mono, monospace; \
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />\
</clipPath>
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own, without fonts from elsewhere, and without a clip for each line."""


@cache
def render() -> dict[str, str]:
    """Return the text of each image by its path."""
    images = {name: draw(name, Text.from_ansi(run(command)), typed(name)) for name, command in COMMANDS.items()}
    images["browse"] = draw("browse", show_table(), TITLES["browse"])
    return {f"{FOLDER}/{name}.svg": text for name, text in images.items()}


def typed(name: str) -> str:
    """Return the command as a person types it."""
    return TITLES.get(name) or " ".join(("corsight", *COMMANDS[name]))


def run(command: tuple[str, ...]) -> str:
    """Return what a command prints on a terminal, with its colours."""
    environment = {name: one for name, one in os.environ.items() if name not in ("NO_COLOR", "CORSIGHT_DEBUG")}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "corsight.scripts.cli", *command],
        cwd=ROOT,
        env=environment | COLOURS | {"PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        check=False,
    )
    return ended.stdout.decode()


def show_table() -> Text:
    """Return the live table over the recording, with the first blocked one selected."""
    rows = Rows()
    for judged, explanation in explain(judge_recording(Recording(str(ROOT / RECORDING)))):
        rows.tell(record(judged, explanation))
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        screen = Screen(rows, "Chromium behind 127.0.0.1:40001", lambda row: "", lambda row: "", lambda: "")
        screen.selected = next(row.id for row in rows if row.outcome == "blocked")
        console = Console(
            file=io.StringIO(), width=WIDTH, height=HEIGHT, force_terminal=True, color_system="truecolor", markup=False
        )
        with console.capture() as capture:
            console.print(screen.render(console), end="")
        return Text.from_ansi(capture.get())
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


def draw(name: str, text: Text, title: str) -> str:
    """Return the image of a terminal that shows the text."""
    text.rstrip()
    console = Console(record=True, width=WIDTH, file=io.StringIO(), markup=False, highlight=False, emoji=False)
    console.print(text, "", sep="\n", soft_wrap=True)
    drawn = console.export_svg(title=title, code_format=FORMAT, unique_id=f"corsight-{name}")
    # Each text is clipped to its line; it fits by itself.
    drawn = re.sub(r' clip-path="url\(#corsight-[a-z]+-line-\d+\)"', "", drawn)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"
