"""How one endpoint can be patched for some pages, and what that allows, in words and as options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mitmproxy import ctx, exceptions, flowfilter

from corsight.addons.scope import EVERYTHING, list_loose_ends, read_origin
from corsight.policies.redact import shown
from corsight.policies.session import Judged
from corsight.policies.value import value

ORIGINS = 16
"""How many origins may be named at once."""
LONGEST = 1000
"""The most characters of a URL that a scope is made from."""
HERE = "Nothing can be patched from here: "


@value
class Opening:
    """A patch that could be made: `scope` is the filter expression of one endpoint, `origin` that of the page that
    asked. `problem` says why it cannot be; then the scope is empty.
    """

    endpoint: str
    scope: str
    origin: str | None
    problem: str | None = None

    def describe(self) -> dict[str, Any]:
        """Return it as plain data that is safe to show."""
        return {
            "endpoint": shown(self.endpoint),
            "scope": shown(self.scope, 2000),
            "origin": None if self.origin is None else shown(self.origin),
            "problem": self.problem,
        }


def make_opening(judged: Judged) -> Opening:
    """Return how to patch the endpoint of an exchange for the page that made the request."""
    endpoint = judged.entry.exchange.request.url.partition("#")[0].partition("?")[0]
    facts = judged.facts
    origin = facts.origin if facts.tainting == "cors" else facts.page_origin
    scope = _write_scope(endpoint)
    problem = None if scope else f"{HERE}its URL is too long, or has characters that a filter cannot name."
    return Opening(endpoint, scope, origin, problem)


def _write_scope(endpoint: str) -> str:
    """Return the filter expression that matches only this URL, with any query; empty if there is none."""
    if len(endpoint) > LONGEST or not re.fullmatch(r"https?://[!-~]+", endpoint) or set(endpoint) & set('\\"'):
        return ""
    # mitmproxy writes IPv6 addresses without brackets here. A backslash in an expression is two.
    scheme, _, rest = endpoint.partition("://")
    host, slash, path = rest.partition("/")
    host = re.escape(host).replace(r"\[", r"\[?").replace(r"\]", r"\]?")
    exact = f"{scheme}://{host}{slash}{re.escape(path)}".replace("\\", "\\\\")
    scope = f'~u "^(?-i:{exact})([?]|$)"'
    try:
        flowfilter.parse(scope)
    except ValueError:
        return ""
    return scope if not list_loose_ends(scope) else ""


def patch(opening: Opening, origins: Sequence[object]) -> None:
    """Patch the opening's endpoint for pages of these origins, in addition to earlier patches.

    Raises OptionsError with one line if that is not possible.
    """
    if opening.problem is not None:
        raise exceptions.OptionsError(opening.problem)
    if not origins or len(origins) > ORIGINS or not all(isinstance(one, str) and len(one) < 300 for one in origins):
        raise exceptions.OptionsError(f"Name the pages that may read it: 1 to {ORIGINS} origins.")
    named = [read_origin(str(one)) for one in origins]
    options = ctx.options
    if options.cors_patch == "policy":
        raise exceptions.OptionsError(f"{HERE}answers are those of cors_policy now; stop that first.")
    active = options.cors_patch == "blocked"
    scope = options.cors_patch_scope if active else ""
    if scope and scope != EVERYTHING and opening.scope not in scope:
        scope = f"({scope}) | {opening.scope}"
    before = list(options.cors_patch_origins) if active else []
    options.update(
        cors_patch="blocked",
        cors_patch_scope=scope or opening.scope,
        cors_patch_origins=list(dict.fromkeys([*before, *named])),
    )


def stop() -> None:
    """Stop all patching."""
    ctx.options.update(cors_patch="off")
