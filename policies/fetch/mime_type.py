"""Which MIME types scripts and style sheets may have."""

from __future__ import annotations

import re

from corsight.policies.fetch.headers import TAB_OR_SPACE

SCRIPT_LIKE = frozenset({"audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker"})
"""https://fetch.spec.whatwg.org/#request-destination-script-like, but for xslt, which no type check knows."""
STYLE = "style"
WORKER = "worker"
TYPED = SCRIPT_LIKE | {STYLE}
"""Destinations whose responses have to be of a type."""

is_javascript = re.compile(
    r"(?:application/(?:x-)?(?:ecma|java)script"
    r"|text/(?:ecmascript|javascript(?:1\.[0-5])?|jscript|livescript|x-ecmascript|x-javascript))"
).fullmatch
"""https://mimesniff.spec.whatwg.org/#javascript-mime-type"""


def determine_nosniff(value: str | None) -> bool:
    """Return whether X-Content-Type-Options (all lines joined) says nosniff: its first value counts.

    https://fetch.spec.whatwg.org/#determine-nosniff
    """
    if value is None:
        return False
    # The first element is all before the first comma, unless a quoted string hides that: then it is none of these.
    return value.partition(",")[0].strip(TAB_OR_SPACE).lower() == "nosniff"


def is_blocked_by_mime_type(essence: str | None, destination: str) -> bool:
    """Return whether a response is of a type that no script has. `essence` is None where it has none.

    https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?
    """
    # 2. "If mimeType is failure, then return allowed."
    if essence is None:
        return False
    # 4. "If destination is script-like and one of the following is true, then return blocked"
    return destination in SCRIPT_LIKE and (essence.startswith(("audio/", "image/", "video/")) or essence == "text/csv")


def is_blocked_by_nosniff(essence: str | None, destination: str) -> bool:
    """Return whether a response with nosniff is not of its destination's type.

    https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?
    """
    # 4. "If destination is script-like and mimeType is failure or is not a JavaScript MIME type"
    if destination in SCRIPT_LIKE:
        return essence is None or not is_javascript(essence)
    # 5. "If destination is "style" and mimeType is failure or its essence is not "text/css""
    return destination == STYLE and essence != "text/css"
