"""What a rule of the catalogue says: why it exists, who has to act, and the header edits that satisfy it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from corsight.policies.actor import Actor
from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.headers import list_well_formed
from corsight.policies.fetch.safelist import find_uncovered_names
from corsight.policies.rules.example import Example
from corsight.policies.rules.view import View

Kind = Literal["decision", "advice"]
Safety = Literal["safe", "widens"]

NONE = "(none)"
"""What stands in a text for a header that is not there, or an empty list."""


@dataclass(frozen=True, slots=True)
class Subject:
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

    @property
    def refused(self) -> tuple[str, ...]:
        """The request's header names that Access-Control-Allow-Headers does not cover, by the standard."""
        listed = tuple(list_well_formed(self.response.headers.get("access-control-allow-headers") or ""))
        return find_uncovered_names(listed, self.names, include=self.include)


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
        """Return the response with the edits made."""
        headers = response.headers
        if self.edits:
            names = {edit.name.lower().encode() for edit in self.edits}
            kept = [field for field in headers.fields if field[0].lower() not in names]
            edited = [(edit.name.encode(), edit.value.encode("latin-1")) for edit in self.edits]
            headers = HeaderList((*kept, *edited))
        return replace(response, status=self.status or response.status, headers=headers)

    def __add__(self, other: Fix) -> Fix:
        replaced = {edit.name.lower() for edit in other.edits}
        kept = tuple(edit for edit in self.edits if edit.name.lower() not in replaced)
        return Fix(kept + other.edits, other.status or self.status)

    def __bool__(self) -> bool:
        return bool(self.edits or self.status)


def change_nothing(subject: Subject) -> Fix:
    """Return no edits: the fix of what no response header mends."""
    return Fix()


@dataclass(frozen=True, slots=True)
class Rule:
    """One finding, for good: `code` never changes its meaning.

    A decision blocks; advice does not. `why` says in two or three sentences why the rule exists. `seen` says in one
    line what was there, `needed` what would have satisfied it; `seen_in` and `needed_in` fill them in. `fix` returns
    the edits, or an empty Fix where no header can mend it; `advice` says in words what to do, and `actor` who has to.
    `widens` says how the fix widens access, where it does. `example` is an exchange that it is true of.

    Advice has a `spec`, a `step` of it where there is one, and a `check`: it returns the value that the advice turns
    on, or True where there is none, and False (or "") where there is nothing to say. `many` tells that it takes several
    exchanges to find it: corsight.policies.findings does, and no check. Where a decision stands is told by its example
    (corsight.policies.decision.place).
    """

    code: str
    title: str
    why: str
    seen: str
    needed: str
    advice: str
    example: Example
    spec: str = ""
    step: str = ""
    actor: Actor = "server"
    fix: Callable[[Subject], Fix] = field(default=change_nothing)
    widens: str | None = None
    check: Callable[[View], bool | str] | None = None
    many: bool = False

    @property
    def kind(self) -> Kind:
        """Whether it blocks, or is advice."""
        return "advice" if self.spec else "decision"

    @property
    def safety(self) -> Safety:
        """Whether the fix lets anybody do what they could not do before."""
        return "safe" if self.widens is None else "widens"

    @property
    def mendable(self) -> bool:
        """Whether a response header, or the status of a preflight, can mend it."""
        return self.fix is not change_nothing

    def seen_in(self, subject: Subject) -> str:
        """Return what was seen, in one line. What the peers sent is in it as it is: redact it before it is shown."""
        return fill(self.seen, subject)

    def needed_in(self, subject: Subject) -> str:
        """Return what would have satisfied the rule, in one line; not redacted either."""
        return fill(self.needed, subject)


HEADERS = {
    "allow_origin": "access-control-allow-origin",
    "allow_credentials": "access-control-allow-credentials",
    "allow_methods": "access-control-allow-methods",
    "allow_headers": "access-control-allow-headers",
    "expose_headers": "access-control-expose-headers",
    "max_age": "access-control-max-age",
    "resource_policy": "cross-origin-resource-policy",
    "content_type": "content-type",
    "location": "location",
}
"""The placeholders that stand for a response header."""


def fill(template: str, subject: Subject) -> str:
    """Return a rule's text with its placeholders filled in; raise KeyError for one that is unknown.

    Known are those of HEADERS, and origin, method, names, refused, host, status, target and value.
    """
    get = subject.response.headers.get
    words: dict[str, str] = {
        placeholder: get(name) or NONE for placeholder, name in HEADERS.items() if f"{{{placeholder}}}" in template
    }
    return template.format_map(
        words
        | {
            "origin": subject.origin,
            "method": subject.method,
            "names": ", ".join(subject.names) or NONE,
            "refused": ", ".join(subject.refused) or NONE,
            "host": subject.url.partition("://")[2].partition("/")[0],
            "status": str(subject.response.status),
            "target": subject.target or NONE,
            "value": subject.value or NONE,
        }
    )
