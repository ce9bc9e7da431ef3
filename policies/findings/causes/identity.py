"""Identity servers that answer only the pages that are registered with them: where that is done.

Each is as the product's own documentation has it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from corsight.policies.fetch.origin import split_origin
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause

RULES = frozenset({"allow-origin-missing", "allow-origin-mismatch", "preflight-status-not-ok"})
SERVERS = tuple(
    (re.compile(rf"(?:^|\.)(?:{hosts})$"), cure)
    for hosts, cure in (
        (
            r"login\.microsoftonline\.(?:com|us)|login\.windows\.net|b2clogin\.com|ciamlogin\.com",
            "It is Microsoft Entra: in the app registration, under Authentication, list the page's redirect URI with "
            "the platform Single-page application (not Web); only then do pages get tokens there.",
        ),
        (
            r"auth0\.com",
            "It is Auth0: in the application's settings, add {page} to Allowed Web Origins and to Allowed Origins "
            "(CORS).",
        ),
        (
            r"okta(?:preview|-emea)?\.com",
            "It is Okta: add {page} under Security, API, Trusted Origins, with CORS switched on.",
        ),
    )
)
"""The ends of their hosts' names, and what to do there."""


def is_identity_server(host: str) -> bool:
    """Return whether a host is one of these."""
    return any(hosts.search(host) for hosts, _ in SERVERS)


def add_registration(cause: Cause, case: Case) -> Cause:
    """Return the cause with where the page has to be registered, where an identity server refused it."""
    parts = split_origin(case.server)
    if case.rule not in RULES or parts is None or case.led_to_login:
        return cause
    for hosts, cure in SERVERS:
        if hosts.search(parts[1]):
            told = cure.format(page=case.named_page)
            action = f"{cause.action} {told}" if case.status >= 400 else told
            # It is the page's owner who registers it.
            return replace(cause, action=action, edits=False, actor=cause.actor if case.status >= 400 else "client")
    return cause
