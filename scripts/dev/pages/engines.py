"""Writes docs/engines.md: how each engine differs from the standard, since which version and until which."""

# ruff: noqa: E501

from __future__ import annotations

from corsight.policies.engines import ENGINES, Change, Departure, EnginePolicy
from corsight.policies.engines.versions import CAUTIOUS, DECIDING
from corsight.policies.verdict import EngineName
from corsight.scripts.dev.pages.rules import escape_cell

FILE = "docs/engines.md"
BROWSERS: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")

BUILDS: dict[EngineName, str] = {
    "chromium": "Chromium 92, 103, 106, 108 to 112, 115, 117 to 119, 121 to 123, 127, 132 to 134, 137, 138, 140, 141, "
    "143, 147, 149, 150 and 156: headless builds, and QtWebEngine 6.5 (108) and 6.10 (134)",
    "firefox": "Firefox ESR 140 and 153",
    "webkit": "WPE WebKit 2.38.6 (Safari's 16) and WebKitGTK 2.50.6 (Safari's 26)",
}
"""The builds that the lab measured, by engine."""

HEAD = """<!-- written by scripts/dev/write engines; edit policies/engines -->
# Engines and their versions

Browsers do not follow the [Fetch standard](https://fetch.spec.whatwg.org/) in every detail, and what they do changes
from version to version. So Corsight judges each client by the rules of its own browser engine and version. This page
lists where each engine differs from the standard, since which version, until which version, and how that is known. It
is generated from the data that the verdicts use, in `policies/engines/`.

To judge as one version, use `--engine chromium@120` (for the addon: `--set cors_engine=chromium@120`). All clients are
then judged as that version. With `--engine chromium`, each Chromium is judged as its own version, and every other client
as the newest version that was measured. `corsight check --versions` lists the versions that decide otherwise.

## How Corsight recognises the version

| Client | Engine and version are taken from |
|---|---|
| Chrome, Edge, Opera, Brave, Vivaldi, Samsung Internet, Electron, QtWebEngine, Android WebView | `"Chromium"` in Sec-CH-UA, else `Chrome/` or `HeadlessChrome/` in the User-Agent. The number of the product itself (such as Opera's) does not count |
| Firefox, Tor Browser, Waterfox, Thunderbird | `Firefox/`, else `rv:` |
| Safari, WebKitGTK, Epiphany | `Version/`, which is Safari's number. A WebKitGTK that says 60 hides its version |
| every browser on iOS | the higher of `Version/` and the system's version, since one of the two may be frozen |
| Pale Moon and its relatives | always Firefox 52, on which they are based |
| any of them under another's User-Agent, as when developer tools emulate a phone | Chromium by what its documents and images accept, Firefox by `TE: trailers` over HTTP/2; without a version. Where neither was seen, by the User-Agent |

## Versions that were not measured

- A version between two measured versions that differ is judged as the nearer one; the other one is a branch. If the two
  come to different outcomes, the verdict is likely, not certain.
- A version older or newer than all measured ones is judged as the nearest one; the standard is a branch. The verdict is
  still certain where no engine differs from the standard.
- A missing Sec-Fetch-Storage-Access header proves nothing in a version that was not measured, until the same client has
  sent one.
- A browser that hides its version is judged as the newest one; earlier behaviour is a branch.

A branch is an alternative that Corsight cannot rule out: [the verdict](../README.md#the-verdict).
"""

TAIL = """
## Trying other builds

`scripts/lab` runs any Chromium or QtWebEngine that you name, and compares Corsight's verdicts with what it did:

```
npm pack @sparticuz/chromium@122.0.0      # bin/chromium.br, to be unpacked with brotli: a headless Chromium 122
scripts/lab run --engine chromium --browser ./chromium --count 200

python3 -m venv old && old/bin/pip install PyQt6-WebEngine==6.8.0 PyQt6-WebEngine-Qt6==6.8.2    # Chromium 122
scripts/lab run --engine chromium --browser old/bin/python --count 200
```

| Public package | Chromium |
|---|---|
| `@sparticuz/chromium` (npm) | 103 and most major versions from 106 to 153; package and Chromium have the same number |
| `PyQt6-WebEngine`, with `PyQt6-WebEngine-Qt6` of the same number (PyPI) | 6.5 is 108, 6.6 is 112, 6.7 is 118, 6.8 is 122, 6.9 is 130, 6.10 is 134 |
| `qutebrowser`, `falkon` (Debian) | the Chromium in that Debian release's QtWebEngine |

Not measured: Safari on macOS and iOS (only WebKit on Linux was), Firefox before 140 and between 140 and 153, and changes
by enterprise policies and flags.
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
        f"How {policy.label} differs from the standard:",
        "",
        f"| What {policy.label} does | Since | Source |",
        "|---|---|---|",
        *(_row(_since(policy, field), one) for field, one in policy.departures.items()),
        "",
        "How earlier versions differ from the newest. If the two numbers in a row are not consecutive, the change came in "
        "one of the versions between them, which were not measured:",
        "",
        "| What earlier versions did | Last version that did | First that did not | It affects | Source |",
        "|---|---|---|---|---|",
        *map(_list_change, policy.changes),
    ]
    return "\n".join(lines) + "\n"


def _row(since: str, departure: Departure) -> str:
    return f"| {escape_cell(departure.what)} | {since} | {escape_cell(departure.source)} |"


def _list_change(change: Change) -> str:
    cells = change.what, str(change.until), str(change.since), _turns(change.field), change.source
    return f"| {' | '.join(map(escape_cell, cells))} |"


def _since(policy: EnginePolicy, field: str) -> str:
    """Return the first version that differs in this way: the oldest measured one, unless that followed the standard."""
    change = next((change for change in policy.changes if change.field == field), None)
    oldest = f"{policy.measured[0] if policy.measured else 0} or before"
    if change is None:
        return oldest
    standard = getattr(ENGINES["standard"], field)
    return str(change.since) if change.before == standard else f"{oldest}; in this form since {change.since}"


def _turns(field: str | None) -> str:
    if field is None:
        return "no verdict"
    if field in DECIDING:
        return "the outcome"
    if field in CAUTIOUS:
        return "what is known of credentials"
    return "the console text" if field.startswith("texts.") else "whether a preflight is needed"
