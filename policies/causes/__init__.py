"""The causes by their permanent codes, beside the rules: what is really wrong, and what to do.

Traffic shows those of `answers`, `instead`, `headers` and `network` (corsight.policies.findings tells which), consoles
name those of `network` and all that follow it.
"""

from __future__ import annotations

from corsight.policies.causes import answers, beside, headers, instead, isolation, network, script, tools
from corsight.policies.causes.model import KnownCause

FAMILIES = {
    "What answered": answers,
    "Something else answered": instead,
    "The headers, and who asks": headers,
    "The network": network,
    "Other errors that look like CORS": beside,
    "In the page's own script": script,
    "Cross-origin isolation": isolation,
    "What servers and libraries say": tools,
}
"""The families by their titles."""
CAUSES: dict[str, KnownCause] = {one.code: one for family in FAMILIES.values() for one in family.CAUSES}
"""Every cause by its code."""

__all__ = ["CAUSES", "FAMILIES", "KnownCause"]
