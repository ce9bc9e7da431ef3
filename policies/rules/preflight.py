"""The CORS-preflight fetch's rules: status, redirect, methods and headers."""

from __future__ import annotations

from corsight.policies.fetch import preflight as check
from corsight.policies.fetch.headers import list_well_formed
from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject

ALLOW_METHODS = "Access-Control-Allow-Methods"
ALLOW_HEADERS = "Access-Control-Allow-Headers"
MAX_AGE = "Access-Control-Max-Age"
WIDENS_METHODS = "lets pages of this origin use the method"
WIDENS_HEADERS = "lets pages of this origin send the header"

ASKED = (
    "OPTIONS https://api.example/orders/7\nOrigin: https://app.example\nAccess-Control-Request-Method: PUT\n"
    "Access-Control-Request-Headers: content-type"
)
"""The request of the examples: a page is about to PUT JSON."""
GRANTED = "Access-Control-Allow-Origin: https://app.example\nVary: Origin"


def answer_ok(subject: Subject) -> Fix:
    """Return the status that answers a preflight with success."""
    return Fix(status=204)


def allow_methods(subject: Subject) -> Fix:
    """Return the list with the method on it, beside those that are listed well."""
    return Fix((HeaderEdit(ALLOW_METHODS, _extend_list(subject, ALLOW_METHODS, (subject.method,))),))


def allow_headers(subject: Subject) -> Fix:
    """Return the list with every name the request needs on it, beside those that are listed well."""
    return Fix((HeaderEdit(ALLOW_HEADERS, _extend_list(subject, ALLOW_HEADERS, subject.names)),))


def _extend_list(subject: Subject, header: str, wanted: tuple[str, ...]) -> str:
    listed = list_well_formed(subject.response.headers.get(header.lower()) or "")
    have = set(map(str.lower, listed) if header == ALLOW_HEADERS else listed)
    return ", ".join([*listed, *[name for name in dict.fromkeys(wanted) if name not in have]])


RULES = (
    Rule(
        code=check.STATUS,
        title="The preflight's response has no OK status (200 to 299)",
        why="Before a request with a method or header that a plain form could not send, the browser sends a preflight: "
        "an OPTIONS request without cookies or tokens. It fails with any status outside 200-299, usually from a login "
        "or a router that answers before the CORS code.",
        seen="status {status} to OPTIONS",
        needed="any status from 200 to 299 to OPTIONS",
        advice="Answer OPTIONS before authentication and routing.",
        fix=answer_ok,
        example=Example(
            f"{ASKED}\n\n401\n{GRANTED}\nAccess-Control-Allow-Methods: PUT\n"
            "Access-Control-Allow-Headers: Content-Type\nWWW-Authenticate: Bearer"
        ),
    ),
    Rule(
        code=check.REDIRECT,
        title="The preflight was redirected",
        why="Browsers do not follow a redirect of a preflight. A missing slash, http instead of https, or a login page "
        "can cause one.",
        seen="status {status} to OPTIONS, with Location: {location}",
        needed="any status from 200 to 299 to OPTIONS, not a redirect",
        advice="Answer OPTIONS without redirecting, or request the final URL from the page.",
        fix=answer_ok,
        example=Example(
            f"{ASKED}\n\n301\n{GRANTED}\nAccess-Control-Allow-Methods: PUT\n"
            "Access-Control-Allow-Headers: Content-Type\nLocation: https://api.example/orders/7/",
            # To WebKit a redirect is a status like any other.
            engines=("standard", "chromium", "firefox"),
        ),
    ),
    Rule(
        code=check.METHODS_INVALID,
        title="Access-Control-Allow-Methods cannot be parsed",
        why="The header is a list of method names, separated by commas. If anything else is in it, the whole preflight "
        "fails.",
        seen="Access-Control-Allow-Methods: {allow_methods}",
        needed="Access-Control-Allow-Methods: {method}",
        advice="Separate by commas; no quotes, no spaces inside, no semicolons.",
        fix=allow_methods,
        widens=WIDENS_METHODS,
        example=Example(
            f"{ASKED}\n\n204\n{GRANTED}\nAccess-Control-Allow-Methods: GET; PUT\n"
            "Access-Control-Allow-Headers: Content-Type"
        ),
    ),
    Rule(
        code=check.HEADERS_INVALID,
        title="Access-Control-Allow-Headers cannot be parsed",
        why="The header is a list of header names, separated by commas. If anything else is in it, the whole preflight "
        "fails.",
        seen="Access-Control-Allow-Headers: {allow_headers}",
        needed="Access-Control-Allow-Headers: {names}",
        advice="Separate by commas; no quotes, no spaces inside, no semicolons.",
        fix=allow_headers,
        widens=WIDENS_HEADERS,
        example=Example(
            f"{ASKED}\n\n204\n{GRANTED}\nAccess-Control-Allow-Methods: PUT\n"
            "Access-Control-Allow-Headers: Content-Type Authorization"
        ),
    ),
    Rule(
        code=check.METHOD,
        title="The method is not allowed",
        why="Every method except GET, HEAD and POST has to be listed in the preflight's response, byte for byte: "
        "`patch` is not `PATCH`. A `*` counts only for requests without credentials.",
        seen="Access-Control-Allow-Methods: {allow_methods}, and the page is about to use {method}",
        needed="Access-Control-Allow-Methods: {method}",
        advice="Add the page's method to Access-Control-Allow-Methods.",
        fix=allow_methods,
        widens=WIDENS_METHODS,
        example=Example(
            f"{ASKED}\n\n204\n{GRANTED}\nAccess-Control-Allow-Methods: GET, POST\n"
            "Access-Control-Allow-Headers: Content-Type"
        ),
    ),
    Rule(
        code=check.HEADER,
        title="A request header is not allowed",
        why="The page sends a header that the preflight's response has to list by name: a custom header, "
        "Authorization, or a Content-Type that a plain form cannot send, such as JSON. A `*` counts only for requests "
        "without credentials.",
        seen="Access-Control-Allow-Headers: {allow_headers}, which leaves out {refused}",
        needed="Access-Control-Allow-Headers: {names}",
        advice="Add the header to Access-Control-Allow-Headers, or stop sending it: tracing and analytics scripts may "
        "add headers on their own.",
        fix=allow_headers,
        widens=WIDENS_HEADERS,
        example=Example(
            f"{ASKED}\n\n204\n{GRANTED}\nAccess-Control-Allow-Methods: PUT\n"
            "Access-Control-Allow-Headers: X-Requested-With"
        ),
    ),
)
