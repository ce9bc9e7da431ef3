"""What the catalogue says of a cause: what is really wrong, where the rule that blocked only says how it ended."""

from __future__ import annotations

from corsight.policies.actor import Actor
from corsight.policies.value import value


@value
class KnownCause:
    """A cause by its permanent code.

    `title` says in one line what it is, `why` how it comes about, `advice` what to do and `actor` who has to do it.
    `cors` is whether it has to do with CORS. `stops` is whether a request or a response is lost; if not, it is only a
    warning.
    """

    code: str
    title: str
    why: str
    advice: str
    actor: Actor = "server"
    cors: bool = True
    stops: bool = True
