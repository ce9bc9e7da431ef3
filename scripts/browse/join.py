"""Joins what the browser says of a request to the row of its exchange, or gives it a row of its own."""

from __future__ import annotations

from corsight.policies.causes import CAUSES
from corsight.policies.fetch.origin import origin_of
from corsight.policies.rules import RULES
from corsight.policies.rules.isolation import LOCAL_NETWORK
from corsight.scripts.browse.rows import LOADED, Row, Rows
from corsight.scripts.browse.watch import Sighting

NEAR = 60.0
"""Seconds between an exchange and what a browser says of it."""
SAME = 1.0
"""Seconds within which a browser tells the same request twice."""

UNSENT = {
    "mixed-content": "Mixed content: a page that was loaded over https may not ask for http",
    "csp": "The page's own Content-Security-Policy forbids it",
    "LocalNetworkAccessPermissionDenied": "Local network access: the user has to permit it, and did not",
    "InsecureLocalNetwork": "Local network access: only pages loaded over https may ask",
    "subresource-filter": "The browser's content filter stopped it",
    "content-type": "Its MIME type does not fit what the page uses it for",
    "service-worker": "A service worker answered it: what it fetched itself is judged by itself",
}
"""What stopped a request before it was sent, in words."""


CODES = {
    "csp": "csp-forbids-it",
    "content-type": "wrong-type",
    "LocalNetworkAccessPermissionDenied": LOCAL_NETWORK,
    "InsecureLocalNetwork": LOCAL_NETWORK,
    "InvalidLocalNetworkAccess": "local-network-wrong-space",
    "CorsDisabledScheme": "scheme-not-fetchable",
}
"""The browser's words for what stopped a request, by the codes of the catalogue."""


def look_up(code: str) -> tuple[str, str]:
    """Return what a code of the catalogue says in a line, and what to do about it; nothing where it is none."""
    if code in CAUSES:
        return CAUSES[code].title.rstrip("."), CAUSES[code].advice
    return (RULES[code].title, RULES[code].advice) if code in RULES else ("", "")


def join(rows: Rows, sighting: Sighting) -> Row | None:
    """Return the row that changed or is new; None where nothing is to be said."""
    url = sighting.url.partition("#")[0]
    if sighting.kind == "answered":
        return _alone(rows, sighting, url, "answered", "service-worker")
    said = LOADED if sighting.kind == "loaded" else sighting.error
    row = _own(rows, sighting, url, said)
    if row is None and sighting.kind == "refused":
        row = _preflight(rows, sighting, url)
    if row is not None:
        row.seen = said
        rows.compare(row)
        return row
    if said == LOADED:
        # Out of a cache, or not HTTP: the proxy has no part in it.
        return None
    return _alone(rows, sighting, url, "blocked", sighting.error)


def _together(row: Row, sighting: Sighting) -> bool:
    return abs(row.started - sighting.started) < SAME


def _own(rows: Rows, sighting: Sighting, url: str, said: str) -> Row | None:
    """Return the row of the request. Of several alike, it is the one that agrees: a false alarm is worse than a missed
    one.
    """
    alike = [
        row
        for row in rows
        if row.url == url
        and row.seen is None
        and not row.by_browser
        and row.role != "preflight"
        and sighting.method in ("", row.method)
        and abs(row.started - sighting.started) < NEAR
    ]

    def order(row: Row) -> tuple[bool, float]:
        blocked = any(one.outcome == "blocked" for one in rows.of_fetch(row))
        return blocked == (said == LOADED), abs(row.started - sighting.started)

    return min(alike, key=order, default=None)


def _preflight(rows: Rows, sighting: Sighting, url: str) -> Row | None:
    """Return the preflight that kept a request from being sent: a blocked one first."""
    near = [
        row
        for row in rows
        if row.url == url
        and row.role == "preflight"
        and row.seen is None
        and abs(row.started - sighting.started) < NEAR
    ]
    return min(near, key=lambda row: (row.outcome != "blocked", abs(row.started - sighting.started)), default=None)


def _alone(rows: Rows, sighting: Sighting, url: str, outcome: str, cause: str) -> Row | None:
    code = CODES.get(cause, cause)
    if any(row.by_browser and row.url == url and row.cause == code and _together(row, sighting) for row in rows):
        # A browser tells some of them twice, in different words.
        return None
    message = UNSENT.get(cause) or sighting.text or f"The browser stopped it: {cause}"
    title, fix = look_up(code)
    if sighting.directive:
        message = f"{message} ({sighting.directive})"
        fix = (
            f"Add {origin_of(url)} to {sighting.directive} in the page's Content-Security-Policy, its header or meta "
            "element; where that has none, to a copy of its default-src. The API's server can change nothing here."
        )
    row = Row(
        f"browser-{len(rows) + rows.forgotten}",
        sighting.started,
        sighting.method,
        url,
        outcome,
        cause=code,
        title=UNSENT.get(cause) or title,
        fix=(fix,) if fix else (),
        message=message,
        by_browser=True,
    )
    rows.add(row)
    return row
