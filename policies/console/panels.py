"""What developer tools say outside the console: in the network panel and in the list of issues.

Sources: devtools/client/netmonitor/src/constants.js in Firefox's tree (ESR 153); the titles of
front_end/models/issues_manager/descriptions/, what CorsIssue.ts there puts under one title, and the blocked reasons of
front_end/panels/network/ in Chrome's DevTools.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from corsight.policies.console.model import Message
from corsight.policies.console.saying import Saying, say_reasons


class Reason(NamedTuple):
    """What a reason in Firefox's network panel means."""

    rules: tuple[str, ...] = ()
    cause: str | None = None
    preflight: bool | None = None


FIREFOX = {
    "CORS disabled": Reason(cause="cors-disabled"),
    "CORS Failed": Reason(("network-error",)),
    "CORS Not HTTP": Reason(cause="scheme-not-fetchable"),
    "CORS Multiple Origin Not Allowed": Reason(("allow-origin-multiple",)),
    "CORS Missing Allow Origin": Reason(("allow-origin-missing",)),
    "CORS No Allow Credentials": Reason(("allow-origin-wildcard",)),
    "CORS Allow Origin Not Matching Origin": Reason(
        ("allow-origin-mismatch", "allow-origin-multiple", "allow-origin-invalid")
    ),
    "CORS Missing Allow Credentials": Reason(("allow-credentials-not-true",)),
    "CORS Origin Header Missing": Reason(cause="origin-header-not-added"),
    "CORS External Redirect Not Allowed": Reason(("preflight-redirect",), None, True),
    "CORS Preflight Did Not Succeed": Reason(("preflight-status-not-ok",), None, True),
    "CORS Invalid Allow Method": Reason(("preflight-allow-methods-invalid",), None, True),
    "CORS Method Not Found": Reason(("preflight-method-not-allowed",), None, True),
    "CORS Invalid Allow Header": Reason(("preflight-allow-headers-invalid",), None, True),
    "CORS Missing Allow Header": Reason(("preflight-header-not-allowed",), None, True),
    "Mixed Block": Reason(("mixed-content",)),
    "Blocked By Extension": Reason(cause="stopped-by-extension"),
}
"""Firefox's words in the column Transferred, where a request was blocked."""
_METHOD = r"\b(?:XHR ?)?(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\b"
_URL = r"https?://[!-~]+"
_REQUEST = re.compile(rf"{_METHOD}|{_URL}")
NEAR = 2
"""Lines above a reason that may tell whose it is."""

CHROMIUM = (
    *say_reasons(
        "allow-origin-missing",
        "Ensure CORS response header values are valid",
        others=(
            "allow-origin-multiple",
            "allow-origin-invalid",
            "preflight-allow-methods-invalid",
            "preflight-allow-headers-invalid",
        ),
    ),
    *say_reasons(
        "preflight-status-not-ok",
        "Ensure preflight responses are valid",
        preflight=True,
        others=("preflight-redirect",),
    ),
    *say_reasons("preflight-header-not-allowed", "Ensure CORS request includes only allowed headers", preflight=True),
    *say_reasons("preflight-method-not-allowed", "Ensure CORS request uses allowed method", preflight=True),
    *say_reasons("allow-origin-mismatch", "Ensure CORS requesting origin matches resource's allowed origin"),
    *say_reasons("allow-credentials-not-true", "Ensure CORS requests include credentials only when allowed"),
    *say_reasons(
        "allow-origin-wildcard", "Ensure credentialed requests {any} sent to CORS resources with origin wildcards"
    ),
    *say_reasons("redirect-userinfo", "Ensure CORS requests {any} redirected to URLs containing credentials"),
    *say_reasons("scheme-not-fetchable", "Ensure CORS requests are made on supported schemes"),
    *say_reasons("same-origin-mode", "Ensure only same-origin resources are fetched with same-origin request mode"),
    *say_reasons("local-network-access", "Ensure that local network requests are compatible with restrictions"),
    *say_reasons(
        "corp-required-by-coep", "Specify a Cross-Origin Resource Policy to {any} a resource from being blocked"
    ),
    *say_reasons(
        "corp-same-origin",
        "Specify a more permissive Cross-Origin Resource Policy to {any} a resource from being blocked",
        others=("corp-same-site",),
    ),
    *say_reasons("not-cross-origin-isolated", "SharedArrayBuffer usage is restricted to cross-origin isolated sites"),
    Saying("mixed-content", "Mixed content: load all resources via HTTPS to improve the security of your site"),
    *say_reasons("csp-forbids-it", "Content Security Policy of your site blocks some resources"),
    Saying("worker-needs-coep", "Specify a Cross-Origin Embedder Policy to {any} this frame from being blocked"),
    *(
        Saying(code, f"(blocked:{reason})", whole=False)
        for reason, code in {
            "NotSameOriginAfterDefaultedToSameOriginBy{any}": "corp-required-by-coep",
            "NotSameOrigin": "corp-same-origin",
            "NotSameSite": "corp-same-site",
            "CoepFrameResourceNeedsCoepHeader": "worker-needs-coep",
            "CoopSandboxedIframeCannotNavigateToCoopPage": "frame-refused",
            "csp": "csp-forbids-it",
            "mixed-content": "mixed-content",
            "origin": "same-origin-mode",
            "content-type": "wrong-type",
            **dict.fromkeys(("other", "devtools", "inspector", "subresource-filter"), "stopped-by-extension"),
        }.items()
    ),
    *say_reasons("request-given-up", "(canceled)"),
)
"""Chrome's titles of issues, and its words in the column Status."""


def read_firefox(line: str, above: Sequence[str]) -> Message | None:
    """Return what a line of Firefox's network panel says, or None; the lines above it may name the request."""
    reason = next((one for one in FIREFOX if line.endswith(one)), None)
    if reason is None:
        return None
    before = line.removesuffix(reason)
    if before and (not before[-1].isspace() or _REQUEST.search(before) is None):
        # The same words in a sentence.
        return None
    rules, cause, preflight = FIREFOX[reason]
    texts = (line, *reversed(above[-NEAR:]))
    url = next((one[0] for text in texts if (one := re.search(_URL, text))), None)
    method = next((one[1] for text in texts if (one := re.search(_METHOD, text))), None)
    return Message(
        "firefox", rules, cause, exact=False, preflight=preflight, url=url, method=None if url is None else method
    )
