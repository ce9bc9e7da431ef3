"""Platforms that answer by settings of their own: which setting it is.

Each is as the platform's own documentation has it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import NEVER_SENT, describe_passed, describe_reason
from corsight.policies.findings.model import Cause

HTTP_API = (
    " In API Gateway (HTTP API), the API's own CORS configuration decides: once it is set, it answers OPTIONS, and the "
    "CORS headers of the application behind it are ignored. Add {page} to its allowed origins."
)
REST_API = (
    "In API Gateway, enable CORS for this resource (that adds a method OPTIONS to it), and deploy the API to its stage "
    "again. If other methods get the same answer, the stage or the path in the URL is wrong."
)
IIS = (
    " IIS itself answered (its OPTIONSVerbHandler): install the IIS CORS module, or remove that handler and "
    "WebDAVModule in web.config, so that OPTIONS reaches the application."
)
SOCKET_IO = (
    " It is Socket.IO that is asked, and its own cors option decides, not the CORS middleware of the web framework: "
    "new Server(server, {{ cors: {{ origin: '{page}', credentials: true }} }}); in Python cors_allowed_origins."
)
PUBLISHED = (
    " Or the code printed something and ended before the CORS middleware could add its header, as dd(), var_dump() and "
    "exit do."
)
HOSTS = tuple(
    (re.compile(rf"(?:^|\.)(?:{hosts})$"), told)
    for hosts, told in (
        (
            r"cloudfunctions\.net|run\.app",
            "On Google Cloud the status of OPTIONS tells: with 403 the service is not public (allow unauthenticated "
            "invocations: the invoker role for allUsers), with 404 nothing of that name is deployed in that region.",
        ),
        (
            r"execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?",
            "On API Gateway the status tells: 403 with Missing Authentication Token means that the resource has no "
            "method OPTIONS, or that stage or path are wrong; with 502 or 504 the function failed or was too slow (add "
            "the header to DEFAULT_4XX and DEFAULT_5XX). An HTTP API needs the origin in its own CORS configuration.",
        ),
        (
            r"lambda-url\.[a-z0-9-]+\.on\.aws",
            "It is a Lambda function URL: list the origin in its own CORS settings, and do not send CORS headers from "
            "the code as well. With 403, its AuthType is AWS_IAM; with 502, the function failed.",
        ),
        (
            r"supabase\.co",
            "An Edge Function has to answer OPTIONS itself and to add the headers to every response, errors too. One "
            "that fails to start, is not deployed, or gets a wrong token is answered without them: look into its log.",
        ),
        (
            r"azurewebsites\.net",
            "On App Service and Azure Functions, the list under API, CORS decides once it is set, and the "
            "application's own CORS headers do not count: list the origin there, or empty that list.",
        ),
        (
            r"myshopify\.com",
            "Shopify's Admin API is for servers and allows no page: ask it from your own server. Pages use the "
            "Storefront API.",
        ),
        (
            r"workers\.dev",
            "A Worker that throws is answered by Cloudflare without CORS headers (error 1101): look into its log.",
        ),
        (
            r"herokuapp\.com",
            "With status 503 the app is not running or too slow (an H code in heroku logs), and Heroku itself "
            "answered.",
        ),
    )
)
"""The ends of the names that platforms give to hosts, and what a message without a status may come from there."""


def find_note(host: str) -> str | None:
    """Return what may be behind a missing header on a host that is named by its platform; None for any other."""
    return next((told for hosts, told in HOSTS if hosts.search(host)), None)


def find_platform(case: Case) -> Cause | None:
    """Return that CloudFront itself refused a preflight."""
    reply = case.reply
    if not case.preflight or reply is None or reply.status != 403 or reply.server != "CloudFront":
        return None
    if case.rule not in ("allow-origin-missing", "preflight-status-not-ok") or reply.allow_origin:
        return None
    return Cause(
        "preflight-not-routed",
        "CloudFront itself refused OPTIONS (403)",
        f"{case.host} answered the preflight for {case.asked} with status 403, and CloudFront made that response, not "
        "the server behind it. Unless a cache behavior says otherwise, CloudFront takes GET and HEAD only. A web ACL, "
        f"a country restriction or a missing signature can refuse it as well. {NEVER_SENT}",
        "In CloudFront, choose allowed HTTP methods with OPTIONS for the cache behavior of this path (GET, HEAD, "
        "OPTIONS; for PUT, POST and DELETE all methods). Forward Origin, Access-Control-Request-Method and "
        "Access-Control-Request-Headers to the origin, or attach a response headers policy with CORS.",
        "proxy",
        (f"It comes from CloudFront: {quotes.quote_line('server')}.", *describe_passed(case), *describe_reason(case)),
        "likely",
        edits=False,
        needed="CloudFront to let OPTIONS through, or to answer it",
    )


def add_platform(cause: Cause, case: Case) -> Cause:
    """Return the cause with the setting of the platform that answered, where that is known."""
    reply, code = case.reply, cause.code
    if case.socket_io and case.rule.startswith("allow-") and case.status < 500:
        return replace(cause, action=cause.action + SOCKET_IO.format(page=case.named_page))
    if reply is None or case.rule not in ("allow-origin-missing", "preflight-status-not-ok"):
        return cause
    if code == "preflight-not-routed" and reply.unknown_to_gateway:
        return replace(cause, action=REST_API)
    if reply.http_api and reply.status < 500 and not reply.allow_origin:
        return replace(cause, action=cause.action + HTTP_API.format(page=case.named_page))
    if code == "preflight-answered-without-cors" and reply.server == "IIS" and reply.lists_methods:
        return replace(cause, action=cause.action + IIS)
    if code == "page-in-place-of-reply" and reply.framework == "PHP":
        return replace(cause, action=cause.action + PUBLISHED)
    return cause
