"""`corsight explain`: tells the story of one fetch in a recording, step by step."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from corsight.scripts.commands.audit import judgements, settled
from corsight.scripts.errors import CorsightError, one_line

if TYPE_CHECKING:
    from corsight.policies.session import Judged

HELD = 4096
"""How many fetches are held until all of their exchanges have come."""
MATCHES = 1000
"""How many matching fetches are kept; the rest is counted."""
LISTED = 20
SHORT = 8
"""How many characters of an id are shown where they tell it from the others."""


def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A recording; - is stdin.")],
    flow: Annotated[
        str | None, typer.Option(metavar="ID", help="The fetch of the flow with this id, or whose id begins so.")
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="SUBSTRING", help="A fetch with this in one of its URLs.")] = None,
    engine: Annotated[
        Literal["auto", "chromium", "firefox", "webkit", "standard"],
        typer.Option(help="The engine that judges; auto takes each client's own."),
    ] = "auto",
    target: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TARGET",
            help="Also write what the server needs, as its configuration: express, nginx, … (corsight policy export "
            "lists them).",
        ),
    ] = None,
) -> None:
    """Tell the story of one fetch: what the page asked, each step the browser took, and what would change the end.

    Where several match, the first blocked one is told, and the others are listed. Exits with 2 when none matches. The
    configuration grants what all of the recording needs of the endpoints asked, and nothing else.
    """
    from corsight.policies.story import tell
    from corsight.scripts.recordings import Recording, check_readable
    from corsight.scripts.report.story import write

    check_readable(file)
    _check_target(target)
    recording = Recording(file)
    said = settled(judgements(recording, None if engine == "auto" else engine))
    everything: list[Judged] = []
    if target is not None:
        # What the endpoints' other pages and requests need has to stay granted.
        said = iter(everything := list(said))
    matching: list[list[Judged]] = []
    more = 0
    for fetch in fetches(said):
        if not _matches(fetch, flow, url):
            continue
        if len(matching) < MATCHES:
            matching.append(fetch)
        else:
            more += 1
    if not matching:
        raise recording.problem or CorsightError(_none(flow, url), where=recording.name)
    # An id that another one begins with is meant as it stands.
    if exact := [fetch for fetch in matching if any(judged.entry.exchange.id == flow for judged in fetch)]:
        matching, more = exact, 0
    chosen = next((fetch for fetch in matching if _blocked(fetch)), matching[0])
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    write(tell(chosen), sys.stdout)
    if target is not None:
        print("\n" + _configuration(target, chosen, everything), end="")
    if len(matching) > 1:
        _list(matching, chosen, more)
    sys.stdout.flush()
    if recording.problem is not None:
        print(f"corsight: {one_line(str(recording.problem))}", file=sys.stderr)
        raise typer.Exit(2)


def _check_target(target: str | None) -> None:
    from corsight.policies.server.export import TARGETS

    if target is not None and target not in TARGETS:
        raise CorsightError(f"--for {target} is none of {', '.join(TARGETS)}")


def _configuration(target: str, chosen: list[Judged], everything: list[Judged]) -> str:
    """The configuration of the endpoints that the fetch asked, least that the recording needs."""
    from corsight.policies.server.export import RecipeError, remark, render
    from corsight.policies.server.infer import infer
    from corsight.policies.server.match import find

    inferred = infer(everything)
    policies = [one.policy for one in inferred]
    wanted = [find(policies, judged.entry.exchange.request.url) for judged in chosen]
    texts: list[str] = []
    for one in inferred:
        if one.policy not in wanted:
            continue
        try:
            texts.append(render(target, one.policy))
        except RecipeError as error:
            raise CorsightError(str(error)) from None
        for left in one.left_out:
            texts.append(remark(target, f"Not granted: {left.what}: {left.why}. {left.instead}"))
    if not texts:
        raise CorsightError("no CORS header would change this fetch, so there is nothing to configure")
    # As it is: it is ASCII, and its tabs are meant.
    return "\n".join(texts)


def fetches(judgeds: Iterable[Judged], held: int = HELD) -> Iterator[list[Judged]]:
    """The exchanges of each fetch together, in the order the fetches began.

    What comes of a fetch after `held` later ones is told as one of its own.
    """
    gathered: OrderedDict[str, list[Judged]] = OrderedDict()
    for judged in judgeds:
        gathered.setdefault(judged.entry.fetch.id, []).append(judged)
        if len(gathered) > held:
            yield gathered.popitem(last=False)[1]
    yield from gathered.values()


def _matches(fetch: list[Judged], flow: str | None, url: str | None) -> bool:
    exchanges = [judged.entry.exchange for judged in fetch]
    if flow is not None and not any(exchange.id.startswith(flow) for exchange in exchanges):
        return False
    return url is None or any(url in exchange.request.url for exchange in exchanges)


def _none(flow: str | None, url: str | None) -> str:
    wanted = [] if flow is None else [f"the id {flow}"]
    wanted += [] if url is None else [f"{url} in its URL"]
    return f"no exchange has {' and '.join(wanted)}" if wanted else "there is no exchange in it"


def _blocked(fetch: list[Judged]) -> bool:
    return any(judged.verdict.outcome == "blocked" for judged in fetch)


def _list(matching: list[list[Judged]], chosen: list[Judged], more: int) -> None:
    """The other fetches that match, and how to pick one."""
    from corsight.policies.redact import printable, redact

    count = len(matching) + more
    which = "the first that was blocked" if _blocked(chosen) else "the first"
    print(f"\n{count} fetches match; this is {which}. Pick another with --flow ID:")
    ends = [next((judged for judged in fetch if _blocked([judged])), fetch[-1]) for fetch in matching[:LISTED]]
    ids = [judged.entry.exchange.id for judged in ends]
    short = [one[:SHORT] for one in ids]
    for judged, one in zip(ends, short if len(set(short)) == len(ids) else ids, strict=True):
        request = judged.entry.exchange.request
        sign = ">" if judged in chosen else " "
        print(printable(redact(f"{sign} {one}  {judged.verdict.outcome:<8} {request.method} {request.url}")))
    if count > LISTED:
        print(f"  and {count - LISTED} more: narrow them down with --url SUBSTRING")
