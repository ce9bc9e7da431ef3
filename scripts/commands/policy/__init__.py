"""`corsight policy`: what an API's owner intends to grant: check it, show it, infer it, compare it, export it."""

from __future__ import annotations

from corsight.scripts.group import lazy_group

policy = lazy_group(
    "corsight.scripts.commands.policy",
    {
        "check": "Report what cannot work or is unsafe in policy files.",
        "show": "Show what a URL's policy grants, and what a correct server answers.",
        "infer": "Write the least policy under which recorded traffic passes.",
        "diff": "Compare two policy files, or recordings, by what they grant.",
        "export": "Write a policy as the configuration of a server or framework.",
    },
)


@policy.callback()
def _describe() -> None:
    """Work with policy files: what a server is meant to grant."""
