"""The page docs/engines.md: what each engine does otherwise than the standard, since when and until when."""

# ruff: noqa: E501

from __future__ import annotations

from corsight.policies.engines import ENGINES, Change, Departure, EnginePolicy
from corsight.policies.engines.versions import CAUTIOUS, DECIDING
from corsight.policies.verdict import EngineName

FILE = "docs/engines.md"
BROWSERS: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")

BUILDS: dict[EngineName, str] = {
    "chromium": "Chromium 92, 103, 106, 108 to 112, 115, 117 to 119, 121 to 123, 127, 132 to 134, 137, 138, 140, 141, "
    "143, 147, 149, 150 and 156: headless builds, and QtWebEngine 6.5 (108) and 6.10 (134)",
    "firefox": "Firefox ESR 140 and 153",
    "webkit": "WPE WebKit 2.38.6 (Safari's 16) and WebKitGTK 2.50.6 (Safari's 26)",
}
"""What ran the drawn and directed scenarios that the rows come from."""

HEAD = """<!-- written by scripts/dev/write engines; edit policies/engines -->
# Engines and their versions

The standard is one thing, what browsers do another. Corsight judges each client as its own engine in its own version.
This page lists what each engine does otherwise than [Fetch](https://fetch.spec.whatwg.org/), since when, until when,
and by which source. It is written from the data that the verdicts are made with, `policies/engines/`.

## How a version is told

| Client | Engine and version by |
|---|---|
| Chrome, Edge, Opera, Brave, Vivaldi, Samsung Internet, Electron, QtWebEngine, Android WebView | `"Chromium"` in Sec-CH-UA, else `Chrome/` or `HeadlessChrome/` in the User-Agent; never the number of the browser around it |
| Firefox, Tor Browser, Waterfox, Thunderbird | `Firefox/`, else `rv:` |
| Safari, WebKitGTK, Epiphany | `Version/`, Safari's number. WebKitGTK that says 60 does not tell |
| every browser on iOS | `Version/` or the system's, the higher: one of the two may be frozen |
| Pale Moon and its kin | Firefox 52, from which they set out |

`--engine chromium@120` (and `cors_engine`) judges all clients as that version, `--engine chromium` each Chromium as its
own and all others as the youngest measured one. `corsight check --versions` tells which versions say otherwise.

## What holds where nobody measured

- Between two versions that differ, the nearer is said and the other is a branch: the verdict is likely, not certain,
  where the two come to different outcomes.
- Outside of what was measured, the nearest is said and the standard is a branch. What no engine does otherwise than the
  standard stays certain.
- A missing Sec-Fetch-Storage-Access proves nothing in versions that nobody measured, until the client has sent it.
- A browser that hides its version is judged as the youngest; what earlier ones did otherwise is a branch.
"""

TAIL = """
## Trying other builds

The lab runs any Chromium or QtWebEngine that is given to it, and holds Corsight's verdicts against what it did:

```
npm pack @sparticuz/chromium@122.0.0      # bin/chromium.br, to be unpacked with brotli: a headless Chromium 122
scripts/lab run --engine chromium --browser ./chromium --count 200

python3 -m venv old && old/bin/pip install PyQt6-WebEngine==6.8.0 PyQt6-WebEngine-Qt6==6.8.2    # Chromium 122
scripts/lab run --engine chromium --browser old/bin/python --count 200
```

| Public package | Chromium |
|---|---|
| `@sparticuz/chromium` (npm) | 103 and most major versions from 106 to 153, the number being the package's |
| `PyQt6-WebEngine`, with `PyQt6-WebEngine-Qt6` of the same number (PyPI) | 6.5 is 108, 6.6 is 112, 6.7 is 118, 6.8 is 122, 6.9 is 130, 6.10 is 134 |
| `qutebrowser`, `falkon` (Debian) | the QtWebEngine of the release |

Not measured: Safari itself on macOS and iOS (WebKit on Linux was), Firefox between 140 and 153 and before, and whatever
enterprise policies and flags change.
"""


def render() -> dict[str, str]:
    """Return the page's text, by its path."""
    parts = [HEAD, *(_describe(ENGINES[name]) for name in BROWSERS), TAIL]
    return {FILE: "".join(parts)}


def _describe(policy: EnginePolicy) -> str:
    lines = [
        "",
        f"## {policy.label}",
        "",
        f"Measured: {BUILDS[policy.name]}.",
        "",
        "Otherwise than the standard:",
        "",
        "| What | Since | Source |",
        "|---|---|---|",
        *(_row(_since(policy, one), one) for one in policy.departures),
        "",
        "What earlier versions did otherwise than today's; where two numbers are further apart than one, the change came "
        "somewhere between:",
        "",
        "| What | Last did | First did not | Turns | Source |",
        "|---|---|---|---|---|",
        *map(_list_change, policy.changes),
    ]
    return "\n".join(lines) + "\n"


def _row(since: str, departure: Departure) -> str:
    return f"| {_cell(departure.what)} | {since} | {_cell(departure.source)} |"


def _list_change(change: Change) -> str:
    cells = change.what, str(change.until), str(change.since), _turns(change.field), change.source
    return f"| {' | '.join(map(_cell, cells))} |"


def _since(policy: EnginePolicy, departure: Departure) -> str:
    """The version since which it is so: the oldest measured one or before, unless that did as the standard says."""
    change = next((change for change in policy.changes if change.field == departure.field), None)
    oldest = f"{policy.measured[0] if policy.measured else 0} or before"
    if change is None:
        return oldest
    standard = getattr(ENGINES["standard"], departure.field)
    return str(change.since) if change.before == standard else f"{oldest}, just so since {change.since}"


def _turns(field: str | None) -> str:
    if field is None:
        return "no verdict"
    if field in DECIDING:
        return "the outcome"
    if field in CAUTIOUS:
        return "what is known of credentials"
    return "the console text" if field.startswith("texts.") else "whether a preflight is needed"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
