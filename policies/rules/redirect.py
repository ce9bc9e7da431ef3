"""The rules of HTTP-redirect fetch: what a redirect may not lead to."""

from __future__ import annotations

from policies.fetch.mixed_content import SPEC as MIXED_CONTENT_SPEC
from policies.rules.model import Rule

SPEC = "https://fetch.spec.whatwg.org/#http-redirect-fetch"

USERINFO = "redirect-userinfo"
SCHEME = "redirect-scheme"
LOCATION = "redirect-location-invalid"
COUNT = "redirect-too-many"
SAME_ORIGIN_MODE = "redirect-cross-origin"
MIXED_CONTENT = "mixed-content"

RULES = (
    Rule(
        code=USERINFO,
        title="The redirect's URL holds a user name or password",
        spec=SPEC,
        step="10",
        why="A CORS request may not be sent to a URL with credentials in it.",
        needed="a Location without user name and password",
        advice="Redirect to the plain URL.",
    ),
    Rule(
        code=SCHEME,
        title="The redirect leaves HTTP",
        spec=SPEC,
        step="6",
        why="Only http and https URLs can be fetched across origins.",
        needed="an http or https Location",
        advice="Redirect to an https URL.",
    ),
    Rule(
        code=LOCATION,
        title="The redirect's Location is no URL",
        spec=SPEC,
        step="5",
        why="The browser could not parse where it was sent.",
        needed="a Location that parses",
        advice="Send an absolute https URL.",
    ),
    Rule(
        code=COUNT,
        title="Too many redirects",
        spec=SPEC,
        step="7",
        why="A fetch follows at most 20 redirects.",
        needed="an answer within 20 redirects",
        advice="Look for a loop: often a cookie that is never kept, since the page asks without credentials.",
    ),
    Rule(
        code=SAME_ORIGIN_MODE,
        title="A same-origin request was redirected to another origin",
        spec="https://fetch.spec.whatwg.org/#concept-main-fetch",
        step="12",
        why="The request's mode is same-origin: it may not leave its origin, not even by a redirect.",
        needed="a redirect that stays on {host}",
        advice='Use mode "cors" if the other origin is meant.',
        actor="client",
    ),
    Rule(
        code=MIXED_CONTENT,
        title="A secure page was led to an insecure URL",
        spec=MIXED_CONTENT_SPEC,
        step="fetch",
        why="A page loaded over https may not load over http, redirects included. No CORS header changes that.",
        needed="a Location with https",
        advice="Redirect to https. Behind a proxy that ends TLS, a URL without its final slash is a frequent cause.",
    ),
)
