"""The CORS check's rules: what the response says of the origin, and of credentials."""

from __future__ import annotations

from corsight.policies.fetch import cors_check as check
from corsight.policies.rules.example import GET_ORDERS, Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
WIDENS = "lets pages of this origin read the response: allow only origins that you trust, and name them one by one"
WIDENS_CREDENTIALS = (
    "lets pages of this origin send requests with the user's cookies and read the responses: allow only origins that "
    "you trust like your own"
)


def allow_origin(subject: Subject) -> Fix:
    """Return the edits that name the origin, and say that the answer depends on it."""
    return Fix((HeaderEdit(ALLOW_ORIGIN, subject.origin),)) + (
        Fix() if subject.origin == "null" else vary_origin(subject)
    )


def vary_origin(subject: Subject) -> Fix:
    """Return the edit that says that the answer depends on the origin, beside what it depends on already."""
    vary = subject.response.headers.get("vary")
    named = [part.strip().lower() for part in (vary or "").split(",")]
    if "origin" in named or "*" in named:
        return Fix()
    return Fix((HeaderEdit("Vary", f"{vary}, Origin" if vary else "Origin"),))


def allow_credentials(subject: Subject) -> Fix:
    """Return the edit that allows credentials, in the one spelling there is."""
    return Fix((HeaderEdit(ALLOW_CREDENTIALS, "true"),))


RULES = (
    Rule(
        code=check.MISSING,
        title="No Access-Control-Allow-Origin header",
        why="A page may read a response from another origin only if the response allows it with this header. It is "
        "often missing because an error page, a gateway or a cache answered instead of the application.",
        seen="no Access-Control-Allow-Origin header (status {status})",
        needed="Access-Control-Allow-Origin: {origin}",
        advice="Send the header on every response, errors included.",
        fix=allow_origin,
        widens=WIDENS,
        example=Example(f"{GET_ORDERS}\n\n500\nContent-Type: text/html"),
    ),
    Rule(
        code=check.WILDCARD,
        title="Wildcard origin for a request with credentials",
        why="The page sends the request with credentials (credentials: 'include', or withCredentials). Browsers do not "
        "accept `*` then: the response has to name the page's origin.",
        seen="Access-Control-Allow-Origin: * for a request with credentials",
        needed="Access-Control-Allow-Origin: {origin} (not *), with Access-Control-Allow-Credentials: true",
        advice="On the server, answer with the origin itself. Or, in the page's code, send the request without "
        "credentials.",
        fix=lambda subject: allow_origin(subject) + allow_credentials(subject),
        widens=WIDENS_CREDENTIALS,
        example=Example(
            "GET https://api.example/cart\nOrigin: https://app.example\nCookie: id=7\n\n"
            "200\nAccess-Control-Allow-Origin: *\nContent-Type: application/json",
            credentials="include",
        ),
    ),
    Rule(
        code=check.MULTIPLE,
        title="More than one value in Access-Control-Allow-Origin",
        why="The header can contain only one origin. A list, or the header sent twice (usually by an application and "
        "by a "
        "proxy in front of it), is compared as one text, which does not equal any origin.",
        seen="Access-Control-Allow-Origin: {allow_origin}",
        needed="exactly one Access-Control-Allow-Origin header, with the value {origin}",
        advice="Let only one layer send CORS headers, and answer with the one origin that sent the request.",
        fix=allow_origin,
        widens=WIDENS,
        example=Example(
            f"{GET_ORDERS}\n\n200\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Origin: *"
        ),
    ),
    Rule(
        code=check.INVALID,
        title="Access-Control-Allow-Origin is not an origin",
        why="The value is compared byte for byte with the page's origin: scheme, host and port. A host without scheme, "
        "an empty value, or one in quotes is not an origin.",
        seen="Access-Control-Allow-Origin: {allow_origin}",
        needed="Access-Control-Allow-Origin: {origin}",
        advice="Send the page's origin as browsers write it: scheme and host, and the port unless it is the default.",
        fix=allow_origin,
        widens=WIDENS,
        example=Example(f"{GET_ORDERS}\n\n200\nAccess-Control-Allow-Origin: app.example"),
    ),
    Rule(
        code=check.MISMATCH,
        title="Access-Control-Allow-Origin names another origin",
        why="The value is compared byte for byte with the page's origin. A trailing slash, another port, upper case or "
        "a pattern make it fail; so does a cached response that was made for another origin.",
        seen="Access-Control-Allow-Origin: {allow_origin} for a page of {origin}",
        needed="Access-Control-Allow-Origin: {origin}",
        advice="If the requesting origin is on your list, answer with that origin and with Vary: Origin.",
        fix=allow_origin,
        widens=WIDENS,
        example=Example(f"{GET_ORDERS}\n\n200\nAccess-Control-Allow-Origin: https://staging.app.example"),
    ),
    Rule(
        code=check.CREDENTIALS,
        title="Credentials are not allowed",
        why="The page sends the request with credentials (credentials: 'include', or withCredentials), and the "
        "response does not allow that. Only the exact value `true` does.",
        seen="Access-Control-Allow-Credentials: {allow_credentials} for a request with credentials",
        needed="Access-Control-Allow-Credentials: true",
        advice="Send Access-Control-Allow-Credentials: true, or send the request without credentials if it needs none.",
        fix=allow_credentials,
        widens=WIDENS_CREDENTIALS,
        example=Example(
            "GET https://api.example/cart\nOrigin: https://app.example\nCookie: id=7\n\n"
            "200\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: True\n"
            "Vary: Origin",
            credentials="include",
        ),
    ),
)
