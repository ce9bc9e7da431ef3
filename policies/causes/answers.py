"""Causes in what answers: errors, preflights, redirects and caches."""

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "framework-error-without-cors",
        "An unexpected server error (500) was sent without CORS headers.",
        "Many frameworks answer an unexpected error from outside the code that adds CORS headers. The browser then "
        "reports the missing header and hides the error itself.",
        "Find the error in the server's log. Then let the CORS middleware wrap the error handler, so that the page can "
        "read the error.",
    ),
    KnownCause(
        "gateway-error-without-cors",
        "A gateway, load balancer or CDN answered with an error of its own.",
        "The gateway or CDN in front of the server answers itself when the server is down, too slow or overloaded, "
        "or when the request is too large. "
        "Its own error has no CORS headers, so the browser reports a missing header.",
        "Fix what the status names (the server behind the gateway, its time limit or its size limit). Let the gateway "
        "add the CORS headers to its own errors.",
        "proxy",
    ),
    KnownCause(
        "nginx-add-header-without-always",
        "nginx adds headers to error responses only if the line ends in always.",
        "add_header applies to the statuses 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308 only. Responses with "
        "any other status are sent without the CORS headers.",
        "End each add_header line for a CORS header with always.",
    ),
    KnownCause(
        "nginx-add-header-dropped",
        "nginx drops the outer add_header lines where a location has one of its own.",
        "add_header lines are handed down to a server or location only if it has no add_header itself. One line there, "
        "such as Cache-Control, and the CORS headers from outside are gone, with status 200.",
        "Repeat the add_header lines for CORS in that location, or include them from a file in both places.",
        "proxy",
    ),
    KnownCause(
        "apache-header-without-always",
        "Apache adds headers to error responses only if the line says always.",
        "Header set adds a header to successful responses. Errors, and redirects that Apache makes itself, are sent "
        "without it.",
        "Write Header always set for each CORS header.",
        "proxy",
    ),
    KnownCause(
        "error-reply-without-cors",
        "An error response lacks the CORS header that other responses have.",
        "The server allows this page in other responses. This one is an error, and it was sent without the CORS "
        "headers.",
        "Fix the error first: it is the real problem. Then send the CORS headers on error responses too.",
    ),
    KnownCause(
        "preflight-needs-authentication",
        "The preflight was refused because it carries no login.",
        "Browsers send preflights without cookies, Authorization or a client certificate. A server that requires a "
        "login for every request refuses them.",
        "Answer OPTIONS before authentication. The request that follows the preflight carries the login.",
    ),
    KnownCause(
        "preflight-not-routed",
        "The router has no route for OPTIONS at this path.",
        "The preflight is a separate request with the method OPTIONS. A router that has routes for GET and POST only "
        "answers it with 404 or 405.",
        "Let the CORS middleware answer OPTIONS before the router, with status 204.",
    ),
    KnownCause(
        "preflight-failed",
        "The preflight was answered with another error.",
        "A preflight has to be answered with a status from 200 to 299. With any other status it fails, whatever its "
        "headers say.",
        "Find out why OPTIONS fails there. Answer OPTIONS with 204 before any code that can fail.",
    ),
    KnownCause(
        "preflight-refused-by-cors-layer",
        "The server's own CORS middleware refused the origin, the method or the headers.",
        "If something that the preflight asks for is not on their lists, some CORS middlewares answer with an error "
        "(400 or 403), and others leave the CORS headers out.",
        "Compare what the preflight asks for with the lists in the server's CORS settings, and add what is missing.",
    ),
    KnownCause(
        "preflight-answered-without-cors",
        "OPTIONS was answered with success, but not by the CORS code.",
        "A file server, a gateway or the backend itself treated OPTIONS as an ordinary request. The CORS middleware "
        "never saw it.",
        "Let the CORS middleware handle OPTIONS for this path before anything else does.",
    ),
    KnownCause(
        "preflight-redirected-to-slash",
        "The preflight was redirected because of a slash at the end of the URL.",
        "Browsers do not follow a redirect of a preflight. Many frameworks redirect a URL to the one with, or without, "
        "a slash at its end.",
        "In the page, request the URL exactly as the redirect spells it.",
        "client",
    ),
    KnownCause(
        "preflight-redirected-to-https",
        "The preflight was redirected from http to https.",
        "Browsers do not follow a redirect of a preflight, not even one to https.",
        "In the page, request the https URL.",
        "client",
    ),
    KnownCause(
        "preflight-redirected-to-login",
        "The preflight was redirected to a login page.",
        "A preflight carries no cookies, so a server that requires a session redirects it to the login page. Browsers "
        "do not follow a redirect of a preflight.",
        "Answer OPTIONS before authentication. Answer requests without a session with 401 instead of a redirect.",
    ),
    KnownCause(
        "preflight-redirected",
        "The preflight was redirected to another URL.",
        "Browsers do not follow a redirect of a preflight.",
        "In the page, request the URL that the redirect leads to, or answer OPTIONS without redirecting.",
    ),
    KnownCause(
        "preflight-remembered",
        "A cached preflight allowed what the server no longer allows.",
        "Browsers cache the answer to a preflight for the time that Access-Control-Max-Age gives, up to a limit of "
        "their own. During that time they send the request without another preflight.",
        "Keep Access-Control-Max-Age short while the settings change. Restart the browser to make it forget the "
        "preflight.",
    ),
    KnownCause(
        "redirect-without-cors",
        "A redirect lacks the CORS header; the response that it leads to may be right.",
        "Every response on the way has to pass the CORS check: each redirect, and the last response.",
        "Send the CORS headers on the redirect too, or request the final URL from the page.",
    ),
    KnownCause(
        "redirect-to-login",
        "Redirected to a login page: the request has no session.",
        "The request has no session, so the server sends it to the login page. That page is for people: its server "
        "does not allow scripts of other origins to read it.",
        "Send the user to the login by a link or location.href, not by fetch. Answer requests without a session with "
        "401.",
        "client",
    ),
    KnownCause(
        "redirect-to-page",
        "The request was redirected to a page, which a script can neither show nor read.",
        "Servers redirect forms: to a payment, to the page after it, or back to the form if a field is not valid. A "
        "fetch follows the redirect too, and ends at a page without CORS headers.",
        "Answer scripts with a status and data; if the user has to go elsewhere, with the URL, and set location.href "
        "to it. If the redirect leads back to the form, send Accept: application/json with the request.",
    ),
    KnownCause(
        "redirect-to-http",
        "An https request was redirected to http.",
        "A server behind a proxy that ends TLS receives plain http. Unless it is told otherwise, it writes http:// "
        "into its redirects.",
        "Let the server trust its proxy's X-Forwarded-Proto header. If the redirect only adds a slash at the end, "
        "request the URL with that slash.",
    ),
    KnownCause(
        "origin-null-by-redirect",
        "A redirect from one origin to another turned the Origin header into null.",
        "When the server of another origin redirects a request to a further origin, the browser no longer names the "
        "page: it sends Origin: null.",
        "In the page, request the final URL, or answer without a redirect to another origin.",
        "client",
    ),
    KnownCause(
        "cache-answered-for-another-origin",
        "A cache sent a response that was made for another origin; Vary: Origin is missing.",
        "A response that names one origin is right for that origin only. Without Vary: Origin, caches reuse it for "
        "every origin.",
        "Send Vary: Origin with every response whose headers depend on the origin, also with those that have no CORS "
        "headers. Then clear the cache.",
    ),
    KnownCause(
        "cache-ignores-vary",
        "A cache sent a response that was made for another origin, although Vary says not to.",
        "Not every cache obeys Vary. Some CDNs use the URL alone as their cache key unless they are told to include "
        "Origin.",
        "Add Origin to the cache key, or answer * where no credentials are needed. Then clear the cache.",
        "proxy",
    ),
    KnownCause(
        "cached-without-cors",
        "A cache sent a response that was fetched without CORS.",
        "The same URL was loaded before without CORS, as elements without crossorigin do, and the cached response has "
        "no CORS header.",
        "Send the CORS headers, or at least Vary: Origin, whether or not the request has an Origin header. Or use "
        "crossorigin on every element that loads the URL.",
    ),
    KnownCause(
        "not-modified-without-cors",
        "A 304 response has no CORS headers.",
        "A 304 says that the stored response is still valid, and that response's headers count. If it has no CORS "
        "headers either, the CORS check fails.",
        "Send the CORS headers on 304 responses as well.",
    ),
    KnownCause(
        "not-modified-changed-headers",
        "A 304 response replaced the stored CORS headers with wrong ones.",
        "A header on a 304 response replaces the stored header of the same name.",
        "Send the same CORS headers on a 304 as on the full response.",
    ),
)
