"""`corsight explain`: tells the story of one fetch in a recording, step by step."""

from __future__ import annotations

import itertools
import shlex
import sys
import textwrap
from typing import Annotated, TextIO

import typer

from corsight.policies.findings import Known
from corsight.policies.findings.doubts import list_assumed
from corsight.policies.findings.text import list_ways
from corsight.policies.redact import printable, redact
from corsight.policies.server.export import RecipeError, render, write_remark
from corsight.policies.server.infer import infer
from corsight.policies.server.match import Index
from corsight.policies.server.sent import list_sent
from corsight.policies.session import Judged
from corsight.policies.story import tell
from corsight.scripts.auditing import Plan, audit
from corsight.scripts.errors import CorsightError, stop_at
from corsight.scripts.explaining import add_to
from corsight.scripts.gate.gate import read_gate
from corsight.scripts.gate.settings import Settings, load_settings
from corsight.scripts.judging import group_by_fetch, judge_recording
from corsight.scripts.options import Assume, Config, Host, Ignore, MaybeEngine, Origin, Select
from corsight.scripts.paths import name_command
from corsight.scripts.recordings import Recording, check_readable, list_recordings
from corsight.scripts.report.lines import print_lines
from corsight.scripts.report.story import write
from corsight.scripts.report.text import number_findings, write_finding
from corsight.scripts.targets import check_target

MATCHES = 1000
"""How many matching fetches are kept; the rest is counted."""
LISTED = 20
SHORT = 8
"""How many characters of an id are shown where they tell it from the others."""


def explain(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="A recording by mitmproxy, a HAR file or another; - is stdin. With --finding: all files of the audit.",
        ),
    ],
    finding: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Print this finding in full. N is its number in corsight audit."),
    ] = None,
    flow: Annotated[
        str | None, typer.Option(metavar="ID", help="Explain the fetch of the flow whose id begins with this.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="SUBSTRING", help="Explain a fetch that has this text in one of its URLs.")
    ] = None,
    engine: MaybeEngine = None,
    assume: Assume = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="With --finding: the baseline file that the audit was given.")
    ] = None,
    select: Select = None,
    ignore: Ignore = None,
    host: Host = None,
    origin: Origin = None,
    config: Config = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TARGET",
            help="Print the configuration that fixes the server, and the explanation on stderr. TARGET is express, "
            "nginx or any other target of corsight policy export.",
        ),
    ] = None,
) -> None:
    """Explain one fetch: what the page asked, each step the browser took, and what would change the outcome.

    With --finding, explains one finding of corsight audit instead: its cause, where it happened, and the fix.

    If several fetches match, the first blocked one is explained and the others are listed. The configuration of --for
    allows what the whole recording needs from the same endpoints, and nothing else. Exit code: 2 if no fetch matches.
    """
    settings = load_settings(config).take(
        engine=engine,
        assume=assume,
        baseline=baseline,
        select=select,
        ignore=ignore,
        hosts=host,
        origins=origin,
    )
    if target is not None:
        check_target(target, "--for")
    if finding is not None:
        if flow is not None or url is not None:
            raise CorsightError("--finding names a finding, --flow and --url a fetch", todo="give one of them")
        _explain_finding(files, settings, finding, target)
        return
    if len(files) != 1:
        raise CorsightError("a fetch is of one recording", where="FILE", todo="name one, or add --finding N")
    [file] = files
    check_readable(file)
    gate = read_gate(settings)
    recording = Recording(file)
    known = Known()
    verdicts = add_to(known, judge_recording(recording, gate.engine, assumptions=gate.assumptions))
    everything: list[Judged] = []
    if target is not None:
        # What the endpoints' other pages and requests need has to stay granted.
        verdicts = iter(everything := list(verdicts))
    matching: list[list[Judged]] = []
    more = 0
    for fetch in group_by_fetch(verdicts):
        if not _matches(fetch, flow, url):
            continue
        if len(matching) < MATCHES:
            matching.append(fetch)
        else:
            more += 1
    if not matching:
        todo = "without --flow and --url, its fetches are listed" if flow or url else ""
        raise recording.problem or CorsightError(_describe_nothing(flow, url), where=recording.name, todo=todo)
    # An id that another one begins with is meant as it stands.
    if exact := [fetch for fetch in matching if any(judged.entry.exchange.id == flow for judged in fetch)]:
        matching, more = exact, 0
    chosen = next((fetch for fetch in matching if _is_blocked(fetch)), None)
    chosen = chosen or next((fetch for fetch in matching if any(map(_is_open, fetch))), matching[0])
    # Beside a configuration, which may be led into a file, what people read is not for it.
    beside = sys.stdout if target is None else sys.stderr
    write(tell(chosen, known), beside)
    _tell_how_to_settle(chosen, beside)
    if len(matching) > 1:
        _list(matching, chosen, more, beside)
    if target is not None:
        print(file=beside, flush=True)
        asked = [judged.entry.exchange.request.url for judged in chosen]
        print(_render_configuration(target, asked, everything), end="")
    sys.stdout.flush()
    stop_at([recording.problem])


