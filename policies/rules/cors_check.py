"""The CORS check's rules: what the response says of the origin, and of credentials."""

from __future__ import annotations

from policies.fetch import cors_check as check
from policies.rules.model import Fix, HeaderEdit, Rule, Situation

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
WIDENS = "lets pages of this origin read the response; answer the origins you trust by name, never any origin that asks"
WIDENS_CREDENTIALS = "lets pages of this origin act with the user's cookies: only for origins you trust as your own"


def allow_origin(situation: Situation) -> Fix:
    """Name the origin, and say that the answer depends on it."""
    edits = [HeaderEdit(ALLOW_ORIGIN, situation.origin)]
    vary = situation.response.headers.get("vary")
    named = [part.strip().lower() for part in (vary or "").split(",")]
    if situation.origin != "null" and "origin" not in named and "*" not in named:
        edits.append(HeaderEdit("Vary", f"{vary}, Origin" if vary else "Origin"))
    return Fix(tuple(edits))


def allow_credentials(situation: Situation) -> Fix:
    """Allow credentials, in the one spelling there is."""
    return Fix((HeaderEdit(ALLOW_CREDENTIALS, "true"),))


RULES = (
    Rule(
        code=check.MISSING,
        title="No Access-Control-Allow-Origin header",
        spec=check.SPEC,
        step=check.STEP[check.MISSING],
        why="A page may read a response from another origin only when that response says so. This one says nothing, "
        "often because an error page, a gateway or a cache answered in place of the application.",
        needed="Access-Control-Allow-Origin: {origin}",
        advice="Send the header on every response, errors included.",
        fix=allow_origin,
        widens=WIDENS,
    ),
    Rule(
        code=check.WILDCARD,
        title="Wildcard origin for a request with credentials",
        spec=check.SPEC,
        step=check.STEP[check.WILDCARD],
        why="The page asks with the user's credentials (credentials: 'include', or withCredentials), and `*` never "
        "counts then: the response has to name the origin that asks.",
        needed="Access-Control-Allow-Origin: {origin} (not *), with Access-Control-Allow-Credentials: true",
        advice="Answer with the origin itself, or let the page ask without credentials.",
        fix=lambda situation: allow_origin(situation) + allow_credentials(situation),
        widens=WIDENS_CREDENTIALS,
    ),
    Rule(
        code=check.MULTIPLE,
        title="More than one value in Access-Control-Allow-Origin",
        spec=check.SPEC,
        step=check.STEP[check.MULTIPLE],
        why="The header holds one origin. A list, or the header sent twice (mostly by an application and by the proxy "
        "before it), is compared as one text, and equals no origin.",
        needed="exactly one Access-Control-Allow-Origin header, with the value {origin}",
        advice="Let one layer answer CORS, and pick from your list the origin that asked.",
        fix=allow_origin,
        widens=WIDENS,
    ),
    Rule(
        code=check.INVALID,
        title="Access-Control-Allow-Origin is not an origin",
        spec=check.SPEC,
        step=check.STEP[check.INVALID],
        why="The value is compared byte for byte with the page's origin: scheme, host and port. A bare host, an empty "
        "value or a quoted one is no origin.",
        needed="Access-Control-Allow-Origin: {origin}",
        advice="Send scheme, host and, unless it is the default, the port.",
        fix=allow_origin,
        widens=WIDENS,
    ),
    Rule(
        code=check.MISMATCH,
        title="Access-Control-Allow-Origin names another origin",
        spec=check.SPEC,
        step=check.STEP[check.MISMATCH],
        why="The value is compared byte for byte with the page's origin. A trailing slash, another port, upper case, a "
        "pattern, or the answer meant for somebody else and kept by a cache, all fail.",
        needed="Access-Control-Allow-Origin: {origin}",
        advice="Answer with the origin that asked when it is on your list, and send Vary: Origin.",
        fix=allow_origin,
        widens=WIDENS,
    ),
    Rule(
        code=check.CREDENTIALS,
        title="Credentials are not allowed",
        spec=check.SPEC,
        step=check.STEP[check.CREDENTIALS],
        why="The page asks with the user's credentials (credentials: 'include', or withCredentials), and the "
        "response does not agree to that. Only the exact value `true` does.",
        needed="Access-Control-Allow-Credentials: true",
        advice="Send the header, or let the page ask without credentials if it needs none.",
        fix=allow_credentials,
        widens=WIDENS_CREDENTIALS,
    ),
)
