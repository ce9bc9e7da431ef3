"""Causes in what answers: errors, preflights, redirects and caches."""

from __future__ import annotations

from corsight.policies.causes.model import KnownCause

CAUSES = (
    KnownCause(
        "framework-error-without-cors",
        "An unexpected failure (500) was answered from outside the CORS code.",
        "Frameworks answer what fails unexpectedly with a page of their own, past the code that adds CORS headers. "
        "The browser then names the missing header, and hides the failure.",
        "Find the failure in the server's log; and let the CORS layer wrap the error handler, so that the page can "
        "read the error.",
    ),
    KnownCause(
        "gateway-error-without-cors",
        "A gateway, load balancer or CDN answered with an error of its own.",
        "What stands before the server answers by itself when the server is down, too slow, or asked for too much. It "
        "knows nothing of CORS, so the browser names a missing header.",
        "Mend what the status names (the server behind it, its time or size limit); let the gateway add the CORS "
        "headers to its own errors.",
        "proxy",
    ),
    KnownCause(
        "nginx-add-header-without-always",
        "nginx adds headers to errors only where the line ends in always.",
        "add_header acts on 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308 only. Any other status leaves without "
        "the CORS headers.",
        "Write always at the end of each add_header line of a CORS header.",
    ),
    KnownCause(
        "error-reply-without-cors",
        "An error reply lacks the CORS header that other replies have.",
        "The server allows this page elsewhere, so its CORS settings are right. This one reply is an error that was "
        "made somewhere else.",
        "Mend the error first: it is the real problem. Then send the same headers on errors too.",
    ),
    KnownCause(
        "preflight-needs-authentication",
        "A preflight was refused since it carries no login.",
        "Browsers send no cookies, no Authorization and no client certificate with a preflight. A login that is asked "
        "of every request refuses it.",
        "Answer OPTIONS before the login is asked for; the request that follows carries it.",
    ),
    KnownCause(
        "preflight-not-routed",
        "The router knows no OPTIONS for the path.",
        "The preflight is a request of its own, with method OPTIONS. A router that has GET and POST only answers 404 "
        "or 405.",
        "Let the CORS layer answer OPTIONS before the router, with status 204.",
    ),
    KnownCause(
        "preflight-failed",
        "The preflight ended in another error.",
        "A preflight has to be answered with a status from 200 to 299. Any other fails, whatever its headers say.",
        "Find out why OPTIONS fails there; answer it with 204 before anything that can.",
    ),
    KnownCause(
        "preflight-refused-by-cors-layer",
        "The server's own CORS layer refused origin, method or headers.",
        "CORS layers refuse by a status (400 or 403) or by leaving headers out where what is asked is not on their "
        "lists.",
        "Compare what the preflight asks with the lists of the CORS layer, and add what is missing there.",
    ),
    KnownCause(
        "preflight-answered-without-cors",
        "Something that knows no CORS answered OPTIONS with success.",
        "A file server, a gateway or the backend itself took OPTIONS for an ordinary request. The CORS layer was never "
        "asked.",
        "Let the CORS layer see OPTIONS for this path first.",
    ),
    KnownCause(
        "preflight-redirected-to-slash",
        "The preflight was redirected for a slash at the end of the URL.",
        "Browsers follow no redirect of a preflight. Many frameworks redirect a URL to the one with, or without, its "
        "last slash.",
        "Let the page ask the URL with the slash that the redirect names.",
        "client",
    ),
    KnownCause(
        "preflight-redirected-to-https",
        "The preflight was redirected from http to https.",
        "Browsers follow no redirect of a preflight, not even to https.",
        "Let the page ask the https URL.",
        "client",
    ),
    KnownCause(
        "preflight-redirected-to-login",
        "The preflight was redirected to a login page.",
        "A preflight carries no cookie, so what asks for a session sends it to the login. Browsers follow no redirect "
        "of a preflight.",
        "Answer OPTIONS before the login; and answer requests without a session with 401 instead of a redirect.",
    ),
    KnownCause(
        "preflight-redirected",
        "The preflight was redirected elsewhere.",
        "Browsers follow no redirect of a preflight.",
        "Let the page ask the URL that the redirect leads to, or answer OPTIONS in place.",
    ),
    KnownCause(
        "preflight-remembered",
        "A remembered preflight allowed what the server does not allow any more.",
        "Browsers keep a preflight's answer for as long as Access-Control-Max-Age says, and send the request without "
        "asking again.",
        "Keep Access-Control-Max-Age short while the settings change; restart the browser to forget.",
    ),
    KnownCause(
        "redirect-without-cors",
        "A redirect on the way lacks the CORS header; its target may be right.",
        "Every response on the way has to pass the CORS check, the redirects as well as the last.",
        "Send the CORS headers on the redirect too, or let the page ask the final URL.",
    ),
    KnownCause(
        "redirect-to-login",
        "The request was redirected to a login page: the session is missing.",
        "A login is made for people: it is opened as a page, and its server allows no other page to read it.",
        "Send the user there by a navigation (location.href, a link), not by fetch; answer requests without a session "
        "with 401.",
        "client",
    ),
    KnownCause(
        "redirect-to-http",
        "An https request was redirected to http.",
        "Behind a proxy that ends TLS a server takes itself for an http one, and writes http into its redirects.",
        "Let the server trust X-Forwarded-Proto of its proxy; or ask the URL with its final slash, so that nothing is "
        "redirected.",
    ),
    KnownCause(
        "origin-null-by-redirect",
        "A redirect across origins turned the origin into null.",
        "After a redirect from one foreign origin to another the browser no longer says who asked: it sends Origin: "
        "null.",
        "Let the page ask the final URL itself, or answer without a redirect to another origin.",
        "client",
    ),
    KnownCause(
        "cache-answered-for-another-origin",
        "A cache handed out a reply made for another origin; Vary is missing.",
        "A reply that names one origin is right for that origin only. Without Vary: Origin caches hand it to all.",
        "Send Vary: Origin with every reply whose headers depend on the origin, those without CORS headers too; then "
        "purge the cache.",
    ),
    KnownCause(
        "cache-ignores-vary",
        "A cache handed out a reply made for another origin, against Vary.",
        "Not every cache heeds Vary. Some CDNs key by the URL alone unless they are told to take Origin in.",
        "Add Origin to the cache's key, or answer * where nothing needs credentials; then purge it.",
        "proxy",
    ),
    KnownCause(
        "cached-without-cors",
        "A cache handed out a reply that was fetched without CORS.",
        "The same URL was loaded by an element without crossorigin first, and the reply that was kept has no CORS "
        "header.",
        "Send the CORS headers, or Vary: Origin at least, whether or not the request has an Origin; or use crossorigin "
        "on both.",
    ),
    KnownCause(
        "not-modified-without-cors",
        "A 304 reply has no CORS headers.",
        "A 304 confirms a stored reply, whose own headers count. When that one has none, neither has the answer.",
        "Send the CORS headers on 304 replies as well.",
    ),
    KnownCause(
        "not-modified-changed-headers",
        "A 304 reply replaced the stored CORS headers with wrong ones.",
        "What a 304 says replaces what was stored under the same header name.",
        "Send the same CORS headers on a 304 as on the reply that it confirms.",
    ),
)
