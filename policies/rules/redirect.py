"""The rules of HTTP-redirect fetch: what a redirect may not lead to. No response header mends them: Location has to
change, and what it leads to."""

from __future__ import annotations

from corsight.policies.fetch.main_fetch import (
    COUNT,
    LOCATION,
    MIXED_CONTENT,
    REFUSED,
    SAME_ORIGIN_MODE,
    SCHEME,
    USERINFO,
)
from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Rule

ASKED = "GET https://api.example/files/7\nOrigin: https://app.example\n\n302\nAccess-Control-Allow-Origin: *\n"
"""The examples but for their Location."""

RULES = (
    Rule(
        code=USERINFO,
        title="The redirect's URL holds a user name or password",
        why="A CORS request may not be sent to a URL that holds a user name or password. Nothing the server answers "
        "can allow it.",
        seen="a redirect to {target}",
        needed="a Location without user name and password",
        advice="Redirect to the plain URL.",
        example=Example(f"{ASKED}Location: https://reader:pass@files.example/7"),
    ),
    Rule(
        code=SCHEME,
        title="The redirect leaves HTTP",
        why="Only http and https URLs can be fetched across origins. A redirect to any other scheme ends the fetch.",
        seen="a redirect to {target}",
        needed="an http or https Location",
        advice="Redirect to an https URL.",
        example=Example(f"{ASKED}Location: ftp://files.example/7"),
    ),
    Rule(
        code=LOCATION,
        title="The redirect's Location is no URL",
        why="The browser could not parse where it was sent. An empty host, a port out of range or a stray bracket is "
        "enough.",
        seen="Location: {location}",
        needed="a Location that parses",
        advice="Send an absolute https URL.",
        example=Example(f"{ASKED}Location: https://files.example:port/7"),
    ),
    Rule(
        code=COUNT,
        title="Too many redirects",
        why="A fetch follows at most 20 redirects. More are nearly always a loop.",
        seen="a 21st redirect, to {target}",
        needed="an answer within 20 redirects",
        advice="Look for a loop: often a cookie that is never kept, since the page asks without credentials.",
        example=Example(
            f"{ASKED}Location: https://api.example/login?next=/files/7",
            chain=tuple(f"https://api.example/{name}" for name in ["files/7", "login?next=/files/7"] * 10),
        ),
    ),
    Rule(
        code=SAME_ORIGIN_MODE,
        title="A same-origin request was redirected to another origin",
        why="The request's mode is same-origin: it may not leave its origin, not even by a redirect. CORS is not "
        "asked.",
        seen="a redirect from {host} to {target}",
        needed="a redirect that stays on {host}",
        advice='Use mode "cors" if the other origin is meant.',
        actor="client",
        example=Example(
            "GET https://app.example/files/7\nSec-Fetch-Mode: same-origin\n\n302\nLocation: https://files.example/7",
            tainting="basic",
            mode="same-origin",
        ),
    ),
    Rule(
        code=REFUSED,
        title="The page refuses to be redirected",
        why='The page asked with redirect mode "error", which ends a fetch at its first redirect. No header '
        "tells that mode: of a redirect that nobody followed it is one explanation.",
        seen="a redirect to {target}",
        needed="an answer without a redirect",
        advice='Answer at the first URL, or use redirect mode "follow" if redirects are meant.',
        actor="client",
        example=Example(f"{ASKED}Location: https://files.example/7", redirect="error"),
    ),
    Rule(
        code=MIXED_CONTENT,
        title="A secure page was led to an insecure URL",
        why="A page loaded over https may not load over http, redirects included. No CORS header changes that.",
        seen="a redirect to {target}",
        needed="a Location with https",
        advice="Use the https URL, in the page and in redirects. Behind a proxy that ends TLS, a URL without its final "
        "slash is a frequent cause.",
        example=Example(f"{ASKED}Location: http://api.example/files/7/"),
    ),
)
