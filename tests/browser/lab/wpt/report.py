"""What docs/agreement.md says of web-platform-tests, out of the result files; a miss that nothing explains stops it."""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corsight.scripts.errors import CorsightError
from tests.browser.lab.record import ROOT
from tests.browser.lab.score import Tally

type Result = dict[str, Any]

FOLDER = ROOT / "tests" / "browser" / "agreement" / "wpt"
EXPLAINED = FOLDER / "explained.json"

INTRODUCTION = """\
## On ground of others: web-platform-tests

Tests that nobody here wrote, on servers that nobody here wrote. `scripts/lab wpt DIR` starts a checkout's own server,
opens its pages in a browser behind mitmdump with the addon, and holds the addon's log against what the browser says of
each request.

- The lab gives each response its flow's id as a header, behind the addon and beside the recording. Chromium's DevTools
  and Firefox's channels show it, of refused responses and of preflights too. WebKit's inspector shows it of what
  passed; the rest is joined by URL, method and time, and only where that leaves one answer.
- An exchange counts when Corsight says that CORS or its like decides about it, or when the browser refused it. It is
  right when both say blocked, or neither does.
- Not counted: what the page, or its end, aborted, or its own `redirect: 'manual'` and `'error'`; what failed in the
  network; what the browser tells of no request (shared workers, and in WebKit refused types); what two of its requests
  say differently.
- The recordings were made with the addon in the proxy, and judged again by today's code.
- The checkout is the newest that could be had whole. It has no `fetch/orb`, `html/cross-origin-embedder-policy` and
  `fetch/local-network-access`; the command runs them where a checkout has them.
"""


class Explanation:
    """Why the wire does not tell, for every miss that `applies`."""

    def __init__(self, title: str, why: str, applies: Callable[[Result], bool]) -> None:
        self.title, self.why, self.applies = title, why, applies


NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}
CREDENTIALS = ("allow-origin-wildcard", "allow-credentials-not-true")
REFUSED_FOR_CREDENTIALS = ("Credentials", "CREDENTIALS", "WildcardOrigin", "wildcard")

RESOURCE_POLICY = re.compile("corp|cross-origin-resource-policy", re.IGNORECASE).search

EXPLANATIONS = (
    Explanation(
        "The credentials mode is not on the wire",
        "The answer passes without credentials and fails with them, or the reverse, and neither a cookie nor a header "
        "nor a connection told which it was. The verdict is likely, and holds what happened as its other branch.",
        lambda miss: (
            bool(miss["foreseen"])
            and (miss["said"].endswith(CREDENTIALS) or any(word in miss["did"] for word in REFUSED_FOR_CREDENTIALS))
        ),
    ),
    Explanation(
        "The page is not on the wire",
        "Over plain http a `data:` frame asks in mode no-cors without Origin, Referer and Sec-Fetch headers. It counts "
        "as a page of the server's own, to which its resource policy does not apply. The verdict is likely, and holds "
        "what happened as its other branch.",
        lambda miss: bool(miss["foreseen"]) and miss["said"] == "not-cors" and bool(RESOURCE_POLICY(miss["did"])),
    ),
)


def results(folder: Path = FOLDER) -> list[Result]:
    """Return the result files, by engine."""
    paths = [path for path in sorted(folder.glob("*.json")) if path.name != EXPLAINED.name]
    return [json.loads(path.read_text("utf-8")) for path in paths]


def render(found: list[Result], why: dict[str, str] | None = None) -> str:
    """Return the section. Raises CorsightError for a miss that nothing explains."""
    if why is None:
        why = dict(json.loads(EXPLAINED.read_text("utf-8"))) if EXPLAINED.exists() else {}
    grounds = [f"- {one['browser']}, {one['date']}: {one['ground']}, {one['pages']} pages" for one in found]
    return "\n".join([INTRODUCTION, *_table(found), "", *_apart(found), "", *grounds, "", *_misses(found, why)])


def _table(found: list[Result]) -> list[str]:
    columns = ("Browser", "Folder", "Exchanges", "Right", "Wrongly allowed", "Wrongly blocked", "Certain")
    lines = ["| " + " | ".join((*columns, "Certain and wrong")) + " |", "|" + "---|" * (len(columns) + 1)]
    for one in found:
        total = Tally()
        for tally in one["folders"].values():
            for name in Tally.__dataclass_fields__:
                setattr(total, name, getattr(total, name) + tally[name])
        rows = {**{folder: Tally(**tally) for folder, tally in sorted(one["folders"].items())}, "**all**": total}
        for folder, tally in rows.items():
            cells: tuple[object, ...] = (one["browser"], folder, tally.steps, _share(tally.right, tally.steps))
            cells += (tally.wrongly_allowed, tally.wrongly_blocked, _share(tally.certain, tally.steps))
            lines.append("| " + " | ".join(map(str, (*cells, tally.certain_wrong))) + " |")
    return lines


def _apart(found: list[Result]) -> list[str]:
    lines = ["Counted apart:", ""]
    for one in found:
        counts = ", ".join(f"{count} {why}" for why, count in sorted(one["apart"].items()) if count)
        lines.append(f"- {one['browser']}: {counts or 'none'}")
    return lines


def _misses(found: list[Result], why: dict[str, str]) -> list[str]:
    groups: dict[str, collections.Counter[str]] = {one.title: collections.Counter() for one in EXPLANATIONS}
    single: collections.Counter[tuple[str, str]] = collections.Counter()
    for result in found:
        for miss in result["misses"]:
            line = f"{NAMES[result['engine']]}, {miss['page']}: {miss['role']} {miss['method']}"
            line += f" {miss['did']}, said {miss['said']} ({'certain' if miss['certain'] else 'likely'})"
            key = f"{result['engine']} {miss['page']}"
            if key in why:
                single[line, why[key]] += 1
                continue
            title = next((one.title for one in EXPLANATIONS if one.applies(miss)), None)
            if title is None:
                raise CorsightError(f"nothing explains {key}", where=str(EXPLAINED), todo="find out, and say it there")
            groups[title][line] += 1
    lines = [f"### Every miss on web-platform-tests ({sum(len(result['misses']) for result in found)})", ""]
    for one in EXPLANATIONS:
        if counted := groups[one.title]:
            lines += [f"{one.title} ({counted.total()}). {one.why}", ""]
            lines += [f"- {line}{_times(count)}" for line, count in counted.items()] + [""]
    lines += [f"- {line}{_times(count)}  \n  {reason}" for (line, reason), count in single.items()]
    return lines


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "–"
