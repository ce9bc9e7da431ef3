"""What docs/agreement.md says of web-platform-tests, out of the result files; a miss that nothing explains stops it."""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from corsight.scripts.errors import CorsightError
from tests.browser.lab.record import ROOT
from tests.browser.lab.score import Tally

type Result = dict[str, Any]

FOLDER = ROOT / "tests" / "browser" / "agreement" / "wpt"
EXPLAINED = FOLDER / "explained.json"

INTRODUCTION = """\
## web-platform-tests

web-platform-tests are the browser makers' shared test suite, so neither these tests nor their servers were written for
Corsight. The lab starts the server of a checkout, opens its pages in a browser behind mitmdump with the addon, and
compares the addon's log with what the browser reports about each request.

    scripts/lab wpt DIR --browser BROWSER [--only FOLDER...]

- To match the two, the lab adds the flow's id as a header to each response. Neither the addon nor the recording sees
  this header. Chromium's DevTools and Firefox's channels report it, also for refused responses and for preflights.
  WebKit's inspector reports it only for responses that passed; the others are matched by URL, method and time, and only
  if one match is possible.
- An exchange counts if Corsight says that CORS or a similar check decides about it, or if the browser refused it. It is
  right if both say blocked, or if neither does.
- Not counted are requests that the page aborted, requests with `redirect: 'manual'` or `'error'` that ended for this
  reason, failures of the network, requests that the browser does not report (those of shared workers, and in WebKit
  refused types, and frames that lack an embedder policy), and matches where two requests of the browser have different
  results.
- The recordings were made with the addon in the proxy, and judged by the code of the day that is named below. They are
  no longer there, so later changes of the code do not show in these figures.
- Two checkouts were run. That of April 2019 has no `fetch/orb`, `html/cross-origin-embedder-policy`,
  `html/document-isolation-policy` and `fetch/local-network-access`. Of that of October 2025, the list below says what
  was run; the rest of it was not. The 13 pages of its `fetch/local-network-access` were run in Chromium: none of their
  exchanges counted.
- Some guesses were changed after a look at the recordings of 2025: which page's embedder policy counts, whether a
  script or a `fetch()` asked over plain http, and which redirected images are upgraded. So `html/`, `fetch/orb` and
  `mixed-content` are not independent of the code. Before the first change, 84 of 134 exchanges of
  `html/cross-origin-embedder-policy` were right in Chromium, and 68 of 84 of `fetch/orb` in Firefox. Before the last
  ones, 904 of 971 exchanges of Chromium were right in the five folders with most misses (then 922 of 970), and five
  were certain and wrong: two in `html/`, two in `mixed-content`, one in `xhr`.
- `html/cross-origin-embedder-policy` was run in Firefox and WebKit last, and its misses were looked at too. Before,
  245 of 298 were right in Firefox, and 88 of 143 in WebKit; in each, one was certain and wrong. Of WebKit's misses, 26
  are not counted any more, since its inspector says nothing of the check for frames that lack an embedder policy. In 11
  of them the tests themselves saw that the frame was blocked, as Corsight said.
"""


class Explanation:
    """Why the wire does not tell, for every miss that `applies`."""

    def __init__(self, title: str, why: str, applies: Callable[[Result], bool]) -> None:
        self.title, self.why, self.applies = title, why, applies


NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}
CREDENTIALS = ("allow-origin-wildcard", "allow-credentials-not-true")
REFUSED_FOR_CREDENTIALS = ("Credentials", "CREDENTIALS", "WildcardOrigin", "wildcard")

RESOURCE_POLICY = re.compile("corp|cross-origin-resource-policy", re.IGNORECASE).search

BY_EMBEDDERS = ("corp-required-by-coep", "worker-needs-coep")
EMBEDDER = re.compile("-by-(coep|dip)$|^blocked coep-").search


def _is_embedders(miss: Result) -> bool:
    """Return whether the browser blocked for an embedder policy; Firefox and WebKit name only the resource policy."""
    isolating = miss["folder"] == "html/cross-origin-embedder-policy"
    return bool(EMBEDDER(miss["did"])) or (isolating and bool(RESOURCE_POLICY(miss["did"])))


