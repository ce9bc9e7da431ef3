"""Causes where something else answers than the application: a tunnel, a login, a storage, the server's CORS layer."""

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "nothing-deployed-there",
        "Nothing is deployed at the address: the platform itself answered.",
        "A platform that many applications share (Google Cloud, Vercel, Railway, Render) answers 404 by itself for a "
        "name that it does not know. Its page has no CORS headers, so the browser reports a CORS error.",
        "Check the URL: the name, the region, the path. Open it in a tab, and look whether the deployment is there and "
        "runs.",
        "client",
    ),
    KnownCause(
        "tunnel-warning-page",
        "The warning page of a tunnel answered instead of the application.",
        "Some tunnels show a warning page before they let a visitor through. Scripts get that page too, without the "
        "application's CORS headers.",
        "In the page's code, send the header that makes the tunnel skip the warning (ngrok-skip-browser-warning, "
        "bypass-tunnel-reminder). On the server, list that header in Access-Control-Allow-Headers.",
        "client",
    ),
    KnownCause(
        "tunnel-offline",
        "Nothing answers at the other end of a tunnel.",
        "The tunnel's own server answers with an error, which has no CORS headers.",
        "Start the tunnel and the application behind it. The tunnel's URL may have changed.",
    ),
    KnownCause(
        "tunnel-port-private",
        "A port of a workspace or tunnel is not public: it asks for a login first.",
        "Preflights carry no cookies, and a script cannot log in at the login page of the port.",
        "Make the port public, or serve the page and the API through one port.",
    ),
    KnownCause(
        "challenge-in-place-of-reply",
        "A bot check or a firewall answered instead of the application.",
        "Something in front of the server stopped the request, or requires a person to pass a check. A script cannot "
        "pass "
        "it, and the check's page has no CORS headers.",
        "Exempt OPTIONS and the API's paths from the check.",
        "proxy",
    ),
    KnownCause(
        "another-program-answered",
        "Another program answered instead of the application.",
        "Operating systems have web services of their own: on macOS the AirPlay receiver uses the ports 5000 and 7000, "
        "and on Windows HTTP.sys answers requests for host names that no program registered. They send no CORS "
        "headers.",
        "Let the application listen on another port, or switch that service off.",
    ),
    KnownCause(
        "storage-rule-does-not-match",
        "No CORS rule of the storage bucket matches the request.",
        "Cloud storage answers by the CORS rules of the bucket or account. One of them has to list the origin, the "
        "method and every header that the preflight asks for.",
        "Add a rule with the origin, the method and the headers. OPTIONS itself need not be listed.",
    ),
    KnownCause(
        "origin-not-listed",
        "The origin is not on the server's list of allowed origins.",
        "CORS middlewares send no CORS headers to an origin that is not on their list.",
        "Add the origin to the list, exactly as the browser sends it.",
    ),
    KnownCause(
        "page-in-place-of-reply",
        "An HTML page came instead of the API's response.",
        "A login page, an error page of a gateway, or a web site's fallback for unknown paths was sent instead of the "
        "API's response.",
        "Open the URL in a tab to see which page it is. Check the path and the session.",
    ),
    KnownCause(
        "header-on-preflight-only",
        "The preflight passed, but the response itself lacks the header.",
        "Every response needs the header. What answers OPTIONS does not add it to other responses, or the request's "
        "handler skips the CORS code.",
        "Send the headers on the response too, from the same place that answers OPTIONS.",
    ),
    KnownCause(
        "error-behind-orb",
        "An error page came instead of an image or a script; ORB only hides it.",
        "Opaque Response Blocking (ORB) hides a body that is not an image or a script from a page that requested it "
        "without CORS. Here the body is an error page.",
        "Find out why the URL returns an error.",
    ),
    KnownCause(
        "redirected-by-browser",
        "The browser itself redirected the preflight to https (HSTS).",
        "Browsers request a host over https once it has sent Strict-Transport-Security. They do so by a redirect of "
        "their own, and a preflight must not be redirected.",
        "Request the https URL, or let the browser forget the host (chrome://net-internals/#hsts).",
        "client",
    ),
    KnownCause(
        "redirect-without-location",
        "A redirect has no Location header.",
        "A redirect without Location leads nowhere, so browsers treat it as the response itself.",
        "Send Location, or another status.",
    ),
)
