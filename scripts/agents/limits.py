"""Pages of lists: how many entries at once, and where the next ones begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from corsight.scripts.errors import CorsightError

Limit = Annotated[int, Field(ge=1, le=100, description="how many at once")]
Cursor = Annotated[str | None, Field(max_length=64, description="from the answer before, for the next ones")]

_CURSOR = re.compile(r"([0-9]{1,12})-([0-9]{1,12})").fullmatch


def cut[T](entries: Sequence[T], limit: int, cursor: str | None, version: int) -> tuple[Sequence[T], str | None]:
    """Return a page of the entries, and the cursor of the next one, None where this is the last.

    `version` is that of what they were made of. Raises CorsightError where it is another than the cursor's.
    """
    start = 0
    if cursor is not None:
        found = _CURSOR(cursor)
        if found is None:
            raise CorsightError("is not one that was given", where="cursor", todo="leave it out to begin anew")
        if int(found[2]) != version:
            raise CorsightError("more has come since", where="cursor", todo="leave it out to begin anew")
        start = int(found[1])
    end = start + limit
    return entries[start:end], f"{end}-{version}" if end < len(entries) else None
