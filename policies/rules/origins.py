"""Advice about the value of Access-Control-Allow-Origin: origins that no browser ever sends, and `null`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

from corsight.policies.fetch.origin import SHORT, is_serialized_origin, origin_of
from corsight.policies.fetch.steps import Algorithm
from corsight.policies.rules.cors_check import ALLOW_ORIGIN, WIDENS, allow_origin
from corsight.policies.rules.example import GET_ORDERS, Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject
from corsight.policies.rules.placement import is_joined
from corsight.policies.rules.view import ORIGIN, View

TRAILING_SLASH = "allow-origin-trailing-slash"
PATH = "allow-origin-path"
DEFAULT_PORT = "allow-origin-default-port"
UPPER_CASE = "allow-origin-upper-case"
LIST = "allow-origin-list"
PATTERN = "allow-origin-pattern"
NULL = "allow-origin-null"

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://(\[[0-9A-Fa-f:.]+\]|[^/?#\s,@:\[\]]+)(:[0-9]*)?([/?#].*)?")
_IPV6 = re.compile(r"(?<=//)\[[0-9A-Fa-f:.]+\]")
_PATTERN = re.compile(r"[*^$|()\\\[\]]|\.\+")


def has_misshape(code: str) -> Callable[[View], bool]:
    """Return the check for one of the codes that `find_misshapes` finds. Two layers that both answer are no list."""

    def check(view: View) -> bool:
        allow_origin = view.values.get(ORIGIN, "")
        return ORIGIN not in view.lines and not is_joined(allow_origin) and code in find_misshapes(allow_origin)

    return check


def find_misshapes(allow_origin: str) -> tuple[str, ...]:
    """Return the codes of what keeps a value from being an origin as browsers serialize it; empty where nothing does.

    `*` and `null` are values of their own, and what does not look like an origin at all is left to
    allow-origin-invalid.
    """
    return (_find_misshapes if len(allow_origin) <= SHORT else _find_misshapes.__wrapped__)(allow_origin)


@lru_cache(maxsize=64)
def _find_misshapes(allow_origin: str) -> tuple[str, ...]:
    if allow_origin in ("*", "null") or '"' in allow_origin or "'" in allow_origin:
        return ()
    if "," in allow_origin or " " in allow_origin:
        return (LIST,)
    # The URL parser takes `*` for a letter of a host's name; only an IPv6 address has brackets of its own.
    if _PATTERN.search(_IPV6.sub("", allow_origin)):
        return (PATTERN,)
    if is_serialized_origin(allow_origin):
        return ()
    match = _URL.fullmatch(allow_origin)
    if match is None:
        return ()
    scheme, host, port, rest = match.groups()
    codes = []
    if rest is not None:
        codes.append(TRAILING_SLASH if rest == "/" else PATH)
    if scheme != scheme.lower() or host != host.lower():
        codes.append(UPPER_CASE)
    if port is not None and origin_of(allow_origin) == origin_of(f"{scheme}://{host}"):
        codes.append(DEFAULT_PORT)
    return tuple(codes)


def split_origins(allow_origin: str) -> list[str]:
    """Return the elements of a list of origins, however they are separated."""
    return [one for one in re.split(r"[,\s]+", allow_origin) if one]


def reshape_origin(subject: Subject) -> Fix:
    """Return the same origin, as browsers serialize it."""
    origin = origin_of(subject.response.headers.get(ALLOW_ORIGIN.lower()) or "")
    return Fix((HeaderEdit(ALLOW_ORIGIN, origin),)) if origin != "null" else Fix()


def pick_origin(subject: Subject) -> Fix:
    """Return the origin that asked, where it is on the list."""
    value = subject.response.headers.get(ALLOW_ORIGIN.lower()) or ""
    return allow_origin(subject) if subject.origin in split_origins(value) else Fix()


ASKED = f"{GET_ORDERS}\n\n200\nAccess-Control-Allow-Origin: "
MEANT = "lets pages of the intended origin read the response"

_make_rule = partial(Rule, spec=Algorithm.CORS_CHECK.spec, step="4", seen="Access-Control-Allow-Origin: {allow_origin}")
"""Step 4 of the CORS check compares the origins, byte for byte."""

RULES = (
    _make_rule(
        code=TRAILING_SLASH,
        title="The allowed origin ends with a slash",
        why="An origin is scheme, host and port, and browsers never write a slash after it. The value is compared byte "
        "for byte, so this value matches no page.",
        needed="the origin without the final slash",
        advice="Remove the slash in the server's list of origins.",
        fix=reshape_origin,
        widens=MEANT,
        check=has_misshape(TRAILING_SLASH),
        example=Example(f"{ASKED}https://app.example/"),
    ),
    _make_rule(
        code=PATH,
        title="The allowed origin has a path",
        why="An origin is scheme, host and port, without a path. The value is compared byte for byte, so this value "
        "matches no page. It is not possible to allow only one path of a host.",
        needed="the origin without its path",
        advice="Remove everything after host and port in the server's list of origins.",
        fix=reshape_origin,
        widens=MEANT,
        check=has_misshape(PATH),
        example=Example(f"{ASKED}https://app.example/shop"),
    ),
    _make_rule(
        code=DEFAULT_PORT,
        title="The allowed origin names the default port",
        why="Browsers leave the port out of an origin if it is the scheme's default: 443 for https, 80 for http. The "
        "value is compared byte for byte, so a value with that port matches no page.",
        needed="the origin without the port",
        advice="Remove the port in the server's list of origins.",
        fix=reshape_origin,
        widens=MEANT,
        check=has_misshape(DEFAULT_PORT),
        example=Example(f"{ASKED}https://app.example:443"),
    ),
    _make_rule(
        code=UPPER_CASE,
        title="The allowed origin is not in lower case",
        why="Browsers write an origin's scheme and host in lower case. The value is compared byte for byte, so a value "
        "with capitals matches no page.",
        needed="the origin in lower case",
        advice="Write it in lower case in the server's list of origins.",
        fix=reshape_origin,
        widens=MEANT,
        check=has_misshape(UPPER_CASE),
        example=Example(f"{ASKED}https://App.example"),
    ),
    _make_rule(
        code=LIST,
        title="Access-Control-Allow-Origin holds a list",
        why="The header can contain one origin, or `*`. A list is compared as one text, so it matches no page: every "
        "origin on the list is blocked.",
        needed="Access-Control-Allow-Origin: {origin} if that origin sent the request, and Vary: Origin",
        advice="Keep the list in the server; answer with the one origin that sent the request, if it is on it.",
        fix=pick_origin,
        widens=WIDENS,
        check=has_misshape(LIST),
        example=Example(f"{ASKED}https://app.example, https://admin.example"),
    ),
    _make_rule(
        code=PATTERN,
        title="Access-Control-Allow-Origin holds a pattern",
        why="This header has no patterns: `*` alone means any origin, and together with other text it is an ordinary "
        "character. So a pattern matches no page.",
        needed="Access-Control-Allow-Origin: {origin} if that origin sent the request, and Vary: Origin",
        advice="Match the pattern in the server, on the whole origin; answer with the origin that sent the request.",
        fix=allow_origin,
        widens=WIDENS,
        check=has_misshape(PATTERN),
        example=Example(f"{ASKED}https://*.example"),
    ),
    _make_rule(
        code=NULL,
        title="The origin `null` is allowed",
        why="`null` is no particular page: every sandboxed frame, local file and data: URL sends it, and anybody can "
        "make one. Allowing it allows everybody, even with credentials, which `*` does not.",
        needed="the origins of the pages that should have access, or * for data that is public",
        advice="Remove null from the server's list; give the page an origin of its own.",
        check=lambda view: view.values.get(ORIGIN) == "null",
        example=Example(
            "GET https://api.example/orders\nOrigin: null\n\n200\nAccess-Control-Allow-Origin: null", page_origin="null"
        ),
    ),
)
