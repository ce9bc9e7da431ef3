"""WebKit's console texts.

Measured with WebKitGTK 2.50.6 and WPE WebKit 2.38.6.
"""

from __future__ import annotations

from corsight.policies.engines.wording import Wording

_NAMES = (
    *("Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control"),
    *("Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-Type"),
    *("If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Last-Event-ID", "Pragma"),
    *("Purpose", "Range", "Upgrade-Insecure-Requests", "User-Agent"),
)
SPELLED = {name.lower(): name for name in _NAMES}
"""Request headers that WebKit knows, and so spells its own way (WebCore/platform/network/HTTPHeaderNames.in)."""


def word(wording: Wording) -> tuple[None, str | None]:
    """Return no error, since WebKit names none, and the console's text; `due to access control checks.` follows it."""
    rule, value = wording.rule, wording.value
    denied = f"Origin {wording.origin} is not allowed by Access-Control-Allow-Origin. Status code: {wording.status}"
    text = {
        "allow-origin-missing": denied,
        "allow-origin-wildcard": "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
        "allow-origin-multiple": "Access-Control-Allow-Origin cannot contain more than one origin."
        if "," in value
        else denied,
        "allow-origin-invalid": denied,
        "allow-origin-mismatch": denied,
        "allow-credentials-not-true": 'Credentials flag is true, but Access-Control-Allow-Credentials is not "true".',
        "preflight-status-not-ok": f"Preflight response is not successful. Status code: {wording.status}",
        "preflight-allow-methods-invalid": f"Header Access-Control-Allow-Methods has an invalid value: {value}",
        "preflight-allow-headers-invalid": f"Header Access-Control-Allow-Headers has an invalid value: {value}",
        "preflight-method-not-allowed": f"Method {value} is not allowed by Access-Control-Allow-Methods.",
        # A name of its own the page may have spelled otherwise: that never reaches the wire when the preflight fails.
        "preflight-header-not-allowed": f"Request header field {SPELLED.get(value.lower(), value)} is not allowed by "
        "Access-Control-Allow-Headers.",
        "redirect-userinfo": f"redirection URL {wording.target} has credentials",
        "redirect-scheme": "not allowed to follow a cross-origin CORS redirection with non CORS scheme",
        "redirect-too-many": "Load cannot follow more than 20 redirections",
        "redirect-cross-origin": f"Unsafe attempt to load URL {wording.target} from origin {wording.page_origin}. Domains, "
        "protocols and ports must match.",
        "mixed-content": f"[blocked] The page at {wording.page or wording.page_origin + '/'} requested insecure content from "
        f"{wording.target}. This content was blocked and must be served over HTTPS.",
        "corp-same-origin": f"Cancelled load to {wording.url} because it violates the resource's "
        "Cross-Origin-Resource-Policy response header.",
    }
    if rule in ("mime-type-blocked", "nosniff-mime-type"):
        return None, _refuse_type(wording)
    text["corp-same-site"] = text["corp-required-by-coep"] = text["corp-same-origin"]
    message = text.get(rule)
    if (
        message is not None
        and wording.target is not None
        and rule.startswith(("allow-", "corp-", "redirect-userinfo", "redirect-scheme"))
    ):
        message = (
            f"Cross-origin redirection to {wording.target} denied by Cross-Origin Resource Sharing policy: {message}"
        )
    return None, message


def _refuse_type(wording: Wording) -> str | None:
    if wording.destination == "style":
        return f"Did not parse stylesheet at '{wording.url}' because non CSS MIME types are not allowed in strict mode."
    if wording.use in ("module script", "worklet"):
        return f"'{wording.value}' is not a valid JavaScript MIME type."
    if wording.use not in ("", wording.destination):
        # Nothing was seen of these.
        return None
    because = (
        f"{wording.value} is not a script MIME type."
        if wording.rule == "mime-type-blocked"
        else '"X-Content-Type-Options: nosniff" was given and its Content-Type is not a script MIME type.'
    )
    return f"Refused to execute {wording.url} as script because {because}"
