"""An error reply without CORS headers: the browser speaks of CORS, and the real problem is the error.

The usual suspects are told apart by their replies: a gateway that answers in the application's place, nginx whose
add_header leaves errors out, a framework whose error path leaves the CORS code out.
"""

from __future__ import annotations

from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import describe_maker, describe_passed
from corsight.policies.findings.makers import Maker
from corsight.policies.findings.model import Cause
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
}
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
    meaning = f" ({MEANINGS[reply.status]})" if reply.status in MEANINGS else ""
    error = f"{reply.status}{meaning}"
    if reply.maker is not None and reply.maker.gateway:
        return _explain_gateway(case, error, reply.maker)
    if standing.replies and reply.nginx and not case.habits.errors:
        return _explain_nginx(case, error)
    if reply.status >= 500:
        return _explain_framework(case, error, reply.framework)
    return Cause(
        "error-reply-without-cors",
        f"The real problem is the {error}: its reply lacks the CORS header",
        f"{case.host} answered {case.asked} with status {error}, and that reply has no Access-Control-Allow-Origin. "
        "The browser keeps it from the page and reports CORS; what the page has to deal with is the "
        f"{case.status}.",
        f"Find out why {case.asked} ends in {case.status}. So that pages can see such errors, add the CORS headers to "
        "error replies too: the CORS code has to come before what answers with the error.",
        "server",
        _list_evidence(case),
        "certain" if case.passed else "likely",
    )


def _explain_gateway(case: Case, error: str, maker: Maker) -> Cause:
    who = maker.name
    configure = GATEWAYS.get(who, f"Let {who} add the CORS headers to its own error replies, if pages are to see them.")
    return Cause(
        "gateway-error-without-cors",
        f"The real problem is the {error}, which {who} answered before the application",
        f"{case.host} answered {case.asked} with status {error}. That reply was made by {who}, in front of the "
        "application, so the application's CORS headers are not on it. The browser reports CORS; the real problem is "
        f"the {case.status}.",
        f"Find out why {who} answers {case.status}. {configure}",
        "proxy",
        (*_list_evidence(case), f"{who} made this reply: {describe_maker(case, maker)}."),
        "certain" if case.passed else "likely",
    )


def _explain_nginx(case: Case, error: str) -> Cause:
    return Cause(
        "nginx-add-header-without-always",
        f"The real problem is the {error}; nginx leaves the CORS header off error replies",
        f"{case.host} answered {case.asked} with status {error} and no Access-Control-Allow-Origin, which its other "
        "replies have. nginx's add_header sets headers on successes and redirects only, unless the line ends in "
        "always. The browser reports CORS; the real problem is the error.",
        f"Find out why {case.asked} ends in {case.status}. In nginx, end such lines with always, as in: add_header "
        f"Access-Control-Allow-Origin {case.page} always; and if the application behind nginx sets the header, look at "
        "its error handling.",
        "proxy",
        (
            *_list_evidence(case),
            f"The reply comes through nginx ({SERVER}), and no error reply of {case.host} has the header.",
        ),
        "likely",
    )


def _explain_framework(case: Case, error: str, framework: str | None) -> Cause:
    evidence = list(_list_evidence(case))
    others = sorted(case.habits.errors - {case.status})
    if others:
        evidence.append(
            f"Other errors carry the header ({join([str(one) for one in others[:4]])}): only unexpected failures go "
            "without."
        )
    if framework is not None:
        evidence.append(f"The reply was made by {framework} ({SERVER}).")
    return Cause(
        "framework-error-without-cors",
        f"The real problem is the {error}: the error reply lacks the CORS header",
        f"{case.host} answered {case.asked} with status {error}. When code fails unexpectedly, many frameworks answer "
        "from outside their middleware, and what the CORS middleware would have added is missing. The browser reports "
        f"CORS; the real problem is the {case.status}.",
        f"Look into the server's log for the failure behind {case.asked}. Then let the CORS code wrap the error "
        "handler, so that pages can see the next one.",
        "server",
        tuple(evidence),
        "certain" if case.passed else "likely",
    )


def _list_evidence(case: Case) -> tuple[str, ...]:
    if not case.passed:
        return (
            f"No other reply of {case.host} to this origin was recorded, so both may be wrong: the {case.status} and "
            "the CORS headers.",
        )
    bare = sorted(case.standing.bare - {case.status})
    only = f"only the {case.status} lacks the header"
    if bare:
        only = f"replies with {join([str(one) for one in (*bare, case.status)][:5])} lack the header"
    return tuple(describe_passed(case, f"; {only}."))
