"""The CORS-preflight cache: what a browser remembers of preflights, and for how long.

https://fetch.spec.whatwg.org/#concept-cache. Rule 1: no clock; `now` comes in, in seconds on any scale that only
grows. Rule 2: bounded; the least recently used entry goes first, and an entry holds at most `MAX_TOKENS` names.

The standard keeps an entry per method and header name, each with its own end. Some engines keep the whole answer of one
preflight per origin and URL, and drop it as soon as it does not suffice. `CacheRules` says which, and everything else
in which caches differ.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from corsight.policies.fetch.safelist import is_cors_safelisted_method, is_covered_by_wildcard

MAX_TOKENS = 256
"""How many methods and header names of one entry are remembered; a server may list more, no page asks for more."""
LONGEST_TOKEN = 128
"""Characters of a method or a header name that is remembered; as many as a server lists, no page asks for longer."""
LIMIT = 512 * 1024
"""Bytes that one cache holds, about: of origins, URLs, and names with what Python takes for each."""
OVERHEAD = 128
"""Bytes that remembering a name takes beside its characters."""

UNSAID = 5
"""Seconds that an entry lasts when the server does not say."""

_INT64 = 1 << 63
_delta_seconds = re.compile(r"[0-9]{1,4000}").fullmatch
_signed = re.compile(r"[+-]?[0-9]{1,4000}").fullmatch


@dataclass(frozen=True, slots=True)
class CacheRules:
    """What a cache does where caches differ. The defaults are what the standard says."""

    cap_seconds: float | None = 86400
    """The longest an entry lasts, whatever the server says; None for no limit."""
    bad_max_age: Literal["default", "not-cached"] = "default"
    """What an Access-Control-Max-Age that is not a number does. An empty one counts as not said."""
    negative: Literal["default", "expired", "not-cached"] = "default"
    """What a negative one does: counts as no number, replaces what was there and is over at once, or changes nothing;
    in the last case zero changes nothing, too."""
    wildcard_hits: bool = True
    """Whether a stored `*` satisfies later requests for other names."""
    authorization_by_wildcard: bool = False
    """Whether it satisfies one with Authorization."""
    per_token: bool = True
    """Whether methods and names are kept one by one; else the whole answer is, and erased when it does not suffice."""
    credentials_shared: bool = True
    """Whether an entry made with credentials serves requests without them. One made without never serves one with."""
    head_exempt: bool = True
    """Whether HEAD passes unlisted, as GET and POST do."""
    max_url_length: int | None = None
    """URLs of so many characters and more are not kept; None for no limit."""
    wildcard_with_credentials: Literal["any", "without", "none"] = "any"
    """Whom the `*` of an entry made with credentials satisfies: any request, one without credentials, none."""
    int64: bool = False
    """Whether Access-Control-Max-Age is read as a signed 64-bit number: a plus passes, a larger one is not a number."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What spares a request its preflight: the exchange that filled it, what that one asked, and from when until when.

    `include` tells whether it was asked for a request with credentials mode `include`.
    """

    exchange: str
    since: float
    until: float
    method: str
    names: tuple[str, ...]
    include: bool


@dataclass(slots=True)
class _Result:
    """The whole answer of one preflight."""

    entry: CacheEntry
    include: bool
    methods: frozenset[str]
    headers: frozenset[str]


type Kind = Literal["method", "header"]
type _Token = tuple[Kind, str, bool]
"""A kind, a name, and whether it was stored with credentials."""
type _Tokens = OrderedDict[_Token, CacheEntry]
type _Key = tuple[str, str, bool | None]


def read_max_age(value: str | None, rules: CacheRules) -> float | None:
    """Return how many seconds an entry lasts; None when it is not stored at all.

    `value` is Access-Control-Max-Age, all lines joined, None when absent.
    https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
    """
    # 7.8. "Let max-age be the result of extracting header list values given `Access-Control-Max-Age`"
    if not value:
        return UNSAID
    seconds: int | None = None
    if rules.int64:
        if _signed(value):
            number = int(value)
            seconds = number if -_INT64 <= number < _INT64 else None
    elif _delta_seconds(value.removeprefix("-")):
        seconds = int(value)
    if seconds is not None and seconds < 0:
        if rules.negative == "expired":
            return 0
        if rules.negative == "not-cached":
            return None
        seconds = None
    # 7.9. "If max-age is failure or null, then set max-age to 5."
    if seconds is None:
        return None if rules.bad_max_age == "not-cached" else UNSAID
    if seconds == 0 and rules.negative == "not-cached":
        return None
    # 7.10. "If max-age is greater than an imposed limit on max-age, then set max-age to the imposed limit."
    return float(seconds) if rules.cap_seconds is None else min(float(seconds), rules.cap_seconds)


class PreflightCache:
    """One browser's CORS-preflight cache of at most `size` entries (one an origin and URL).

    `key_origin` is whatever the browser tells origins apart by here: the serialized origin, and the top-level site
    with it where that is known. URLs are normalised and absolute; a fragment is cut off.
    """

    def __init__(self, rules: CacheRules, size: int) -> None:
        self._rules = rules
        self._size = size
        self._entries: OrderedDict[_Key, _Result | _Tokens] = OrderedDict()
        self._weights: dict[_Key, int] = {}
        self._weight = 0

    @property
    def weight(self) -> int:
        """How many bytes its keys and entries have."""
        return self._weight

    def __len__(self) -> int:
        return len(self._entries)

    def store(
        self,
        key_origin: str,
        url: str,
        *,
        include: bool,
        methods: Iterable[str],
        headers: Iterable[str],
        max_age_value: str | None,
        now: float,
        exchange: str,
        method: str,
        names: tuple[str, ...],
    ) -> None:
        """Remember the answer of a preflight that passed; `now` in seconds.

        `include` is the mode of the request it was sent for, `methods` and `headers` what the answer lists, `method`
        and `names` what was asked. https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
        """
        rules = self._rules
        url = url.partition("#")[0]
        # 7.11. "If the user agent does not provide for a cache, then return response."
        if rules.max_url_length is not None and len(url) >= rules.max_url_length:
            return
        seconds = read_max_age(max_age_value, rules)
        if seconds is None:
            return
        entry = CacheEntry(exchange, now, now + seconds, method, names, include)
        key = self._key(key_origin, url, include)
        kept_methods, kept_headers = _first(methods), [name.lower() for name in _first(headers)]
        if rules.per_token:
            tokens = self._entries.get(key)
            if not isinstance(tokens, OrderedDict):
                tokens = self._entries[key] = OrderedDict()
            self._put(tokens, "method", kept_methods, entry, include, now)
            self._put(tokens, "header", kept_headers, entry, include, now)
            if not tokens:
                self._drop(key)
                return
        else:
            self._entries[key] = _Result(entry, include, frozenset(kept_methods), frozenset(kept_headers))
        self._entries.move_to_end(key)
        self._add_weight(key, len(key_origin) + len(url) + _weigh((*kept_methods, *kept_headers, method, *names)))

    def match(
        self,
        key_origin: str,
        url: str,
        *,
        include: bool,
        method: str,
        unsafe_names: Iterable[str],
        now: float,
    ) -> CacheEntry | None:
        """Return the entry that spares this request its preflight, or None when it must be sent; `now` in seconds.

        `method` is normalised, `unsafe_names` are the request's CORS-unsafe names, lower case. A hit made of several
        entries ends with the first of them to end. https://fetch.spec.whatwg.org/#concept-http-fetch
        """
        key = self._key(key_origin, url.partition("#")[0], include)
        stored = self._entries.get(key)
        if stored is None:
            return None
        if isinstance(stored, _Result):
            if now >= stored.entry.until or not self._suffices(stored, include, method, unsafe_names):
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return stored.entry
        found: CacheEntry | None = None
        # 4.1. "There is no method cache entry match for request's method using request"
        if not self._is_exempt(method):
            token = self._find(stored, "method", method, include, now)
            if token is None:
                return None
            found = stored[token]
        # 4.1. "There is at least one item in the CORS-unsafe request-header names with request's header list"
        for name in unsafe_names:
            token = self._find(stored, "header", name, include, now)
            if token is None:
                return None
            if found is None or stored[token].until < found.until:
                found = stored[token]
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def clear(self, origin: str, url: str) -> None:
        """Forget what is stored for an origin and URL, with credentials or without.

        https://fetch.spec.whatwg.org/#concept-cache-clear
        """
        url = url.partition("#")[0]
        for include in (None, True, False):
            self._drop((origin, url, include))

    def _drop(self, key: _Key) -> None:
        if self._entries.pop(key, None) is not None:
            self._weight -= self._weights.pop(key, 0)

    def _add_weight(self, key: _Key, weight: int) -> None:
        """Count what an entry holds more; let the least recently used go where that is too much."""
        self._weights[key] = self._weights.get(key, 0) + weight
        self._weight += weight
        if self._weights[key] > LIMIT // 4:
            # Some of it may have been replaced since.
            exact = sum(map(len, key[:2])) + _weigh_entry(self._entries[key])
            self._weight += exact - self._weights[key]
            self._weights[key] = exact
        while self._entries and (len(self._entries) > self._size or self._weight > LIMIT):
            self._drop(next(iter(self._entries)))

    def _key(self, origin: str, url: str, include: bool) -> _Key:
        return origin, url, None if self._rules.credentials_shared else include

    def _is_exempt(self, method: str) -> bool:
        return is_cors_safelisted_method(method) and (method != "HEAD" or self._rules.head_exempt)

    def _is_covered(self, kind: Kind, name: str, stored_with: bool, include: bool) -> bool:
        """Return whether a `*` that was stored with (`stored_with`) or without credentials serves this request."""
        rules = self._rules
        served = {"any": True, "without": not include, "none": False}[rules.wildcard_with_credentials]
        if not rules.wildcard_hits or (stored_with and not served):
            return False
        # "its header name is `*` and headerName is not a CORS non-wildcard request-header name"
        by_wildcard = rules.authorization_by_wildcard
        return kind == "method" or is_covered_by_wildcard(name, include=False, authorization_by_wildcard=by_wildcard)

    def _suffices(self, stored: _Result, include: bool, method: str, unsafe_names: Iterable[str]) -> bool:
        """Return whether a whole answer grants the request's method and header names."""

        def lists(kind: Kind, name: str, names: frozenset[str]) -> bool:
            return name in names or ("*" in names and self._is_covered(kind, name, stored.include, include))

        # "entry's credentials is false and request's credentials mode is not "include"."
        return (
            (stored.include or not include)
            and (self._is_exempt(method) or lists("method", method, stored.methods))
            and all(lists("header", name, stored.headers) for name in unsafe_names)
        )

    def _find(self, tokens: _Tokens, kind: Kind, name: str, include: bool, now: float) -> _Token | None:
        """Return the live entry that serves this request for a name, None when there is none.

        https://fetch.spec.whatwg.org/#concept-cache-match-method and #concept-cache-match-header
        """
        # "entry's credentials is true", or "entry's credentials is false and request's credentials mode is not …"
        for stored_with in (True,) if include else (True, False):
            token = (kind, name, stored_with)
            if token in tokens and now < tokens[token].until:
                return token
            token = (kind, "*", stored_with)
            if token in tokens and now < tokens[token].until and self._is_covered(kind, name, stored_with, include):
                return token
        return None

    def _put(
        self, tokens: _Tokens, kind: Kind, names: Iterable[str], entry: CacheEntry, include: bool, now: float
    ) -> None:
        """Renew the entry that matches each name already, or create one.

        https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
        """
        # 7.12. "For each method in methods for which there is a method cache entry match using request"
        # 7.13. "For each method in methods for which there is no method cache entry match using request"
        # 7.14. "For each headerName in headerNames for which there is a header-name cache entry match"
        # 7.15. "For each headerName in headerNames for which there is no header-name cache entry match"
        for name in names:
            token = self._find(tokens, kind, name, include, now) or (kind, name, include)
            tokens[token] = entry
            tokens.move_to_end(token)
        while len(tokens) > 2 * MAX_TOKENS:
            tokens.popitem(last=False)


def _first(names: Iterable[str]) -> list[str]:
    return [name for name in names if len(name) <= LONGEST_TOKEN][:MAX_TOKENS]


def _weigh(names: Iterable[str]) -> int:
    return sum([len(name) + OVERHEAD for name in names])


def _weigh_entry(stored: _Result | _Tokens) -> int:
    if isinstance(stored, _Result):
        return _weigh((*stored.methods, *stored.headers, stored.entry.method, *stored.entry.names))
    entries = {id(entry): entry for entry in stored.values()}.values()
    asked = sum(_weigh((entry.method, *entry.names)) for entry in entries)
    return asked + _weigh(name for _, name, _ in stored)
