"""What a rule of the catalogue says: why it exists, who has to act, and the header edits that satisfy it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from policies.exchange import HeaderList, Response

Actor = Literal["server", "client", "nobody"]
Safety = Literal["safe", "widens"]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule looks at when it says what was seen, what was needed and how to mend it.

    `origin` is the serialized request origin, `method` and `names` what the request needs, `value` what the rule turned
    on, `target` the redirect's location or None, `include` the credentials mode of the branch at hand.
    """

    url: str
    origin: str
    method: str
    names: tuple[str, ...]
    include: bool
    response: Response
    value: str
    preflight: bool
    target: str | None = None


@dataclass(frozen=True, slots=True)
class HeaderEdit:
    """Set response header `name` to `value`, in place of every line of that name."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits to a response: headers to set and, for a preflight only, the status to answer with."""

    edits: tuple[HeaderEdit, ...] = ()
    status: int | None = None

    def apply(self, response: Response) -> Response:
        """The response with the edits made."""
        headers = response.headers
        for edit in self.edits:
            name = edit.name.lower().encode()
            kept = [pair for pair in headers.fields if pair[0].lower() != name]
            headers = HeaderList((*kept, (edit.name.encode(), edit.value.encode("latin-1"))))
        return Response(self.status or response.status, headers, response.received)

    def __add__(self, other: Fix) -> Fix:
        replaced = {edit.name.lower() for edit in other.edits}
        kept = tuple(edit for edit in self.edits if edit.name.lower() not in replaced)
        return Fix(kept + other.edits, other.status or self.status)

    def __bool__(self) -> bool:
        return bool(self.edits or self.status)


@dataclass(frozen=True, slots=True)
class Rule:
    """One finding, for good: `code` never changes its meaning.

    `needed` says in one line what would have satisfied it, with `{origin}`, `{method}`, `{names}` and `{host}` from the
    situation. `fix` returns the edits, or an empty Fix where no header can mend it; then `advice` says what can.
    `widens` says how the fix widens access, where it does.
    """

    code: str
    title: str
    spec: str
    step: str
    why: str
    needed: str
    advice: str
    actor: Actor = "server"
    fix: Callable[[Situation], Fix] = field(default=lambda situation: Fix())
    widens: str | None = None
