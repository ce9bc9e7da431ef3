"""The answer to a CORS-preflight request (https://fetch.spec.whatwg.org/#cors-preflight-fetch-0, step 7).

The standard makes one failure of everything that can be wrong with a preflight's answer. Engines name one cause, and
look for them in different orders; so each cause is a check of its own here, and the order is the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from corsight.policies.fetch.cors_check import CREDENTIALS, cors_check
from corsight.policies.fetch.headers import Failure
from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.fetch.safelist import is_cors_non_wildcard_request_header_name, is_cors_safelisted_method

SPEC = "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0"

REDIRECT = "preflight-redirect"
STATUS = "preflight-status-not-ok"
METHODS_INVALID = "preflight-allow-methods-invalid"
HEADERS_INVALID = "preflight-allow-headers-invalid"
METHOD = "preflight-method-not-allowed"
HEADER = "preflight-header-not-allowed"

STEP = {REDIRECT: "7", STATUS: "7", METHODS_INVALID: "7.3", HEADERS_INVALID: "7.3", METHOD: "7.5", HEADER: "7.7"}
"""The step of the CORS-preflight fetch at which each rule fails; a header that the wildcard never covers fails at 7.6.
"""

Check = Literal["redirect", "cors", "status", "methods-syntax", "headers-syntax", "method", "header"]


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a CORS-preflight request asked, and how it was answered.

    `method` and `names` are its Access-Control-Request-Method and the names in Access-Control-Request-Headers. The
    `allow_` values are the answer's headers as `get` returns them, `methods` and `headers` the two lists among them as
    parsed. `cross_origin` is False when the engine sent it to the page's own origin and exempts that from the CORS
    check.
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
    cross_origin: bool = True
    authorization_by_wildcard: bool = False


def check_preflight(preflight: Preflight, order: Sequence[Check]) -> tuple[str, str] | None:
    """The first failing rule and the value it turned on (a method, a header name, a header's value), or None for
    success.
    """
    for check in order:
        failure = CHECKS[check](preflight)
        if failure is not None:
            return failure
    return None


def _redirect(preflight: Preflight) -> tuple[str, str] | None:
    # A preflight is fetched by HTTP-network-or-cache fetch, which follows no redirect.
    if preflight.status in REDIRECT_STATUSES and preflight.location is not None:
        return REDIRECT, preflight.location
    return None


def _cors(preflight: Preflight) -> tuple[str, str] | None:
    # 7. The CORS check, with the credentials mode of the request that is to follow.
    if not preflight.cross_origin:
        return None
    allow_origin, allow_credentials = preflight.allow_origin, preflight.allow_credentials
    rule = cors_check(preflight.origin, allow_origin, allow_credentials, include=preflight.include)
    if rule is None:
        return None
    return rule, (allow_credentials if rule == CREDENTIALS else allow_origin) or ""


def _status(preflight: Preflight) -> tuple[str, str] | None:
    # 7. … and an ok status.
    return None if 200 <= preflight.status <= 299 else (STATUS, str(preflight.status))


def _methods_syntax(preflight: Preflight) -> tuple[str, str] | None:
    # 7.1 and 7.3
    return (METHODS_INVALID, preflight.allow_methods or "") if preflight.methods is Failure.FAILURE else None


def _headers_syntax(preflight: Preflight) -> tuple[str, str] | None:
    # 7.2 and 7.3
    return (HEADERS_INVALID, preflight.allow_headers or "") if preflight.headers is Failure.FAILURE else None


def _method(preflight: Preflight) -> tuple[str, str] | None:
    # 7.5 Methods are compared byte for byte; GET, HEAD and POST need no permission.
    method, methods = preflight.method, preflight.methods
    if is_cors_safelisted_method(method):
        return None
    if isinstance(methods, tuple) and (method in methods or ("*" in methods and not preflight.include)):
        return None
    return METHOD, method


def _header(preflight: Preflight) -> tuple[str, str] | None:
    listed = preflight.headers if isinstance(preflight.headers, tuple) else ()
    names = {name.lower() for name in listed}
    wildcard = "*" in names and not preflight.include
    for name in preflight.names:
        if name in names:
            continue
        # 7.6 A CORS non-wildcard request-header name has to be listed literally. 7.7 Everything else may be wildcarded.
        if not wildcard or (not preflight.authorization_by_wildcard and is_cors_non_wildcard_request_header_name(name)):
            return HEADER, name
    return None


CHECKS: dict[Check, Callable[[Preflight], tuple[str, str] | None]] = {
    "redirect": _redirect,
    "cors": _cors,
    "status": _status,
    "methods-syntax": _methods_syntax,
    "headers-syntax": _headers_syntax,
    "method": _method,
    "header": _header,
}
