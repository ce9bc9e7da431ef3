"""Causes in who answers: something before the application, a storage's rules, the server's own CORS layer."""

from __future__ import annotations

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "tunnel-warning-page",
        "A tunnel's warning page answered, not the application.",
        "Tunnels show people a page of their own first, so that nobody takes what is behind them for something else. "
        "Scripts get that page too, without the application's CORS headers.",
        "Let the page send the header by which the tunnel skips it (ngrok-skip-browser-warning, "
        "bypass-tunnel-reminder), and list that header in Access-Control-Allow-Headers.",
        "client",
    ),
    KnownCause(
        "tunnel-offline",
        "Nothing answers at the other end of a tunnel.",
        "The tunnel's own server answers with an error, which has no CORS headers.",
        "Start the tunnel and the application behind it; the tunnel's URL may be another one now.",
    ),
    KnownCause(
        "tunnel-port-private",
        "A port of a workspace or tunnel is not public: it asks for a login first.",
        "Preflights carry no cookie, and a script cannot log in where the port's gate sends it.",
        "Make the port public, or serve page and API through one port.",
    ),
    KnownCause(
        "challenge-in-place-of-reply",
        "A check for robots or a firewall answered, not the application.",
        "What stands before the server stopped the request, or wants a person to pass a check. A script cannot, and "
        "the check has no CORS headers.",
        "Exempt OPTIONS and the API's paths from the check.",
        "proxy",
    ),
    KnownCause(
        "another-program-answered",
        "Another program listens where the application was meant to.",
        "Operating systems have web services of their own: on macOS the AirPlay receiver has ports 5000 and 7000, on "
        "Windows HTTP.sys answers for names that nobody asked it for. They know nothing of CORS.",
        "Let the application listen on another port, or switch that service off.",
    ),
    KnownCause(
        "storage-rule-does-not-match",
        "No CORS rule of a storage's bucket matches what was asked.",
        "Storages answer by the CORS rules of a bucket or account: one of them has to list the origin, the method and "
        "every header that is asked for.",
        "Add a rule with the origin, the method and the headers; OPTIONS itself need not be listed.",
    ),
    KnownCause(
        "origin-not-listed",
        "The origin is not on the list of the server's CORS layer.",
        "CORS layers leave the headers out for an origin that is not on their list.",
        "Add the origin to the list, exactly as the browser sends it.",
    ),
    KnownCause(
        "page-in-place-of-reply",
        "An HTML page came in place of the API's reply.",
        "A login, a gateway's notice, or a web site's fallback for unknown paths answered where the API was meant to.",
        "Open the URL in a tab to see which it is; check the path and the session.",
    ),
    KnownCause(
        "header-on-preflight-only",
        "The preflight was right, and the reply itself lacks the header.",
        "Every reply needs the header. What answers OPTIONS does not touch other replies, or the handler leaves the "
        "CORS code out.",
        "Send the headers on the reply too, from the same place that answers OPTIONS.",
    ),
    KnownCause(
        "error-behind-orb",
        "An error page came in place of an image or a script; ORB only hides it.",
        "Browsers keep a body that is no image or script from a page that asked without CORS. Here it is an error's.",
        "Find out why the URL ends in an error.",
    ),
    KnownCause(
        "redirected-by-browser",
        "The browser itself redirected the preflight to https (HSTS).",
        "A host that once sent Strict-Transport-Security is asked with https from then on: the browser makes a "
        "redirect of its own, and preflights may not be redirected.",
        "Ask with https, or let the browser forget the host (chrome://net-internals/#hsts).",
        "client",
    ),
    KnownCause(
        "redirect-without-location",
        "A redirect names no target.",
        "Without Location a redirect leads nowhere: browsers take it for the reply itself.",
        "Send Location, or another status.",
    ),
)
