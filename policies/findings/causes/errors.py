"""An error reply without CORS headers: the browser speaks of CORS, and the real problem is the error.

The usual suspects are told apart by their replies: a gateway that answers in the application's place, nginx whose
add_header leaves errors out, a framework whose error path leaves the CORS code out.
"""

from __future__ import annotations

from corsight.policies.findings.case import Case, listed, plural
from corsight.policies.findings.model import Cause, shown
from corsight.policies.findings.replies import Maker, framework_of, is_nginx, maker_of

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


def error_reply(case: Case) -> Cause | None:
    """The error is the real problem, and its reply lacks the header that other replies have."""
    response = case.response
    if case.rule != "allow-origin-missing" or case.facts.role != "request" or response is None:
        return None
    standing = case.standing
    if response.status < 400 or (not standing.replies and any(status < 400 for status in standing.bare)):
        # A server that never says anything of CORS: the error is not what is missing.
        return None
    maker = maker_of(response)
    if maker is not None and maker.gateway:
        return _gateway(case, maker)
    with_header = [status for status in case.known.errors_with if status != response.status]
    if standing.replies and is_nginx(response) and not case.known.errors_with:
        return _nginx(case)
    if response.status >= 500:
        return _framework(case, with_header)
    status = response.status
    return Cause(
        "error-reply-without-cors",
        f"The real problem is the {status}{_meaning(status)}: its reply lacks the CORS header",
        f"{case.host} answered {case.asked} with status {status}{_meaning(status)}, and that reply has no "
        "Access-Control-Allow-Origin. The browser keeps it from the page and reports CORS; what the page has to deal "
        f"with is the {status}.",
        f"Find out why {case.asked} ends in {status}. So that pages can see such errors, add the CORS headers to error "
        "replies too: the CORS code has to come before what answers with the error.",
        "server",
        tuple(_evidence(case)),
        "certain" if standing.replies else "likely",
    )


def _gateway(case: Case, maker: Maker) -> Cause:
    status = case.status
    who = maker.name
    configure = {
        "AWS API Gateway": "In API Gateway, add Access-Control-Allow-Origin to the gateway responses DEFAULT_4XX and "
        "DEFAULT_5XX (REST API), or set the API's CORS configuration (HTTP API).",
        "nginx": "In nginx, set the header with add_header ... always, which covers its own error pages.",
        "CloudFront": "In CloudFront, attach a response headers policy with CORS, which covers its own error replies.",
        "Cloudflare": "In Cloudflare, add the header with a response header transform rule.",
    }.get(who, f"Let {who} add the CORS headers to its own error replies, if pages are to see them.")
    return Cause(
        "gateway-error-without-cors",
        f"The real problem is the {status}{_meaning(status)}, which {who} answered before the application",
        f"{case.host} answered {case.asked} with status {status}{_meaning(status)}. That reply was made by {who}, in "
        "front of the application, so the application's CORS headers are not on it. The browser reports CORS; the "
        f"real problem is the {status}.",
        f"Find out why {who} answers {status}. {configure}",
        "proxy",
        (*_evidence(case), f"{who} made this reply: {maker.told_by}."),
        "certain" if case.standing.replies else "likely",
    )


def _nginx(case: Case) -> Cause:
    status = case.status
    return Cause(
        "nginx-add-header-without-always",
        f"The real problem is the {status}{_meaning(status)}; nginx leaves the CORS header off error replies",
        f"{case.host} answered {case.asked} with status {status}{_meaning(status)} and no Access-Control-Allow-Origin, "
        "which its other replies have. nginx's add_header sets headers on successes and redirects only, unless the "
        "line ends in always. The browser reports CORS; the real problem is the error.",
        f"Find out why {case.asked} ends in {status}. In nginx, end such lines with always, as in: add_header "
        f"Access-Control-Allow-Origin {case.page} always; and if the application behind nginx sets the header, look at "
        "its error handling.",
        "proxy",
        (
            *_evidence(case),
            f"The reply comes through nginx ({_server(case)}), and no error reply of {case.host} has the header.",
        ),
        "likely",
    )


def _framework(case: Case, with_header: list[int]) -> Cause:
    status = case.status
    framework = framework_of(case.response) if case.response is not None else None
    evidence = _evidence(case)
    if with_header:
        evidence.append(
            f"Other errors carry the header ({listed([str(one) for one in sorted(with_header)[:4]])}): only "
            "unexpected failures go without."
        )
    if framework is not None:
        evidence.append(f"The reply was made by {framework} ({_server(case)}).")
    return Cause(
        "framework-error-without-cors",
        f"The real problem is the {status}{_meaning(status)}: the error reply lacks the CORS header",
        f"{case.host} answered {case.asked} with status {status}{_meaning(status)}. When code fails unexpectedly, many "
        "frameworks answer from outside their middleware, and what the CORS middleware would have added is missing. "
        f"The browser reports CORS; the real problem is the {status}.",
        f"Look into the server's log for the failure behind {case.asked}. Then let the CORS code wrap the error "
        "handler, so that pages can see the next one.",
        "server",
        tuple(evidence),
        "certain" if case.standing.replies else "likely",
    )


def _evidence(case: Case) -> list[str]:
    standing, status = case.standing, case.status
    if not standing.replies:
        return [
            f"No other reply of {case.host} to this origin was recorded, so both may be wrong: the {status} and the "
            "CORS headers."
        ]
    others = sorted(one for one in standing.bare if one != status)
    only = (
        f"only the {status} lacks the header"
        if not others
        else f"replies with {listed([str(one) for one in (*others, status)][:5])} lack the header"
    )
    return [f"This origin passed on {plural(standing.replies, 'reply', 'replies')} of {case.host}; {only}."]


def _meaning(status: int) -> str:
    return f" ({MEANINGS[status]})" if status in MEANINGS else ""


def _server(case: Case) -> str:
    for name in ("server", "x-powered-by"):
        value = case.header(name)
        if value:
            return f"{'Server' if name == 'server' else 'X-Powered-By'}: {shown(value, 60)}"
    return f"status {case.status}"
