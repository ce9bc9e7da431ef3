"""The picture of a fetch: browser, proxy and server, an arrow for everything sent, and where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from corsight.policies.story.model import Part, Story
from corsight.policies.verdict import Outcome

BROWSER, PROXY, SERVER = 4, 36, 69
"""The columns of the three lifelines."""
WIDTH = SERVER + 2
WIDEST = 76
NAME = 26
"""How much of the server's name is shown."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What the picture is drawn with."""

    life: str
    line: str
    right: str
    left: str
    from_left: str
    from_right: str
    through: str
    stop: str
    done: str
    ellipsis: str


UNICODE = Signs("│", "─", ">", "<", "├", "┤", "┼", "✘", "✔", "…")
ARROWS = "│─├┤┼"
"""The signs of the lines, and not of what happened."""
ASCII = Signs("|", "-", ">", "<", "|", "|", "|", "X", "o", "...")


def picture(story: Story, *, ascii_only: bool = False) -> list[str]:
    """Return the lines of the picture, at most 76 columns wide."""
    signs = ASCII if ascii_only else UNICODE
    hosts = {part.host for part in story.parts}
    server = hosts.pop() if len(hosts) == 1 else "servers"
    several = bool(hosts)
    lines = [_draw_heads(_cut(server, NAME, signs)), _draw_life(signs)]
    for number, part in enumerate(story.parts):
        lines += [_draw_life(signs)] * (number > 0) + _draw_exchange(part, several, signs)
    if story.never_sent is not None and story.end.role == "preflight":
        lines.append(
            _put({BROWSER: signs.life}, BROWSER + 2, _cut(f"{story.asked.method} {story.end.target}", 40, signs))
            + " is never sent"
        )
    return [line.rstrip() for line in lines]


def _draw_exchange(part: Part, several: bool, signs: Signs) -> list[str]:
    where = f"{part.host}{part.target}" if several else part.target
    lives = {BROWSER: signs.life, PROXY: signs.life, SERVER: signs.life}
    lines = [_put(lives, BROWSER + 2, _cut(f"{part.method} {where}", SERVER - BROWSER - 4, signs))]
    lines.append(_draw_arrow(BROWSER, SERVER if part.server_asked else PROXY, signs, right=True))
    if part.status is None:
        lines.append(_put(lives, BROWSER + 2, "no response"))
        lines.append(_draw_verdict(part, signs))
        return lines
    end = PROXY if part.proxy_answered else SERVER
    label = _name_status(part)
    lines.append(_put(lives, end - 1 - len(label), label))
    lines.append(_draw_arrow(BROWSER, end, signs, right=False))
    lines.append(_draw_verdict(part, signs))
    return lines


def _name_status(part: Part) -> str:
    try:
        phrase = HTTPStatus(part.status or 0).phrase
    except ValueError:
        phrase = ""
    return f"{part.status} {phrase}".strip()


def _draw_verdict(part: Part, signs: Signs) -> str:
    sure = "" if part.certainty == "certain" else "likely "
    if part.outcome is Outcome.BLOCKED:
        return _put(
            {BROWSER: signs.stop}, BROWSER + 2, _cut(f"{sure}blocked: {part.title}", WIDTH - BROWSER - 2, signs)
        )
    lives = {BROWSER: signs.life, PROXY: signs.life, SERVER: signs.life}
    if part.rule is not None:
        return _put({BROWSER: signs.stop}, BROWSER + 2, _cut(str(part.title), WIDTH - BROWSER - 2, signs))
    words = {
        Outcome.ALLOWED: {"preflight": "the request may follow", "redirect": "followed", "request": "read by the page"}[
            part.role
        ],
        Outcome.OPAQUE: "usable, not readable",
        Outcome.NOT_CORS: "not subject to CORS",
    }[part.outcome]
    said = sure + words if part.open is None else f"open: {words}, or blocked"
    passed = part.role == "request" and part.open is None
    return _put(lives | {BROWSER: signs.done if passed else signs.life}, BROWSER + 2, said)


def _draw_heads(server: str) -> str:
    line = _put({}, BROWSER - 3, "browser")
    line = line.ljust(PROXY - 2) + "proxy"
    start = min(SERVER - len(server) // 2, WIDEST - len(server))
    return line.ljust(start) + server


def _draw_life(signs: Signs) -> str:
    return _put({BROWSER: signs.life, PROXY: signs.life, SERVER: signs.life}, 0, "")


def _put(lives: dict[int, str], start: int, text: str) -> str:
    """Return the lifelines with a text over them, cut clear of neither: what is under the text is hidden."""
    cells = [" "] * max(WIDTH, start + len(text))
    for column, sign in lives.items():
        cells[column] = sign
    cells[start : start + len(text)] = text
    return "".join(cells).rstrip()


def _draw_arrow(start: int, end: int, signs: Signs, *, right: bool) -> str:
    cells = [" "] * (SERVER + 1)
    cells[SERVER] = cells[PROXY] = signs.life
    cells[start : end + 1] = signs.line * (end - start + 1)
    if start < PROXY < end:
        cells[PROXY] = signs.through
    cells[start], cells[end] = signs.from_left if right else signs.life, signs.life if right else signs.from_right
    if right:
        cells[end - 1] = signs.right
    else:
        cells[start + 1] = signs.left
    return "".join(cells)


def _cut(text: str, width: int, signs: Signs) -> str:
    return text if len(text) <= width else text[: width - len(signs.ellipsis)] + signs.ellipsis
