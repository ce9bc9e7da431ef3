"""What is known of a product that answers in the application's place, and how it is told."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from corsight.policies.actor import Actor

Kind = Literal["warning", "offline", "private", "challenge", "login", "storage", "stranger"]
"""What it does: a warning page before a tunnel, a tunnel whose other end is gone, a port that is not public, a check
for robots or a firewall, a login, a storage whose CORS rules nothing matches, another program than was meant."""

COOKIES, LOCATION = "set-cookie", "location"


class Sign(NamedTuple):
    """A response header (lower case) that tells a product, and what its value has in it (any, where None).

    `statuses` are those that it counts for, all where empty. `passing` tells that the product puts it on what it only
    passes on as well, so that the reply has to look like one of its own.
    """

    header: str
    value: re.Pattern[str] | None = None
    statuses: tuple[int, ...] = ()
    passing: bool = False


class Product(NamedTuple):
    """A product: its name in texts, what it does, how it is told, what to do, and who has to.

    `hosts` matches the host names that it hands out.
    """

    name: str
    kind: Kind
    signs: tuple[Sign, ...]
    cure: str
    actor: Actor = "server"
    hosts: re.Pattern[str] | None = None


def sign(header: str, value: str = "", *statuses: int, passing: bool = False) -> Sign:
    """Return the sign of a header whose value matches, whatever its case."""
    return Sign(header, re.compile(value, re.IGNORECASE) if value else None, statuses, passing)


def end_in(*names: str) -> re.Pattern[str]:
    """Return what matches these host names and those under them."""
    return re.compile("(?:^|[.-])(?:" + "|".join(map(re.escape, names)) + ")$")
