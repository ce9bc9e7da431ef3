"""Writes what `corsight check` prints: a verdict for each engine, the reason, the fix, and the commands that fetch what
is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from rich.text import Text

from corsight.policies.decision.advise import advice
from corsight.policies.decision.judge import describe_subject
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Response
from corsight.policies.fetch.cors_check import MISSING as MISSING_HEADER
from corsight.policies.fetch.main_fetch import MIXED_CONTENT
from corsight.policies.findings import Known
from corsight.policies.redact import shown
from corsight.policies.rules import RULES, Fix
from corsight.policies.rules.cors_check import ALLOW_CREDENTIALS
from corsight.policies.session import Judged
from corsight.policies.story import Part, Story, tell
from corsight.policies.story.text import remedies
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.curl import request_command
from corsight.scripts.report.console import COLOURS
from corsight.scripts.report.page import FILES, Page, joined, rule_line
from corsight.scripts.whatif.model import Missing, Prediction, Preflight, Question

OF_NO_INTEREST = re.compile(
    "access-control-.*|accept-ranges|age|alt-svc|cf-.*|connection|content-encoding|content-security-policy.*|"
    "cross-origin-.*|date|keep-alive|nel|origin-agent-cluster|permissions-policy|referrer-policy|report-to|"
    "reporting-endpoints|server|server-timing|set-cookie|strict-transport-security|timing-allow-origin|"
    "transfer-encoding|vary|via|x-amz-cf-.*|x-cache.*|x-content-type-options|x-dns-prefetch-control|"
    "x-download-options|x-frame-options|x-permitted-cross-domain-policies|x-powered-by|x-served-by|x-timer|"
    "x-xss-protection"
)
"""Response headers for browsers and caches, which no script needs."""
PLACES = {"preflight": "at the preflight: ", "redirect": "at the redirect: ", "request": ""}
LONGEST_NOTE = 700
"""The most characters of a note: our own words, with an origin or a URL in them."""
INSECURE = "A secure page asks for an insecure URL"
RAN = {"preflight": "the preflight", "response": "the request"}


def write_predictions(
    question: Question,
    predictions: Sequence[Prediction],
    notes: Sequence[str],
    again: Sequence[str],
    stream: TextIO,
    *,
    blind: bool = False,
    story: bool = False,
) -> None:
    """Write what every engine makes of the request.

    `again` are the words of the call that judges it with nothing missing. `blind` tells that a pasted response does not
    show which Origin it was requested with.
    """
    page = Page(stream)
    page.say(Text(shown(f"{question.method} {question.url}"), "bold"))
    page.field("page", f"{shown(question.origin)}, {_credentials(question)}, mode {question.mode}")
    for note in notes:
        page.field("note", shown(note, LONGEST_NOTE))
    page.blank()
    stories = {prediction.engine: tell(prediction.judged) for prediction in predictions if prediction.judged}
    ways: dict[tuple[str, str, str], list[str]] = {}
    for prediction in predictions:
        ways.setdefault(say_verdict(prediction, stories.get(prediction.engine)), []).append(
            _label(prediction.engine, prediction.version)
        )
    longest = max(len(said) for said, _, _ in ways)
    for (said, style, words), named in ways.items():
        page.verdict(said, style, longest, f"{', '.join(named)}: {words}")
    page.blank()
    _write_preflights(page, predictions)
    _write_hops(page, question, predictions)
    reasons = list(_reasons(predictions, stories))
    for number, (told, engines) in enumerate(reasons):
        _write_reason(page, told.end, engines, first=reasons[0][0].end if number else None)
    if blind:
        _write_asked_without(page, question, predictions)
    _write_advice(page, predictions)
    _write_hidden(page, stories)
    _write_doubts(page, predictions, stories)
    _write_beyond(page, predictions)
    _write_missing(page, question, predictions, again)
    if story:
        from corsight.scripts.report.story import write

        for told in _told_apart(predictions, stories):
            page.flush()
            stream.write("\n")
            write(told, stream)
    page.flush()


# -- verdicts ----------------------------------------------------------------------------------------------------------


def _label(engine: EngineName, version: int | None = None) -> str:
    label = ENGINES[engine].label.removeprefix("the ")
    return label if version is None else f"{label} {version}"


def _credentials(question: Question) -> str:
    words = {True: "with credentials", False: "without credentials", None: "credentials mode not given"}
    return words[question.include]


def say_verdict(prediction: Prediction, story: Story | None) -> tuple[str, str, str]:
    """Return one engine's verdict: the word, its colour, and what it means."""
    outcome = prediction.outcome
    if outcome is None:
        missing = prediction.missing[0]
        what = "the preflight's response" if missing.what == "preflight" else "the response"
        passed = any(one.entry.role == "preflight" for one in prediction.judged)
        begins = "the preflight passes; " if passed and missing.what == "response" else ""
        return "undecided", "yellow", f"{begins}{what} is missing"
    assert story is not None
    end = story.end
    sure = "" if prediction.certain else "likely "
    if outcome is Outcome.BLOCKED:
        return f"{sure}blocked", "bold yellow" if sure else "bold red", f"{PLACES[end.role]}{end.title}"
    if end.rule is not None:
        return "no response", "cyan", "the fetch fails, but not because of CORS"
    words = {
        Outcome.ALLOWED: "the page may read the response",
        Outcome.OPAQUE: "the page may use the response, but not read it",
        Outcome.NOT_CORS: "the page's own origin: CORS does not apply",
    }
    name = {Outcome.ALLOWED: "allowed", Outcome.OPAQUE: "opaque", Outcome.NOT_CORS: "not CORS"}
    return f"{sure}{name[outcome]}", COLOURS[outcome], words[outcome]


