"""What is known of a product that answers in the application's place, and how it is recognised."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from corsight.policies.actor import Actor

Kind = Literal["warning", "offline", "private", "challenge", "login", "storage", "stranger", "absent"]
"""What the product does: a warning page in front of a tunnel (warning), a tunnel whose other end is gone (offline), a
port that is not public (private), a bot check or a firewall (challenge), a login, a storage whose CORS rules do not
match (storage), another program than was expected (stranger), a platform on which nothing of that name runs (absent).
"""

COOKIES, LOCATION = "set-cookie", "location"


class Sign(NamedTuple):
    """A response header (lower case) that shows a product, and what its value has to contain (anything, where None).

    `statuses` are those that it counts for, all where empty. `passing` tells that the product also adds it to responses
    that it only passes on, so that the response also has to look like one of the product's own.
    """

    header: str
    value: re.Pattern[str] | None = None
    statuses: tuple[int, ...] = ()
    passing: bool = False


class Product(NamedTuple):
    """A product: its name in texts, what it does, how it is recognised, what to do, and who has to do it.

    `hosts` matches the host names that it gives out.
    """

    name: str
    kind: Kind
    signs: tuple[Sign, ...]
    cure: str
    actor: Actor = "server"
    hosts: re.Pattern[str] | None = None


def sign(header: str, value: str = "", *statuses: int, passing: bool = False) -> Sign:
    """Return a sign: a header whose value matches, in any case."""
    return Sign(header, re.compile(value, re.IGNORECASE) if value else None, statuses, passing)


def end_in(*names: str) -> re.Pattern[str]:
    """Return a pattern that matches these host names and all names under them."""
    return re.compile("(?:^|[.-])(?:" + "|".join(map(re.escape, names)) + ")$")
