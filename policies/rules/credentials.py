"""Advice about credentials: combinations that do not work, or that trust more pages than one would."""

from __future__ import annotations

from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Rule
from corsight.policies.rules.preflight import allow_headers

SPEC = "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials"
NON_WILDCARD = "https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name"

WITH_WILDCARD = "allow-credentials-with-wildcard"
AUTHORIZATION = "authorization-by-wildcard"
INSECURE = "insecure-origin-with-credentials"
REFLECTED = "reflected-origin-with-credentials"

RULES = (
    Rule(
        code=WITH_WILDCARD,
        kind="advice",
        title="Credentials are allowed beside a wildcard origin",
        spec=SPEC,
        step="",
        why="`*` never counts for a request with credentials, so Access-Control-Allow-Credentials does nothing beside "
        "it: such a request is blocked all the same. One of the two is not meant.",
        seen="Access-Control-Allow-Origin: * with Access-Control-Allow-Credentials: true",
        needed="either * without Access-Control-Allow-Credentials, or the origin by name with it",
        advice="Leave Access-Control-Allow-Credentials out if the data is public; else name the origins you trust.",
        example=Example(
            "GET https://api.example/orders\nOrigin: https://app.example\n\n"
            "200\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Credentials: true",
        ),
    ),
    Rule(
        code=AUTHORIZATION,
        kind="advice",
        title="Authorization is covered by a wildcard only",
        spec=NON_WILDCARD,
        step="",
        why="By the standard `*` in Access-Control-Allow-Headers does not cover Authorization: it has to be listed. "
        "Browsers let it pass all the same; Firefox prints a warning.",
        seen="Access-Control-Allow-Headers: {allow_headers}, and the page sends Authorization",
        needed="Access-Control-Allow-Headers: *, Authorization",
        advice="List Authorization by name.",
        fix=allow_headers,
        example=Example(
            "OPTIONS https://api.example/orders\nOrigin: https://app.example\nAccess-Control-Request-Method: GET\n"
            "Access-Control-Request-Headers: authorization\n\n"
            "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Headers: *",
            # By the standard it is blocked.
            engines=("chromium", "firefox", "webkit"),
        ),
    ),
    Rule(
        code=INSECURE,
        kind="advice",
        title="A page loaded over http may use the user's credentials",
        spec=SPEC,
        step="",
        why="The API is served over https, and lets a page act with the user's cookies that was loaded over http. "
        "Whoever sits on the page's network can change that page, and so read what the API says to this user.",
        seen="Access-Control-Allow-Origin: {allow_origin} with Access-Control-Allow-Credentials: true, over https",
        needed="https origins only, where credentials are allowed",
        advice="Serve the page over https, and take the http origin off the server's list.",
        example=Example(
            "GET https://api.example/orders\nOrigin: http://app.example\n\n"
            "200\nAccess-Control-Allow-Origin: http://app.example\nAccess-Control-Allow-Credentials: true\n"
            "Vary: Origin",
            page_origin="http://app.example",
        ),
    ),
    Rule(
        code=REFLECTED,
        kind="advice",
        many=True,
        title="Any origin that asks is allowed, with credentials",
        spec=SPEC,
        step="",
        why="The server answered unrelated origins each with its own name, and allowed credentials. It seems to return "
        "whatever Origin it is sent: then any web site its users visit can read their data here.",
        seen="Access-Control-Allow-Origin: {allow_origin} with Access-Control-Allow-Credentials: true, as for others",
        needed="the origins of a list, and nobody else's",
        advice="Hold Origin against a list of the pages you trust; where data is public, send * without credentials.",
        example=Example(
            "GET https://api.example/me\nOrigin: https://app.example\n\n"
            "200\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: true\n"
            "Vary: Origin",
            "GET https://api.example/me\nOrigin: https://stranger.test\n\n"
            "200\nAccess-Control-Allow-Origin: https://stranger.test\nAccess-Control-Allow-Credentials: true\n"
            "Vary: Origin",
            page_origin="https://stranger.test",
            credentials="include",
        ),
    ),
)
