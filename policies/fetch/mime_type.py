"""Which MIME types scripts, modules and style sheets may have."""

from __future__ import annotations

import re
from typing import Literal

from corsight.policies.fetch.headers import TAB_OR_SPACE

SCRIPT_LIKE = frozenset({"audioworklet", "paintworklet", "script", "serviceworker", "sharedworker", "worker"})
"""https://fetch.spec.whatwg.org/#request-destination-script-like, but for xslt, which no type check knows."""
STYLE = "style"
WORKER = "worker"
JSON = "json"
TYPED = SCRIPT_LIKE | {STYLE, JSON}
"""Destinations whose responses have to be of a type."""

Use = Literal[
    "classic", "module", "imported", "worker", "worklet", "service worker", "json", "style", "css module", "quirks"
]
"""What a response is used for: a classic script, a module, what importScripts() takes in, a classic worker, a worklet's
module, a service worker, a JSON module; a style sheet of any document, a CSS module, a style sheet of a document in
quirks mode.
"""

_USES: dict[tuple[str, str], tuple[Use, ...]] = {
    ("audioworklet", "cors"): ("worklet",),
    ("paintworklet", "cors"): ("worklet",),
    ("worker", "same-origin"): ("worker", "module"),
    ("sharedworker", "same-origin"): ("worker", "module"),
    # What a worker's modules import.
    ("worker", "cors"): ("module",),
    ("sharedworker", "cors"): ("module",),
    ("serviceworker", "cors"): ("module",),
    ("json", "cors"): ("json",),
    # A module, or a classic script whose element says crossorigin.
    ("script", "cors"): ("module", "classic"),
    # One of a worker's, or of an element.
    ("script", "no-cors"): ("classic", "imported"),
    ("style", "cors"): ("style", "css module"),
    ("serviceworker", "same-origin"): ("service worker",),
}

is_javascript = re.compile(
    r"(?:application/(?:x-)?(?:ecma|java)script"
    r"|text/(?:ecmascript|javascript(?:1\.[0-5])?|jscript|livescript|x-ecmascript|x-javascript))"
).fullmatch
"""https://mimesniff.spec.whatwg.org/#javascript-mime-type"""
is_json = re.compile(r"(?:application|text)/json|.*\+json").fullmatch
"""https://mimesniff.spec.whatwg.org/#json-mime-type"""


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


def list_uses(destination: str, mode: str, *, same_origin: bool, json_as_script: bool) -> tuple[Use, ...]:
    """Return what a request of this destination and mode may be for, the likelier first; nothing where HTML asks for no
    type. `same_origin` tells that its response is of the page's own origin, `json_as_script` that it is JSON in an
    engine that asks for a JSON module as for any script.
    """
    uses = _USES.get((destination, mode), ("style",) if destination == STYLE else ())
    if json_as_script and uses[:1] == ("module",):
        return ("json", *uses)
    return (*uses, "quirks") if same_origin and destination == STYLE else uses


def is_usable(essence: str | None, use: Use) -> bool:
    """Return whether HTML lets a response of this essence be used so.

    https://html.spec.whatwg.org/#fetch-a-single-module-script, https://html.spec.whatwg.org/#importscripts(),
    https://w3c.github.io/ServiceWorker/#update-algorithm, https://html.spec.whatwg.org/#link-type-stylesheet
    """
    if use in ("classic", "quirks"):
        return True
    if use == "style":
        return essence in (None, "text/css")
    if use == "css module":
        return essence == "text/css"
    if essence is None:
        return False
    if use == "json":
        return is_json(essence) is not None
    return is_javascript(essence) is not None or (use == "module" and essence == "application/wasm")
