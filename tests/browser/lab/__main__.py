"""The lab's commands: generate, record, score."""

import argparse
import collections
import json
import time
from pathlib import Path

from tests.browser.lab.drive import ENGINES
from tests.browser.lab.generate import generate
from tests.browser.lab.record import record
from tests.browser.lab.score import score


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("generate", help="draw scenarios, as JSON to stdout")
    command.add_argument("--seed", type=int, required=True)
    command.add_argument("--count", type=int, required=True)
    command = commands.add_parser("record", help="run scenarios in a browser")
    command.add_argument("--engine", choices=ENGINES, required=True)
    command.add_argument("--scenarios", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--http2", action="store_true", help="HTTP/2 between browser and proxy")
    command = commands.add_parser("score", help="hold a verdict log against a recording")
    command.add_argument("recording", type=Path)
    command.add_argument("log", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "generate":
        print(json.dumps(generate(arguments.seed, arguments.count), indent=1))
    elif arguments.command == "record":
        started = time.monotonic()
        scenarios = json.loads(arguments.scenarios.read_text())
        truth = record(arguments.engine, scenarios, arguments.out, arguments.http2)
        ran = truth["results"]
        outcomes = collections.Counter(result["outcome"] for scenario in ran for result in scenario["results"])
        seconds = time.monotonic() - started
        print(f"{arguments.engine}: {len(ran)} of {len(scenarios)} scenarios in {seconds:.0f} s, {dict(outcomes)}")
    else:
        print(score(arguments.recording, arguments.log))


if __name__ == "__main__":
    main()
