"""The lab: real browsers run drawn scenarios, and what Corsight says of the traffic is held against what they did.

    scripts/lab run --engine firefox --seed 1 --count 300     draws, runs and scores what the addon says live
    scripts/lab run --engine firefox --count 300 --marker     the same with the marker cookie
    scripts/lab record --engine firefox --seed 1 --count 300 --out FOLDER     keeps the recording and its truth
    scripts/lab score FOLDER...     holds recordings (folders or their .tar.xz) against today's code
    scripts/lab har --engine firefox --count 300     records the same visits as HARs, and compares the verdicts
    scripts/lab minimise FOLDER [--scenario N] [--live]     shrinks a disagreement, prints it as a tests/cases file
    scripts/lab wpt DIR --browser firefox --only fetch/api     runs web-platform-tests of a checkout, and scores
    scripts/lab report      writes docs/agreement.md, and README.md's table, from the result files
    scripts/lab expect      writes tests/recordings/expected.json from today's verdicts on the recordings there

Exits with 0 when all was right, 1 when something was not, 2 for what could not be done.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from corsight.scripts.errors import CorsightError, one_line
from tests.browser.lab import har, report
from tests.browser.lab.drive import ENGINES
from tests.browser.lab.generate import KINDS, generate
from tests.browser.lab.minimise import minimise
from tests.browser.lab.record import TRUTH, VERDICTS, Scenario, record
from tests.browser.lab.score import Score, as_json, score, score_now
from tests.browser.lab.wpt import command as wpt
from tests.recordings import expected

BATCH = 250
"""Scenarios a browser runs before it is started afresh: one that dies costs no more than these."""


def main() -> int:
    """Run one command; its exit code."""
    arguments = parse()
    try:
        return int(COMMANDS[arguments.command](arguments))
    except CorsightError as error:
        print(f"lab: {one_line(str(error))}", file=sys.stderr)
        return 2


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/lab", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (("run", "draw scenarios, run them live, score"), ("record", "draw scenarios, keep a recording")):
        command = commands.add_parser(name, help=what)
        command.add_argument("--engine", choices=ENGINES, required=True)
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--count", type=int, default=300)
        command.add_argument("--kind", choices=KINDS, help="only the scenarios of this kind")
        command.add_argument("--scenarios", type=Path, help="run these instead of drawn ones (see generate)")
        command.add_argument(
            "--browser", type=Path, metavar="PATH", help="this Chromium, or a PyQt6-WebEngine's Python"
        )
        command.add_argument("--http2", action="store_true", help="HTTP/2 between browser and proxy")
        where = {"required": True, "help": "the recording's folder"} if name == "record" else {"help": "keep it there"}
        command.add_argument("--out", type=Path, **where)
        if name == "run":
            command.add_argument("--marker", action="store_true", help="with the marker cookie, everywhere")
            command.add_argument("--result", type=Path, help="write a result file, for the report")
    command = commands.add_parser("generate", help="draw scenarios, as JSON to stdout")
    command.add_argument("--seed", type=int, required=True)
    command.add_argument("--count", type=int, required=True)
    command = commands.add_parser("score", help="hold recordings against today's code")
    command.add_argument("recordings", type=Path, nargs="+", metavar="PATH")
    command.add_argument("--log", type=Path, help="the verdicts to hold against one recording, instead of today's")
    command.add_argument("--result", type=Path, help="write a result file, for the report")
    command.add_argument("--words", action="store_true", help="also list error names and texts that differ")
    command = commands.add_parser("har", help="record the same visits as HARs too, and compare what is said of them")
    command.add_argument("--engine", choices=har.TOOLS, required=True)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--count", type=int, default=300)
    command.add_argument("--scenarios", type=Path, help="run these instead of drawn ones (see generate)")
    command.add_argument("--out", type=Path, help="keep the recordings there")
    command.add_argument("--result", type=Path, help="write a result file, for the report")
    command = commands.add_parser("minimise", help="shrink a disagreement to a case")
    command.add_argument("recording", type=Path)
    command.add_argument("--scenario", type=int, help="which one, where there are several")
    command.add_argument("--live", action="store_true", help="shrink its scenario too, in the browser it came from")
    command = commands.add_parser("report", help="write docs/agreement.md and README.md's table")
    command.add_argument("--check", action="store_true", help="only say whether it is up to date")
    wpt.add_to(commands)
    commands.add_parser("expect", help="write tests/recordings/expected.json from today's verdicts")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> int:
    """Run scenarios batch by batch with the addon in the proxy, and score its own log."""
    total, truths = Score(), []
    scenarios = _scenarios(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="corsight-") as scratch:
        for number in range(0, len(scenarios), BATCH):
            out = (arguments.out or Path(scratch)) / f"{number // BATCH + 1:03}"
            truths.append(
                record(
                    arguments.engine,
                    scenarios[number : number + BATCH],
                    out,
                    arguments.http2,
                    judged=True,
                    marker=arguments.marker,
                    program=arguments.browser,
                )
            )
            total.plus(score(out, out / VERDICTS))
            print(f"{total.scenarios} of {len(scenarios)} scenarios, {total.agreement:.2%} right", file=sys.stderr)
    print(f"{truths[0]['browser']}, {time.monotonic() - started:.0f} s")
    return _conclude(total, truths, arguments)


def keep(arguments: argparse.Namespace) -> int:
    """Record scenarios into one folder."""
    scenarios = _scenarios(arguments)
    truth = record(arguments.engine, scenarios, arguments.out, arguments.http2, program=arguments.browser)
    print(f"{truth['browser']}: {len(truth['results'])} of {len(scenarios)} scenarios recorded in {arguments.out}")
    return 0


def draw(arguments: argparse.Namespace) -> int:
    """Print drawn scenarios."""
    print(json.dumps(generate(arguments.seed, arguments.count), indent=1))
    return 0


def hold(arguments: argparse.Namespace) -> int:
    """Score recordings."""
    if arguments.log and len(arguments.recordings) > 1:
        raise CorsightError("--log goes with one recording")
    total, truths = Score(), []
    for path in arguments.recordings:
        if not path.exists():
            raise CorsightError("no such recording", where=str(path))
        scored, truth = (score(path, arguments.log), None) if arguments.log else score_now(path)
        truths.append(truth or json.loads((path / TRUTH).read_text("utf-8")))
        total.plus(scored)
    if arguments.words:
        print("\n".join(total.misnamed))
    return _conclude(total, truths, arguments)


def hold_hars(arguments: argparse.Namespace) -> int:
    """Record the same visits in several formats, and compare."""
    truth, table = har.run(arguments.engine, _scenarios(arguments), arguments.out)
    kept = {name: truth[name] for name in ("engine", "browser", "date", "seed")} | {"files": table}
    if arguments.result:
        arguments.result.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(kept, indent=1))
    return int(any(one.get("contradicted") or one["certain_wrong"] for one in table.values()))


def shrink(arguments: argparse.Namespace) -> int:
    """Shrink a disagreement of a recording."""
    print(minimise(arguments.recording, arguments.scenario, live=arguments.live))
    return 0


def write_report(arguments: argparse.Namespace) -> int:
    """Write docs/agreement.md and README's table, or say whether they are up to date."""
    text, before = report.render(), report.README.read_text("utf-8")
    readme = report.render_readme(before)
    if arguments.check:
        return report.PAGE.read_text("utf-8") != text or before != readme
    report.PAGE.write_text(text, encoding="utf-8")
    report.README.write_text(readme, encoding="utf-8")
    return 0


