"""An error reply without CORS headers: the browser speaks of CORS, and the real problem is the error.

The usual suspects are told apart by their replies: a gateway that answers in the application's place, nginx whose
add_header leaves errors out, a framework whose error path leaves the CORS code out.
"""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.actor import Actor
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import (
    describe_maker,
    describe_passed,
    describe_preflight,
    describe_spelling,
)
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import join

MEANINGS = {
    400: "bad request",
    401: "not logged in",
    403: "forbidden",
    404: "not found",
    405: "method not supported",
    408: "too slow",
    406: "the server has nothing in a type that Accept names",
    410: "gone",
    413: "the request is too large",
    414: "the URL is too long",
    415: "the server does not take this Content-Type",
    421: "it came over a connection that was opened for another host",
    422: "the data are not valid",
    426: "the server wants another protocol, such as WebSocket",
    429: "too many requests",
    431: "the request's headers are too large, mostly its cookies",
    500: "a failure in the application",
    501: "not supported",
    502: "the gateway got no proper answer from the application",
    503: "the service is not available",
    504: "the application did not answer the gateway in time",
    520: "the application gave the gateway an answer that it does not understand",
    521: "the application's server takes no connection",
    522: "the application's server did not take the connection in time",
    523: "the application's server cannot be reached",
    524: "the application did not answer the gateway in time",
    525: "TLS between gateway and application failed",
    526: "the certificate of the application's server is not valid",
    530: "the gateway cannot find the application's server",
}
REPORTED = "The browser reports a CORS error, but the real problem is"
SERVER = quotes.quote_line("server", "x-powered-by")
GATEWAYS = {
    "AWS API Gateway": "In API Gateway, add Access-Control-Allow-Origin to the gateway responses DEFAULT_4XX and "
    "DEFAULT_5XX (REST API), or set the API's CORS configuration (HTTP API). X-Amzn-ErrorType names the reason: "
    "MissingAuthenticationTokenException usually means that this path, method or stage does not exist.",
    "nginx": "In nginx, set the header with add_header ... always, which covers its own error pages.",
    "Vercel": "The code in X-Vercel-Error names what failed: look into the function's log. Only the function can add "
    "the CORS headers.",
    "CloudFront": "In CloudFront, attach a response headers policy with CORS, which covers its own error replies.",
    "Cloudflare": "In Cloudflare, add the header with a response header transform rule.",
}
"""How each gateway is told to add the header."""


