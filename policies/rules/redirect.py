"""The rules of HTTP-redirect fetch: what a redirect may not lead to. No response header mends them: Location has to
change, and what it leads to."""

from corsight.policies.fetch import main_fetch as check
from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Rule

ASKED = "GET https://api.example/files/7\nOrigin: https://app.example\n\n302\nAccess-Control-Allow-Origin: *\n"
"""The examples but for their Location."""

RULES = (
    Rule(
        code=check.USERINFO,
        title="The redirect's URL has a user name or password",
        why="Browsers do not send a CORS request to a URL with a user name or password. No response header can allow "
        "it.",
        seen="a redirect to {target}",
        needed="a Location without user name and password",
        advice="Redirect to the plain URL.",
        example=Example(f"{ASKED}Location: https://reader:pass@files.example/7"),
    ),
    Rule(
        code=check.SCHEME,
        title="The redirect leads to a URL that is not http or https",
        why="Only http and https URLs can be requested across origins. A redirect to any other scheme ends the "
        "request.",
        seen="a redirect to {target}",
        needed="an http or https Location",
        advice="Redirect to an https URL.",
        example=Example(f"{ASKED}Location: ftp://files.example/7"),
    ),
    Rule(
        code=check.LOCATION,
        title="The redirect's Location is not a valid URL",
        why="The browser could not parse the URL in Location. An empty host, a port out of range or a stray bracket "
        "makes it invalid.",
        seen="Location: {location}",
        needed="a Location with a valid URL",
        advice="Send an absolute https URL.",
        example=Example(f"{ASKED}Location: https://files.example:port/7"),
    ),
    Rule(
        code=check.COUNT,
        title="Too many redirects",
        why="Browsers follow at most 20 redirects. More than that is nearly always a loop.",
        seen="a 21st redirect, to {target}",
        needed="a response after at most 20 redirects",
        advice="Look for a loop: often a cookie that is never stored, because the page sends the request without "
        "credentials.",
        example=Example(
            f"{ASKED}Location: https://api.example/login?next=/files/7",
            chain=tuple(f"https://api.example/{name}" for name in ["files/7", "login?next=/files/7"] * 10),
        ),
    ),
    Rule(
        code=check.SAME_ORIGIN_MODE,
        title="A same-origin request was redirected to another origin",
        why="The page made this request with mode: 'same-origin', so it may not leave the page's origin, not even by a "
        "redirect. No CORS header was looked at.",
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
        code=check.REFUSED,
        title="The page refuses to be redirected",
        why="The page made this request with redirect: 'error', so it fails at the first redirect. No header shows "
        "that mode: it is one possible reason why nobody followed the redirect.",
        seen="a redirect to {target}",
        needed="a response without a redirect",
        advice='Answer at the first URL, or use redirect mode "follow" if redirects are meant.',
        actor="client",
        example=Example(f"{ASKED}Location: https://files.example/7", redirect="error"),
    ),
    Rule(
        code=check.MIXED_CONTENT,
        title="An https page requested an http URL (mixed content)",
        why="A page loaded over https may not load anything over http, redirects included. No CORS header changes "
        "that.",
        seen="a redirect to {target}",
        needed="an https URL (wss: for a WebSocket)",
        advice="Use the https URL (wss: for a WebSocket), in the page and in redirects. A server behind a proxy that "
        "ends TLS often writes http:// into the redirect that adds a final slash, or into links in "
        "its data: let it trust X-Forwarded-Proto.",
        example=Example(f"{ASKED}Location: http://api.example/files/7/"),
    ),
)