def _reasons(
    predictions: Sequence[Prediction], stories: Mapping[EngineName, Story]
) -> Iterator[tuple[Story, list[EngineName]]]:
    """Yield each different outcome that has a reason, once, with the engines that come to it."""
    ends: dict[tuple[object, ...], tuple[Story, list[EngineName]]] = {}
    for prediction in predictions:
        story = stories.get(prediction.engine)
        if story is None or story.end.rule is None:
            continue
        end = story.end
        edits = () if end.remedy is None else end.remedy.edits
        ends.setdefault((end.rule, end.cause, end.role, edits), (story, []))[1].append(prediction.engine)
    yield from ends.values()


def _told_apart(predictions: Sequence[Prediction], stories: Mapping[EngineName, Story]) -> Iterator[Story]:
    """Yield one story for each different outcome."""
    seen: set[tuple[object, ...]] = set()
    for prediction in predictions:
        story = stories.get(prediction.engine)
        if story is None:
            continue
        key = story.end.rule, story.end.role, story.outcome, len(story.parts)
        if key not in seen:
            seen.add(key)
            yield story


def _write_hops(page: Page, question: Question, predictions: Sequence[Prediction]) -> None:
    """Write the redirects on the way, and how they change the origin."""
    longest = max((prediction.judged for prediction in predictions), key=len, default=())
    redirects = [one for one in longest if one.entry.role == "redirect"]
    for one in redirects:
        status = one.facts.response.status if one.facts.response is not None else 0
        url = one.entry.exchange.request.url
        page.field("redirect", shown(f"{status}, from {url} to {one.facts.target or 'no URL'}"))
    if question.origin != "null" and any(one.entry.reading.origin == "null" for one in longest):
        page.field(
            "note",
            "A redirect from one foreign origin to another makes the Origin header null in browsers. curl does not "
            "do that, so the server may have answered it differently.",
        )
    if redirects:
        page.blank()