def _explain_finding(files: list[str], settings: Settings, number: int, target: str | None) -> None:
    """Print one finding of an audit in full, and how to see a fetch behind it or the target's configuration."""
    paths = list_recordings(files)
    for path in paths:
        check_readable(path)
    gate = read_gate(settings)
    plan = Plan(gate.engine, assumptions=gate.assumptions, scope=gate.scope)
    beside = sys.stdout if target is None else sys.stderr
    findings, audited = audit(paths, plan, beside)
    told = number_findings(gate.sift(findings.sorted()))
    if number > len(told):
        stop_at(one.problem for one in audited)
        todo = f"corsight audit numbers them from 1 to {len(told)}" if told else "the audit has no findings"
        raise CorsightError(f"there is no finding {number}", todo=todo)
    chosen = told[number - 1]
    write_finding(chosen, number, beside)
    if chosen.exchanges and len(paths) == 1:
        given = [part for one in gate.given for part in ("--assume", one)]
        given += [] if settings.engine == "auto" else ["--engine", settings.engine]
        command = shlex.join(["explain", paths[0], *given, "--flow", chosen.exchanges[0][:SHORT]])
        print(f"\nOne of its fetches, step by step:\n  {name_command()} {command}", file=beside)
    if target is not None:
        print(file=beside, flush=True)
        recordings = [Recording(path) for path in paths]
        judgeds = (judge_recording(one, gate.engine, assumptions=gate.assumptions) for one in recordings)
        everything = list(itertools.chain.from_iterable(judgeds))
        print(_render_configuration(target, [place.url for place in chosen.places], everything), end="")
    sys.stdout.flush()
    stop_at(one.problem for one in audited)


def _render_configuration(target: str, asked: list[str], everything: list[Judged]) -> str:
    """Return the configuration of the endpoints at these URLs: the least that the recordings need."""
    inferences = infer(everything)
    policies = [one.policy for one in inferences]
    index = Index(policies)
    wanted = [index.find(url) for url in asked]
    sent = list_sent(policies, everything)
    texts: list[str] = []
    for one in inferences:
        if one.policy not in wanted:
            continue
        try:
            texts.append(render(target, one.policy, sent.get(one.policy.name, ())))
        except RecipeError as error:
            raise CorsightError(str(error)) from None
        for grant in one.grants:
            if grant.doubt is not None:
                texts.append(write_remark(target, redact(f"CHECK {grant.field} {grant.value}: {grant.doubt}")))
        for left in one.left_out:
            meant = f". If it is meant: {left.instead}" if left.instead else ""
            texts.append(write_remark(target, redact(f"CHECK: not granted: {left.what}: {left.why}{meant}")))
    if not texts:
        raise CorsightError("no CORS header would change this, so there is nothing to configure")
    # As it is: it is ASCII, and its tabs are meant.
    return "\n".join(texts)


def _matches(fetch: list[Judged], flow: str | None, url: str | None) -> bool:
    exchanges = [judged.entry.exchange for judged in fetch]
    if flow is not None and not any(exchange.id.startswith(flow) for exchange in exchanges):
        return False
    return url is None or any(url in exchange.request.url for exchange in exchanges)


def _describe_nothing(flow: str | None, url: str | None) -> str:
    wanted = [] if flow is None else [f"the id {flow}"]
    wanted += [] if url is None else [f"{redact(url)} in its URL"]
    return f"no exchange has {' and '.join(wanted)}" if wanted else "there is no exchange in it"


def _is_open(judged: Judged) -> bool:
    return judged.verdict.open is not None


def _tell_how_to_settle(fetch: list[Judged], stream: TextIO) -> None:
    """Print how it can be found out what became of a fetch that is open."""
    branches = [(judged.verdict.open, judged.verdict.branch) for judged in fetch]
    assumed = [one for branch, other in branches if branch is not None for one in list_assumed(branch, other)]
    if assumed:
        print("\nWhether it was blocked can be settled:", file=stream)
        ways = (textwrap.fill(way, 80, initial_indent="  ", subsequent_indent="  ") for way in list_ways(assumed))
        print_lines(ways, stream)


def _is_blocked(fetch: list[Judged]) -> bool:
    return any(judged.verdict.outcome == "blocked" for judged in fetch)


def _list(matching: list[list[Judged]], chosen: list[Judged], more: int, stream: TextIO) -> None:
    """Print the fetches that match, and how to pick another one."""
    count = len(matching) + more
    which = "the first that was blocked" if _is_blocked(chosen) else "the first"
    which = "the first that is open" if which == "the first" and any(map(_is_open, chosen)) else which
    print(f"\n{count} fetches match; this is {which}. Pick another with --flow ID:", file=stream)
    ends = [next((judged for judged in fetch if _is_blocked([judged])), fetch[-1]) for fetch in matching[:LISTED]]
    ids = [judged.entry.exchange.id for judged in ends]
    short = [one[:SHORT] for one in ids]
    for judged, one in zip(ends, short if len(set(short)) == len(ids) else ids, strict=True):
        request = judged.entry.exchange.request
        sign = ">" if judged in chosen else " "
        outcome = "open" if _is_open(judged) else judged.verdict.outcome.value
        print(printable(redact(f"{sign} {one}  {outcome:<8} {request.method} {request.url}")), file=stream)
    if count > LISTED:
        print(f"  and {count - LISTED} more: narrow them down with --url SUBSTRING", file=stream)
