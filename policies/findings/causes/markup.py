"""What is asked for by markup or a style sheet, and the cure that is written there."""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause

CODES = frozenset(
    {
        *("allow-origin-missing", "origin-not-listed", "origin-fixed", "allow-origin-mismatch", "origin-list"),
        *("allow-origin-wildcard", "error-reply-without-cors", "redirect-to-login", "wildcard-with-credentials"),
        *("allow-credentials-not-true", "cached-without-cors", "cache-answered-for-another-origin"),
        "storage-rule-does-not-match",
    }
)
"""The causes that markup can have a part in."""
LOGINS = frozenset({"redirect-to-login", "error-reply-without-cors"})
WITH_CREDENTIALS = frozenset({"wildcard-with-credentials", "allow-origin-wildcard", "allow-credentials-not-true"})
ELEMENTS = frozenset({"image", "style", "script", "audio", "video", "track", "manifest"})
ANONYMOUS = 'On an element, use crossorigin="anonymous" instead of "use-credentials": then * is enough.'
USE_CREDENTIALS = 'crossorigin="use-credentials"'


def add_markup(cause: Cause, case: Case) -> Cause:
    """Return the cause with what can be done in the page's own markup, where that has a part in it."""
    if cause.code not in CODES or case.preflight:
        return cause
    if cause.code in WITH_CREDENTIALS:
        return replace(cause, action=f"{cause.action} {ANONYMOUS}") if case.destination in ELEMENTS else cause
    logged_out = cause.code == "redirect-to-login" or (cause.code in LOGINS and case.status in (401, 403))
    cure = _find_cure(case, logged_out=logged_out)
    if cure is None:
        return cause
    if logged_out:
        # The request left without the cookie: that is what the page can change.
        return replace(cause, action=f"{cure} The user has to be logged in there.", actor="client", edits=False)
    return replace(cause, action=f"{cause.action} {cure}")


def _find_cure(case: Case, *, logged_out: bool) -> str | None:
    """Return what to write in the page; None where nothing there matters."""
    kind = case.destination
    if kind == "manifest":
        if logged_out:
            return f"Browsers request a manifest without cookies: put {USE_CREDENTIALS} on its link element."
        return "Or serve the manifest from the page's own origin."
    if kind == "font":
        return (
            "Or serve the font from the page's own origin: browsers always request fonts with CORS and without "
            "credentials. A preload link for the font needs crossorigin as well."
        )
    if kind == "script" and case.mode == "cors":
        if logged_out:
            return (
                f"Browsers request a module script of another origin without cookies: put {USE_CREDENTIALS} on its "
                "script element."
            )
        return (
            "Module scripts are always requested with CORS. A classic script is requested with CORS only if it has the "
            "crossorigin attribute; without it, no header is needed."
        )
    if kind in ("image", "style", "audio", "video", "track") and case.mode == "cors":
        if logged_out:
            return f"With crossorigin alone, the {kind} is requested without cookies: {USE_CREDENTIALS} sends them."
        return f"If no script has to read the {kind}, remove crossorigin from the element: then no header is needed."
    return None
