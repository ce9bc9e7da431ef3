"""The options of the gate, the same wherever a run is held to something: audit, browse, run and the pytest plugin.

Nothing is imported here: pytest asks for them at every start.
"""

from __future__ import annotations

from typing import NamedTuple


class Option(NamedTuple):
    """An option: its name on the command line and among the settings, what stands for its value (empty: it takes
    none), and its help. `many` tells that it is repeatable.
    """

    flag: str
    key: str
    metavar: str
    help: str
    many: bool = False


ENGINE = Option(
    "--engine",
    "engine",
    "NAME[@VERSION]",
    "Judge as this engine: chromium, firefox, webkit or standard, chromium@120 for a version; auto, the default, "
    "judges each client as its own.",
)
FAIL_ON = Option(
    "--fail-on",
    "fail-on",
    "certain|blocked|open|advice|never",
    "What makes the exit code 1. certain: what is certainly blocked. blocked: also what is likely blocked. open: also "
    "what may have been blocked. advice: also advice, and what got no answer. never: nothing. Default: open, since "
    "what is open has not passed.",
)
ALLOW_EMPTY = Option(
    "--allow-empty",
    "allow-empty",
    "",
    "Do not fail where nothing was judged: no exchange, no browser, no match of a policy.",
)
ASSUME = Option(
    "--assume",
    "assume",
    "FACT=VALUE",
    "What to take for true where the traffic does not show it: credentials=include, credentials=not-include, "
    "mode=cors, mode=no-cors. Or policy=FILE: say what would change if the servers answered by that policy. "
    "Repeatable.",
    many=True,
)
POLICY = Option("--policy", "policies", "FILE", "Compare the responses with this policy file; repeatable.", many=True)
BASELINE = Option(
    "--baseline",
    "baseline",
    "FILE",
    "Fail only for findings that this file does not have; say which are new and which are gone.",
)
WRITE_BASELINE = Option("--write-baseline", "write-baseline", "", "Write what is found now to the file of --baseline.")
SELECT = Option("--select", "select", "CODE", "Report only these causes or rules, such as preflight-*.", many=True)
IGNORE = Option("--ignore", "ignore", "CODE", "Do not report these causes or rules.", many=True)
HOST = Option("--host", "hosts", "HOST", "Report only what was asked of this host, such as *.example.", many=True)
ORIGIN = Option("--origin", "origins", "ORIGIN", "Report only what pages of this origin asked.", many=True)
CONFIG = Option(
    "--config",
    "config",
    "FILE",
    "Take the settings of this file; by default of corsight.toml, or [tool.corsight] in pyproject.toml, here or in the "
    "nearest folder above.",
)
OPTIONS = (
    *(ENGINE, FAIL_ON, ALLOW_EMPTY, ASSUME, POLICY, BASELINE, WRITE_BASELINE),
    *(SELECT, IGNORE, HOST, ORIGIN, CONFIG),
)
"""All of them."""
