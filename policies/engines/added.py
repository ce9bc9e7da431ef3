"""The request headers that browsers add by themselves, where a page could set them too."""

from __future__ import annotations

import re

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.safelist import (
    FORBIDDEN_NAMES,
    FORBIDDEN_PREFIXES,
    METHOD_OVERRIDES,
    SAFELISTED_NAMES,
    is_forbidden_request_header,
)

_NAMES = frozenset(
    {
        # A page could set it; that the browser did is true of all but one request in a million.
        "user-agent",
        # How the browser wants the response, and by which way it asks.
        "alt-used",
        "priority",
        "service-worker",
        "service-worker-navigation-preload",
        "upgrade-insecure-requests",
        # Revalidation of a cached response, and resuming one. Pages rarely set them, and their preflight names them.
        "if-modified-since",
        "if-none-match",
        "if-range",
        # An EventSource reconnecting: a name off the safelist, in a request that needs no preflight all the same.
        "last-event-id",
        # Hyperlink auditing, attribution reporting.
        "attribution-reporting-eligible",
        "attribution-reporting-support",
        "ping-from",
        "ping-to",
        # What Chrome tells its maker's servers.
        "x-browser-channel",
        "x-browser-copyright",
        "x-browser-validation",
        "x-browser-year",
        "x-chrome-connected",
        "x-client-data",
    }
)

_VALUES = {
    # A reload, or a fetch whose cache mode is no-cache, reload or no-store.
    "cache-control": re.compile("no-cache|max-age=0"),
    "pragma": re.compile("no-cache"),
    # The user asked to save data, or the page is prefetched.
    "save-data": re.compile("on"),
    "purpose": re.compile("prefetch"),
    # Old builds under the POSIX locale; with that letter it is not safelisted.
    "accept-language": re.compile(r"[A-Za-z0-9-]+@posix(?:[,;].*)?"),
    # Client hints that a page delegates. What sets them in Chromium needs no preflight either.
    **dict.fromkeys(("dpr", "device-memory", "downlink"), re.compile(r"\d+(\.\d+)?")),
    **dict.fromkeys(("width", "viewport-width", "rtt"), re.compile(r"\d+")),
    "ect": re.compile("slow-2g|2g|3g|4g"),
    # Schemes that a browser computes by itself. Basic stays: pages write that too, and so does Bearer.
    "authorization": re.compile(r"(?:ntlm|negotiate|digest)(?: .*)?", re.IGNORECASE),
}


_LOOKED_AT = _VALUES.keys() | METHOD_OVERRIDES | FORBIDDEN_NAMES
_KNOWN = _NAMES | _LOOKED_AT | SAFELISTED_NAMES


def list_page_set_headers(headers: HeaderList) -> list[tuple[str, str]]:
    """Return the headers of a request on the wire that its page may have set: names lower case, in the order of
    their first lines. All lines are there of a name whose values tell something; of any other only the name.

    They tell whether it needed a preflight. Left out are headers no page can set, and those that browsers add (each
    reason stands above its names). Accept, other Accept-Language and Content-Type stay: what browsers write there is
    safelisted.
    """
    result: list[tuple[str, str]] = []
    for name in headers.names():
        if name not in _KNOWN:
            if not name.startswith(FORBIDDEN_PREFIXES):
                result.append((name, ""))
        elif name in _NAMES:
            continue
        elif name in _LOOKED_AT:
            added = _VALUES[name].fullmatch if name in _VALUES else None
            result += [
                (name, value)
                for value in headers.lines(name)
                if not (added and added(value)) and not is_forbidden_request_header(name, value)
            ]
        else:
            result += [(name, value) for value in headers.lines(name)]
    return result
