"""The diagnosis of what a console message tells: a rule, two URLs, an origin, a value, a status, and no more."""

from __future__ import annotations

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case, is_socket_io
from corsight.policies.findings.causes import errors, finish, headers, null_origin, origins, preflights, redirects
from corsight.policies.findings.model import Cause
from corsight.policies.findings.replies import leads_to_login, read_reply
from corsight.policies.findings.traffic import Traffic
from corsight.policies.findings.words import name_host, name_path, strip_query
from corsight.policies.rules import RULES
from corsight.policies.verdict import EngineName

OF_VALUES = (
    origins.find_unset,
    origins.find_several,
    origins.find_inexact,
    origins.find_other,
    origins.find_credentials,
)
"""Those that turn on the origins and the value in a message."""
OF_STATUS = (preflights.find_refused, errors.find_error)
"""Those that turn on its status."""
HEADERS = {"allow-credentials-not-true": "Access-Control-Allow-Credentials"}
DESTINATIONS = {
    "font": "font",
    "image": "image",
    "script": "script",
    "css stylesheet": "style",
    "manifest": "manifest",
    "video": "video",
    "audio": "audio",
    "text track": "track",
}
"""What was asked for, by what Chromium calls it in lower case."""
UNNAMED = "the request for"
"""What stands in a sentence where the method would, which most messages do not name."""


def explain_message(
    rule: str,
    engine: EngineName,
    *,
    origin: str | None,
    url: str | None,
    value: str | None,
    preflight: bool,
    status: int | None = None,
    method: str | None = None,
    kind: str | None = None,
    initial_url: str | None = None,
) -> Cause | None:
    """Return the cause behind a rule that blocked, as far as a message tells it; None where it tells no more than that.

    `kind` is what Chromium calls what was asked for, `initial_url` what the page asked where a redirect led elsewhere.
    """
    redirected = initial_url is not None and initial_url != url
    led_to_login = redirected and leads_to_login(initial_url or "", url or "")
    fields: tuple[tuple[bytes, bytes], ...] = ()
    if value and rule.startswith("allow-"):
        header = HEADERS.get(rule, "Access-Control-Allow-Origin")
        fields = ((header.lower().encode(), value.encode("latin-1", "replace")),)
    reply = Response(status or 200, HeaderList(fields))
    case = Case(
        traffic=Traffic(),
        rule=rule,
        engine=engine,
        # A preflight of what a redirect led to: the request itself was redirected.
        role="preflight" if preflight and not led_to_login else "request",
        server=origin_of(url or ""),
        origin=origin,
        page_origin=origin,
        method=UNNAMED if method is None or (preflight and method == "OPTIONS") else method,
        names=(value,) if value and rule == "preflight-header-not-allowed" else (),
        mode="cors",
        destination=DESTINATIONS.get((kind or "").lower(), "unknown"),
        include=rule == "allow-credentials-not-true",
        status=reply.status,
        reply=read_reply(reply, rule, url or ""),
        redirected=redirected,
        socket_io=is_socket_io(url or ""),
        led_to_login=led_to_login,
    )
    cause = _find(case, value if origin is not None else None, status if url is not None else None)
    if cause is not None:
        told = _list_told(url or "", initial_url if redirected else None)
        return quotes.fill_with(finish(cause, case), told)
    plain = RULES[rule]
    cause = Cause(plain.code, plain.title, plain.why, plain.advice, plain.actor)
    better = finish(cause, case)
    return better if better is not cause else None


def _find(case: Case, value: str | None, status: int | None) -> Cause | None:
    if case.led_to_login:
        return redirects.find_login(case)
    if case.origin == "null" and case.rule in null_origin.RULES and not case.redirected and (status or 0) < 400:
        return _explain_null(case)
    if case.rule == "preflight-method-not-allowed" and case.method != UNNAMED:
        return headers.find_method(case)
    if case.names:
        return headers.find_sent_by_page(case)
    if case.rule == "allow-origin-wildcard" and case.origin is not None:
        return origins.find_wildcard(case)
    families = [*(OF_VALUES if value else ()), *(OF_STATUS if (status or 0) >= 400 else ())]
    return next((cause for family in families if (cause := family(case)) is not None), None)


def _explain_null(case: Case) -> Cause:
    """Return what null stands for: a message does not tell which of the pages without an origin it is."""
    return Cause(
        "origin-null-file",
        "The page has no origin: a local file, a data: URL or a sandboxed frame",
        "Browsers call the origin of a page null if it was opened from disk (file:) or from a data: URL, or is in a "
        f"frame that is sandboxed without allow-same-origin, as plugins of web apps often are. {case.host} does not "
        "allow null, and should not: every such page of anybody has that origin.",
        "Open the page through a web server, such as http://localhost, and allow that origin. In a sandboxed frame of "
        "your own, add allow-same-origin, or send the request from the page around it. Data that everybody may read "
        "without cookies can be sent with Access-Control-Allow-Origin: *, which includes such pages.",
        "client",
        certainty="likely",
        needed=null_origin.OWN,
    )


def _list_told(url: str, initial_url: str | None) -> dict[str, str]:
    """Return what stands for the marks of a cause."""
    return {
        quotes.PATH: name_path(url),
        quotes.URL: strip_query(url),
        quotes.ENTRY: strip_query(url),
        quotes.FIRST_HOST: name_host(initial_url or url),
        quotes.ALLOW_METHODS: "a list without it",
    }
