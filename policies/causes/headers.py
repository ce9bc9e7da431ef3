"""Causes in the CORS headers of a response, and in the page that sends the request."""

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "two-layers-answer",
        "Both the application and a proxy in front of it send CORS headers.",
        "Each of them adds the header. Browsers join the two into one value, which is not valid.",
        "Let only one of them send CORS headers: remove them from the other, or let the proxy drop those of the "
        "application.",
        "proxy",
    ),
    KnownCause(
        "wildcard-with-credentials",
        "Access-Control-Allow-Origin is * for a request with credentials.",
        "The page sends the request with credentials (credentials: 'include', or withCredentials). Browsers do not "
        "accept * then.",
        "Answer with the requesting origin, Vary: Origin and Access-Control-Allow-Credentials: true. Or send the "
        "request without credentials.",
    ),
    KnownCause(
        "wildcard-not-enough",
        "* in a list of methods or headers does not cover what was asked.",
        "For a request with credentials, * means nothing in these lists. By the standard, it never covers "
        "Authorization.",
        "List what the page sends by name.",
    ),
    KnownCause(
        "origin-list",
        "Access-Control-Allow-Origin holds a list.",
        "The header can contain one origin, or *. Browsers compare a list as one text, which does not equal any "
        "origin.",
        "Keep the list on the server. If the requesting origin is on it, answer with that origin and Vary: Origin.",
    ),
    KnownCause(
        "origin-pattern",
        "Access-Control-Allow-Origin holds a pattern.",
        "Browsers compare the value character by character. This header has no patterns.",
        "Match the pattern on the server, and answer with the requesting origin.",
    ),
    KnownCause(
        "origin-not-exact",
        "Access-Control-Allow-Origin names the right origin, but not exactly as browsers write it.",
        "An origin is scheme, host and port in lower case: no slash at the end, no path, no quotes, no default port.",
        "Write it exactly as the browser sends it in the Origin header.",
    ),
    KnownCause(
        "origin-differs-slightly",
        "Access-Control-Allow-Origin differs in scheme, port or www.",
        "Origins are compared character by character. http and https, two ports, with and without www., localhost and "
        "127.0.0.1 are different origins.",
        "Add the page's origin to the server's list, or open the page at the origin that is allowed.",
    ),
    KnownCause(
        "origin-null-answered",
        "Access-Control-Allow-Origin is null, but the page has an origin.",
        "null is the origin of sandboxed frames and local files. It means neither nobody nor everybody. Often it is a "
        "variable that was never set.",
        "Answer with the requesting origin, or leave the header out. Never send null.",
    ),
    KnownCause(
        "origin-never-set",
        "Access-Control-Allow-Origin holds a variable that was not set or not replaced.",
        "undefined, None, ${ORIGIN} or $http_origin as a text: a program or a configuration wrote a variable that has "
        "no value there, or its name.",
        "Set the variable where the server really runs, and look whether its name is replaced at that place.",
    ),
    KnownCause(
        "origin-fixed",
        "The server allows one other origin, whichever origin asks.",
        "The header is set to one fixed origin. Pages of other origins are blocked.",
        "Keep a list of allowed origins on the server. If the requesting origin is on it, answer with that origin and "
        "Vary: Origin.",
    ),
    KnownCause(
        "origin-null-sandbox",
        "A sandboxed frame sends Origin: null.",
        "A frame that is sandboxed without allow-same-origin has no origin of its own.",
        "Add allow-same-origin to the sandbox if the content is your own, or send the request from the page around "
        "the frame.",
        "client",
    ),
    KnownCause(
        "origin-null-file",
        "A local file or a data: URL sends Origin: null.",
        "Pages opened from disk, and data: URLs, have no origin.",
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
        "The server sends the CORS header, but its name is misspelt.",
        "Browsers look for the exact name and ignore any other.",
        "Correct the name.",
    ),
    KnownCause(
        "cors-header-sent-by-page",
        "The page sends a CORS response header in its request.",
        "Access-Control-Allow-* headers are for the server to send. In a request they allow nothing, and they make the "
        "browser send a preflight.",
        "Remove the header from the request.",
        "client",
    ),
    KnownCause(
        "lower-case-method",
        "The method is written patch, which is not PATCH.",
        "Browsers convert DELETE, GET, HEAD, OPTIONS, POST and PUT to upper case, but no other method.",
        "Write method: 'PATCH' in the page's code.",
        "client",
    ),
    KnownCause(
        "instrumentation-header-not-allowed",
        "A tracing or analytics library adds a header that is not allowed.",
        "Libraries that trace requests add headers such as sentry-trace, baggage or traceparent to every request, also "
        "to servers that do not allow them.",
        "Limit the library to your own servers, or allow the header on this server.",
        "client",
    ),
    KnownCause(
        "user-agent-set-by-page",
        "The page sets User-Agent, which only some browsers send.",
        "Chromium ignores a User-Agent that a page sets. Firefox and WebKit send it, and send a preflight first.",
        "Do not set User-Agent in the page, or list user-agent in Access-Control-Allow-Headers.",
        "client",
    ),
    KnownCause(
        "blocked-in-one-engine",
        "One browser blocks a request that the others allow.",
        "Browsers differ from the standard in a few places, so what works in one may fail in another.",
        "Fix what this browser needs: the others accept it too.",
    ),
    KnownCause(
        "blocked-in-other-engines",
        "The request passes in this browser, but others block it.",
        "This browser differs from the standard or from the others, or its version is older or newer than theirs.",
        "Fix it for the other browsers before their users see the error.",
    ),
    KnownCause(
        "cookie-not-sent",
        "Cross-site requests do not carry a cookie, because of its SameSite attribute.",
        "Without SameSite=None and Secure, browsers send a cookie only with requests by pages of its own site.",
        "Set the cookie with SameSite=None; Secure, or ask from the same site.",
        stops=False,
    ),
    KnownCause(
        "cookie-third-party",
        "The browser blocks third-party cookies.",
        "Safari never stores or sends the cookies of other sites. In Firefox and Chromium it depends on the settings.",
        "Serve the API on the page's own site, use a token in Authorization, or use partitioned cookies.",
        stops=False,
    ),
    KnownCause(
        "cookie-not-secure",
        "The browser discarded a cookie because of its Secure attribute.",
        "A cookie with SameSite=None or Partitioned needs Secure, and a server can set Secure cookies over https only.",
        "Set the cookie with SameSite=None; Secure, over https. If a proxy in front of the application ends TLS, tell "
        "the application to trust it (trust proxy in Express): otherwise it takes the connection for http.",
        stops=False,
    ),
    KnownCause(
        "cookie-wrong-domain",
        "The browser discarded a cookie because its Domain is not that of the server.",
        "A server can set cookies only for its own host and its parent domains, up to the registered domain (such as "
        "example.com). Shared domains such as herokuapp.com are not possible.",
        "Leave Domain out, or name a domain that the server's host belongs to.",
        stops=False,
    ),
    KnownCause(
        "cookie-ignored",
        "A response to a request without credentials set a cookie, and the browser discarded it.",
        "For a cross-origin request without credentials, browsers neither send cookies nor store those that the "
        "response sets.",
        "Send the request with credentials: 'include' (or withCredentials), and let the server allow it.",
        "client",
        stops=False,
    ),
    KnownCause(
        "cookie-set-by-blocked-reply",
        "A response that was blocked still set its cookies.",
        "CORS hides the response from the page's script. Its cookies are stored anyway.",
        "Fix what blocks the response. The cookie being there does not mean that the page could read the response.",
        stops=False,
    ),
    KnownCause(
        "no-cors-response-unreadable",
        "The page requested data with mode: 'no-cors', so it cannot read it.",
        "mode: 'no-cors' does not switch CORS off: the response is opaque, with status 0 and an empty body.",
        "Remove mode: 'no-cors', and let the server allow the origin.",
        "client",
    ),
)
