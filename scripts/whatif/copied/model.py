"""A request that was copied."""

from __future__ import annotations

from typing import Literal

from corsight.policies.exchange import HeaderList
from corsight.policies.value import value

CredentialsMode = Literal["include", "same-origin", "omit"]


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
