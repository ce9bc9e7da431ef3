"""Advice about caches: of responses, which Vary keeps apart, and of preflights, which Access-Control-Max-Age keeps."""

from __future__ import annotations

from corsight.policies.fetch.headers import Failure, extract_header_list_values
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.rules.cors_check import vary_origin
from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject
from corsight.policies.rules.preflight import ASKED, allow_headers, allow_methods

CACHES = "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"
SPEC = "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0"
CACHE = "https://fetch.spec.whatwg.org/#concept-cache"

VARY = "vary-origin-missing"
CAPPED = "max-age-capped"
INVALID = "max-age-invalid"
NEGATIVE = "max-age-negative"
NEVER = "preflight-never-cached"
STORM = "preflight-storm"

REASONABLE = "600"
"""Ten minutes: what every engine keeps, and short enough to change one's mind."""


def max_age(subject: Subject) -> Fix:
    """Seconds, as a plain number."""
    return Fix((HeaderEdit("Access-Control-Max-Age", REASONABLE),))


def by_name(subject: Subject) -> Fix:
    """The method and the headers that are asked for, listed by name."""
    fix = allow_headers(subject) if subject.names else Fix()
    methods = extract_header_list_values(subject.response.headers.get("access-control-allow-methods"))
    unlisted = not isinstance(methods, Failure) and subject.method not in (methods or ())
    return fix + allow_methods(subject) if unlisted and not is_cors_safelisted_method(subject.method) else fix


GRANTED = "204\nAccess-Control-Allow-Origin: https://app.example\nVary: Origin"
LISTS = "Access-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: Content-Type"

RULES = (
    Rule(
        code=VARY,
        kind="advice",
        title="The answer names the origin, and Vary does not",
        spec=CACHES,
        step="",
        why="A cache may reuse this response, which allows one origin. Without Vary: Origin it may hand it to a page "
        "of another origin, which is then blocked. Where the server never allows any other origin, nothing is wrong.",
        seen="Access-Control-Allow-Origin: {allow_origin} on a response that caches may reuse, and no Vary: Origin",
        needed="Vary: Origin",
        advice="Send Vary: Origin on every response of this resource, also on those to requests without Origin.",
        fix=vary_origin,
        example=Example(
            "GET https://api.example/orders\nOrigin: https://app.example\n\n"
            '200\nAccess-Control-Allow-Origin: https://app.example\nCache-Control: max-age=300\nETag: "7"',
        ),
    ),
    Rule(
        code=CAPPED,
        kind="advice",
        title="The browser keeps the preflight for less than it is told",
        spec=SPEC,
        step="7.10",
        why="Each engine has its longest time: Chromium 2 hours, Firefox 24 hours, WebKit 10 minutes. What is beyond "
        "is cut down; nothing breaks, and the browser asks again sooner than the server says.",
        seen="Access-Control-Max-Age: {max_age}",
        needed="at most 7200 for Chromium, 86400 for Firefox, 600 for WebKit, to mean what it says",
        advice="Nothing has to change; expect a preflight each time the browser's own limit is over.",
        actor="nobody",
        example=Example(f"{ASKED}\n\n{GRANTED}\n{LISTS}\nAccess-Control-Max-Age: 31536000"),
    ),
    Rule(
        code=INVALID,
        kind="advice",
        title="Access-Control-Max-Age is no number of seconds",
        spec=SPEC,
        step="7.9",
        why="The header is a plain number of seconds, without unit, fraction or quotes. Of anything else browsers take "
        "no notice: they keep the preflight for 5 seconds, Firefox not at all.",
        seen="Access-Control-Max-Age: {max_age}",
        needed="Access-Control-Max-Age: 600 (or another number of seconds)",
        advice="Send the seconds as digits.",
        fix=max_age,
        example=Example(f"{ASKED}\n\n{GRANTED}\n{LISTS}\nAccess-Control-Max-Age: 10m"),
    ),
    Rule(
        code=NEGATIVE,
        kind="advice",
        title="Access-Control-Max-Age is negative",
        spec=SPEC,
        step="7.9",
        why="The standard takes a negative number for no number, and keeps the preflight for 5 seconds; Chromium and "
        "WebKit forget it at once, and so does Firefox. What is meant is 0.",
        seen="Access-Control-Max-Age: {max_age}",
        needed="Access-Control-Max-Age: 0 to keep nothing, or a number of seconds",
        advice="Send 0 if preflights are not to be remembered.",
        fix=lambda subject: Fix((HeaderEdit("Access-Control-Max-Age", "0"),)),
        example=Example(f"{ASKED}\n\n{GRANTED}\n{LISTS}\nAccess-Control-Max-Age: -1"),
    ),
    Rule(
        code=NEVER,
        kind="advice",
        title="The preflight is asked anew each time, for a wildcard",
        spec=CACHE,
        step="",
        why="The preflight passes, and is not remembered: in Firefox no `*` of its answer ever counts later, in "
        "Chromium none does for Authorization. So every request is preceded by a preflight, whatever Max-Age says.",
        seen="Access-Control-Allow-Methods: {allow_methods}; Access-Control-Allow-Headers: {allow_headers}",
        needed="{method} in Access-Control-Allow-Methods and {names} in Access-Control-Allow-Headers, by name",
        advice="List methods and headers by name instead of *.",
        fix=by_name,
        example=Example(
            f"{ASKED}\n\n204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: *\n"
            "Access-Control-Allow-Headers: *\nAccess-Control-Max-Age: 600",
            engines=("firefox",),
        ),
    ),
    Rule(
        code=STORM,
        kind="advice",
        many=True,
        title="The same preflight is asked again and again",
        spec=SPEC,
        step="7.9",
        why="Without Access-Control-Max-Age a browser remembers a preflight for 5 seconds. A page that asks often "
        "sends two requests for each one it needs, and waits for both.",
        seen="the same preflight over and over, and Access-Control-Max-Age: {max_age}",
        needed="Access-Control-Max-Age: 600 (or more: Chromium keeps up to 7200, Firefox up to 86400)",
        advice="Send Access-Control-Max-Age on preflights.",
        fix=max_age,
        example=Example(
            f"{ASKED}\n\n{GRANTED}\n{LISTS}",
            f"{ASKED}\n\n{GRANTED}\n{LISTS}",
            f"{ASKED}\n\n{GRANTED}\n{LISTS}",
        ),
    ),
)
