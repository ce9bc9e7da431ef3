"""What a correct server answers under a policy: the CORS headers, all of them and nothing else, and Vary.

A browser needs no leave for the methods GET, HEAD and POST, so where a policy does not list one of them, the answer to
it names no origin. What the browser does ask leave for is listed whole, whoever asks: then it says what is missing.
"""

from __future__ import annotations

from corsight.policies.decision.patch import Answer
from corsight.policies.exchange import Exchange, Request, Response
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.safelist import (
    find_uncovered_names,
    is_cors_non_wildcard_request_header_name,
    is_cors_safelisted_method,
)
from corsight.policies.rules.cors_check import ALLOW_CREDENTIALS, ALLOW_ORIGIN
from corsight.policies.rules.exposing import EXPOSE_HEADERS
from corsight.policies.rules.model import HeaderEdit
from corsight.policies.rules.placement import RESPONSE_HEADERS
from corsight.policies.rules.preflight import ALLOW_HEADERS, ALLOW_METHODS, MAX_AGE
from corsight.policies.server.grammar import ANY
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.origins import names_origin


def respond(policy: ServerPolicy, exchange: Exchange, response: Response | None) -> Answer:
    """Return what a correct server answers to the exchange's request under `policy`.

    `response` is what the server said, whose Vary is merged into the answer's; None where there is none, as when the
    answer is given in its place.
    """
    request = exchange.request
    origin = request.headers.get("origin")
    asked = read_asked_method(request)
    method = request.method if asked is None else asked
    vary = [] if is_public(policy) else ["Origin"]
    headers: list[HeaderEdit] = []
    granted = grants_origin(policy, origin)
    if granted and (grants_method(policy, method) or not is_cors_safelisted_method(method)):
        headers += _write_origin(policy, origin)
        if asked is not None:
            headers += _write_preflight(policy, request)
        elif policy.expose_headers:
            headers.append(HeaderEdit(EXPOSE_HEADERS, ", ".join(policy.expose_headers)))
    if asked is not None:
        vary += _list_preflight_varies(policy)
    merged = merge_vary(response, vary)
    if merged is not None:
        headers.append(HeaderEdit("Vary", merged))
    have = {edit.name for edit in headers}
    return Answer(
        status=None if asked is None else policy.preflight_status,
        headers=tuple(headers),
        absent=tuple(name for name in RESPONSE_HEADERS if name not in have),
    )


def read_asked_method(request: Request) -> str | None:
    """Return the method that a CORS-preflight request asks for, None for any other request."""
    if request.method != "OPTIONS" or "origin" not in request.headers:
        return None
    return request.headers.get("access-control-request-method")


def read_asked_names(request: Request) -> tuple[str, ...]:
    """Return the header names that a CORS-preflight request asks for."""
    value = request.headers.get("access-control-request-headers") or ""
    return tuple(name for part in value.split(",") if (name := part.strip()))


# -- what a policy grants --------------------------------------------------------------------------------------------


def is_public(policy: ServerPolicy) -> bool:
    """Return whether the answer is the same for every origin."""
    return not policy.credentials and ANY in policy.origins


def grants_origin(policy: ServerPolicy, origin: str | None) -> bool:
    """Return whether pages of `origin`, serialized, may ask. A public policy answers alike where no origin is told."""
    if is_public(policy):
        return True
    if origin is None:
        return False
    if origin == "null":
        return policy.dangerously_allow_null_origin or policy.dangerously_allow_null_origin_with_credentials
    # `*` never names an origin that comes with credentials.
    return names_origin(tuple(one for one in policy.origins if one != ANY), origin)


def grants_credentials(policy: ServerPolicy, origin: str | None) -> bool:
    """Return whether pages of a granted `origin` may ask with credentials."""
    return policy.credentials and (origin != "null" or policy.dangerously_allow_null_origin_with_credentials)


def grants_method(policy: ServerPolicy, method: str) -> bool:
    """Return whether the method may be used. HEAD comes with GET; `*` is a name like any other beside credentials."""
    methods = policy.methods
    if method in methods or (method == "HEAD" and "GET" in methods):
        return True
    return ANY in methods and not policy.credentials


def list_refused_names(policy: ServerPolicy, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the request header names that may not be sent."""
    return find_uncovered_names(policy.request_headers, names, include=policy.credentials)


def grants(policy: ServerPolicy, origin: str, method: str, names: tuple[str, ...], *, include: bool) -> bool:
    """Return whether a page of `origin` may have a fetch with this method, these CORS-unsafe request-header names, and
    these credentials.
    """
    return (
        grants_origin(policy, origin)
        and grants_method(policy, method)
        and not list_refused_names(policy, names)
        and (not include or grants_credentials(policy, origin))
    )


# -- the headers -----------------------------------------------------------------------------------------------------


def merge_vary(response: Response | None, names: list[str]) -> str | None:
    """Return what Vary has to be for the names to be in it, None where it is right already."""
    present = (response.headers.get("vary") if response is not None else None) or ""
    have = [part.strip() for part in present.split(",") if part.strip()]
    known = {part.lower() for part in have}
    missing = [name for name in names if name.lower() not in known]
    if not missing or ANY in known:
        return None
    return ", ".join([*have, *missing])


def _write_origin(policy: ServerPolicy, origin: str | None) -> list[HeaderEdit]:
    edits = [HeaderEdit(ALLOW_ORIGIN, ANY if is_public(policy) or origin is None else origin)]
    if grants_credentials(policy, origin):
        edits.append(HeaderEdit(ALLOW_CREDENTIALS, "true"))
    return edits


def _write_preflight(policy: ServerPolicy, request: Request) -> list[HeaderEdit]:
    edits = []
    if policy.methods:
        edits.append(HeaderEdit(ALLOW_METHODS, ", ".join(policy.methods)))
    names = policy.request_headers
    asked = read_asked_names(request) if ANY in names else ()
    refused = set(list_refused_names(policy, asked))
    if any(is_cors_non_wildcard_request_header_name(name.lower()) for name in refused):
        # Some engines let `*` stand for Authorization too: then what is granted is named instead.
        names = tuple(name for name in asked if name not in refused and is_token(name))
    if names:
        edits.append(HeaderEdit(ALLOW_HEADERS, ", ".join(names)))
    if policy.max_age is not None:
        edits.append(HeaderEdit(MAX_AGE, str(policy.max_age)))
    return edits


def _list_preflight_varies(policy: ServerPolicy) -> list[str]:
    """Return what else of the preflight its answer depends on."""
    varies = []
    if not all(grants_method(policy, method) for method in ("GET", "HEAD", "POST")):
        varies.append("Access-Control-Request-Method")
    if ANY in policy.request_headers and list_refused_names(policy, ("authorization",)):
        varies.append("Access-Control-Request-Headers")
    return varies
