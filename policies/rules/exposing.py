"""Advice about Access-Control-Expose-Headers: what a page's script can read of a response, and why not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from corsight.policies.fetch.headers import find_invalid_token, list_well_formed
from corsight.policies.rules.example import GET_ORDERS, Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject
from corsight.policies.rules.view import EXPOSE, PLUMBING, View

SPEC = "https://fetch.spec.whatwg.org/#http-access-control-expose-headers"
EXPOSE_HEADERS = "Access-Control-Expose-Headers"


FOR_SCRIPTS = frozenset(
    {
        *("x-total-count", "x-total", "x-total-pages", "x-page", "x-per-page", "x-next-page", "x-prev-page", "x-count"),
        *("content-range", "content-disposition", "link", "location", "retry-after", "www-authenticate"),
        *("authorization", "x-auth-token", "x-access-token", "access-token", "x-csrf-token", "x-xsrf-token", "token"),
        *("x-refresh-token", "refresh-token", "x-pagination", "pagination", "grpc-status", "grpc-message"),
        *("upload-offset", "upload-length", "tus-resumable", "x-filename", "x-session-token"),
    }
)
"""Response headers that are sent for scripts to read."""
FOR_SCRIPTS_PREFIXES = ("x-ratelimit-", "ratelimit-", "x-pagination-", "pagination-", "x-total-")
UPLOADED = re.compile(r"[?&]part-?number=\d", re.IGNORECASE)
"""How the URL of a part of an upload tells that (S3's API, and those like it)."""

WIDENS = "lets scripts of the allowed origins read the headers it lists"


def _list_wanted(view: View) -> list[str]:
    """Return the names of a response that a script may want to read; none of a redirect, or of a preflight's answer."""
    return [name for name in view.names if name not in PLUMBING] if view.role == "request" else []


def find_hidden_by_wildcard(view: View) -> str:
    """Return the names that stay hidden since `*` counts for nothing with credentials, on a list that can be read."""
    listed = view.values.get(EXPOSE, "")
    exposed = {name.lower() for name in list_well_formed(listed)}
    if not view.include or "*" not in exposed or find_invalid_token(listed) is not None:
        return ""
    return ", ".join(name for name in _list_wanted(view) if name not in exposed)


def find_exposed_on_preflight(view: View) -> str:
    """Return the names that the preflight's answer exposes, and the response has and does not expose."""
    if view.preflight_exposes is None or EXPOSE in view.values:
        return ""
    wanted = frozenset(_list_wanted(view))
    return ", ".join(name for name in list_well_formed(view.preflight_exposes) if name.lower() in wanted)


def list_for_scripts(names: Iterable[str], method: str, url: str, status: int) -> list[str]:
    """Return those of a response's header names, in lower case, that are sent for scripts to read."""
    part = method == "PUT" and UPLOADED.search(url) is not None
    return [
        name
        for name in names
        if (name in FOR_SCRIPTS or name.startswith(FOR_SCRIPTS_PREFIXES) or (part and name == "etag"))
        and (name != "location" or status == 201)
    ]


def expose_by_name(subject: Subject) -> Fix:
    """Return the list of what a script may want, and what is listed well already."""
    headers = subject.response.headers
    listed = list_well_formed(headers.get(EXPOSE) or "")
    have = {name.lower() for name in listed}
    more = [name for name in headers.names() if name not in PLUMBING and name not in have]
    names = [name for name in (*listed, *more) if name != "*"]
    return Fix((HeaderEdit(EXPOSE_HEADERS, ", ".join(names)),)) if names else Fix()


def expose_listed(subject: Subject) -> Fix:
    """Return the list of what is listed well, without the rest."""
    names = list_well_formed(subject.response.headers.get(EXPOSE) or "")
    return Fix((HeaderEdit(EXPOSE_HEADERS, ", ".join(names)),)) if names else expose_by_name(subject)


def expose_asked(subject: Subject) -> Fix:
    """Return the list with the headers that are hidden (`value`) on it."""
    listed = list_well_formed(subject.response.headers.get(EXPOSE) or "")
    asked = [name for name in list_well_formed(subject.value) if name.lower() not in {one.lower() for one in listed}]
    return Fix((HeaderEdit(EXPOSE_HEADERS, ", ".join([*listed, *asked])),)) if asked else Fix()


GRANTED = "200\nAccess-Control-Allow-Origin: https://app.example\nVary: Origin\nX-Total-Count: 7"

RULES = (
    Rule(
        code="expose-wildcard-with-credentials",
        title="A wildcard exposes no headers to a request with credentials",
        spec=SPEC,
        why="For a request with credentials, `*` in Access-Control-Expose-Headers means a header named `*`. The "
        "response's own headers stay hidden from the page.",
        seen="Access-Control-Expose-Headers: {expose_headers}; hidden from the page: {value}",
        needed="Access-Control-Expose-Headers with the names of the headers that pages may read",
        advice="List the headers by name.",
        fix=expose_by_name,
        widens=WIDENS,
        check=find_hidden_by_wildcard,
        example=Example(
            f"{GET_ORDERS}\nCookie: id=7\n\n{GRANTED}\nAccess-Control-Allow-Credentials: true\n"
            "Access-Control-Expose-Headers: *",
            credentials="include",
        ),
    ),
    Rule(
        code="expose-headers-invalid",
        title="Access-Control-Expose-Headers cannot be parsed",
        spec=SPEC,
        why="The header is a list of header names, separated by commas. If one element is not a header name, the whole "
        "list is ignored: every header on it stays hidden from the page.",
        seen="Access-Control-Expose-Headers: {expose_headers}",
        needed="header names, separated by commas",
        advice="Separate by commas; no quotes, no spaces inside, no semicolons.",
        fix=expose_listed,
        widens=WIDENS,
        check=lambda view: view.role == "request" and find_invalid_token(view.values.get(EXPOSE, "")) is not None,
        example=Example(f"{GET_ORDERS}\n\n{GRANTED}\nAccess-Control-Expose-Headers: X-Total-Count; X-Page"),
    ),
    Rule(
        code="expose-headers-on-preflight",
        title="Headers are exposed in the preflight's response, but not in the response itself",
        spec=SPEC,
        why="Browsers read Access-Control-Expose-Headers only in the response whose headers the page wants to read. In "
        "the response to the preflight it has no effect, so these headers stay hidden from the page.",
        seen="{value} listed in the preflight's response only",
        needed="Access-Control-Expose-Headers: {value} on the response itself",
        advice="Send the header on the response to the request.",
        fix=expose_asked,
        widens=WIDENS,
        check=find_exposed_on_preflight,
        example=Example(
            "OPTIONS https://api.example/orders\nOrigin: https://app.example\nAccess-Control-Request-Method: PUT\n\n"
            "204\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Methods: PUT\n"
            "Access-Control-Expose-Headers: X-Total-Count\nVary: Origin",
            "PUT https://api.example/orders\nOrigin: https://app.example\n\n" + GRANTED,
        ),
    ),
    Rule(
        code="headers-asked-in-vain",
        many=True,
        title="Response headers that scripts are meant to read are hidden from the page",
        spec=SPEC,
        why="From a response of another origin, a page can read only a few harmless headers and those that the "
        "response exposes. For any other header its script gets null, or a warning in the console.",
        seen="hidden from the page: {value}",
        needed="Access-Control-Expose-Headers: {value}",
        advice="List the headers in Access-Control-Expose-Headers, on the response itself.",
        fix=expose_asked,
        widens=WIDENS,
        example=Example(f"{GET_ORDERS}\n\n{GRANTED}", value="X-Total-Count"),
    ),
)
