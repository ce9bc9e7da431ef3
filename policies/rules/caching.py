"""Advice about preflights' headers and about caches: how long an answer is kept, by what, and for whom."""

from __future__ import annotations

import re

from corsight.policies.fetch.headers import Failure, extract_header_list_values, read_list
from corsight.policies.fetch.safelist import find_uncovered_names, is_cors_safelisted_method, is_covered_by_wildcard
from corsight.policies.rules.cors_check import vary_origin
from corsight.policies.rules.example import GET_ORDERS, Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject
from corsight.policies.rules.placement import CANONICAL
from corsight.policies.rules.preflight import ASKED, allow_headers, allow_methods
from corsight.policies.rules.view import CACHE_CONTROL, HEADERS, LAST_MODIFIED, MAX_AGE, METHODS, ORIGIN, VARY, View

CACHES = "https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"
RESPONSES = "https://fetch.spec.whatwg.org/#http-responses"
SPEC = "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0"
CACHE = "https://fetch.spec.whatwg.org/#concept-cache"
NON_WILDCARD = "https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name"

CAPPED = "max-age-capped"

REASONABLE = "600"
"""Ten minutes: what every engine keeps, and short enough to change one's mind."""

_digits = re.compile(r"[0-9]+").fullmatch
_negative = re.compile(r"-[0-9]+").fullmatch
_asks = re.compile(r"no-store|no-cache|\bmax-age\s*=\s*\"?0+(?![0-9])", re.IGNORECASE).search
_lasts = re.compile(r"\b(?:s-maxage|max-age)\s*=\s*\"?0*[1-9]", re.IGNORECASE).search


def _passes(view: View) -> bool:
    return view.role == "preflight" and 200 <= view.status <= 299


def _read_max_age(view: View) -> str:
    """Return the Access-Control-Max-Age of a preflight that passes; "" where there is none, or several."""
    return view.values.get(MAX_AGE, "") if _passes(view) and MAX_AGE not in view.lines else ""


def is_capped(view: View) -> bool:
    """Return whether a preflight is to be kept for longer than the engine keeps any."""
    value, cap = _read_max_age(view), view.policy.cache.cap_seconds
    digits = value.lstrip("0") or "0"
    # A number of more digits than any cap has is beyond it, and int() would refuse the longest.
    return bool(_digits(value)) and cap is not None and (len(digits) > 9 or int(digits) > cap)


def is_no_number(view: View) -> bool:
    """Return whether a preflight's time is not a number at all."""
    return bool(value := _read_max_age(view)) and not _digits(value) and not _negative(value)


def _split_list(view: View, header: str) -> tuple[str, ...]:
    """Return the elements of a list on a preflight that passes; none with credentials, where `*` covers nothing."""
    return read_list(view.values.get(header)) if _passes(view) and view.include is False else ()


def _find_names_by_wildcard(view: View) -> tuple[str, ...]:
    """Return the request-header names that are asked for and not listed, where `*` is."""
    listed = _split_list(view, HEADERS)
    return find_uncovered_names(listed, view.asked, include=True) if "*" in listed else ()


def allows_authorization_by_wildcard(view: View) -> bool:
    """Return whether the engine lets Authorization pass by `*`, which the standard does not."""
    return view.policy.authorization_by_wildcard and any(
        not is_covered_by_wildcard(name.lower(), include=False) for name in _find_names_by_wildcard(view)
    )


def is_never_cached(view: View) -> bool:
    """Return whether a preflight that is to be kept passed by a `*` that the engine's cache does not count."""
    value, cache = _read_max_age(view), view.policy.cache
    if not _digits(value) or not value.strip("0"):
        return False
    if allows_authorization_by_wildcard(view) and not cache.authorization_by_wildcard:
        return True
    methods, method = _split_list(view, METHODS), view.method
    method_by_wildcard = "*" in methods and method not in methods and not is_cors_safelisted_method(method)
    return not cache.wildcard_hits and (method_by_wildcard or bool(_find_names_by_wildcard(view)))


