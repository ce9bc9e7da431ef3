"""`corsight policy`: policies, which list what a server should allow: check, show, infer, compare, export."""

from __future__ import annotations

from corsight.scripts.group import lazy_group

policy = lazy_group(
    "corsight.scripts.commands.policy",
    {
        "check": "Report what cannot work or is unsafe in policy files.",
        "show": "Show what a policy allows for a URL, and what the server must answer.",
        "infer": "Write the smallest policy under which recorded traffic passes.",
        "diff": "Compare what two policy files or recordings allow.",
        "export": "Write a policy as the configuration of a server or a framework.",
    },
)


@policy.callback()
def _describe() -> None:
    """Work with policy files, which list what a server should allow."""
