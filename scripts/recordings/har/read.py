"""Reads a HAR: its entries in the order of the file, as exchanges, and what to know of the file as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from typing import Any

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.har.draft import HTTP, UNKNOWN, Draft, Drafts
from corsight.scripts.recordings.har.format import Log, Page, decode_document, decode_entry, decode_page
from corsight.scripts.recordings.har.order import Order
from corsight.scripts.recordings.har.producers import find_producer
from corsight.scripts.recordings.har.producers.model import SKIPPED, Fate, Producer
from corsight.scripts.recordings.har.split import find_entries, find_pages, find_program
from corsight.scripts.recordings.mapping import map_file

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NAMED = 5
"""How many of the entries that could not be read are named."""
type Remark = Callable[[str], None]


def read(file: BufferedReader, remark: Remark) -> Iterator[Exchange | None]:
    """Yield the exchanges of a HAR, None for what is none."""
    with map_file(file) as data:
        start = len(BYTE_ORDER_MARK) if data[: len(BYTE_ORDER_MARK)] == BYTE_ORDER_MARK else 0
        log = decode_document(memoryview(data)[start:])
        cut = Cut()
        entries: Iterable[Any]
        if log is not None:
            entries = _release(log.entries)
        else:
            log = Log[Any]([], find_program(data, "creator"), find_program(data, "browser"), find_pages(data))  # type: ignore[arg-type]
            entries = cut.watch(find_entries(data))
        yield from read_log(log, entries, remark)
        if cut.at == 0:
            raise CorsightError("is cut off or damaged in its first entry", todo="save it again")
        if cut.at is not None:
            raise CorsightError(
                f"is cut off after {cut.at} {'entry' if cut.at == 1 else 'entries'}; what came before was judged",
                todo="save it again",
            )
        if cut.watching and not cut.count:
            raise CorsightError("is no HAR: it has no entries", todo="save a HAR, or record with mitmdump -w")


def _release(entries: list[Any]) -> Iterator[Any]:
    """Yield the entries in their order, and keep none that was yielded."""
    entries.reverse()
    while entries:
        yield entries.pop()


class Cut:
    """Counts the entries of a file that is no whole HAR, and tells where it is cut off."""

    def __init__(self) -> None:
        self.watching = False
        self.count = 0
        self.at: int | None = None

    def watch(self, entries: Iterable[Any]) -> Iterator[Any]:
        """Yield the entries."""
        self.watching = True
        for entry in entries:
            if entry is None:
                self.at = self.count
                return
            self.count += 1
            yield entry


def read_log(log: Log[Any], entries: Iterable[Any], remark: Remark) -> Iterator[Exchange | None]:
    """Yield the exchanges of the entries, which may not be decoded yet; then say what to know of them all."""
    producer = find_producer(log)
    browser = producer.find_browser(log)
    drafts = Drafts(producer, browser, find_page_urls(log))
    order = Order(upper=producer.upper, lost=producer.lost)
    fates: Counter[Fate] = Counter()
    bad: list[int] = []
    for number, raw in enumerate(entries, 1):
        entry = decode_entry(raw)
        if entry is None:
            bad.append(number)
            yield None
            continue
        draft = drafts.make(number, entry)
        if draft is None:
            fates[Fate.OTHER] += 1
            yield None
            continue
        if draft.fate in SKIPPED or draft.fate is Fate.BARE:
            fates[draft.fate] += 1
            yield None
            continue
        if (done := order.put(draft)) is not None:
            yield _finish(done, fates)
    for done in order.end():
        yield _finish(done, fates)
    _conclude(producer, drafts.shown, fates, bad, remark)


def _finish(draft: Draft, fates: Counter[Fate]) -> Exchange | None:
    if draft.fate is Fate.FAILED and draft.joined and not draft.by_worker:
        # Its preflight is what failed. Of a worker's request the answer is not recorded, if it was sent.
        fates[Fate.UNSENT] += 1
        return None
    return draft.finish(UNKNOWN)


def find_page_urls(log: Log[Any]) -> dict[str, str]:
    """Return the URLs of the pages that are named by them, by the pages' ids."""
    pages: list[Page] = [decode_page(raw) for raw in log.pages or ()]
    return {page.id: page.title for page in pages if page.id and page.title and page.title.startswith(HTTP)}


def _conclude(producer: Producer, shown: frozenset[str], fates: Counter[Fate], bad: list[int], remark: Remark) -> None:
    if said := producer.conclude(shown):
        remark(said)
    skipped = [text.format(_count(fates[fate])) for fate, text in SKIPPED.items() if fates[fate]]
    if skipped:
        remark(f"Not judged, since no server answered: {', '.join(skipped)}.")
    if fates[Fate.BARE]:
        remark(f"Not judged, since the headers of the response are not recorded: {_count(fates[Fate.BARE])}.")
    if fates[Fate.OTHER]:
        remark(f"No requests over HTTP, but data:, about:, CONNECT or the like: {_count(fates[Fate.OTHER])}.")
    if bad:
        remark(f"{_count(len(bad))} could not be read, and {'is' if len(bad) == 1 else 'are'} left out: {_name(bad)}.")


def _name(numbers: list[int]) -> str:
    """Return the entries of these numbers, counted from 1; of many, the first."""
    named = ", ".join(map(str, numbers[:NAMED]))
    more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    return f"number{'s' if len(numbers) > 1 else ''} {named}{more}"


def _count(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"
