"""Advice about CORS headers that do nothing: misspelt, on the wrong message, or sent by two layers."""

from __future__ import annotations

from functools import lru_cache

from corsight.policies.rules.cors_check import ALLOW_CREDENTIALS, ALLOW_ORIGIN
from corsight.policies.rules.example import GET_ORDERS, Example
from corsight.policies.rules.exposing import EXPOSE_HEADERS
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject
from corsight.policies.rules.preflight import ALLOW_HEADERS, ALLOW_METHODS, MAX_AGE
from corsight.policies.rules.view import ORIGIN, View

SPEC = "https://fetch.spec.whatwg.org/#http-responses"
REQUESTS = "https://fetch.spec.whatwg.org/#http-requests"
CORS_CHECK = "https://fetch.spec.whatwg.org/#concept-cors-check"


SINGLES = (ALLOW_ORIGIN, ALLOW_CREDENTIALS, MAX_AGE)
"""The headers that may come once."""
RESPONSE_HEADERS = (ALLOW_ORIGIN, ALLOW_CREDENTIALS, ALLOW_METHODS, ALLOW_HEADERS, EXPOSE_HEADERS, MAX_AGE)
"""https://fetch.spec.whatwg.org/#http-responses"""
REQUEST_HEADERS = ("Access-Control-Request-Method", "Access-Control-Request-Headers")
"""https://fetch.spec.whatwg.org/#http-requests"""

RESPONSE_NAMES = frozenset(name.lower() for name in RESPONSE_HEADERS)
REQUEST_NAMES = frozenset(name.lower() for name in REQUEST_HEADERS)
OTHERS = frozenset(
    {
        # Private network access: withdrawn, and still sent.
        "access-control-allow-private-network",
        "access-control-allow-local-network",
        "access-control-request-private-network",
        "access-control-request-local-network",
    }
)
"""What begins like a CORS header and is meant to."""
PREFIX = "access-control-"
CANONICAL = {name.lower(): name for name in (*RESPONSE_HEADERS, *REQUEST_HEADERS)}
"""The CORS headers as one writes them."""


def find_repeated(view: View) -> str:
    """Return the lines of headers that may come once and came in several, or that a proxy joined."""
    lines = [f"{name}: {line}" for name in SINGLES for line in view.lines.get(name.lower(), ())]
    if not lines and is_joined(view.values.get(ORIGIN, "")):
        return f"{ALLOW_ORIGIN}: {view.values[ORIGIN]}"
    return "; ".join(lines)


def is_joined(allow_origin: str) -> bool:
    """Return whether a proxy joined the answers of two layers: the same one twice, or one of them is `*`."""
    listed = [part.strip() for part in allow_origin.split(",")]
    return len(listed) == 2 and (listed[0] == listed[1] != "" or ("*" in listed and "" not in listed))


def find_misspelt(view: View) -> str:
    """Return the misspelt names, each with the header that was meant, where the response does not have that."""
    pairs = [(name, header) for name in view.names if (header := find_meant(name)) is not None]
    return "; ".join(f"{name} (meant is {header})" for name, header in pairs if header.lower() not in view.names)


def find_meant(name: str) -> str | None:
    """Return the CORS header that a name (lower case) was meant for; None where it is one, or looks like none."""
    if name in RESPONSE_NAMES or name in REQUEST_NAMES or name in OTHERS or not 12 <= len(name) <= 48:
        return None
    return _nearest(name)


@lru_cache(maxsize=1024)
def _nearest(name: str) -> str | None:
    bare = _bare(name)
    # Whoever writes Access-Control- means one of these, however far off the rest is.
    allowance = len(bare) // 3 if name.startswith(PREFIX) else 2
    if allowance == 2 and not 15 <= len(bare) <= 31:
        return None
    distance, nearest = min((_distance(bare, _bare(known.lower())), known) for known in RESPONSE_HEADERS)
    return nearest if distance <= allowance else None


def _bare(name: str) -> str:
    """Return the name without what separates its words: hyphens are what is forgotten first."""
    return name.replace("-", "").replace("_", "").replace(" ", "")


