"""The answer to a CORS-preflight request (https://fetch.spec.whatwg.org/#cors-preflight-fetch-0, step 7).

The standard makes one failure of everything that can be wrong with a preflight's answer. Engines name one cause, and
look for them in different orders; so each cause is a check of its own here, and the order is the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from corsight.policies.fetch.cors_check import cors_check
from corsight.policies.fetch.headers import Failure
from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.fetch.safelist import (
    find_uncovered_name,
    is_cors_non_wildcard_request_header_name,
    is_cors_safelisted_method,
)
from corsight.policies.fetch.steps import Algorithm, Question, Step
from corsight.policies.value import value

REDIRECT = "preflight-redirect"
STATUS = "preflight-status-not-ok"
METHODS_INVALID = "preflight-allow-methods-invalid"
HEADERS_INVALID = "preflight-allow-headers-invalid"
METHOD = "preflight-method-not-allowed"
HEADER = "preflight-header-not-allowed"

Check = Literal["redirect", "cors", "status", "methods-syntax", "headers-syntax", "method", "header"]


@value
class Preflight:
    """What a CORS-preflight request asked, and how it was answered.

    `method` and `names` are its Access-Control-Request-Method and the names in Access-Control-Request-Headers. The
    `allow_` values are the answer's headers as `get` returns them, `methods` and `headers` the two lists among them as
    parsed. `cross_origin` is False when the engine sent it to the page's own origin and exempts that from the CORS
    check; `methods_upper_cased` tells that it looks for the method in upper case; `counted_lines` is as `cors_check`
    takes it.
    """

    origin: str
    method: str
    names: tuple[str, ...]
    include: bool
    status: int
    location: str | None
    allow_origin: str | None
    allow_credentials: str | None
    allow_methods: str | None
    allow_headers: str | None
    methods: tuple[str, ...] | Failure | None
    headers: tuple[str, ...] | Failure | None
    cross_origin: bool
    authorization_by_wildcard: bool
    methods_upper_cased: bool
    counted_lines: int


def check_preflight(preflight: Preflight, order: Sequence[Check]) -> Iterator[Step]:
    """Yield the steps that an engine takes in this order; the preflight fails at the first that does not pass."""
    for check in order:
        yield from CHECKS[check](preflight)


def _step(number: str, question: Question, rule: str | None, compared: tuple[str | None, ...], value: str = "") -> Step:
    return Step(Algorithm.PREFLIGHT, number, question, rule, compared, value if rule is not None else "")


def _check_redirect(preflight: Preflight) -> Iterator[Step]:
    # "HTTP-network-or-cache fetch" fetches a preflight, and that follows no redirect.
    redirected = preflight.status in REDIRECT_STATUSES and preflight.location is not None
    compared = str(preflight.status), preflight.location
    yield _step("7", Question.NO_REDIRECT, REDIRECT if redirected else None, compared, preflight.location or "")


def _check_cors(preflight: Preflight) -> Iterator[Step]:
    # 7. "If a CORS check for request and response returns success …"
    if preflight.cross_origin:
        yield from cors_check(
            preflight.origin,
            preflight.allow_origin,
            preflight.allow_credentials,
            include=preflight.include,
            counted_lines=preflight.counted_lines,
        )


def _check_status(preflight: Preflight) -> Iterator[Step]:
    # 7. "… and response's status is an ok status".
    status = str(preflight.status)
    yield _step("7", Question.OK_STATUS, None if 200 <= preflight.status <= 299 else STATUS, (status,), status)


def _check_methods_syntax(preflight: Preflight) -> Iterator[Step]:
    # 7.3. "If either methods or headerNames is failure, return a network error."
    if preflight.allow_methods is not None:
        rule = METHODS_INVALID if preflight.methods is Failure.FAILURE else None
        yield _step("7.3", Question.METHODS_SYNTAX, rule, (preflight.allow_methods,), preflight.allow_methods)


def _check_headers_syntax(preflight: Preflight) -> Iterator[Step]:
    # 7.3, the other half.
    if preflight.allow_headers is not None:
        rule = HEADERS_INVALID if preflight.headers is Failure.FAILURE else None
        yield _step("7.3", Question.HEADERS_SYNTAX, rule, (preflight.allow_headers,), preflight.allow_headers)


def _check_method(preflight: Preflight) -> Iterator[Step]:
    # 7.5. "If request's method is not in methods, request's method is not a CORS-safelisted method, and request's
    # credentials mode is "include" or methods does not contain `*`, then return a network error." To the byte.
    method, methods = preflight.method, preflight.methods if isinstance(preflight.methods, tuple) else ()
    sought = method.upper() if preflight.methods_upper_cased else method
    allowed = sought in methods or is_cors_safelisted_method(method) or ("*" in methods and not preflight.include)
    compared = method, preflight.allow_methods, "include" if preflight.include else None
    yield _step("7.5", Question.METHOD, None if allowed else METHOD, compared, method)


def _check_headers(preflight: Preflight) -> Iterator[Step]:
    # 7.6. "If one of request's header list's names is a CORS non-wildcard request-header name and is not … in
    # headerNames …" 7.7. "For each unsafeName of the CORS-unsafe request-header names …, if unsafeName is not … in
    # headerNames and request's credentials mode is "include" or headerNames does not contain `*` …"
    names = preflight.names
    uncovered = find_uncovered_name(
        preflight.headers if isinstance(preflight.headers, tuple) else (),
        names,
        include=preflight.include,
        authorization_by_wildcard=preflight.authorization_by_wildcard,
    )
    # What stands before the name that fails has passed, what stands behind it was not reached: three steps at most.
    place = len(names) if uncovered is None else names.index(uncovered)
    for part, rule in ((names[:place], None), (names[place : place + 1], HEADER), (names[place + 1 :], None)):
        if part:
            literal = len(part) == 1 and is_cors_non_wildcard_request_header_name(part[0])
            compared = preflight.allow_headers, "include" if preflight.include else None, *part
            yield _step("7.6" if literal else "7.7", Question.HEADERS, rule, compared, part[0])


CHECKS: dict[Check, Callable[[Preflight], Iterator[Step]]] = {
    "redirect": _check_redirect,
    "cors": _check_cors,
    "status": _check_status,
    "methods-syntax": _check_methods_syntax,
    "headers-syntax": _check_headers_syntax,
    "method": _check_method,
    "header": _check_headers,
}
