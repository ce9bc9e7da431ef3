"""What Internet Explorer and the Edge before Chromium write: a code in front says it, whatever the language behind.

Sources: the list of console codes in Microsoft's documentation of Edge (MicrosoftDocs/edge-developer, edgehtml); the
error numbers of WinINet (wininet.h, 12000 and up) behind SCRIPT7002; and bug reports of their time, in several
languages. They are judged by the standard: nobody has measured these browsers here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corsight.policies.console.model import Message
from corsight.policies.value import replace

NOTED = "cors-is-noted"
_CODE = re.compile(r"\b(SEC71\d\d|SCRIPT7002|CSS311[67]|CSP1431[23]):")
_ANY_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}+://[^\s。，,'\"]+")
_ORIGIN = re.compile(r"\bOrigin (\S+) not found")
_NAME = re.compile(r"\bRequest (?:header|method) (\S+) was not")
_LIKE_A_NAME = re.compile(
    r"(?<![\w-])((?!Access-Control)[A-Za-z]+(?:-[A-Za-z]+)+|authorization)(?![\w-])", re.IGNORECASE
)
_LIKE_A_METHOD = re.compile(r"(?<![\w-])((?!CORS\b)[A-Z]{3,10})(?![\w-])")
_NUMBER = re.compile(r"\b0x([0-9a-f]{4,8})\b", re.IGNORECASE)

_RULES: dict[str, tuple[str, ...]] = {
    # The same is said where the header is missing.
    "SEC7120": ("allow-origin-missing", "allow-origin-mismatch"),
    "SEC7121": ("allow-origin-wildcard",),
    "SEC7122": ("allow-credentials-not-true",),
    "SEC7123": ("preflight-header-not-allowed",),
    "SEC7124": ("preflight-method-not-allowed",),
    "SEC7125": ("preflight-allow-headers-invalid", "preflight-allow-methods-invalid"),
    "SEC7126": ("preflight-redirect",),
    "SEC7127": ("redirect-userinfo", "redirect-scheme"),
    "SEC7128": ("allow-origin-multiple",),
    "SEC7129": ("allow-credentials-not-true",),
    "CSS3116": ("allow-origin-missing",),
    "CSS3117": ("allow-origin-mismatch",),
    "SEC7111": ("mixed-content",),
    "SEC7112": ("nosniff-mime-type",),
}
_CAUSES = {"SEC7113": "wrong-type", "CSP14312": "csp-forbids-it", "SEC7118": NOTED, "SEC7119": NOTED}
_OF_CONNECTIONS = {
    **dict.fromkeys((12002,), "connection-timed-out"),
    **dict.fromkeys((12007,), "host-not-found"),
    **dict.fromkeys((12029,), "connection-refused"),
    **dict.fromkeys((12030, 12031, 12152), "connection-closed"),
    **dict.fromkeys((12017,), "request-given-up"),
    **dict.fromkeys((12037, 12038, 12044, 12045, 12157, 12169, 12170, 12175), "tls-failed"),
    **dict.fromkeys((12163,), "computer-offline"),
}
"""The causes behind SCRIPT7002, by WinINet's numbers."""


def take_lines(lines: Sequence[str]) -> tuple[list[Message], list[str]]:
    """Return what the lines with such codes say, and the other lines.

    SEC7118 and SEC7119 name the URL for the reason that follows, and SCRIPT7002 says once more that it failed.
    """
    messages: list[Message] = []
    rest: list[str] = []
    noted: Message | None = None
    for line in lines:
        found = _CODE.search(line)
        if found is None or found[1] == "CSP14313":
            rest.append(line)
            continue
        message = _read(found[1], line[found.end() :])
        if message is None:
            continue
        if message.cause == NOTED:
            noted = message
            continue
        if message.url is None and noted is not None and message.rule != "mixed-content":
            message = replace(message, url=noted.url)
        last = messages[-1] if messages else None
        if message.error == "SCRIPT7002" and last is not None and last.error != "SCRIPT7002":
            noted = None
            continue
        messages.append(message)
        if message.error == "SCRIPT7002":
            noted = None
    return messages or ([noted] if noted is not None else []), rest


def _read(code: str, text: str) -> Message | None:
    """Return what a line says behind its code; None for a code that is none of these."""
    urls = [url.rstrip(".。") for url in _ANY_URL.findall(text)]
    url = urls[-1] if urls else None
    if code == "SCRIPT7002":
        number = next((int(digits, 16) for digits in _NUMBER.findall(text)), 0)
        return Message("standard", cause=_OF_CONNECTIONS.get(number, "failed-without-reason"), error=code)
    rules, cause = _RULES.get(code, ()), _CAUSES.get(code)
    if not rules and cause is None:
        return None
    preflight = True if (rules and rules[0].startswith("preflight-")) or code == "SEC7119" else None
    message = Message("standard", rules, cause, error=code, preflight=preflight)
    if code == "SEC7120":
        named = _ORIGIN.search(text)
        return replace(message, origin=named[1] if named else url)
    if code in ("SEC7123", "SEC7124"):
        like = _LIKE_A_NAME if code == "SEC7123" else _LIKE_A_METHOD
        named = _NAME.search(text) or like.search(text)
        value = named[1] if named else None
        return replace(message, value=value, method=value if code == "SEC7124" else None)
    return replace(message, url=url)
