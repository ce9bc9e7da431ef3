"""What a browser said of one of its requests: the form that all three are brought into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

type End = Literal["passed", "refused", "failed", "aborted", "unsent", "open"]


@dataclass(slots=True)
class Seen:
    """A request, with all its hops.

    `end` is passed, when the page got its response; refused, when the browser hid it from the page; failed, when the
    network did; aborted, when the page or its end did; unsent, when the browser stopped the next hop before it was
    sent, for what no response says; open, when nothing more was said.
    """

    id: str
    url: str
    """The first hop's."""
    method: str
    preflight: bool = False
    parent: str | None = None
    """Of a preflight: the request that it is for, where the browser tells."""
    flows: list[str] = field(default_factory=list)
    """The flows of its hops' responses, in order; "" for one that is not known."""
    end: End = "open"
    error: str = ""
    """The browser's own identifier of what went wrong."""
    before: bool = False
    """Whether it is the preflight that it was refused for."""
    page: str = ""
    started: float = 0.0
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a flow was, as far as joining by URL looks at it."""

    id: str
    url: str
    method: str
    started: float
    """Epoch seconds."""
    target: str | None = None
    """Where its response redirects to."""