def _write_reason(page: Page, end: Part, engines: Sequence[EngineName], first: Part | None) -> None:
    """Write the reason for the outcome. If other engines name another reason, `first` is the part already written."""
    if end.rule is None or end.why is None:
        return
    rule = RULES[end.rule]
    if end.rule == MIXED_CONTENT and end.role == "request":
        _write_insecure(page, end, engines)
        return
    if first is not None:
        title = end.title if first.cause != end.cause else end.reason
        page.field("elsewhere", f"{', '.join(map(_label, engines))}: {title}")
    failed = next((step for step in end.steps if step.outcome == "failed"), None)
    if failed is not None:
        where = f"{failed.section}, step {failed.number}" if failed.number else failed.section
        page.field("failed", f"{where} ({failed.asks}): {failed.compared}")
    if end.remedy is not None and (first is None or first.remedy is None or first.remedy.edits != end.remedy.edits):
        for label, text in remedies(end, end.remedy):
            if label != "who" or rule.actor != "server":
                page.field(label, text)
    if first is None or first.why != end.why:
        page.field("why", end.why)
        for place, ground in enumerate(end.grounds):
            page.field("" if place else "evidence", ground)
    if end.message is not None:
        page.field("console", f"{_label(engines[0])}: {end.message}")
    if end.cause not in (None, end.rule) and (first is None or first.cause != end.cause):
        page.field("cause", end.cause or "")
    page.field("rule", rule_line(rule))
    page.blank()


def _write_insecure(page: Page, end: Part, engines: Sequence[EngineName]) -> None:
    """Write that the browser never sends this request: it is mixed content, without a redirect."""
    page.field("failed", f"The page is loaded over https, and {end.url} is not. The request is never sent.")
    page.field("fix", f"In the page's code, use https{end.url.removeprefix('http')}. The server has to answer there.")
    page.field("why", RULES[MIXED_CONTENT].why)
    page.field("console", f"{_label(engines[0])}: {end.message}")
    page.field("rule", rule_line(RULES[MIXED_CONTENT]))
    page.blank()


def _write_asked_without(page: Page, question: Question, predictions: Sequence[Prediction]) -> None:
    """Write that a response without CORS headers may have been requested without Origin, as curl does."""
    for prediction in predictions:
        if prediction.stopped is None or prediction.stopped.verdict.ruling.rule != MISSING_HEADER:
            continue
        request = prediction.stopped.entry.exchange.request
        if prediction.stopped.entry.role == "preflight":
            command = next(one.command for one in prediction.preflights if one.url == request.url)
        else:
            origin = request.headers.get("origin")
            command = request_command(request.url, origin, request.method, question.headers)
        page.field(
            "or", "Many servers send the header only if the request has Origin, which curl does not send by itself."
        )
        page.blank()
        page.commands("if your request did not have it, send it again", [command])
        return


def _write_advice(page: Page, predictions: Sequence[Prediction]) -> None:
    """Write what could be better, and well-known mistakes."""
    said: dict[str, str] = {}
    known = Known()
    for prediction in predictions:
        preflight: Response | None = None
        for one in prediction.judged:
            entry, facts = one.entry, one.facts
            response = entry.exchange.response
            if response is None:
                continue
            for code, value in advice(entry.exchange, facts, prediction.engine, preflight):
                # What the page sends is noted already, answered or not.
                if code != "cors-header-sent-by-client":
                    seen = describe_subject(entry.exchange, facts, response, facts.credentials == "include", value)
                    said.setdefault(code, f"{RULES[code].title}: {RULES[code].seen_in(seen)}. {RULES[code].advice}")
            preflight = response if entry.role == "preflight" else None
            for remark in known.list_remarks(one):
                said.setdefault(remark.code, f"{remark.title}. {remark.action}")
    for text in said.values():
        page.field("advice", shown(text))
    if said:
        page.blank()


def _write_hidden(page: Page, stories: Mapping[EngineName, Story]) -> None:
    """Write which headers of an allowed response the page cannot read."""
    hidden: dict[str, None] = {}
    for story in stories.values():
        if story.outcome is Outcome.ALLOWED and story.end.role == "request":
            hidden |= dict.fromkeys(name for name in story.end.hidden if not OF_NO_INTEREST.fullmatch(name))
    if hidden:
        names = ", ".join(hidden)
        page.field(
            "hidden",
            f"The page's script cannot read {names}: Access-Control-Expose-Headers does not list "
            f"{'it' if len(hidden) == 1 else 'them'}.",
        )
        page.blank()


