"""The tools that tell what happened: findings, fetches, and what is blocked next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from corsight.policies.server.export import TARGETS
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome
from corsight.scripts.agents import results
from corsight.scripts.agents.limits import Cursor, Limit, cut
from corsight.scripts.agents.seat import Seat
from corsight.scripts.agents.server import Server
from corsight.scripts.agents.traffic import Traffic, find_end
from corsight.scripts.agents.words import write_fetch, write_fetch_item, write_finding, write_finding_item

TICK = 0.2
NEWEST = 20
"""How many fetches are told as news."""

Recording = Annotated[str | None, Field(description="only this recording, by its name in get_state; all by default")]
Wanted = Literal["blocked", "open", "allowed", "opaque", "not-cors"]
Name = Annotated[str, Field(max_length=200)]
Part = Annotated[str | None, Field(max_length=300, description="only fetches with this in one of their URLs")]
Since = Annotated[dict[str, int] | None, Field(description="versions as they were told before; by default from now on")]
Seconds = Annotated[float, Field(ge=0, le=60)]


def add_tools(server: Server, seat: Seat) -> None:
    """Add the tools of this module."""

    def get_state() -> results.State:
        """Say which recordings and policy files can be asked about, and what else was allowed at the start."""
        recordings = [_write_state(traffic) for traffic in seat.read_all()]
        return results.State(
            recordings=recordings,
            policies=list(seat.policies),
            targets={name: target.title for name, target in TARGETS.items()},
            may_browse=seat.browsing is not None,
            browser="none" if seat.browsing is None else seat.browsing.state,
        )

    def list_findings(recording: Recording = None, limit: Limit = 10, cursor: Cursor = None) -> results.FindingPage:
        """List what is wrong, a cause each, the most important first: what is blocked, what failed, advice. Start
        here."""
        version = seat.version
        found = list(seat.list_findings(recording))
        part, following = cut(found, limit, cursor, version)
        return results.FindingPage(
            total=len(found),
            cursor=following,
            findings=[write_finding_item(traffic, name, finding) for traffic, name, finding in part],
        )

    def explain_finding(id: Name) -> results.Finding:
        """Tell one finding in full: the cause, what speaks for it, what to do and who has to."""
        traffic, finding = seat.find_finding(id)
        return write_finding(traffic, id, finding)

    def list_fetches(
        url: Part = None,
        outcome: Wanted | None = None,
        recording: Recording = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> results.FetchPage:
        """List fetches, each with its preflights and redirects, in the order they began; by URL, or by outcome."""
        version = seat.version
        matching = list(_match(seat, url, outcome, recording))
        part, following = cut(matching, limit, cursor, version)
        return results.FetchPage(
            total=len(matching),
            cursor=following,
            fetches=[write_fetch_item(traffic, fetch) for traffic, fetch in part],
        )

    def explain_fetch(
        id: Name,
        steps: Annotated[bool, Field(description="also every step, in words and as a picture")] = False,
    ) -> results.Fetch:
        """Explain one fetch: what the page asked, what the browser decided at each exchange and by which step of the
        standard, how sure that is, and what would change it. `id` is that of list_fetches, or a flow's of mitmproxy."""
        traffic, fetch = seat.find_fetch(id)
        return write_fetch(traffic, fetch, steps=steps)

    def wait_for_findings(since: Since = None, seconds: Seconds = 20) -> results.News:
        """Wait until something is blocked, or open, that was not before, and tell it: in recordings that grow, and in
        the browser. Returns at once where there is something already."""
        known = {traffic.name: traffic.version for traffic in seat.read_all()} if since is None else since
        deadline = time.monotonic() + seconds
        while True:
            news = [
                (traffic, fetch)
                for traffic in seat.read_all()
                for fetch in traffic.list_news(known.get(traffic.name, 0))
            ]
            if news or time.monotonic() >= deadline or seat.ended.wait(TICK):
                break
        return results.News(
            fetches=[write_fetch_item(traffic, fetch) for traffic, fetch in news[-NEWEST:]],
            more=max(0, len(news) - NEWEST),
            versions={traffic.name: traffic.version for traffic in seat.read_all()},
            waited_in_vain=not news,
        )

    for tool in (get_state, list_findings, explain_finding, list_fetches, explain_fetch, wait_for_findings):
        server.add(tool)


def _write_state(traffic: Traffic) -> results.RecordingState:
    return results.RecordingState(
        name=traffic.name,
        exchanges=traffic.exchanges,
        forgotten=traffic.forgotten,
        blocked=traffic.find_all().count(Outcome.BLOCKED),
        open=sum(judged.verdict.open is not None for judged in traffic.list_judged()),
        version=traffic.version,
        problem=traffic.problem,
        remarks=list(traffic.remarks[:10]),
    )


def _match(
    seat: Seat, url: str | None, outcome: Wanted | None, recording: str | None
) -> Iterator[tuple[Traffic, list[Judged]]]:
    for traffic in seat.read_all(recording):
        for fetch in traffic.list_fetches():
            verdict = find_end(fetch).verdict
            if outcome in (None, "open" if verdict.open is not None else verdict.outcome.value) and (
                url is None or any(url in one.entry.exchange.request.url for one in fetch)
            ):
                yield traffic, fetch
