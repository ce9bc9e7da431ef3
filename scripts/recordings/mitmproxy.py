"""mitmproxy's recordings: a flow after the other, each with its length before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BufferedIOBase, BytesIO

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.flows import DICTIONARY, Odd, read_flow
from corsight.scripts.recordings.stepping import BLOCK, DIGITS, Damaged, Stepper
from corsight.scripts.report.lines import pluralize

LARGE = 2 << 20
"""Bytes of a flow from which its bodies are stepped over, and not held."""


class WrongKind(Exception):
    """A flow holds a value of a kind that no proxy writes, or more than any proxy lets through."""


class TooLarge(WrongKind):
    """A flow is too large to be held, even without its bodies."""


def read(file: BufferedIOBase, remark: Callable[[str], None]) -> Iterator[Exchange | None]:
    """Yield the exchanges of a recording, None for a flow that is none."""
    exchanges = left_out = large = 0
    try:
        for data, start, end in read_records(file):
            try:
                exchange = read_record(data, start, end)
            except TooLarge:
                large += 1
                continue
            except WrongKind:
                left_out += 1
                continue
            exchanges += exchange is not None
            yield exchange
        if large:
            raise CorsightError(
                f"holds {pluralize(large, 'exchange')} with larger headers than any browser takes, which were left out",
                todo="if they are wanted, record them again with shorter ones",
            )
        if left_out:
            lost = pluralize(left_out, "exchange")
            raise CorsightError(f"holds {lost} with values of a wrong kind, which were left out")
    except CorsightError:
        raise
    except Exception as error:
        # What is wrong in a damaged file shows in as many ways as there are lines of code that read it.
        raise describe(error, exchanges) from None


def read_records(file: BufferedIOBase, largest: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield each flow of a recording as bytes, with where it begins and ends in them: at the sign of its type.

    What is large in one is left out, and nothing is in the bytes of one that is too large all the same; where `largest`
    says how many bytes are held, each is given as it is. Raises Damaged, also at what is larger than that.
    """
    data, start = b"", 0
    while True:
        colon = data.find(b":", start, start + DIGITS + 1)
        length = data[start:colon]
        if colon >= 0 and length.isdigit():
            end = colon + 1 + int(length)
            if end < len(data):
                yield data, colon + 1, end
                start = end + 1
                continue
            if largest is None and end - colon > LARGE:
                stepper = Stepper(data[colon + 1 :], file)
                flow = stepper.read_flow(int(length))
                yield flow, 0, max(0, len(flow) - 1)
                data, start = stepper.rest, 0
                continue
            if largest is not None and end - colon > largest:
                raise Damaged
            missing = end + 1 - len(data)
        elif colon >= 0 or len(data) - start > DIGITS:
            raise Damaged
        else:
            missing = 1
        more = _read(file, missing)
        if not more:
            if start < len(data):
                raise Damaged
            return
        data, start = data[start:] + more, 0


def _read(file: BufferedIOBase, least: int) -> bytes:
    """Return at least so many bytes, fewer at the end only, and as many more as are there in one piece."""
    pieces: list[bytes] = []
    while least > 0 and (piece := file.read1(max(least, BLOCK))):
        pieces.append(piece)
        least -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_record(data: bytes, start: int, end: int) -> Exchange | None:
    """Return the exchange that a flow is, None where it is none. Raises whatever mitmproxy raises over it."""
    if not data:
        raise TooLarge
    if data[end] == DICTIONARY:
        try:
            return read_flow(data, start, end)
        except (Odd, ValueError, KeyError):
            pass
    return _ask_mitmproxy(b"%d:%b" % (end - start, data[start : end + 1]))


def _ask_mitmproxy(record: bytes) -> Exchange | None:
    """Read one flow as mitmproxy does: one of an earlier version, or one that is damaged."""
    from mitmproxy.http import HTTPFlow
    from mitmproxy.io import FlowReader

    from corsight.addons.adapter import exchange_of, is_whole

    flow = next(iter(FlowReader(BytesIO(record)).stream()))
    if not isinstance(flow, HTTPFlow):
        return None
    if not is_whole(flow):
        raise WrongKind
    return exchange_of(flow)


def describe(error: Exception, exchanges: int) -> CorsightError:
    """Return what is wrong with a recording, after so many exchanges that were good."""
    reason = str(error)
    if "flow format version" in reason and type(error).__name__ == "FlowReadException":
        return CorsightError(reason.rstrip("."), todo="read it with the mitmproxy that wrote it")
    if not exchanges:
        return CorsightError(
            "is not a recording, or is damaged at its start", todo="make one with mitmdump -w FILE, or save a HAR"
        )
    return CorsightError(
        f"is cut short or damaged after {pluralize(exchanges, 'exchange')}; what came before it was judged",
        todo="stop mitmproxy before its recording is read, or record again",
    )
