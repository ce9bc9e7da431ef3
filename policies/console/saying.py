"""A text of a browser that no wording function makes: of other versions, or of what is not CORS."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from corsight.policies.causes import CAUSES
from corsight.policies.console.patterns import Pattern, slot
from corsight.policies.verdict import EngineName

_SLOTS = re.compile(r"\{(\w+)\}")


class Saying(NamedTuple):
    """A text, with {slots} for its values, and the code of what it says: that of a rule or of a cause.

    `whole` tells that it is a whole message, not a reason that stands in several. `rule` is the rule beside a cause,
    `others` are the rules that are said with the same text.
    """

    code: str
    text: str
    preflight: bool | None = None
    whole: bool = True
    rule: str | None = None
    others: tuple[str, ...] = ()


def say(code: str, *texts: str, rule: str | None = None) -> list[Saying]:
    """Return the sayings of whole messages that mean the same."""
    return [Saying(code, text, rule=rule) for text in texts]


def say_reasons(code: str, *texts: str, preflight: bool | None = None, others: tuple[str, ...] = ()) -> list[Saying]:
    """Return the sayings of reasons that mean the same, each of which stands in several messages."""
    return [Saying(code, text, preflight, whole=False, others=others) for text in texts]


def list_texts(sayings: Iterable[Saying], code: str) -> list[str]:
    """Return the texts of a code, with … for what varies in them."""
    texts = [_SLOTS.sub("…", one.text).strip() for one in sayings if one.code == code]
    return [text for text in texts if not any(text != other and text in other for other in texts)]


def make_pattern(engine: EngineName, saying: Saying) -> Pattern:
    """Return the pattern of a saying."""
    template = _SLOTS.sub(lambda found: slot(found[1]), saying.text)
    is_cause = saying.code in CAUSES
    rules = (saying.rule,) if saying.rule is not None else () if is_cause else (saying.code, *saying.others)
    cause = saying.code if is_cause else None
    return Pattern(engine, template, rules, cause, saying.preflight, None, saying.whole)
