"""Makes sure that no hook raises: nothing that a browser or server sends may break the proxy."""

from __future__ import annotations

import functools
from collections.abc import Callable

from mitmproxy import http

from corsight.addons.events import get_logger
from corsight.policies.redact import shown

logger = get_logger(__name__)


def never_raises[T](hook: Callable[[T, http.HTTPFlow], None]) -> Callable[[T, http.HTTPFlow], None]:
    """Return a hook that logs its own failure in one line and lets the flow pass."""

    @functools.wraps(hook)
    def guarded(self: T, flow: http.HTTPFlow) -> None:
        try:
            hook(self, flow)
        except Exception as error:
            tell_failure(flow.id, error)

    return guarded


def tell_failure(flow: str, error: Exception) -> None:
    """Log in one line, with the flow's id, that a flow could not be judged."""
    reason = shown(f"{type(error).__name__}: {error}")
    logger.warning("Corsight could not judge flow %s (%s): please report this.", flow, reason)
