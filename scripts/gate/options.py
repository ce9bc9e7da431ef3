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
    "Judge by the rules of this browser engine: chromium, firefox, webkit or standard; chromium@120 is one version. "
    "The default, auto, uses the engine and version of each client.",
)
FAIL_ON = Option(
    "--fail-on",
    "fail-on",
    "certain|blocked|open|advice|never",
    "What makes the exit code 1. certain: exchanges that are certainly blocked. blocked: also those that are likely "
    "blocked. open: also those that may have been blocked. advice: also advice, and requests without a response. "
    "never: nothing. Default: open.",
)
ALLOW_EMPTY = Option(
    "--allow-empty",
    "allow-empty",
    "",
    "Do not fail if nothing was judged: no exchange, none by a browser, or none that a policy matches.",
)
ASSUME = Option(
    "--assume",
    "assume",
    "FACT=VALUE",
    "Assume this where the traffic does not show it: credentials=include, credentials=not-include, mode=cors or "
    "mode=no-cors. Or policy=FILE: report what would change if the servers answered by that policy. Repeatable.",
    many=True,
)
POLICY = Option("--policy", "policies", "FILE", "Compare the responses with this policy file; repeatable.", many=True)
BASELINE = Option(
    "--baseline",
    "baseline",
    "FILE",
    "Fail only for findings that are not in this file, and report which are new and which are gone.",
)
WRITE_BASELINE = Option(
    "--write-baseline", "write-baseline", "", "Write the present findings to the file of --baseline."
)
SELECT = Option(
    "--select",
    "select",
    "CODE",
    "Report only this cause or rule, or those that match a pattern such as preflight-*; repeatable.",
    many=True,
)
IGNORE = Option(
    "--ignore",
    "ignore",
    "CODE",
    "Do not report this cause or rule, or those that match a pattern; repeatable.",
    many=True,
)
HOST = Option(
    "--host",
    "hosts",
    "HOST",
    "Report only requests to this host, or to those that match a pattern such as *.example; repeatable.",
    many=True,
)
ORIGIN = Option("--origin", "origins", "ORIGIN", "Report only requests by pages of this origin; repeatable.", many=True)
CONFIG = Option(
    "--config",
    "config",
    "FILE",
    "Read the settings from this file. Default: corsight.toml, or [tool.corsight] in pyproject.toml, in this folder or "
    "the nearest one above.",
)
OPTIONS = (
    *(ENGINE, FAIL_ON, ALLOW_EMPTY, ASSUME, POLICY, BASELINE, WRITE_BASELINE),
    *(SELECT, IGNORE, HOST, ORIGIN, CONFIG),
)
"""All of them."""
