"""Code with XMLHttpRequest, as a page has it and as Postman and Insomnia write it; and the other requests that a script
lets the browser make: event streams and beacons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from corsight.scripts.whatif.copied.fetch import read_address
from corsight.scripts.whatif.copied.javascript import UNKNOWN, read_call
from corsight.scripts.whatif.copied.model import FILLED, Copied, make_headers

MOST = 64
"""Headers of a request that are read."""
OPEN = re.compile(
    r"(?P<name>(?:this\.)?[A-Za-z_$][\w$]{0,60}+)\.open\s*\(\s*"
    r"(?=['\"`](?i:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)['\"`]|[A-Za-z_$][\w$.]*\s*,)"
)
STREAM = re.compile(r"\bnew\s+EventSource\s*\(")
BEACON = re.compile(r"\bnavigator\.sendBeacon\s*\(")
UPLOADS = (
    "The code listens to the upload's progress: such a request always needs a preflight. Add -H 'x-upload: 1' to have "
    "that judged."
)


def find_request(text: str, names: Mapping[str, Any]) -> Copied | None:
    """Return the request of the last of these calls in a text; None where there is none."""
    if "XMLHttpRequest" in text and (opened := [*islice(OPEN.finditer(text), MOST)]):
        return _read_xhr(text, opened[-1], names)
    if (call := STREAM.search(text)) is not None:
        given = [*read_call(text, call.end(), names), None, {}]
        include = isinstance(given[1], dict) and given[1].get("withCredentials") is True
        return Copied(read_address(given[0]), "GET", make_headers([]), "include" if include else "omit", wire=False)
    if (call := BEACON.search(text)) is not None:
        given = read_call(text, call.end(), names)
        return Copied(read_address(given[0] if given else None), "POST", make_headers([]), "include", wire=False)
    return None


def list_calls(text: str) -> set[int]:
    """Return the places in a text where such a request is made."""
    patterns = (*((OPEN,) if "XMLHttpRequest" in text else ()), STREAM, BEACON)
    return {call.start() for pattern in patterns for call in islice(pattern.finditer(text), MOST)}


def _read_xhr(text: str, opened: re.Match[str], names: Mapping[str, Any]) -> Copied:
    given = [*read_call(text, opened.end(), names), UNKNOWN, UNKNOWN]
    name = re.escape(opened["name"])
    # withCredentials may be set before or after open().
    told = [*re.finditer(rf"{name}\.withCredentials\s*=\s*(true|false|)", text)]
    fields = [*list_set(text, name, names)]
    notes = (UPLOADS,) if re.search(rf"{name}\.upload\b", text) else ()
    return Copied(
        read_address(given[1]),
        given[0] if isinstance(given[0], str) else "GET",
        make_headers(fields),
        "same-origin" if not told else {"true": "include", "false": "same-origin"}.get(told[-1][1]),  # type: ignore[arg-type]
        wire=False,
        notes=notes,
    )


def list_set(text: str, name: str, names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the headers that are set on the object that a pattern names."""
    for call in islice(re.finditer(rf"{name}\.setRequestHeader\s*\(", text), MOST):
        given = [*read_call(text, call.end(), names), UNKNOWN, UNKNOWN]
        if isinstance(given[0], str):
            yield given[0], given[1] if isinstance(given[1], str) else FILLED
