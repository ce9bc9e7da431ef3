"""Advice about Access-Control-Expose-Headers: what a page's script can read of a response, and why not."""

from __future__ import annotations

from corsight.policies.fetch.exposed import FORBIDDEN_RESPONSE_NAMES, SAFELISTED_RESPONSE_NAMES
from corsight.policies.fetch.headers import is_token
from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject

SPEC = "https://fetch.spec.whatwg.org/#http-access-control-expose-headers"
EXPOSE_HEADERS = "Access-Control-Expose-Headers"

WILDCARD = "expose-wildcard-with-credentials"
INVALID = "expose-headers-invalid"
ON_PREFLIGHT = "expose-headers-on-preflight"
IN_VAIN = "headers-asked-in-vain"

PLUMBING = (
    SAFELISTED_RESPONSE_NAMES
    | FORBIDDEN_RESPONSE_NAMES
    | {
        *("accept-ch", "accept-ranges", "access-control-allow-credentials", "access-control-allow-headers", "age"),
        *("access-control-allow-methods", "access-control-allow-origin", "access-control-expose-headers", "alt-svc"),
        *("access-control-max-age", "cf-cache-status", "cf-ray", "connection", "content-encoding", "date", "etag"),
        *("content-security-policy", "cross-origin-opener-policy", "cross-origin-resource-policy", "keep-alive", "nel"),
        *("cross-origin-embedder-policy", "expect-ct", "permissions-policy", "referrer-policy", "report-to", "server"),
        *(
            "reporting-endpoints",
            "server-timing",
            "strict-transport-security",
            "timing-allow-origin",
            "transfer-encoding",
        ),
        *("vary", "via", "x-cache", "x-content-type-options", "x-frame-options", "x-powered-by", "x-xss-protection"),
    }
)
"""Headers that scripts hardly ever ask for, or can read anyway."""
WIDENS = "lets scripts of the allowed origins read the headers it lists"


def expose_by_name(subject: Subject) -> Fix:
    """List what a script may want, and what is listed well already."""
    headers = subject.response.headers
    listed = listed_well(headers.get(EXPOSE_HEADERS.lower()) or "")
    have = {name.lower() for name in listed}
    more = [name for name in headers.names() if name not in PLUMBING and name not in have]
    names = [name for name in (*listed, *more) if name != "*"]
    return Fix((HeaderEdit(EXPOSE_HEADERS, ", ".join(names)),)) if names else Fix()


def expose_listed(subject: Subject) -> Fix:
    """List what is listed well, and leave out the rest."""
    names = listed_well(subject.response.headers.get(EXPOSE_HEADERS.lower()) or "")
    return Fix((HeaderEdit(EXPOSE_HEADERS, ", ".join(names)),)) if names else expose_by_name(subject)


def expose_asked(subject: Subject) -> Fix:
    """List the headers that are hidden (`value`), beside those that are listed."""
    listed = listed_well(subject.response.headers.get(EXPOSE_HEADERS.lower()) or "")
    asked = [name for name in listed_well(subject.value) if name.lower() not in {one.lower() for one in listed}]
    return Fix((HeaderEdit(EXPOSE_HEADERS, ", ".join([*listed, *asked])),)) if asked else Fix()


def listed_well(value: str) -> list[str]:
    """The elements of a list that are header names."""
    return [name for name in (part.strip("\t ") for part in value.split(",")) if is_token(name)]


ASKED = "GET https://api.example/orders\nOrigin: https://app.example"
GRANTED = "200\nAccess-Control-Allow-Origin: https://app.example\nVary: Origin\nX-Total-Count: 7"

RULES = (
    Rule(
        code=WILDCARD,
        kind="advice",
        title="A wildcard exposes nothing to a request with credentials",
        spec=SPEC,
        step="",
        why="For a request with credentials `*` in Access-Control-Expose-Headers is a header named `*`. The response's "
        "own headers stay hidden from the page.",
        seen="Access-Control-Expose-Headers: {expose_headers}; hidden are {value}",
        needed="Access-Control-Expose-Headers with the names that pages are to read",
        advice="List the headers by name.",
        fix=expose_by_name,
        widens=WIDENS,
        example=Example(
            f"{ASKED}\nCookie: id=7\n\n{GRANTED}\nAccess-Control-Allow-Credentials: true\n"
            "Access-Control-Expose-Headers: *",
            credentials="include",
        ),
    ),
    Rule(
        code=INVALID,
        kind="advice",
        title="Access-Control-Expose-Headers cannot be parsed",
        spec=SPEC,
        step="",
        why="The header is a list of header names, separated by commas. One element that is none voids the list: every "
        "header on it stays hidden from the page.",
        seen="Access-Control-Expose-Headers: {expose_headers}",
        needed="header names, separated by commas",
        advice="Separate by commas; no quotes, no spaces inside, no semicolons.",
        fix=expose_listed,
        widens=WIDENS,
        example=Example(f"{ASKED}\n\n{GRANTED}\nAccess-Control-Expose-Headers: X-Total-Count; X-Page"),
    ),
    Rule(
        code=ON_PREFLIGHT,
        kind="advice",
        title="Headers are exposed on the preflight, and not on the response",
        spec=SPEC,
        step="",
        why="Browsers read Access-Control-Expose-Headers on the response whose headers it is about. On the preflight's "
        "answer it does nothing, so these headers stay hidden from the page.",
        seen="{value} listed on the preflight's answer only",
        needed="Access-Control-Expose-Headers: {value} on the response itself",
        advice="Send the header on the response to the request.",
        fix=expose_asked,
        widens=WIDENS,
        example=Example(
            "OPTIONS https://api.example/orders\nOrigin: https://app.example\nAccess-Control-Request-Method: PUT\n\n"
            "204\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Methods: PUT\n"
            "Access-Control-Expose-Headers: X-Total-Count\nVary: Origin",
            "PUT https://api.example/orders\nOrigin: https://app.example\n\n" + GRANTED,
        ),
    ),
    Rule(
        code=IN_VAIN,
        kind="advice",
        many=True,
        title="The page asked for response headers that it cannot read",
        spec=SPEC,
        step="",
        why="A page reads a few harmless headers of a response from another origin; every other one only where the "
        "response exposes it. Its script gets null for the rest, or a warning in the console.",
        seen="hidden from the page: {value}",
        needed="Access-Control-Expose-Headers: {value}",
        advice="List the headers in Access-Control-Expose-Headers, on the response itself.",
        fix=expose_asked,
        widens=WIDENS,
        example=Example(f"{ASKED}\n\n{GRANTED}", value="X-Total-Count"),
    ),
)
