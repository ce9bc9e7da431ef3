"""An error reply without CORS headers: the browser speaks of CORS, and the real problem is the error.

The usual suspects are told apart by their replies: a gateway that answers in the application's place, nginx whose
add_header leaves errors out, a framework whose error path leaves the CORS code out.
"""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import (
    describe_maker,
    describe_passed,
    describe_preflight,
    describe_spelling,
)
from corsight.policies.findings.model import Actor, Cause
from corsight.policies.findings.words import join

MEANINGS = {
    400: "the request was not understood",
    401: "not logged in",
    403: "not permitted",
    404: "not found",
    405: "method not supported",
    408: "too slow",
    413: "the request is too large",
    429: "too many requests",
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
REPORTED = "The browser reports CORS; the real problem is"
SERVER = quotes.quote_line("server", "x-powered-by")
GATEWAYS = {
    "AWS API Gateway": "In API Gateway, add Access-Control-Allow-Origin to the gateway responses DEFAULT_4XX and "
    "DEFAULT_5XX (REST API), or set the API's CORS configuration (HTTP API).",
    "nginx": "In nginx, set the header with add_header ... always, which covers its own error pages.",
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
        other = f"Let {them} add the CORS headers to its own error replies, if pages are to see them."
        return _explain(
            case,
            "gateway-error-without-cors",
            f", which {who} answered before the application",
            f". That reply was made by {who}, in front of the application, so the application's CORS headers are not "
            f"on it. {REPORTED} the {status}.",
            f"{_say_first(them, status)} {GATEWAYS.get(who, other)}",
            "proxy",
            f"{who} made this reply: {describe_maker(case, maker)}.",
        )
    if standing.replies and reply.nginx and not case.habits.errors:
        cause = _explain(
            case,
            "nginx-add-header-without-always",
            "; nginx leaves the CORS header off error replies",
            " and no Access-Control-Allow-Origin, which its other replies have. nginx's add_header sets headers on "
            f"successes and redirects only, unless the line ends in always. {REPORTED} the error.",
            f"Find out why {case.asked} ends in {status}. In nginx, end such lines with always, as in: add_header "
            f"Access-Control-Allow-Origin {case.page} always; and if the application behind nginx sets the header, "
            "look at its error handling.",
            "proxy",
            f"The reply comes through nginx ({SERVER}), and no error reply of {case.host} has the header.",
        )
        return replace(cause, certainty="likely")
    if status < 500:
        return _explain(
            case,
            "error-reply-without-cors",
            ": its reply lacks the CORS header",
            ", and that reply has no Access-Control-Allow-Origin. The browser keeps it from the page and reports CORS; "
            f"what the page has to deal with is the {status}.",
            f"Find out why {case.asked} ends in {status}. So that pages can see such errors, add the CORS headers to "
            "error replies too: the CORS code has to come before what answers with the error.",
        )
    others = [str(one) for one in sorted(case.habits.errors - {status})[:4]]
    evidence = (
        [f"Other errors carry the header ({join(others)}): only unexpected failures go without."] if others else []
    )
    if reply.framework is not None:
        evidence.append(f"The reply was made by {reply.framework} ({SERVER}).")
    return _explain(
        case,
        "framework-error-without-cors",
        ": the error reply lacks the CORS header",
        ". When code fails unexpectedly, many frameworks answer from outside their middleware, and what the CORS "
        f"middleware would have added is missing. {REPORTED} the {status}.",
        f"Look into the server's log for the failure behind {case.asked}. Then let the CORS code wrap the error "
        "handler, so that pages can see the next one.",
        "server",
        *evidence,
    )


def _say_first(who: str, status: int) -> str:
    """Return what to do about the error itself."""
    if status == 413:
        larger = " (client_max_body_size)" if who == "nginx" else ""
        return f"Let {who} take larger bodies{larger}, or send less at once."
    return f"Find out why {who} answers {status}."


def _explain(
    case: Case, code: str, title: str, what: str, action: str, actor: Actor = "server", *evidence: str
) -> Cause:
    """Return a cause whose title and text go on behind the error."""
    error = f"{case.status} ({MEANINGS[case.status]})" if case.status in MEANINGS else str(case.status)
    if case.passed:
        bare = [str(one) for one in (*sorted(case.standing.bare - {case.status}), case.status)[:5]]
        only = f"replies with {join(bare)} lack" if bare[1:] else f"only the {case.status} lacks"
        passed = describe_passed(case, f"; {only} the header.")
    else:
        passed = [
            f"No other reply of {case.host} to this origin is known, so both may be wrong: the {case.status} and the "
            "CORS headers."
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
