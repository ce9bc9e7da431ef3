"""What a page's script may read of a response's headers: the CORS filtered response.

https://fetch.spec.whatwg.org/#concept-filtered-response-cors
"""

from __future__ import annotations

from functools import lru_cache
from itertools import takewhile

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.headers import TAB_OR_SPACE, extract_header_list_values, is_token

SAFELISTED_RESPONSE_NAMES = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)
"""https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name"""

REMEMBERED = 1024
"""Characters of header names up to which the hidden ones among them are remembered."""

FORBIDDEN_RESPONSE_NAMES = frozenset({"set-cookie", "set-cookie2"})
"""https://fetch.spec.whatwg.org/#forbidden-response-header-name"""


def list_exposed_header_names(value: str | None, *, wildcard_survives: bool = False) -> frozenset[str]:
    """Return the names on an Access-Control-Expose-Headers, lower case, `*` among them; none when absent or malformed.

    `value` is all of the header's lines, joined. `wildcard_survives` tells that an engine keeps a `*` that stands
    before the malformed element. https://fetch.spec.whatwg.org/#concept-main-fetch
    """
    # 14.1.1. "Let headerNames be the result of extracting header list values given `Access-Control-Expose-Headers`"
    names = extract_header_list_values(value)
    if isinstance(names, tuple):
        return frozenset(name.lower() for name in names)
    if value is None or not wildcard_survives:
        return frozenset()
    elements = [part.strip(TAB_OR_SPACE) for part in value.split(",")]
    before = takewhile(lambda element: not element or is_token(element), elements)
    return frozenset({"*"}.intersection(before))


def list_hidden_header_names(
    response: HeaderList, *, include: bool, wildcard_survives: bool, extra_safelisted: frozenset[str]
) -> tuple[str, ...]:
    """Return the names of response headers that the page cannot read: lower case, each once, wire order.

    `include` tells whether the request's credentials mode was `include`; `extra_safelisted` are names that an engine
    exposes unasked beyond the standard's. https://fetch.spec.whatwg.org/#concept-filtered-response-cors
    """
    expose = response.get("access-control-expose-headers")
    names = response.names()
    short = sum(map(len, names)) + len(expose or "") <= REMEMBERED
    function = _hidden if short else _hidden.__wrapped__
    return function(names, expose, include, wildcard_survives, extra_safelisted)


@lru_cache(maxsize=4096)
def _hidden(
    names: tuple[str, ...],
    expose: str | None,
    include: bool,
    wildcard_survives: bool,
    extra_safelisted: frozenset[str],
) -> tuple[str, ...]:
    """Return the names of the headers that are not exposed.

    https://fetch.spec.whatwg.org/#concept-main-fetch
    """
    exposed = list_exposed_header_names(expose, wildcard_survives=wildcard_survives)
    # 14.1.2. "If request's credentials mode is not "include" and headerNames contains `*`"
    if not include and "*" in exposed:
        return tuple(name for name in names if name in FORBIDDEN_RESPONSE_NAMES)
    # 14.1.3. "Otherwise, if headerNames is non-null or failure, then set response's CORS-exposed header-name list"
    # "One of the headerNames can still be `*` at this point, but will only match a header whose name is `*`."
    readable = (SAFELISTED_RESPONSE_NAMES | extra_safelisted | exposed) - FORBIDDEN_RESPONSE_NAMES
    return tuple(name for name in names if name not in readable)
