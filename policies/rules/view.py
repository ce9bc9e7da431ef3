"""What advice can turn on in one CORS exchange: the few values that its checks look at, and nothing else.

Traffic repeats itself but for headers such as Date and ETag. So that `advise` can remember what it said, a check sees
of a response the values of READ, and no name that is IGNORED.
"""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.engines import EnginePolicy, list_policies
from corsight.policies.exchange import Response
from corsight.policies.facts import Facts, Role
from corsight.policies.fetch.exposed import FORBIDDEN_RESPONSE_NAMES, SAFELISTED_RESPONSE_NAMES
from corsight.policies.fetch.origin import origin_of
from corsight.policies.verdict import EngineName

ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
METHODS = "access-control-allow-methods"
HEADERS = "access-control-allow-headers"
EXPOSE = "access-control-expose-headers"
MAX_AGE = "access-control-max-age"
VARY = "vary"
CACHE_CONTROL = "cache-control"
LAST_MODIFIED = "last-modified"

READ = (ORIGIN, CREDENTIALS, METHODS, HEADERS, EXPOSE, MAX_AGE, VARY, CACHE_CONTROL)
"""The response headers whose values are looked at."""
PLUMBING = (
    SAFELISTED_RESPONSE_NAMES
    | FORBIDDEN_RESPONSE_NAMES
    | {
        *("accept-ch", "accept-ranges", "access-control-allow-credentials", "access-control-allow-headers", "age"),
        *("access-control-allow-methods", "access-control-allow-origin", "access-control-expose-headers", "alt-svc"),
        *("access-control-max-age", "cf-cache-status", "cf-ray", "connection", "content-encoding", "date", "etag"),
        *("content-security-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "keep-alive", "nel"),
        *("cross-origin-embedder-policy", "expect-ct", "permissions-policy", "referrer-policy", "report-to", "server"),
        *("reporting-endpoints", "server-timing", "strict-transport-security", "timing-allow-origin"),
        *("transfer-encoding", "vary", "via", "x-cache", "x-content-type-options", "x-frame-options", "x-powered-by"),
        *("x-xss-protection",),
    }
)
"""Headers that scripts hardly ever ask for, or can read anyway."""
IGNORED = PLUMBING.difference(READ, {LAST_MODIFIED})
"""Headers that no check looks at. All others may be misspelt, belong into requests, or be what a script wants."""
MANY = 256
"""How many header names are looked at."""
LONG = 8192
"""Characters of values and names beyond which nothing is looked at: no server of good will sends that much."""


class View(NamedTuple):
    """What a check looks at. Header names are lower case, values all lines joined.

    `include` is None where the credentials mode is unknown. `method` is the request's own, or for a preflight the one
    it asks for, `asked` the CORS-unsafe request-header names. `secure` tells whether the URL is one of https. `names`
    are the response's header names in wire order, `values` those of READ, `lines` the lines of those that came in
    several. `preflight_exposes` is the Access-Control-Expose-Headers of the preflight's answer before it.
    """

    policy: EnginePolicy
    role: Role
    origin: str
    include: bool | None
    method: str
    asked: tuple[str, ...]
    secure: bool
    status: int
    names: tuple[str, ...]
    values: dict[str, str]
    lines: dict[str, tuple[str, ...]]
    preflight_exposes: str | None


def view_exchange(
    url: str, facts: Facts, response: Response, engine: EngineName, preflight: Response | None
) -> View | None:
    """Return what advice can turn on in the exchange with a URL; None where a peer sends more than is looked at."""
    headers = response.headers
    values = {name: value for name in READ if (value := headers.get(name)) is not None}
    exposes = None if preflight is None else preflight.headers.get(EXPOSE)
    if sum(map(len, values.values())) + sum(map(len, facts.names)) + len(exposes or "") > LONG:
        return None
    return View(
        policy=list_policies(engine, facts.build)[0],
        role=facts.role,
        origin=facts.origin or "null",
        include=facts.include,
        method=facts.method,
        asked=facts.names,
        secure=origin_of(url).startswith("https:"),
        status=response.status,
        names=tuple([name for name in headers.names()[:MANY] if name not in IGNORED]),
        values=values,
        lines={name: lines for name in values if len(lines := headers.lines(name)) > 1},
        preflight_exposes=exposes,
    )
