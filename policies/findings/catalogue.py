"""The causes by their permanent codes, beside the rules of `corsight.policies.rules`: what each is, in one line."""

from __future__ import annotations

from corsight.policies.rules import RULES

CAUSES: dict[str, str] = {
    "framework-error-without-cors": "An unexpected failure (500) was answered from outside the CORS code.",
    "gateway-error-without-cors": "A gateway, load balancer or CDN answered with an error of its own.",
    "nginx-add-header-without-always": "nginx adds headers to errors only where the line ends in always.",
    "error-reply-without-cors": "An error reply lacks the CORS header that other replies have.",
    "preflight-needs-authentication": "A preflight was refused since it carries no login.",
    "preflight-not-routed": "The router knows no OPTIONS for the path.",
    "preflight-failed": "The preflight ended in another error.",
    "preflight-refused-by-cors-layer": "The server's own CORS layer refused origin, method or headers.",
    "preflight-answered-without-cors": "Something that knows no CORS answered OPTIONS with success.",
    "preflight-redirected-to-slash": "The preflight was redirected for a slash at the end of the URL.",
    "preflight-redirected-to-https": "The preflight was redirected from http to https.",
    "preflight-redirected-to-login": "The preflight was redirected to a login page.",
    "preflight-redirected": "The preflight was redirected elsewhere.",
    "preflight-remembered": "A remembered preflight allowed what the server does not allow any more.",
    "redirect-without-cors": "A redirect on the way lacks the CORS header; its target may be right.",
    "redirect-to-login": "The request was redirected to a login page: the session is missing.",
    "redirect-to-http": "An https request was redirected to http.",
    "origin-null-by-redirect": "A redirect across origins turned the origin into null.",
    "origin-null-sandbox": "A sandboxed frame asks with Origin: null.",
    "origin-null-file": "A local file or a data: URL asks with Origin: null.",
    "cache-answered-for-another-origin": "A cache handed out a reply made for another origin; Vary is missing.",
    "cache-ignores-vary": "A cache handed out a reply made for another origin, against Vary.",
    "cached-without-cors": "A cache handed out a reply that was fetched without CORS.",
    "not-modified-without-cors": "A 304 reply has no CORS headers.",
    "not-modified-changed-headers": "A 304 reply replaced the stored CORS headers with wrong ones.",
    "two-layers-answer": "Two layers both send CORS headers.",
    "wildcard-with-credentials": "* was answered to a request with credentials.",
    "wildcard-not-enough": "* in a list of methods or headers does not cover what was asked.",
    "origin-list": "Access-Control-Allow-Origin holds a list.",
    "origin-pattern": "Access-Control-Allow-Origin holds a pattern.",
    "origin-not-exact": "Access-Control-Allow-Origin is the right origin, not written exactly so.",
    "origin-differs-slightly": "Access-Control-Allow-Origin differs in scheme, port or www.",
    "origin-null-answered": "Access-Control-Allow-Origin says null to a page that has an origin.",
    "origin-fixed": "The server allows one other origin, whoever asks.",
    "credentials-not-exact": "Access-Control-Allow-Credentials is not the word true.",
    "misspelt-header": "The CORS header that is missing is there under a misspelt name.",
    "cors-header-sent-by-page": "The page sends a response's CORS header in its request.",
    "lower-case-method": "The method is written patch, which is not PATCH.",
    "instrumentation-header-not-allowed": "A tracing or analytics library adds a header that is not allowed.",
    "user-agent-set-by-page": "The page sets User-Agent, which only some browsers send.",
    "blocked-in-one-engine": "One browser blocks what the others let pass.",
    "tls-failed": "The TLS connection to the server failed.",
    "connection-refused": "Nothing listens where the page asks.",
    "host-not-found": "The server's name does not resolve.",
    "connection-timed-out": "The server did not answer in time.",
    "connection-closed": "The server closed the connection without an answer.",
    "request-killed": "A blocker or a rule of the proxy stopped the request.",
    "request-given-up": "The browser gave the request up.",
    "stopped-by-extension": "An extension or a rule of the browser stopped the request.",
    "answer-not-recorded": "It failed in the browser, and the recording does not hold the answer that tells why.",
    "no-answer": "No answer came, for a reason that is not known.",
    "local-network-access": "A public page asks a machine of the local network, which takes a permission.",
    "cookie-not-sent": "A cookie is set in a way that other sites' requests never carry it.",
    "cookie-third-party": "The browser withholds third-party cookies.",
    "cookie-ignored": "A cookie was set on a request without credentials, and thrown away.",
    "cookie-set-by-blocked-reply": "A reply that was blocked still set its cookies.",
    "no-cors-response-unreadable": "Data was asked for with mode no-cors, and cannot be read.",
    "blocked-in-other-engines": "What passes here is blocked by other browsers.",
}
"""What each cause is. A finding's code is one of these, or that of a rule."""


def summary(code: str) -> str:
    """What a finding's code means, in one line; raises KeyError for a code that is none."""
    return CAUSES.get(code) or RULES[code].title