def find_error(case: Case) -> Cause | None:
    """Return that the error is the real problem, and its reply lacks the header that other replies have."""
    reply, standing = case.reply, case.standing
    if case.rule != "allow-origin-missing" or case.role != "request" or reply is None or reply.status < 400:
        return None
    if not standing.replies and any(status < 400 for status in standing.bare):
        # A server that never says anything of CORS: the error is not what is missing.
        return None
    maker, status = reply.maker, reply.status
    if maker is not None and maker.gateway:
        who = maker.name
        them = "the gateway" if maker.header == "" else who
        other = f"Let {them} add the CORS headers to its own errors, if pages should be able to read them."
        return _explain(
            case,
            "gateway-error-without-cors",
            f" from {who}, in front of the application",
            f". That response was made by {who}, in front of the application, so it does not have the application's "
            f"CORS headers. {REPORTED} the {status}.",
            f"{_say_first(them, status)} {GATEWAYS.get(who, other)}",
            "proxy",
            f"{who} made this response: {describe_maker(case, maker)}.",
        )
    if standing.replies and reply.nginx and not case.habits.errors:
        cause = _explain(
            case,
            "nginx-add-header-without-always",
            "; nginx leaves the CORS header off error responses",
            " and no Access-Control-Allow-Origin, which its other responses have. nginx's add_header sets headers only "
            f"on successes and redirects, unless the line ends in always. {REPORTED} the error.",
            f"Find out why {case.asked} ends in {status}. In nginx, end such lines with always: add_header "
            f"Access-Control-Allow-Origin {case.page} always; if the application behind nginx sets the header, look at "
            "its error handling.",
            "proxy",
            f"The response comes through nginx ({SERVER}), and no error response of {case.host} has the header.",
        )
        return replace(cause, certainty="likely")
    if standing.replies and reply.server == "Apache" and not case.habits.errors:
        cause = _explain(
            case,
            "apache-header-without-always",
            "; Apache leaves the CORS header off error responses",
            " and no Access-Control-Allow-Origin, which its other responses have. Apache's Header set adds a header to "
            f"successes only, unless it says always. {REPORTED} the error.",
            f"Find out why {case.asked} ends in {status}. If Apache sets the header, write Header always set "
            "Access-Control-Allow-Origin ... instead of Header set; if the application behind it does, look at its "
            "error handling.",
            "proxy",
            f"The response comes from Apache ({SERVER}), and no error response of {case.host} has the header.",
        )
        return replace(cause, certainty="likely")
    if status < 500:
        product = reply.product.product if reply.product is not None else None
        first = f"Find out why {case.asked} ends in {status}."
        action = (
            f"{first} To let pages read such errors, send the CORS headers on error responses too: run the CORS code "
            "before the code that sends the error."
        )
        if status == 403 and _may_be_unlisted(case):
            action = (
                f"{first} Some CORS middlewares (of Gin, Quarkus and others) answer 403 to every request of an origin "
                f"that is not on their list of allowed origins: add {case.page} to it. For any other 403, send the "
                "CORS headers on error responses too."
            )
        if status == 431:
            action = (
                f"{action} To make the request smaller, delete the site's cookies, or send it without credentials; on "
                "the server, keep less in cookies and tokens, or allow more (node --max-http-header-size, "
                "large_client_header_buffers in nginx)."
            )
        if product is not None and product.kind == "storage":
            action = (
                f"{first} {product.name} names the reason in its response: SignatureDoesNotMatch, for example, says "
                "that the page sends another method, Content-Type, x-amz- or checksum header than the URL was signed "
                f"for. For other replies: {product.cure}"
            )
        return _explain(
            case,
            "error-reply-without-cors",
            ": its response lacks the CORS header",
            ", and that response has no Access-Control-Allow-Origin. So the browser hides it from the page and reports "
            f"a CORS error, but the real problem is the {status}.",
            action,
        )
    others = [str(one) for one in sorted(case.habits.errors - {status})[:4]]
    evidence = [f"Other errors have the header ({join(others)}): only unexpected failures lack it."] if others else []
    if reply.framework is not None:
        evidence.append(f"The response was made by {reply.framework} ({SERVER}).")
    return _explain(
        case,
        "framework-error-without-cors",
        ": the error response lacks the CORS header",
        ". When code fails unexpectedly, many frameworks answer from outside their middleware, so the headers of the "
        f"CORS middleware are missing. {REPORTED} the {status}.",
        f"Check the server's log for the failure behind {case.asked}. Then let the CORS middleware wrap the error "
        "handler, so that pages can read errors.",
        "server",
        *evidence,
    )


def name_status(status: int) -> str:
    """Return an error's status, with what it means where that is known."""
    return f"{status} ({MEANINGS[status]})" if status in MEANINGS else str(status)


def _may_be_unlisted(case: Case) -> bool:
    """Return whether a 403 may be a CORS layer's word about the origin, which nothing else shows to be allowed."""
    reply, bare = case.reply, case.standing.bare
    known = case.passed or case.preflight_allow_origin is not None or any(status < 400 for status in bare)
    return reply is not None and not (known or reply.asks_for_login or reply.html or case.page == "null")


def _say_first(who: str, status: int) -> str:
    """Return what to do about the error itself."""
    if status == 413:
        larger = " (client_max_body_size)" if who == "nginx" else ""
        ingress = " As an ingress in Kubernetes, it has the annotation proxy-body-size for that." if larger else ""
        return f"Raise the size limit of {who}{larger}, or send less at once.{ingress}"
    if who == "AWS API Gateway" and status == 502:
        return (
            "Look into the log of the Lambda function: it failed, or its answer has not the form that API Gateway "
            "expects (statusCode, headers, and a body that is a string)."
        )
    if who == "AWS API Gateway" and status == 504:
        return "Let the function answer sooner: API Gateway waits 29 or 30 seconds, unless more is allowed."
    return f"Find out why {who} answers {status}."


def _explain(
    case: Case, code: str, title: str, what: str, action: str, actor: Actor = "server", *evidence: str
) -> Cause:
    """Return a cause whose title and text go on behind the error."""
    error = name_status(case.status)
    if case.passed:
        bare = [str(one) for one in (*sorted(case.standing.bare - {case.status}), case.status)[:5]]
        only = f"responses with {join(bare)} lack" if bare[1:] else f"only the {case.status} lacks"
        passed = describe_passed(case, f"; {only} the header.")
    else:
        passed = [
            f"No other response of {case.host} to this origin was seen, so the CORS headers may be wrong as well as "
            f"the {case.status}."
        ]
    return Cause(
        code,
        f"The real problem is the {error}{title}",
        f"{case.host} answered {case.asked} with status {error}{what}",
        action,
        actor,
        (*passed, *describe_preflight(case), *describe_spelling(case), *evidence),
        "certain" if case.passed else "likely",
    )
