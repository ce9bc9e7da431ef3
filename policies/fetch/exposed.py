"""What a page's script may read of a response's headers: the CORS filtered response.

https://fetch.spec.whatwg.org/#concept-filtered-response-cors
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.headers import Failure, extract_header_list_values, is_token

Grammar = Literal["standard", "firefox", "webkit"]
"""How a malformed Access-Control-Expose-Headers is read.

standard: one element that is no token voids the header. Chromium and WebKit do the same (WebKit before 2021 took
whatever stood between commas), so `webkit` is read alike. firefox: reading stops at the first such element and voids
the names before it, but a `*` before it keeps its effect for fetch(); its XMLHttpRequest is strict, and nothing on the
wire tells the two apart.
"""

SAFELISTED_RESPONSE_NAMES = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)
"""https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name"""

FORBIDDEN_RESPONSE_NAMES = frozenset({"set-cookie", "set-cookie2"})
"""https://fetch.spec.whatwg.org/#forbidden-response-header-name"""


def exposed_header_names(response: HeaderList, grammar: Grammar = "standard") -> frozenset[str]:
    """The names that Access-Control-Expose-Headers lists, lower case, `*` among them; empty when absent or void."""
    if grammar != "firefox":
        names = extract_header_list_values(response, "access-control-expose-headers")
        return frozenset() if names is None or isinstance(names, Failure) else frozenset(name.lower() for name in names)
    read: set[str] = set()
    value = response.get("access-control-expose-headers")
    for name in (value or "").split(","):
        name = name.strip("\t ")
        if name and not is_token(name):
            return frozenset(read & {"*"})
        if name:
            read.add(name.lower())
    return frozenset(read)


def hidden_header_names(
    response: HeaderList,
    *,
    include: bool,
    grammar: Grammar = "standard",
    extra_safelisted: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """The names of response headers that the page cannot read: lower case, each once, wire order.

    `include` tells whether the request's credentials mode was `include`; `extra_safelisted` are names that an engine
    exposes unasked beyond the standard's. https://fetch.spec.whatwg.org/#concept-main-fetch, step 14.1, and
    #cors-safelisted-response-header-name
    """
    return _hidden(
        response.names(), response.lines("access-control-expose-headers"), include, grammar, extra_safelisted
    )


@lru_cache(maxsize=4096)
def _hidden(
    names: tuple[str, ...], expose: tuple[str, ...], include: bool, grammar: Grammar, extra_safelisted: frozenset[str]
) -> tuple[str, ...]:
    listed = HeaderList.of(*(("access-control-expose-headers", line) for line in expose))
    exposed = exposed_header_names(listed, grammar)
    # 14.1.2: the wildcard is one only without credentials; with them it is a header named `*`.
    if not include and "*" in exposed:
        return tuple(name for name in names if name in FORBIDDEN_RESPONSE_NAMES)
    # 14.1.3, and the safelist: what is listed and not forbidden.
    readable = (SAFELISTED_RESPONSE_NAMES | extra_safelisted | exposed) - FORBIDDEN_RESPONSE_NAMES
    return tuple(name for name in names if name not in readable)
