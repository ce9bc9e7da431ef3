"""The addon's options for judging and logging; patching, the page and the marker declare their own."""

from __future__ import annotations

import typing
from collections.abc import Sequence

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader

from corsight.addons.events import get_logger

logger = get_logger(__name__)
PREFIX = "cors_"


def declare_options(loader: Loader) -> None:
    """Declare the options of judging and logging."""
    add = loader.add_option
    add(
        "cors_engine",
        str,
        "auto",
        "Judge by the rules of this browser engine: auto (each client's own, by User-Agent), chromium, firefox, "
        "webkit or standard; chromium@120 is one version.",
    )
    add("cors_scope", typing.Optional[str], None, "Judge only flows that match this filter expression.")  # type: ignore[arg-type]  # noqa: UP045
    add("cors_log", typing.Optional[str], None, "Append every verdict to this file, as JSON Lines.")  # type: ignore[arg-type]  # noqa: UP045
    add("cors_mark", bool, True, "Mark flows that were blocked or may have been blocked.")
    add("cors_secrets", bool, False, "Write whole URLs and origins into the log, with the secrets in them.")
    add(
        "cors_policy",
        Sequence[str],
        [],
        "Policy files to compare the servers' answers with; the first policy that matches counts.",
    )


def take_deferred_options() -> None:
    """Apply options that were set before they were declared, and stop the start if a value is wrong."""
    try:
        # mitmproxy does this after load, and where it fails there, goes on without the script and without a word.
        ctx.options.process_deferred()
    except exceptions.OptionsError as error:
        logger.error("%s", error)
    known = [name for name in ctx.options.keys() if name.startswith(PREFIX)]  # noqa: SIM118 (not a mapping)
    for name in ctx.options.deferred:
        if name.startswith(PREFIX) and name not in known:
            # mitmproxy keeps it for an addon that may still come.
            logger.error("%s: there is no such option; there are %s.", name, ", ".join(sorted(known)))