def _write_doubts(page: Page, predictions: Sequence[Prediction], stories: Mapping[EngineName, Story]) -> None:
    """Write what a likely verdict depends on."""
    said: list[str] = []
    for prediction in predictions:
        story = stories.get(prediction.engine)
        for part in () if story is None else story.parts:
            for branch in part.branches:
                where = {"preflight": "the preflight is ", "redirect": "the redirect is ", "request": "it is "}[
                    part.role
                ]
                if branch.outcome is part.outcome:
                    continue
                what = f"blocked: {branch.title}" if branch.outcome is Outcome.BLOCKED else branch.outcome.value
                if branch.outcome is Outcome.NOT_CORS:
                    what = "not subject to CORS"
                line = f"{branch.when or 'otherwise'}, {where}{what}."
                if line not in said:
                    said.append(line)
    for line in said:
        give = " Give --credentials to be certain." if "credentials" in line else ""
        page.field("unsure", f"{line[0].upper()}{line[1:]}{give}")
    if said:
        page.blank()


def _write_beyond(page: Page, predictions: Sequence[Prediction]) -> None:
    """Write the verdict on given responses that the browser would not request."""
    said: dict[str, list[str]] = {}
    for prediction in predictions:
        blocked: Judged | None = next(
            (one for one in prediction.unreached if one.verdict.outcome is Outcome.BLOCKED), None
        )
        if blocked is not None:
            title = RULES[blocked.verdict.ruling.rule or ""].title
            said.setdefault(title, []).append(_label(prediction.engine))
    for title, engines in said.items():
        who = "every engine" if len(engines) == len(predictions) else ", ".join(engines)
        page.field("next", f"Once this is fixed, the response that you gave is blocked too, by {who}: {title}.")
    if said:
        page.blank()


# -- what is missing ---------------------------------------------------------------------------------------------------


def _write_preflights(page: Page, predictions: Sequence[Prediction]) -> None:
    """Write whether a preflight is needed, and why."""
    ways: dict[tuple[Preflight, ...], list[str]] = {}
    for prediction in predictions:
        if not any(one.facts.target == one.entry.exchange.request.url for one in prediction.judged):
            ways.setdefault(prediction.preflights, []).append(_label(prediction.engine))
    if set(ways) == {()}:
        return
    for preflights, engines in ways.items():
        who = "" if len(ways) == 1 else f" in {', '.join(engines)}"
        if not preflights:
            page.field("preflight", f"not needed{who}")
        for number, one in enumerate(preflights):
            again = f" again, for {shown(one.url)}," if number else ""
            page.field("preflight", f"needed{again}{who}{',' if who else ''} for")
            for reason in one.because:
                page.field("", f"- {shown(reason)}")
    page.blank()


def _write_missing(page: Page, question: Question, predictions: Sequence[Prediction], again: Sequence[str]) -> None:
    missing: dict[tuple[str, str], Missing] = {}
    for prediction in predictions:
        for one in prediction.missing:
            # What asks for more, all that ask for less are answered by.
            key = one.what, one.url
            missing[key] = max(missing.get(key, one), one, key=lambda other: len(other.command))
    if not missing:
        return
    for one in missing.values():
        if one.needed is not None:
            whose = "preflight's response" if one.what == "preflight" else "response"
            page.field("needed", f"To pass, the {whose} needs:")
            for line in _edits(one.needed, one.what == "preflight"):
                page.field("", line)
            if question.include is None and any(edit.name == ALLOW_CREDENTIALS for edit in one.needed.edits):
                page.field("", "(the last line only if the request has credentials; --credentials omit leaves it out)")
    page.blank()
    unsafe = question.method not in ("GET", "HEAD", "OPTIONS")
    for one in missing.values():
        real = f"; careful, this really does the {question.method}" if one.what == "response" and unsafe else ""
        cookies = one.what == "response" and question.include
        page.commands(
            f"send {RAN[one.what]} yourself{real}"
            + (". A browser adds the user's cookies; with curl, add them with -b" if cookies else ""),
            [f"{one.command} > {FILES[one.what]}"],
        )
    page.commands("then check the responses", [joined(again)])


def _edits(fix: Fix, preflight: bool) -> Iterator[str]:
    if preflight:
        yield "a status from 200 to 299"
    for edit in fix.edits:
        yield shown(str(edit))