def find_lists(view: View) -> str:
    """Return what is for preflights' answers, on a response that is none."""
    if view.role == "preflight" or view.method == "OPTIONS":
        return ""
    names = [name for name in (METHODS, HEADERS, MAX_AGE) if name in view.values]
    return "; ".join(f"{CANONICAL[name]}: {view.values[name]}" for name in names)


def lacks_vary(view: View) -> bool:
    """Return whether a cache may hand the response for one origin to another, without asking the server.

    If it asks, the server's answer brings the right header. A 304 need not repeat what the stored response said.
    """
    origin = view.values.get(ORIGIN)
    if view.role == "preflight" or view.method not in ("GET", "HEAD") or view.status == 304:
        return False
    vary = {part.strip().lower() for part in view.values.get(VARY, "").split(",")}
    if origin != view.origin or origin == "null" or "origin" in vary or "*" in vary:
        return False
    control = view.values.get(CACHE_CONTROL, "")
    # Last-Modified lets a cache reuse a response that does not say for how long it may (RFC 9111, section 4.2.2).
    return _asks(control) is None and (LAST_MODIFIED in view.names or _lasts(control) is not None)


def set_max_age(subject: Subject) -> Fix:
    """Return the header in seconds, as a plain number."""
    return Fix((HeaderEdit("Access-Control-Max-Age", REASONABLE),))


def list_by_name(subject: Subject) -> Fix:
    """Return the lists with the method and the headers that are asked for in them, by name."""
    fix = allow_headers(subject) if subject.names else Fix()
    methods = extract_header_list_values(subject.response.headers.get("access-control-allow-methods"))
    unlisted = not isinstance(methods, Failure) and subject.method not in (methods or ())
    return fix + allow_methods(subject) if unlisted and not is_cors_safelisted_method(subject.method) else fix


GRANTED = "204\nAccess-Control-Allow-Origin: https://app.example\nVary: Origin"
ALLOWED = "Access-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: Content-Type"