EXPLANATIONS = (
    Explanation(
        "The credentials mode does not show in the traffic",
        "The answer passes without credentials and fails with them, or the reverse, and neither a cookie nor a header "
        "nor a connection showed which it was. The verdict is likely, and lists what happened as a branch.",
        lambda miss: (
            bool(miss["foreseen"])
            and (miss["said"].endswith(CREDENTIALS) or any(word in miss["did"] for word in REFUSED_FOR_CREDENTIALS))
        ),
    ),
    Explanation(
        "Which page asked does not show in the traffic",
        "Several pages are open, and they have different embedder policies. Across origins a Referer ends at the "
        "origin, some requests have none, and a frame that navigates itself names its own document, not the page "
        "around it. Documents and workers of local schemes (about:blank, blob:, data:) have no Referer, or that of the "
        "page that made them, and not always its policy. A credentialless frame looks like any other. What a service "
        "worker asks for passes by the worker's policy, and its page looks at it again. Corsight takes the page that "
        "the Referer names, or else the one of its origin that was loaded or got an answer last. Several tests let "
        "many pages ask at once, and windows of earlier tests go on asking. The verdict is likely, and lists what "
        "happened as a branch.",
        lambda miss: bool(miss["foreseen"]) and (miss["said"].endswith(BY_EMBEDDERS) or _is_embedders(miss)),
    ),
    Explanation(
        "Whether a script or a fetch() asked does not show in the traffic",
        "Over plain http, Chromium asks for a script and for a `fetch()` in mode no-cors with the same headers. Opaque "
        "response blocking is an error for the script, while the `fetch()` gets an empty response. The verdict is "
        "likely, and lists what happened as a branch.",
        lambda miss: bool(miss["foreseen"]) and miss["said"].endswith("opaque-response-blocked"),
    ),
    Explanation(
        "Whether a module or a classic script asked does not show in the traffic",
        "A script element with `crossorigin` takes any type, a module only that of a script, and both are asked for "
        "with the same headers. Corsight takes a module to be the likelier. The verdict is likely, and lists what "
        "happened as a branch.",
        lambda miss: bool(miss["foreseen"]) and miss["said"] == "blocked mime-type-blocked",
    ),
    Explanation(
        "The page does not show in the traffic",
        "Over plain http, a `data:` frame asks in mode no-cors without Origin, Referer and Sec-Fetch headers. So it "
        "looks like a page of the same server, to which the server's resource policy does not apply. The verdict is "
        "likely, and lists what happened as a branch.",
        lambda miss: bool(miss["foreseen"]) and miss["said"] == "not-cors" and bool(RESOURCE_POLICY(miss["did"])),
    ),
)


def results(folder: Path = FOLDER) -> list[Result]:
    """Return the result files, by engine."""
    paths = [path for path in sorted(folder.glob("*.json")) if path.name != EXPLAINED.name]
    return [json.loads(path.read_text("utf-8")) for path in paths]


def render(found: list[Result]) -> str:
    """Return the section."""
    runs = [f"- {one['browser']}, {one['date']}: {one['ground']}, {one['pages']} pages" for one in found]
    lines = [INTRODUCTION]
    for ground in sorted({name_ground(one) for one in found}, key=lambda ground: (ground[-4:], ground), reverse=True):
        mine = [one for one in found if name_ground(one) == ground]
        lines += [f"The {ground}:", "", *_table(mine), "", *_apart(mine), ""]
    return "\n".join([*lines, "What was run:", "", *runs])


def name_ground(result: Result) -> str:
    """Return which tests a run was of, without how."""
    return str(result["ground"]).partition(" (")[0]


def name_year(result: Result) -> str:
    """Return the year of the checkout."""
    return name_ground(result)[-4:]


def render_misses(found: list[Result], why: dict[str, str] | None = None) -> str:
    """Return the section on the misses. Raises CorsightError for one that nothing explains."""
    if why is None:
        why = dict(json.loads(EXPLAINED.read_text("utf-8"))) if EXPLAINED.exists() else {}
    return "\n".join(_misses(found, why))


def _table(found: list[Result]) -> list[str]:
    columns = ("Browser", "Folder", "Exchanges", "Right", "Wrongly allowed", "Wrongly blocked", "Certain")
    lines = ["| " + " | ".join((*columns, "Certain and wrong")) + " |", "|" + "---|" * (len(columns) + 1)]
    for one in found:
        total = add_up(one["folders"].values())
        rows = {**{folder: Tally(**tally) for folder, tally in sorted(one["folders"].items())}, "**all**": total}
        for folder, tally in rows.items():
            cells: tuple[object, ...] = (NAMES[one["engine"]], folder, tally.steps, _share(tally.right, tally.steps))
            cells += (tally.wrongly_allowed, tally.wrongly_blocked, _share(tally.certain, tally.steps))
            lines.append("| " + " | ".join(map(str, (*cells, tally.certain_wrong))) + " |")
    return lines


def add_up(tallies: Iterable[Result]) -> Tally:
    """Return the sum of what result files hold of tallies."""
    total = Tally()
    for tally in tallies:
        for name in Tally.__dataclass_fields__:
            setattr(total, name, getattr(total, name) + tally[name])
    return total


def _apart(found: list[Result]) -> list[str]:
    lines = ["Not counted:", ""]
    for one in found:
        counts = ", ".join(f"{count} {why}" for why, count in sorted(one["apart"].items()) if count)
        lines.append(f"- {NAMES[one['engine']]}: {counts or 'none'}")
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
    lines = [f"## Every miss on web-platform-tests ({sum(len(result['misses']) for result in found)})", ""]
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
