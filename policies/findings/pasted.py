"""The diagnosis of what a console message tells: a rule, two origins, a value, and no more."""

from __future__ import annotations

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes import origins
from corsight.policies.findings.model import Cause
from corsight.policies.findings.replies import read_reply
from corsight.policies.findings.traffic import Traffic
from corsight.policies.verdict import EngineName

FAMILIES = (origins.find_inexact, origins.find_other, origins.find_credentials)
"""Those that turn on nothing but what a message can tell."""
HEADERS = {"allow-credentials-not-true": "Access-Control-Allow-Credentials"}


def explain_message(
    rule: str, engine: EngineName, *, origin: str | None, url: str | None, value: str | None, preflight: bool
) -> Cause | None:
    """Return the cause behind a rule that blocked, where the origins and the value in a message tell it."""
    if origin is None or not value or not rule.startswith("allow-"):
        return None
    header = HEADERS.get(rule, "Access-Control-Allow-Origin")
    line = (header.lower().encode(), value.encode("latin-1", "replace"))
    case = Case(
        traffic=Traffic(),
        rule=rule,
        engine=engine,
        role="preflight" if preflight else "request",
        server=origin_of(url or ""),
        origin=origin,
        page_origin=origin,
        method="GET",
        names=(),
        mode="cors",
        destination="unknown",
        same_site=False,
        image=False,
        include=rule == "allow-credentials-not-true",
        include_is_told=False,
        has_referrer=False,
        asks_for_private_network=False,
        named=False,
        status=200,
        failure=None,
        recorded=False,
        reply=read_reply(Response(200, HeaderList((line,))), rule, url or ""),
        redirect=None,
        redirected=False,
        led_to_login=False,
        filled=False,
        stored=None,
        new_allow_origin=None,
        preflight_allow_origin=None,
        remembered=None,
        unfollowed=False,
        alone=False,
    )
    return next((cause for family in FAMILIES if (cause := family(case)) is not None), None)
