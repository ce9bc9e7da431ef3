"""`corsight replay`: sends recorded exchanges to another server, and says what would change for each."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from corsight.policies.fetch.origin import has_userinfo, origin_of, parse_url
from corsight.policies.redact import redact
from corsight.scripts.curl import field
from corsight.scripts.errors import CorsightError, stop_at
from corsight.scripts.judging import judge_recording
from corsight.scripts.options import Engine
from corsight.scripts.recordings import Recording, check_readable
from corsight.scripts.replay.compare import compare
from corsight.scripts.replay.model import Bounds, Change, Planned
from corsight.scripts.replay.plan import pick_servers, plan
from corsight.scripts.report.lines import print_lines
from corsight.scripts.report.replay import list_changes, list_planned, list_sent, make_record


def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A recording, of any kind that audit reads.")],
    to: Annotated[str, typer.Option(metavar="ORIGIN", help="The server to send to, such as https://staging.example.")],
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="ORIGIN",
            help="The recorded server that it replaces; repeatable. Not needed if only one server is recorded.",
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", "-H", metavar="'NAME: VALUE'", help="A header to send with every request; repeatable."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be sent, and send nothing.")] = False,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Also send methods that may change something, without their bodies.")
    ] = False,
    secret_urls: Annotated[
        bool, typer.Option("--secret-urls", help="Also send URLs that have a token or another secret in them.")
    ] = False,
    rate: Annotated[float, typer.Option(metavar="N", min=0.1, max=1000, help="Requests per second.")] = 5,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="How long to wait for one response.")] = 10,
    seconds: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="How long the whole run may take.")] = 120,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="How many requests to send at most.")] = 200,
    ca: Annotated[str | None, typer.Option(metavar="FILE", help="Further certificates (PEM) to trust.")] = None,
    engine: Engine = "auto",
    format: Annotated[
        Literal["text", "jsonl"],
        typer.Option(help="text for people, jsonl for programs: one line of JSON for each exchange."),
    ] = "text",
) -> None:
    """Send recorded preflights and requests to another server, and report what would change for each.

    Sends only GET, HEAD and OPTIONS, without cookies, Authorization and other secrets, and only to the server of --to.
    Certificates are verified, redirects are not followed.

    Exit code: 0 if nothing gets worse, 1 if something is newly blocked or more is allowed than before, 2 if the
    recording cannot be read or a request got no response.
    """
    target = read_server(to, "--to")
    given = [field(text, "-H") for text in header or []]
    check_readable(file)
    recording = Recording(file)
    verdicts = list(judge_recording(recording, engine))
    stop_at([recording.problem])
    servers = pick_servers(verdicts, [read_server(one, "--from") for one in source or []])
    found = (plan(one, servers, target, given=given, unsafe=unsafe, secret_urls=secret_urls) for one in verdicts)
    planned = [one for one in found if one is not None]
    if dry_run:
        print_lines(list_planned(planned))
        print_lines(list_sent(list(dict.fromkeys(one.sent for one in planned if one.sent)), target, dry=True))
        return
    from corsight.scripts.replay.send import send_all

    bounds = Bounds(rate, timeout, seconds, most)
    answers = send_all([one.sent for one in planned if one.sent is not None], bounds, ca)
    changes = [
        Change(one, "not sent", note=one.reason) if one.sent is None else compare(one, answers[one.sent])
        for one in planned
    ]
    if format == "jsonl":
        print_lines(make_record(change) for change in changes)
    else:
        left = {change.planned.sent for change in changes if change.kind == "not sent"}
        print_lines(list_sent([sent for sent in answers if sent not in left], target, dry=False))
        print_lines(list_changes(changes))
    _exit(planned, changes, target)


def read_server(text: str, where: str) -> str:
    """Return the origin of a server that a person named. Raises CorsightError where it is none."""
    url = parse_url(text.strip(), None)
    if url is None or not url.startswith(("http://", "https://")) or has_userinfo(url):
        raise CorsightError(
            f"{redact(text)!r} is not a server", where=where, todo="write its origin, such as https://staging.example"
        )
    if url.removeprefix(origin := origin_of(url)) not in ("", "/"):
        raise CorsightError(f"{redact(text)!r} has a path", where=where, todo=f"paths are as recorded: write {origin}")
    return origin


def _exit(planned: list[Planned], changes: list[Change], target: str) -> None:
    silent = [change for change in changes if change.kind == "no answer"]
    cut = [change for change in changes if change.kind == "not sent" and change.planned.sent is not None]
    if silent:
        stop_at([CorsightError(f"{len(silent)} of {len(planned)} got no answer: {silent[0].note}", where=target)])
    if cut:
        todo = "raise --most, --seconds or --rate"
        stop_at([CorsightError(f"{len(cut)} of {len(planned)} were not sent: {cut[0].note}", where=target, todo=todo)])
    if any(change.kind in ("newly blocked", "looser") for change in changes):
        raise typer.Exit(1)
