"""Causes in the CORS headers themselves, and in who asks."""

from __future__ import annotations

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "two-layers-answer",
        "Two layers both send CORS headers.",
        "The application and the proxy before it each add the header. Browsers read both as one value, which is no "
        "origin.",
        "Let one layer answer: take the headers out of the other, or let the proxy drop those of the application.",
        "proxy",
    ),
    KnownCause(
        "wildcard-with-credentials",
        "* was answered to a request with credentials.",
        "The page asks with cookies or a login (credentials: include, withCredentials). Then * counts as no answer.",
        "Answer the origin that asks, with Vary: Origin and Access-Control-Allow-Credentials: true; or ask without "
        "credentials.",
    ),
    KnownCause(
        "wildcard-not-enough",
        "* in a list of methods or headers does not cover what was asked.",
        "With credentials * means nothing in these lists, and by the standard it never covers Authorization.",
        "List by name what the page sends.",
    ),
    KnownCause(
        "origin-list",
        "Access-Control-Allow-Origin holds a list.",
        "The header takes one origin, or *. A list is no origin.",
        "Keep the list on the server, and answer with the one of them that asks, and Vary: Origin.",
    ),
    KnownCause(
        "origin-pattern",
        "Access-Control-Allow-Origin holds a pattern.",
        "Browsers compare letter by letter: there are no patterns in this header.",
        "Match the pattern on the server, and answer with the origin that asks.",
    ),
    KnownCause(
        "origin-not-exact",
        "Access-Control-Allow-Origin is the right origin, not written exactly so.",
        "An origin is scheme, host and port: no slash at the end, no path, no quotes, no default port, lower case.",
        "Write it as the browser sends it in Origin.",
    ),
    KnownCause(
        "origin-differs-slightly",
        "Access-Control-Allow-Origin differs in scheme, port or www.",
        "Origins are compared letter by letter: http and https, two ports, www. and none, localhost and 127.0.0.1 are "
        "different origins.",
        "Add the origin that asks to the server's list, or open the page at the one that is allowed.",
    ),
    KnownCause(
        "origin-null-answered",
        "Access-Control-Allow-Origin says null to a page that has an origin.",
        "null is the origin of sandboxed frames and local files, not nobody and not everybody. Mostly it is a value "
        "that was never set.",
        "Answer the origin that asks, or leave the header out. Never send null.",
    ),
    KnownCause(
        "origin-fixed",
        "The server allows one other origin, whoever asks.",
        "The header is written into the settings as one origin. A page of another one is never let in.",
        "Keep a list of origins on the server, and answer with the one that asks, with Vary: Origin.",
    ),
    KnownCause(
        "origin-null-sandbox",
        "A sandboxed frame asks with Origin: null.",
        "A frame that is sandboxed without allow-same-origin has no origin of its own.",
        "Add allow-same-origin to the sandbox if the content is your own, or let the page around it ask.",
        "client",
    ),
    KnownCause(
        "origin-null-file",
        "A local file or a data: URL asks with Origin: null.",
        "Pages that were opened from disk, and data: URLs, have no origin.",
        "Open the page through a web server, such as http://localhost, and allow that origin.",
        "client",
    ),
    KnownCause(
        "credentials-not-exact",
        "Access-Control-Allow-Credentials is not the word true.",
        "Only the four letters true count, in lower case.",
        "Write Access-Control-Allow-Credentials: true.",
    ),
    KnownCause(
        "misspelt-header",
        "The CORS header that is missing is there under a misspelt name.",
        "Browsers look for the exact name; any other means nothing.",
        "Correct the name.",
    ),
    KnownCause(
        "cors-header-sent-by-page",
        "The page sends a response's CORS header in its request.",
        "Access-Control-Allow-* is for the server to send. From the page it grants nothing, and makes a preflight "
        "needed that asks for it.",
        "Take the header out of the request.",
        "client",
    ),
    KnownCause(
        "lower-case-method",
        "The method is written patch, which is not PATCH.",
        "Browsers write DELETE, GET, HEAD, OPTIONS, POST and PUT in capitals by themselves, and no other method.",
        "Write method: 'PATCH' in the page.",
        "client",
    ),
    KnownCause(
        "instrumentation-header-not-allowed",
        "A tracing or analytics library adds a header that is not allowed.",
        "Libraries that trace requests add headers such as sentry-trace, baggage or traceparent to all of them, also "
        "to servers that do not know these.",
        "Limit the library to your own servers, or allow the header there.",
        "client",
    ),
    KnownCause(
        "user-agent-set-by-page",
        "The page sets User-Agent, which only some browsers send.",
        "Chromium drops a User-Agent that a page sets; Firefox and WebKit send it, and ask for leave by a preflight.",
        "Let the page not set it, or allow user-agent.",
        "client",
    ),
    KnownCause(
        "blocked-in-one-engine",
        "One browser blocks what the others let pass.",
        "The engines depart from the standard in a few places, so what works in one may fail in another.",
        "Mend what the one browser asks for: the others accept it too.",
    ),
    KnownCause(
        "blocked-in-other-engines",
        "What passes here is blocked by other browsers.",
        "The browser that was used departs from the standard, or is younger or older than others.",
        "Mend it for the others before their users meet it.",
    ),
    KnownCause(
        "cookie-not-sent",
        "A cookie was set so that requests of other sites' pages never carry it.",
        "Without SameSite=None and Secure a cookie stays with its own site's pages.",
        "Set the cookie with SameSite=None; Secure, or ask from the same site.",
        stops=False,
    ),
    KnownCause(
        "cookie-third-party",
        "The browser withholds third-party cookies.",
        "Safari always, Firefox and Chromium by their settings, keep cookies of other sites from being stored or sent.",
        "Serve the API on the page's own site, use a token in Authorization, or partitioned cookies.",
        stops=False,
    ),
    KnownCause(
        "cookie-ignored",
        "A cookie was set on a request without credentials, and thrown away.",
        "A cross-origin request that is made without credentials neither sends cookies nor keeps those that come.",
        "Ask with credentials: 'include' (or withCredentials), and let the server allow it.",
        "client",
        stops=False,
    ),
    KnownCause(
        "cookie-set-by-blocked-reply",
        "A reply that was blocked still set its cookies.",
        "CORS keeps a reply from the page's script. Its cookies are stored all the same.",
        "Mend what blocks it, and do not take a cookie for a sign that the page got its reply.",
        stops=False,
    ),
    KnownCause(
        "no-cors-response-unreadable",
        "Data was asked for with mode no-cors, and cannot be read.",
        "mode: 'no-cors' does not switch CORS off: the response is opaque, with status 0 and an empty body.",
        "Take mode: 'no-cors' out, and let the server allow the origin.",
        "client",
    ),
)
