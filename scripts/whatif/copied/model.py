"""A request that was copied."""

from __future__ import annotations

from typing import Literal

from corsight.policies.exchange import HeaderList
from corsight.policies.value import value

FILLED = "x"
"""What stands in a string for what an expression fills in."""
UNSEEN = "The headers are not in the paste, but a name for them: give those that the page sets with -H."
CredentialsMode = Literal["include", "same-origin", "omit"]


def join_halves(text: str) -> str:
    """Return a text in which two halves of a sign are the sign; one alone, which stands for none, is replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


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
