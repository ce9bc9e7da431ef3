"""What is sent to another server, what came back, and what that changes."""

from __future__ import annotations

from typing import Literal

from corsight.policies.exchange import Response
from corsight.policies.session import Judged
from corsight.policies.value import value
from corsight.policies.verdict import Verdict

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""What is sent unless more is asked for."""

Kind = Literal["newly blocked", "looser", "newly allowed", "same", "unclear", "no answer", "not sent"]
"""What becomes of a recorded exchange: `looser` passes as before and the answer grants more; `unclear` is answered
otherwise for something that was left out of it, or by a redirect, which is not followed."""


@value
class Sent:
    """A request as it goes to the other server. `without` are the names of the headers that were left out of it."""

    method: str
    url: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    without: tuple[str, ...] = ()


@value
class Planned:
    """A recorded exchange, and what is sent for it; None where it is not, and `reason` says why."""

    judged: Judged
    sent: Sent | None
    reason: str = ""


@value
class Failure:
    """Why no answer came, or why the request was not sent in the end."""

    text: str
    sent: bool = True


type Answer = Response | Failure


@value
class Bounds:
    """How much is sent: requests a second, seconds for one and for all together, and how many requests."""

    rate: float = 5.0
    timeout: float = 10.0
    seconds: float = 120.0
    most: int = 200


@value
class Change:
    """What would change for one recorded exchange. `verdicts` are those on the recorded and on the new answer, None
    where there is none; `grants` says what the new answer grants that the recorded one did not, `note` why it is
    unclear, got no answer or was not sent. `sure` tells whether both verdicts are certain.
    """

    planned: Planned
    kind: Kind
    before: Verdict | None = None
    after: Verdict | None = None
    status: int | None = None
    grants: tuple[str, ...] = ()
    note: str = ""
    sure: bool = True
