"""The server's own CORS layer refused: what of the origin, the method and the headers is not on its lists."""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.findings import quotes
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import (
    NEVER_SENT,
    describe_passed,
    describe_spelling,
    find_spelling,
)
from corsight.policies.findings.model import Cause
from corsight.policies.findings.replies import Reply
from corsight.policies.findings.words import clean_all, join

REFUSALS = (400, 403, 500)
"""The statuses that CORS layers refuse with, beside successes that say nothing."""


class Lacking(NamedTuple):
    """What a CORS layer's lists lack: whether the origin, the method (None where not), the header names.

    `one` tells that it is one of these, and does not show which.
    """

    origin: bool
    method: str | None
    names: tuple[str, ...]
    one: bool = False

    def describe(self, page: str) -> str:
        """Return what is lacking, as a list in a sentence."""
        parts = [f"the origin {page}"] if self.origin else []
        parts += [f"the method {self.method}"] if self.method is not None else []
        noun = "header" if len(self.names) == 1 else "headers"
        parts += [f"the {noun} {join(clean_all(self.names, 8))}"] if self.names else []
        return " or ".join(parts) if self.one else join(parts)

    @property
    def verb(self) -> str:
        """What follows it in a sentence."""
        return "is" if self.one or self.origin + (self.method is not None) + len(self.names) == 1 else "are"


def find_refusal(case: Case) -> Cause | None:
    """Return that the server's CORS layer refused a preflight, and for what, by the lists that came along."""
    reply = case.reply
    if not case.preflight or reply is None or reply.asks_for_login or reply.status in REDIRECT_STATUSES:
        return None
    succeeds = 200 <= reply.status < 300
    layer = _name_layer(reply)
    if layer is None or not (succeeds or reply.status in REFUSALS) or case.rule not in RULES:
        return None
    lacking = _compare(case, reply)
    if not (lacking.origin or lacking.method or lacking.names):
        return None
    what = lacking.describe(case.page)
    how = "without Access-Control-Allow-Origin" if not reply.allow_origin else "and its lists"
    near = find_spelling(case)
    if near is not None and lacking.origin and lacking.one:
        lacking = Lacking(True, None, ())
        what = lacking.describe(case.page)
    return Cause(
        "preflight-refused-by-cors-layer",
        f"The server's own CORS middleware refused the preflight: {what} {lacking.verb} not on its list",
        f"{case.host} answered the preflight for {case.asked} with status {reply.status} {how}. {layer}, so the CORS "
        f"middleware did run, and refused. {NEVER_SENT}",
        f"{'See which it is, and add' if lacking.one else 'Add'} {what} to the lists of the server's CORS configuration"
        + (f", next to {near[0]}, which is there." if near is not None and lacking.origin else "."),
        "server",
        (
            *describe_spelling(case),
            *_describe_repeated(case),
            f"It says: {quotes.quote_line('vary', 'access-control-allow-methods')}.",
            *describe_passed(case),
        ),
        "likely",
    )


def find_unlisted(case: Case) -> Cause | None:
    """Return that a reply was made with a look at the origin, which is not on the server's list."""
    reply = case.reply
    if case.role != "request" or case.rule != "allow-origin-missing" or reply is None or case.page == "null":
        return None
    if case.passed or case.preflight_allow_origin is not None:
        return None
    refused = reply.status == 403 and reply.varies_by_preflight
    near = find_spelling(case)
    if not refused and (reply.status >= 400 or (not reply.varies_by_origin and near is None)):
        return None
    how = (
        "Vary names headers that only CORS middleware looks at"
        if refused
        else "The response depends on the requesting origin"
    )
    return Cause(
        "origin-not-listed",
        f"The origin {case.page} seems not to be on the server's list",
        f"{case.host} answered {case.asked} with status {reply.status} and no Access-Control-Allow-Origin. {how}: that "
        "is how CORS middleware answers an origin that is not on its list.",
        f"Add {case.page} to the origins of the server's CORS configuration"
        + (f", next to {near[0]}, which is there." if near is not None else "."),
        "server",
        (*describe_spelling(case), f"The reply says: {quotes.quote_line('vary')}."),
        "likely",
    )


def _describe_repeated(case: Case) -> list[str]:
    """Return that the preflight names a header twice, in a sentence; no sentence where it does not."""
    if not case.twice:
        return []
    return [
        f"The preflight names {join(clean_all(case.twice, 4))} twice, because the page adds it twice. Some CORS "
        "middlewares (rs/cors, jub0bs/cors) refuse a list that is not sorted or has repeats. Add it once in the page's "
        "code."
    ]


RULES = ("allow-origin-missing", "preflight-status-not-ok")


def _name_layer(reply: Reply) -> str | None:
    """Return, in a clause, what tells that a CORS layer answered; None where nothing does."""
    if reply.varies_by_preflight:
        return "Vary names headers that only CORS middleware looks at (as in Spring and rs/cors)"
    if reply.allow_methods or reply.allow_headers:
        return "It sent the lists of its CORS middleware"
    if reply.varies_by_origin and reply.status != 500:
        return "Vary: Origin shows that it looked at the origin (as in Starlette, FastAPI, Django and Tomcat)"
    if reply.framework == "Express" and reply.status == 500:
        return "Express answers OPTIONS like this when its cors function throws an error ('Not allowed by CORS')"
    if reply.framework == "ASP.NET" and reply.status == 204 and not reply.lists_methods:
        return "ASP.NET's CORS middleware answers 204 without headers when its policy does not match"
    if reply.http_api and reply.status == 204 and not reply.lists_methods:
        return "API Gateway answers OPTIONS so if what is asked for is not in the API's CORS configuration"
    return None


def _compare(case: Case, reply: Reply) -> Lacking:
    """Return what of the question is not on the lists that came along."""
    listed, special = reply.allow_methods, not is_cors_safelisted_method(case.method)
    method, names = None, tuple(dict.fromkeys(name.lower() for name in case.names))
    # Some layers hold GET and POST against their list as well, and answer with an error then.
    if listed and not {case.method, "*"} & set(listed) and (special or reply.status >= 400):
        method = case.method_name
    if reply.allow_headers:
        names = case.missing_names
    elif not reply.status >= 400 or not reply.allow_origin or method is not None:
        names = ()
    lacks_origin = not reply.allow_origin
    if lacks_origin and (case.passed or case.standing.preflights) and not method and not names:
        # The origin passes elsewhere: it is what was asked besides.
        asked = case.method_name if special else None
        return Lacking(False, asked, names or tuple(dict.fromkeys(map(str.lower, case.names))), one=True)
    silent = reply.varies_by_preflight or reply.http_api
    if lacks_origin and silent and not reply.allow_methods and not reply.allow_headers:
        # Such layers say nothing at all, whatever it is that they refuse.
        method, names = case.method_name if special else None, tuple(dict.fromkeys(map(str.lower, case.names)))
        return Lacking(True, method, names, one=True)
    return Lacking(lacks_origin, method, names)