def _distance(a: str, b: str) -> int:
    """Return how many letters have to be put in, taken out or changed to make one of the other (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (one != other))
    return row[-1]


def correct_names(subject: Subject) -> Fix:
    """Return each value under the name that was meant, where that name is not there."""
    headers = subject.response.headers
    edits: dict[str, HeaderEdit] = {}
    for name in headers.names():
        header = find_meant(name)
        if header is not None and header.lower() not in headers:
            edits[header] = HeaderEdit(header, headers.get(name) or "")
    return Fix(tuple(edits.values()))


def keep_one_line(subject: Subject) -> Fix:
    """Return each header that came several times, once: with the value that says most."""
    headers, edits = subject.response.headers, []
    for name in SINGLES:
        lines = headers.lines(name.lower())
        if len(lines) < 2:
            continue
        best = next((line for line in (subject.origin, "*", "true") if line in lines), lines[0])
        edits.append(HeaderEdit(name, best))
    return Fix(tuple(edits))


ASKED = f"{GET_ORDERS}\n\n200\n"

RULES = (
    Rule(
        code="cors-header-misspelt",
        title="A CORS header is misspelt",
        spec=SPEC,
        why="No such header exists. Browsers ignore headers they do not know, so it allows nothing.",
        seen="{value}",
        needed="one of Access-Control-Allow-Origin, -Allow-Credentials, -Allow-Methods, -Allow-Headers, "
        "-Expose-Headers, -Max-Age",
        advice="Correct the name.",
        fix=correct_names,
        widens="allows what the misspelt header was meant to allow",
        check=find_misspelt,
        example=Example(
            f"{ASKED}Access-Control-Allow-Origin: *\nAccess-Control-Expose-Header: X-Total-Count\nX-Total-Count: 7"
        ),
    ),
    Rule(
        code="request-header-on-response",
        title="The server sends a CORS request header",
        spec=SPEC,
        why="Access-Control-Request-Method and Access-Control-Request-Headers are sent by browsers, in a preflight. In "
        "a response they have no effect; usually Access-Control-Allow-Methods and -Allow-Headers are meant.",
        seen="the response sends {value}",
        needed="Access-Control-Allow-Methods or Access-Control-Allow-Headers, in the response to the preflight",
        advice="Send the Allow headers instead.",
        check=lambda view: ", ".join(CANONICAL[name] for name in view.names if name in REQUEST_NAMES),
        example=Example(f"{ASKED}Access-Control-Allow-Origin: *\nAccess-Control-Request-Headers: X-Requested-With"),
    ),
    Rule(
        code="cors-header-sent-by-client",
        title="The page sends a CORS response header",
        spec=REQUESTS,
        why="Access-Control-Allow-Origin and similar headers are for the server to send. In a request they allow "
        "nothing. They even cause a preflight, which then has to allow them as request headers.",
        seen="the request sends {value}",
        needed="a request without this header",
        advice="Remove it from the page's request headers; let the server send it in its response.",
        actor="client",
        check=lambda view: ", ".join(CANONICAL[name] for name in view.asked if name in RESPONSE_NAMES),
        example=Example(
            "OPTIONS https://api.example/orders\nOrigin: https://app.example\nAccess-Control-Request-Method: GET\n"
            "Access-Control-Request-Headers: access-control-allow-origin\n\n204\nAccess-Control-Allow-Origin: *"
        ),
    ),
    Rule(
        code="cors-headers-twice",
        title="Two layers send CORS headers",
        spec=CORS_CHECK,
        step="1",
        why="A header that may come once came twice: usually the application sends CORS headers, and a proxy, gateway "
        "or second middleware adds its own. Browsers join the two values into one, which is not valid.",
        seen="{value}",
        needed="each of these headers once",
        advice="Let only one layer send CORS headers, usually the application, and remove them from the other.",
        actor="proxy",
        fix=keep_one_line,
        widens="allows the origins that one of the two layers meant to allow",
        check=find_repeated,
        example=Example(
            f"{ASKED}Access-Control-Allow-Origin: https://app.example\n"
            "Access-Control-Allow-Origin: https://app.example\nVary: Origin"
        ),
    ),
)
