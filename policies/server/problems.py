"""What is wrong with a policy file: where, for which of a closed set of reasons, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from corsight.policies.redact import printable, redact
from corsight.policies.value import value

Reason = Literal[
    "missing", "invalid", "prohibited", "wildcard", "insecure", "public suffix", "out of bounds", "conflicting"
]
"""Why something in a policy file is refused:

missing: it has to be there. invalid: it can never match, or is not of the form. prohibited: browsers do not let a page
have it. wildcard: `*` where it does not count, or says too much. insecure: anyone on the network could use it. public
suffix: it would trust the pages of strangers. out of bounds: a number beyond what counts, or a text that is too long.
conflicting: another entry says it already, or says otherwise.
"""

LONGEST_SHOWN = 80
"""Characters of a file's own text that a problem repeats."""
LONGEST_PART = 400
"""Characters of each part of a problem."""

type Path = tuple[str | int, ...]
"""Where in a file: names of fields and numbers of entries."""


@value
class Finding:
    """What is wrong at one place, and what to write instead."""

    path: Path
    reason: Reason
    what: str
    instead: str

    def under(self, *path: str | int) -> Finding:
        """Return the finding as one of what stands at `path`."""
        return Finding((*path, *self.path), self.reason, self.what, self.instead)


@value
class Problem:
    """A finding in its file. `line` is None where no line can be told."""

    file: str
    line: int | None
    field: str
    reason: Reason
    what: str
    instead: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        what, instead, field = (shorten(redact(text), LONGEST_PART) for text in (self.what, self.instead, self.field))
        parts = [place, field, self.reason, f"{what}; {instead}" if instead else what]
        return printable(": ".join(part for part in parts if part))


class PolicyError(ValueError):
    """A policy file that is refused, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def shorten(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return the text, cut where it is longer."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def spell_path(path: Path) -> str:
    """Return a path as people write it: `policies[0].origins[1]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
