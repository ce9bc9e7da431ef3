"""The story in plain text: no colour, 80 columns where what is said allows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from corsight.policies.findings.words import name_codes
from corsight.policies.story.model import Elsewhere, Inference, Part, Remedy, Step, Story
from corsight.policies.story.picture import picture
from corsight.policies.story.words import ROLES, ruling_words
from corsight.policies.verdict import Outcome

WIDTH = 80
LABEL = 10
SIGNS = {"passed": "✔", "failed": "✘", "not reached": "·"}
ASCII_SIGNS = {"passed": "ok", "failed": "NO", "not reached": "--"}
TYPOGRAPHY = str.maketrans({"…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"'})


def lines(story: Story, *, width: int = WIDTH, ascii_only: bool = False) -> list[str]:
    """Return the story, line by line; `ascii_only` keeps to ASCII."""
    told = [*_tell_head(story, width), "", *picture(story, ascii_only=ascii_only)]
    for number, part in enumerate(story.parts, 1):
        told += ["", *_tell_part(part, number, width, ASCII_SIGNS if ascii_only else SIGNS)]
        if part is not story.end:
            told += _tell_remedy(part, width)
    told += list(_tell_foot(story, width))
    if ascii_only:
        told = [line.translate(TYPOGRAPHY).encode("ascii", "backslashreplace").decode("ascii") for line in told]
    return told


def _tell_head(story: Story, width: int) -> Iterator[str]:
    asked = story.asked
    yield from _wrap(f"{asked.method} {asked.url}", width, "")
    yield from _wrap(story.conclusion, width, "")
    yield from _tell_remedy(story.end, width)
    yield ""
    origin = "no origin" if asked.origin is None else asked.origin
    yield from _write_field("page", f"{origin}, in {story.client}", width)
    yield from _write_field("", describe_request(story), width)
    yield from _write_fields(label_first("because", asked.because), width)
    yield from _tell_evidence(story.evidence, width)


def _tell_part(part: Part, number: int, width: int, signs: dict[str, str]) -> Iterator[str]:
    title = f"{number}. {ROLES[part.role]}: {part.method} {part.url} -> {answered(part)}"
    yield from _wrap(title, width, "", "   ")
    yield from _write_fields(label_first("sent", part.sent), width)
    yield from _write_fields(label_first("answered", part.answered), width)
    for section, steps in groupby(part.steps, key=lambda step: step.section):
        yield f"  {section}"
        for step in steps:
            yield from _tell_step(step, width, signs)
    yield from _write_field("outcome", outcome(part), width)
    if part.why is not None:
        yield from _write_field("why", part.why, width)
    if part.message is not None:
        named = "" if part.error is None else f"({part.error}) "
        yield from _write_field("console", f"{named}{part.message}", width)
    elif part.error is not None:
        yield from _write_field("error", part.error, width)
    yield from _write_fields(label_first("evidence", part.grounds), width)
    yield from _tell_evidence(part.evidence, width)
    yield from _write_fields(label_first("elsewhere", map(elsewhere, part.elsewhere)), width)
    yield from _write_fields(asides(part), width)


def describe_request(story: Story) -> str:
    """Return the request's mode, destination and credentials, in one line."""
    asked = story.asked
    credentials = "" if asked.credentials is None else f", credentials {asked.credentials}"
    return f"mode {asked.mode}, destination {asked.destination}{credentials}"


def answered(part: Part) -> str:
    """Return what came back, in a few words."""
    if part.status is None:
        return "no response"
    if not part.server_asked:
        return f"{part.status}, answered by the proxy"
    return f"no response; the proxy answered {part.status}" if part.proxy_answered else str(part.status)


def asides(part: Part) -> Iterator[tuple[str, str]]:
    """Yield further labels and texts on an exchange: patches, what is hidden, what could be better."""
    yield from label_first("patched", part.patched)
    if part.patched and part.before is not None:
        yield "", f"without the patch: {part.before}"
    hidden = readable(part)
    if hidden is not None:
        yield "hidden", hidden
    yield from label_first("advice", [f"{one.title}. {one.text} [{one.code}]" for one in part.advice])


def readable(part: Part) -> str | None:
    """Return what the page's script cannot read of a response it may have, None where that is nothing of interest."""
    hidden = [name for name in part.hidden if name != "vary" and not name.startswith("access-control-")]
    if not hidden or part.outcome is not Outcome.ALLOWED:
        return None
    return f"the page's script cannot read {', '.join(hidden)}"


def outcome(part: Part) -> str:
    """Return what became of one exchange, in one line."""
    code = "" if part.rule is None else f" [{name_codes(part.rule, part.cause)}]"
    sure = part.certainty if part.open is None else "open"
    return f"{sure}: {ruling_words(part.outcome, part.reason)}{code}{'' if part.open is None else ', or blocked'}"


def elsewhere(other: Elsewhere) -> str:
    """Return what another engine makes of an exchange, in one line."""
    sure = "" if other.certainty == "certain" else "likely "
    code = "" if other.rule is None else f" [{other.rule}]"
    return f"{other.label}: {sure}{ruling_words(other.outcome, other.title)}{code}"


def _tell_step(step: Step, width: int, signs: dict[str, str]) -> Iterator[str]:
    start = f"   {signs[step.outcome]:<2} {step.number:<4}"
    text = f"{step.asks}: {step.compared or step.outcome}"
    yield from _wrap(start + text, width, "", " " * len(start))


def remedies(part: Part, remedy: Remedy) -> Iterator[tuple[str, str]]:
    """Yield what mends an exchange, as labels and texts; a label is empty where the one before it goes on."""
    if part.needed is not None and part.needed not in remedy.edits:
        yield "needed", part.needed
    yield from label_first("fix", remedy.edits)
    yield "to do" if remedy.edits else "fix", remedy.advice
    yield from label_first("careful", remedy.care)
    yield "who", remedy.actor


def evidence(one: Inference) -> str:
    """Return why a fact that the wire does not state is taken to be so, in one line."""
    return f"{one.fact} {one.value}, since {one.because} ({one.certainty})."


def _tell_remedy(part: Part, width: int) -> Iterator[str]:
    if part.remedy is not None:
        yield from _write_fields(remedies(part, part.remedy), width)


def _tell_evidence(inferences: Iterable[Inference], width: int) -> Iterator[str]:
    yield from _write_fields(label_first("evidence", map(evidence, inferences)), width)


def _tell_foot(story: Story, width: int) -> Iterator[str]:
    if story.never_sent is not None or story.unknown:
        yield ""
    if story.never_sent is not None:
        yield from _wrap(story.never_sent, width, "")
    yield from _write_fields(label_first("unknown", story.unknown), width)


def label_first(label: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each text with a label: the first has this one, the others have none."""
    for number, text in enumerate(texts):
        yield "" if number else label, text


def _write_fields(labelled: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    for label, text in labelled:
        yield from _write_field(label, text, width)


def _write_field(label: str, text: str, width: int) -> Iterator[str]:
    yield from _wrap(text, width, f"  {label:<{LABEL}}", " " * (LABEL + 2))


def _wrap(text: str, width: int, first: str, rest: str | None = None) -> list[str]:
    """Return the text in lines; words that are too long stay whole, so that what is copied from them is."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
