"""Reads a HAR: its entries in the order of the file, as exchanges, and what to know of the file as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from typing import Any

from corsight.policies.exchange import Exchange
from corsight.policies.session.memory import Memory
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.har.draft import HTTP, UNKNOWN, Draft, Drafts
from corsight.scripts.recordings.har.format import (
    Log,
    Page,
    decode_document,
    decode_entry,
    decode_page,
    weigh_entry,
)
from corsight.scripts.recordings.har.order import Order
from corsight.scripts.recordings.har.producers import find_producer
from corsight.scripts.recordings.har.producers.model import SKIPPED, Fate, Producer
from corsight.scripts.recordings.har.split import BESIDE, PIECE, find_entries, find_pages, find_program
from corsight.scripts.recordings.mapping import map_file
from corsight.scripts.recordings.stepping import HELD

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NAMED = 5
"""How many of the entries that could not be read are named."""
PAGES = 65536
"""Pages that are remembered by their names."""
type Remark = Callable[[str], None]


def read(file: BufferedReader, remark: Remark) -> Iterator[Exchange | None]:
    """Yield the exchanges of a HAR, None for what is none."""
    with map_file(file) as data:
        start = len(BYTE_ORDER_MARK) if data[: len(BYTE_ORDER_MARK)] == BYTE_ORDER_MARK else 0
        # Decoded as a whole, a HAR takes ten times its bytes: of a large one, a piece is decoded at a time.
        log = decode_document(memoryview(data)[start:]) if len(data) <= PIECE else None
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
            raise CorsightError(
                "is not a HAR file: it has no entries", todo="export it again, or record with mitmdump -w"
            )


def _release(entries: list[Any]) -> Iterator[Any]:
    """Yield the entries in their order, and keep none that was yielded."""
    entries.reverse()
    while entries:
        yield entries.pop()


class Bad:
    """Counts the entries that could not be read, and names the first by their numbers, counted from 1."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[int] = []

    def put(self, number: int) -> None:
        """Count an entry."""
        self.count += 1
        if self.count <= NAMED:
            self._first.append(number)

    def name(self) -> str:
        """Return the numbers of the first, and how many more there are."""
        more = f" and {self.count - NAMED} more" if self.count > NAMED else ""
        return f"number{'s' if self.count > 1 else ''} {', '.join(map(str, self._first))}{more}"


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
    bad = Bad()
    for number, raw in enumerate(entries, 1):
        entry = None if _is_heavy(raw) else decode_entry(raw)
        if entry is None:
            bad.put(number)
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
        for done in order.put(draft):
            yield _finish(done, fates)
    for done in order.end():
        yield _finish(done, fates)
    _conclude(producer, drafts.shown, fates, bad, remark)


def _is_heavy(raw: Any) -> bool:
    """Return whether an entry has more than any browser takes, beside its body."""
    return isinstance(raw, memoryview) and len(raw) > HELD and weigh_entry(raw) > HELD


def _finish(draft: Draft, fates: Counter[Fate]) -> Exchange | None:
    if draft.fate is Fate.FAILED and draft.joined and not draft.by_worker:
        # Its preflight is what failed. Of a worker's request the answer is not recorded, if it was sent.
        fates[Fate.UNSENT] += 1
        return None
    return draft.finish(UNKNOWN)


def find_page_urls(log: Log[Any]) -> Memory[str, str]:
    """Return the URLs of the pages that are named by them, by the pages' ids."""
    urls: Memory[str, str] = Memory(PAGES, BESIDE)
    for raw in log.pages or ():
        page: Page = decode_page(raw)
        if page.id and page.title and page.title.startswith(HTTP):
            urls.put(page.id, page.title, len(page.id) + len(page.title))
    return urls


def _conclude(producer: Producer, shown: frozenset[str], fates: Counter[Fate], bad: Bad, remark: Remark) -> None:
    if said := producer.conclude(shown):
        remark(said)
    skipped = [text.format(_count(fates[fate])) for fate, text in SKIPPED.items() if fates[fate]]
    if skipped:
        remark(f"Not judged, because no server answered: {', '.join(skipped)}.")
    if fates[Fate.BARE]:
        remark(f"Not judged, because the headers of the response are not recorded: {_count(fates[Fate.BARE])}.")
    if fates[Fate.OTHER]:
        remark(f"Not HTTP requests, but data:, about:, CONNECT or the like: {_count(fates[Fate.OTHER])}.")
    if bad.count:
        left_out = "is left out" if bad.count == 1 else "are left out"
        remark(f"{_count(bad.count)} could not be read, and {left_out}: {bad.name()}.")


def _count(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"
