"""What the catalogue says of a cause: what is really wrong, where the rule that blocks tells only how it ended."""

from __future__ import annotations

from corsight.policies.actor import Actor
from corsight.policies.value import value


@value
class KnownCause:
    """A cause by its permanent code.

    `title` says in one line what it is, `why` how it comes about, `advice` what to do and `actor` who has to. `cors`
    tells whether CORS has a say in it at all; `stops` whether a request or a response is lost by it: where not, it
    warns.
    """

    code: str
    title: str
    why: str
    advice: str
    actor: Actor = "server"
    cors: bool = True
    stops: bool = True
