"""Patterns made from the engines' own wording functions.

Each engine is asked to word every rule about made-up values, and where those values stand in its text, a message has
its own. So what an engine is said to print can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

from corsight.policies.console.model import SPEAKING
from corsight.policies.console.patterns import Pattern, order_rules, slot
from corsight.policies.engines import WORDS, Wording, list_texts
from corsight.policies.rules import RULES
from corsight.policies.value import replace
from corsight.policies.verdict import EngineName

type Said = tuple[str, bool, str | None]
"""A rule, whether it is said of a preflight, and the engine's own identifier."""

_STATUS = 987
_VALUES = {
    "url": "https://url.invalid/url",
    "initial_url": "https://initial.invalid/initial",
    "origin": "https://origin.invalid",
    "value": "VALUE-OF-IT",
    "target": "//target.invalid/target",
    "page": "https://page.invalid/page",
}
"""What the engines are asked to word. No two share a part, and every engine prints them as they are."""
_CONTENT_TYPES = ("", "text/html", "application/zip")
"""Firefox names its reasons for opaque response blocking by the type: sniffed or never sniffed."""
_KIND = re.compile(r"(?<=^Access to )[\w ]+(?= at )|(?<=requested an insecure )[\w ]+(?= )")
"""What Chromium calls the thing that was asked for: more than can be told on the wire."""
_SENTENCE = {
    "chromium": re.compile(
        "has been blocked by CORS policy: (?:Response to preflight request doesn't pass access control check: )?(.+)"
    ),
    "firefox": re.compile(r"\(Reason: (.+)"),
    "webkit": re.compile(r"(?:denied by Cross-Origin Resource Sharing policy: )?(.+)"),
}
"""Where the reason begins: older browsers and other parts of the developer tools put other words around it."""


@cache
def make_patterns() -> tuple[Pattern, ...]:
    """Return every text that an engine can print in any version, and the reasons in them by themselves."""
    # Some hundred texts come of very many ways to ask: each is looked through once.
    printed: dict[tuple[EngineName, str], dict[Said, None]] = {}
    speakers = [(engine, texts) for engine in SPEAKING for texts in list_texts(engine)]
    for wording in list_wordings():
        for engine, texts in speakers:
            error, text = WORDS[engine](replace(wording, texts=texts))
            if text is not None:
                printed.setdefault((engine, text), {})[wording.rule, wording.preflight, error] = None
    gathered: dict[tuple[EngineName, str], list[Said]] = {}
    for (engine, text), said in printed.items():
        known = gathered.setdefault((engine, _make_template(text)), [])
        known += [one for one in said if one not in known]
    patterns = [_make_pattern(engine, template, said, whole=True) for (engine, template), said in gathered.items()]
    return (*patterns, *_make_sentences(gathered))


def list_wordings() -> Iterator[Wording]:
    """Yield every rule in every way that an engine's words can turn on."""
    schemes = ("https:", "ftp:", "data:")
    decisions = [code for code, rule in RULES.items() if rule.kind == "decision"]
    for rule, destination in product(decisions, ("empty", "image", "style")):
        preflights = {"preflight": (True,), "allow": (False, True)}.get(rule.partition("-")[0], (False,))
        redirects = rule.startswith(("redirect-", "mixed-content"))
        targets = [None] if rule.startswith("preflight") else [None, *schemes]
        for preflight, scheme, redirected in product(preflights, targets, (False, True)):
            if redirects and scheme is None:
                continue
            # What local network access says turns on whether the page is a secure one.
            pages = (_VALUES["origin"], _VALUES["origin"].replace("https", "http"))
            origins = pages if rule == "local-network-access" else pages[:1]
            for lines, tainting, content, origin in product((0, 2), ("cors", "opaque"), _list_contents(rule), origins):
                yield Wording(
                    rule=rule,
                    preflight=preflight,
                    url=_VALUES["url"],
                    initial_url=_VALUES["initial_url"] if redirected else _VALUES["url"],
                    origin=origin,
                    page_origin=origin,
                    destination=destination,
                    event_source=False,
                    status=206 if content == "206" else _STATUS,
                    value="" if content == "206" else content,
                    separate_lines=lines,
                    target=None if scheme is None else scheme + _VALUES["target"],
                    page=_VALUES["page"],
                    tainting=tainting,
                )


def _list_contents(rule: str) -> tuple[str, ...]:
    if rule == "opaque-response-blocked":
        return (*_CONTENT_TYPES, "206")
    return (_VALUES["value"], f"{_VALUES['value']},") if rule == "allow-origin-multiple" else (_VALUES["value"],)


def _make_template(text: str) -> str:
    """Return the text with a slot for each of its values."""
    for name, sample in _VALUES.items():
        # A list is a value too; a target keeps its scheme.
        form = f"(?:\\w+:)?{re.escape(sample)}" if name == "target" else f"{re.escape(sample)},?"
        text = re.sub(form.replace("https:", "https?:"), slot(name), text)
    return " ".join(_KIND.sub(slot("kind"), text.replace(str(_STATUS), slot("status"))).split())


def _make_pattern(engine: EngineName, template: str, said: list[Said], *, whole: bool) -> Pattern:
    preflights = {preflight for _, preflight, _ in said}
    errors = {error for _, _, error in said}
    return Pattern(
        engine,
        template,
        order_rules({rule for rule, _, _ in said}),
        None,
        preflights.pop() if len(preflights) == 1 else None,
        errors.pop() if len(errors) == 1 else None,
        whole,
    )


def _make_sentences(gathered: dict[tuple[EngineName, str], list[Said]]) -> list[Pattern]:
    """Return the reasons by themselves."""
    reasons: dict[tuple[EngineName, str], list[Said]] = {}
    for (engine, template), said in gathered.items():
        found = _SENTENCE[engine].search(template)
        if found is None:
            continue
        # Firefox and WebKit did not always say the status.
        reason = found[1].partition(" Status code:")[0]
        if (engine, reason) not in gathered:
            known = reasons.setdefault((engine, reason), [])
            known += [one for one in said if one not in known]
    return [_make_pattern(engine, template, said, whole=False) for (engine, template), said in reasons.items()]