RULES = (
    Rule(
        code=CAPPED,
        title="The browser caches the preflight for less time than the server says",
        spec=SPEC,
        step="7.10",
        why="Each browser has a limit: Chromium 2 hours, Firefox 24 hours, WebKit 10 minutes. A longer time is cut to "
        "that limit. Nothing fails, but the browser sends the next preflight earlier than the server says.",
        seen="Access-Control-Max-Age: {max_age}",
        needed="at most 7200 for Chromium, 86400 for Firefox, 600 for WebKit",
        advice="Nothing has to change. The browser sends a new preflight whenever its own limit is over.",
        actor="nobody",
        check=is_capped,
        example=Example(f"{ASKED}\n\n{GRANTED}\n{ALLOWED}\nAccess-Control-Max-Age: 31536000"),
    ),
    Rule(
        code="max-age-invalid",
        title="Access-Control-Max-Age is not a number of seconds",
        spec=SPEC,
        step="7.9",
        why="The value has to be a plain number of seconds, without unit, fraction or quotes. Browsers ignore anything "
        "else and cache the preflight for 5 seconds; Firefox does not cache it at all.",
        seen="Access-Control-Max-Age: {max_age}",
        needed="Access-Control-Max-Age: 600 (or another number of seconds)",
        advice="Send the seconds as digits.",
        fix=set_max_age,
        check=is_no_number,
        example=Example(f"{ASKED}\n\n{GRANTED}\n{ALLOWED}\nAccess-Control-Max-Age: 10m"),
    ),
    Rule(
        code="max-age-negative",
        title="Access-Control-Max-Age is negative",
        spec=SPEC,
        step="7.9",
        why="By the standard a negative number is invalid, and the preflight is cached for 5 seconds. Chromium, WebKit "
        "and Firefox do not cache it at all, as with 0.",
        seen="Access-Control-Max-Age: {max_age}",
        needed="Access-Control-Max-Age: 0 to keep nothing, or a number of seconds",
        advice="Send 0 if preflights are not to be cached.",
        fix=lambda subject: Fix((HeaderEdit("Access-Control-Max-Age", "0"),)),
        check=lambda view: _negative(_read_max_age(view)) is not None,
        example=Example(f"{ASKED}\n\n{GRANTED}\n{ALLOWED}\nAccess-Control-Max-Age: -1"),
    ),
    Rule(
        code="authorization-by-wildcard",
        title="Authorization is allowed by a wildcard only",
        spec=NON_WILDCARD,
        why="By the standard, `*` in Access-Control-Allow-Headers does not cover Authorization: it has to be listed by "
        "name. Browsers accept it anyway, and Firefox prints a warning.",
        seen="Access-Control-Allow-Headers: {allow_headers}, and the page sends Authorization",
        needed="Access-Control-Allow-Headers: *, Authorization",
        advice="List Authorization by name.",
        fix=allow_headers,
        check=allows_authorization_by_wildcard,
        example=Example(
            "OPTIONS https://api.example/orders\nOrigin: https://app.example\nAccess-Control-Request-Method: GET\n"
            "Access-Control-Request-Headers: authorization\n\n"
            "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Headers: *",
            # By the standard it is blocked.
            engines=("chromium", "firefox", "webkit"),
        ),
    ),
    Rule(
        code="preflight-never-cached",
        title="The preflight is sent again each time, because of a wildcard",
        spec=CACHE,
        why="The preflight passes, but it is not cached: Firefox's cache ignores every `*` in its answer, Chromium's "
        "cache ignores it for Authorization. So each request needs a preflight, whatever Access-Control-Max-Age says.",
        seen="Access-Control-Allow-Methods: {allow_methods}; Access-Control-Allow-Headers: {allow_headers}",
        needed="{method} in Access-Control-Allow-Methods and {names} in Access-Control-Allow-Headers, by name",
        advice="List methods and headers by name instead of *.",
        fix=list_by_name,
        check=is_never_cached,
        example=Example(
            f"{ASKED}\n\n204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: *\n"
            "Access-Control-Allow-Headers: *\nAccess-Control-Max-Age: 600",
            engines=("firefox",),
        ),
    ),
    Rule(
        code="preflight-storm",
        many=True,
        title="The same preflight is sent again and again",
        spec=SPEC,
        step="7.9",
        why="Without Access-Control-Max-Age, a browser caches a preflight for 5 seconds only. Requests that come later "
        "need another preflight, and have to wait for it.",
        seen="the same preflight many times, and Access-Control-Max-Age: {max_age}",
        needed="Access-Control-Max-Age: 600 (or more: Chromium keeps up to 7200, Firefox up to 86400)",
        advice="Send Access-Control-Max-Age on preflights.",
        fix=set_max_age,
        example=Example(*[f"{ASKED}\n\n{GRANTED}\n{ALLOWED}"] * 3),
    ),
    Rule(
        code="allow-lists-on-response",
        title="Preflight headers on a response that is not a preflight's",
        spec=RESPONSES,
        why="Browsers read Access-Control-Allow-Methods, -Allow-Headers and -Max-Age only in the response to a "
        "preflight. In this response they have no effect and do no harm.",
        seen="the response to a {method} sends {value}",
        needed="these headers in the response to OPTIONS",
        advice="Check that the response to OPTIONS has them; here they can be left out.",
        check=find_lists,
        example=Example(
            f"{GET_ORDERS}\n\n200\nAccess-Control-Allow-Origin: *\n"
            "Access-Control-Allow-Methods: GET, POST, PUT\nAccess-Control-Allow-Headers: *"
        ),
    ),
    Rule(
        code="vary-origin-missing",
        title="The response names an origin, but Vary: Origin is missing",
        spec=CACHES,
        why="This response allows one origin, and a cache may reuse it. Without Vary: Origin a cache may send it to a "
        "page of another origin, which is then blocked. If the server never allows any other origin, nothing is wrong.",
        seen="Access-Control-Allow-Origin: {allow_origin} on a response that caches may reuse, and no Vary: Origin",
        needed="Vary: Origin",
        advice="Send Vary: Origin on every response of this resource, also on those to requests without Origin.",
        fix=vary_origin,
        check=lacks_vary,
        example=Example(
            f"{GET_ORDERS}\n\n"
            '200\nAccess-Control-Allow-Origin: https://app.example\nCache-Control: max-age=300\nETag: "7"'
        ),
    ),
)