def expect(_: argparse.Namespace) -> int:
    """Write the expected figures of tests/recordings anew, and print each that moved."""
    before, after = expected.read(), {}
    for name, count in expected.sources().items():
        after[name] = count()
        right = f"{after[name]['right']} of {after[name]['steps']} steps right" if "right" in after[name] else "counted"
        print(f"{name}: {right}")
        for line in expected.compare(before.get(name), after[name]):
            print(f"  {line}")
    expected.write(after)
    return 0


COMMANDS = {
    "run": run,
    "record": keep,
    "generate": draw,
    "score": hold,
    "har": hold_hars,
    "minimise": shrink,
    "wpt": wpt.run,
    "report": write_report,
    "expect": expect,
}


def _scenarios(arguments: argparse.Namespace) -> list[Scenario]:
    if arguments.scenarios:
        return list(json.loads(arguments.scenarios.read_text("utf-8")))
    drawn, kind = generate(arguments.seed, arguments.count), getattr(arguments, "kind", None)
    return [scenario for scenario in drawn if kind is None or scenario["kind"] == kind]


def _conclude(total: Score, truths: list[Scenario], arguments: argparse.Namespace) -> int:
    if arguments.result:
        report.keep(arguments.result, truths, as_json(total))
    print(total)
    return 1 if total.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
