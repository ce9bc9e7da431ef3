"""Advice about credentials: combinations that do not work, or that trust more pages than one would."""

from __future__ import annotations

from corsight.policies.fetch.origin import is_potentially_trustworthy
from corsight.policies.rules.example import GET_ORDERS, Example
from corsight.policies.rules.model import Rule
from corsight.policies.rules.view import CREDENTIALS, ORIGIN, View

SPEC = "https://fetch.spec.whatwg.org/#cors-protocol-and-credentials"


def trusts_insecure_page(view: View) -> bool:
    """Return whether a page of an insecure origin may use the user's credentials with a server of https."""
    origin = view.values.get(ORIGIN, "")
    if not view.secure or view.values.get(CREDENTIALS) != "true" or origin != view.origin:
        return False
    return origin.startswith("http://") and not is_potentially_trustworthy(origin)


RULES = (
    Rule(
        code="allow-credentials-with-wildcard",
        title="Credentials are allowed together with a wildcard origin",
        spec=SPEC,
        why="Browsers do not accept `*` for a request with credentials, so Access-Control-Allow-Credentials has no "
        "effect next to it: such a request is blocked anyway. One of the two is a mistake.",
        seen="Access-Control-Allow-Origin: * with Access-Control-Allow-Credentials: true",
        needed="either * without Access-Control-Allow-Credentials, or the origin by name with it",
        advice="Leave Access-Control-Allow-Credentials out if the data is public; otherwise name the origins you "
        "trust.",
        check=lambda view: view.values.get(ORIGIN) == "*" and view.values.get(CREDENTIALS) == "true",
        example=Example(f"{GET_ORDERS}\n\n200\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Credentials: true"),
    ),
    Rule(
        code="insecure-origin-with-credentials",
        title="A page loaded over http may send the user's credentials",
        spec=SPEC,
        why="The API is served over https, but allows credentials to a page that was loaded over http. An attacker "
        "on the same network can change that page and so read the user's data from the API.",
        seen="Access-Control-Allow-Origin: {allow_origin} with Access-Control-Allow-Credentials: true, over https",
        needed="https origins only, where credentials are allowed",
        advice="Serve the page over https, and take the http origin off the server's list.",
        check=trusts_insecure_page,
        example=Example(
            "GET https://api.example/orders\nOrigin: http://app.example\n\n"
            "200\nAccess-Control-Allow-Origin: http://app.example\nAccess-Control-Allow-Credentials: true\n"
            "Vary: Origin",
            page_origin="http://app.example",
        ),
    ),
    Rule(
        code="reflected-origin-with-credentials",
        many=True,
        title="Any origin seems to be allowed, with credentials",
        spec=SPEC,
        why="The server answered unrelated origins each with its own name, and allowed credentials. It seems to copy "
        "whatever Origin it is sent: then any web site that its users visit can read their data here.",
        seen="Access-Control-Allow-Origin: {allow_origin} with Access-Control-Allow-Credentials: true, as for others",
        needed="only the origins of a list",
        advice="Compare Origin with a list of the pages you trust; for public data, send * without credentials.",
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
