"""A request that was copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from corsight.policies.exchange import HeaderList
from corsight.policies.value import value

FILLED = "x"
"""What stands in a string for what an expression fills in."""
UNSEEN = "The headers are not in the paste, but a name for them: give those that the page sets with -H."
UNSEEN_OPTIONS = (
    "The headers are not in the paste, nor the method, but a name for them: give them with -H and --method, and "
    "--credentials where the page sets that."
)
FILLED_IN = 1 << 16
"""Characters that names may stand for in one text: a name may stand for another one twice, and that one again."""
CredentialsMode = Literal["include", "same-origin", "omit"]


def join_halves(text: str) -> str:
    """Return a text in which two halves of a sign are the sign; one alone, which stands for none, is replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def make_headers(fields: Iterable[tuple[str, str]]) -> HeaderList:
    """Return the headers with these names and values."""
    return HeaderList(
        tuple((name.encode("latin-1", "replace"), sent.encode("utf-8", "replace")) for name, sent in fields if name)
    )


class Room:
    """What is left of the characters that names may stand for."""

    def __init__(self) -> None:
        self._left = FILLED_IN

    def take(self, found: object) -> bool:
        """Return whether there is room for what a name stands for, and take it."""
        if isinstance(found, str):
            self._left -= len(found)
        return self._left >= 0


def tell_others(count: int) -> Iterator[str]:
    """Yield a note where a paste makes several requests, of which one is read."""
    if count > 1:
        yield f"The paste holds {count} requests: only this one is judged. Paste another by itself."


@value
class Copied:
    """A request as it was copied.

    `url` is None where code makes it. `headers` are all that stand there, the browser's own too. `referrer` is the page
    that asked, where it is told beside them. `wire` tells that the headers are all that was sent, so that one which is
    not there was not sent. `answer` is the text behind it, `notes` what a person should know of it.
    """

    url: str | None
    method: str
    headers: HeaderList
    credentials: CredentialsMode | None = None
    mode: str | None = None
    referrer: str | None = None
    wire: bool = True
    answer: str = ""
    notes: tuple[str, ...] = ()
