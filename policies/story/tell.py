"""tell(judgeds, known) -> Story: one fetch, told from what was judged of its exchanges, and what is known beside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from corsight.policies.actor import name_actor
from corsight.policies.engines import ENGINES
from corsight.policies.evidence import Evidence
from corsight.policies.exchange import HeaderList
from corsight.policies.facts import Facts
from corsight.policies.fetch.origin import origin_of
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.findings import Explanation, Known
from corsight.policies.findings.words import LONGEST_MESSAGE
from corsight.policies.redact import shown
from corsight.policies.rules import RULES, Rule
from corsight.policies.session import Judged
from corsight.policies.session.fetches import Entry
from corsight.policies.story.model import Asked, Elsewhere, Improvement, Inference, Otherwise, Part, Remedy, Story
from corsight.policies.story.steps import tell_steps
from corsight.policies.story.words import FACTS, VALUES, credentials_words, name_client, ruling_words, title_of
from corsight.policies.verdict import Branch, Outcome, Verdict

SENT = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
ANSWERED = (
    "Location",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Vary",
)
OPAQUE = ("Cross-Origin-Resource-Policy", "Content-Type", "X-Content-Type-Options")
NAMES = 100
"""The most header names of one exchange that are shown."""
LINES = 8
"""The most lines of one header that are shown."""
TAINTED = "A redirect from one origin to another turned the Origin header of the next request into null."
NEVER_SENT = "The request itself, {method} {target}, was never sent."


def tell(judgeds: Sequence[Judged], known: Known | None = None) -> Story:
    """Return the story of one fetch: `judgeds` is the last word on each of its exchanges, in order, at least one.

    `known` is all that was judged so far, these included; without it nothing but these is known. Raises ValueError
    where they are none, or of several fetches.
    """
    if len({judged.entry.fetch.id for judged in judgeds}) != 1:
        raise ValueError("a story is told of the exchanges of one fetch")
    if known is None:
        known = Known()
        for judged in judgeds:
            known.add(judged)
    parts = tuple(_tell_part(judged, known) for judged in judgeds)
    stopped = next((number for number, part in enumerate(parts) if part.blocked), None)
    deciding = len(parts) - 1 if stopped is None else stopped
    judged, end = judgeds[deciding], parts[deciding]
    engine = judged.verdict.engine
    asked = _tell_asked(judgeds)
    return Story(
        id=shown(judged.entry.fetch.id),
        engine=engine,
        client=shown(name_client(judged.client.label)),
        asked=asked,
        parts=parts,
        outcome=end.outcome,
        certainty=end.certainty,
        conclusion=_conclude(end, ENGINES[engine].label),
        stopped=stopped,
        never_sent=_name_unsent(end, asked),
        evidence=_list_inferences(judged.entry.fetch.evidence.values()),
        unknown=_list_unknown(judgeds, parts),
    )


# -- what was asked ---------------------------------------------------------------------------------------------------


def _tell_asked(judgeds: Sequence[Judged]) -> Asked:
    """Return the page's own request; if it was never sent, as its preflight describes it."""
    place = next((number for number, one in enumerate(judgeds) if one.entry.role != "preflight"), 0)
    judged = judgeds[place]
    facts, settled = judged.facts, judged.settled
    first = judgeds[0].entry
    url = facts.chain[0] if facts.chain else first.exchange.request.url
    origin = facts.page_origin if facts.page_origin is not None else facts.origin
    return Asked(
        method=shown(facts.method, 40),
        url=shown(url),
        origin=None if origin is None else shown(origin),
        mode=shown(facts.mode),
        destination=shown(facts.destination),
        credentials=None
        if settled.tainting == "basic"
        else credentials_words(facts, judged.verdict, settled.credentials == "include"),
        names=_list_names(facts.names),
        because=_list_reasons(judged.entry, settled, origin, url, preflighted=first.role == "preflight")
        + ((TAINTED,) if any(_is_tainted(one.settled) for one in judgeds) else ()),
    )


def _is_tainted(facts: Facts) -> bool:
    """Return whether redirects took the request's origin from it.

    https://fetch.spec.whatwg.org/#serializing-a-request-origin
    """
    return facts.tainting == "cors" and facts.origin == "null" and facts.page_origin not in (None, "null")


def _list_reasons(entry: Entry, facts: Facts, origin: str | None, url: str, *, preflighted: bool) -> tuple[str, ...]:
    """Return why CORS applies or not (main fetch, step 12), and why a preflight had to come first."""
    here = shown(origin_of(url))
    if facts.tainting == "basic":
        if facts.mode in ("navigate", "websocket"):
            kind = "a navigation" if facts.mode == "navigate" else "a WebSocket"
            return (f"It is {kind}: CORS does not apply.",)
        if origin is not None and origin_of(url) == origin:
            return (f"{here} is the page's own origin: CORS does not apply.",)
        return ("No page of another origin made this request: CORS does not apply.",)
    if facts.tainting == "opaque":
        return (
            f"{here} is not the page's own origin, and the request was made without CORS (mode: no-cors): the page may "
            "use the response, but not read it.",
        )
    whose = f"than {shown(origin)}" if origin not in (None, "null") else "than the page's (which is null)"
    reasons = [f"{here} is another origin {whose}: CORS applies."]
    needs = []
    if not is_cors_safelisted_method(facts.method):
        needs.append(f"the method {shown(facts.method, 40)} is not GET, HEAD or POST")
    if facts.names:
        noun = "header" if len(facts.names) == 1 else "headers"
        needs.append(f"the {noun} {shown(', '.join(facts.names))} cannot be sent to another origin without permission")
    if needs:
        cached = entry.evidence.get("preflight")
        first = preflighted or cached is None
        how = "a preflight is needed first" if first else "it needs the permission of a preflight"
        text = "; ".join(needs)
        reasons.append(f"{text[0].upper()}{text[1:]}: {how}.")
    elif preflighted:
        reasons.append("A preflight was sent first.")
    return tuple(reasons)


# -- one exchange -----------------------------------------------------------------------------------------------------


def _tell_part(judged: Judged, known: Known) -> Part:
    entry, verdict, facts = judged.entry, judged.verdict, judged.settled
    exchange, ruling, response = entry.exchange, verdict.ruling, facts.response
    url = exchange.request.url
    rest, host = _split(url)
    rule = None if ruling.rule is None else RULES[ruling.rule]
    wire = exchange.response
    patched = entry.patched
    unasked = patched is not None and patched.without is None
    taken, other = verdict.branch, _find_other(verdict)
    explanation = known.diagnose(judged)
    return Part(
        id=shown(exchange.id),
        role=entry.role,
        method=shown(exchange.request.method, 40),
        url=shown(url),
        host=shown(host, 80),
        target=shown(rest),
        status=exchange.proxy_status if wire is None else wire.status,
        proxy_answered=unasked or (wire is None and exchange.proxy_status is not None),
        server_asked=not unasked,
        sent=_list_lines(exchange.request.headers, SENT),
        answered=()
        if response is None
        else _list_lines(response.headers, ANSWERED + (OPAQUE if facts.tainting == "opaque" else ())),
        steps=tell_steps(facts, taken),
        outcome=ruling.outcome,
        certainty=verdict.certainty,
        rule=ruling.rule,
        reason=title_of(ruling),
        cause=None if explanation is None else explanation.code,
        title=title_of(ruling) if explanation is None else explanation.title,
        why=explanation.text if explanation is not None else None if rule is None else rule.why,
        grounds=() if explanation is None else explanation.evidence,
        needed=None if explanation is None else explanation.needed,
        spec=ruling.spec,
        error=ruling.error,
        message=None if ruling.message is None else shown(ruling.message, LONGEST_MESSAGE),
        remedy=_find_remedy(explanation, rule, shown(host, 80)),
        hidden=_list_names(verdict.hidden),
        branches=_list_branches(verdict),
        taken=taken.describe(other) or None,
        elsewhere=tuple(_tell_elsewhere(other) for other in judged.others),
        evidence=_list_inferences(entry.evidence.values()),
        advice=(
            *(Improvement(code, RULES[code].title, RULES[code].advice) for code in entry.advice),
            *(Improvement(one.code, one.title, one.action) for one in known.list_remarks(judged)),
        ),
        patched=() if patched is None else tuple(shown(edit) for edit in patched.edits),
        before=None if (before := judged.before) is None else ruling_words(before.outcome, title_of(before)),
    )


def _split(url: str) -> tuple[str, str]:
    """Return a URL's path and query, and its host and port."""
    authority, slash, path = url.partition("://")[2].partition("/")
    return slash + path or "/", authority.rpartition("@")[2]


def _list_names(names: tuple[str, ...]) -> tuple[str, ...]:
    more = (f"{len(names) - NAMES} more",) if len(names) > NAMES else ()
    return (*(shown(name, 80) for name in names[:NAMES]), *more)


def _list_lines(headers: HeaderList, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(shown(f"{name}: {value}".rstrip()) for name in names for value in headers.lines(name.lower())[:LINES])


def _find_remedy(explanation: Explanation | None, rule: Rule | None, host: str) -> Remedy | None:
    if explanation is not None:
        who = name_actor(explanation.actor, host)
        return Remedy(explanation.fix, explanation.action, who, explanation.care)
    # What failed without CORS: only the rule is known.
    return None if rule is None else Remedy((), rule.advice, name_actor(rule.actor, host))


def _find_other(verdict: Verdict) -> Branch:
    """Return the first branch that rules otherwise than the one that is said, that one where none does."""
    return next((branch for branch in verdict.branches if branch.ruling != verdict.ruling), verdict.branch)


def _list_branches(verdict: Verdict) -> tuple[Otherwise, ...]:
    return tuple(
        Otherwise(branch.describe(verdict.branch), branch.outcome, branch.ruling.rule, title_of(branch.ruling))
        for branch in verdict.branches
        if branch.ruling != verdict.ruling
    )


def _tell_elsewhere(other: Verdict) -> Elsewhere:
    ruling = other.ruling
    message = None if ruling.message is None else shown(ruling.message, LONGEST_MESSAGE)
    return Elsewhere(
        other.engine,
        ENGINES[other.engine].label,
        ruling.outcome,
        other.certainty,
        ruling.rule,
        title_of(ruling),
        ruling.error,
        message,
    )


def _list_inferences(evidence: Iterable[Evidence]) -> tuple[Inference, ...]:
    return tuple(
        Inference(
            FACTS.get(one.fact, one.fact),
            shown(VALUES.get((one.fact, one.value), one.value)),
            shown(one.because),
            one.certainty,
        )
        for one in evidence
    )


# -- the end ----------------------------------------------------------------------------------------------------------


def _conclude(end: Part, engine: str) -> str:
    sure = "" if end.certainty == "certain" else "likely "
    where = {"preflight": " at the preflight", "redirect": " at the redirect", "request": ""}[end.role]
    if end.outcome is Outcome.BLOCKED:
        return f"{engine} {sure}blocked it{where}: {end.title}."
    if end.rule is not None:
        return f"{end.title}."
    if end.outcome is Outcome.ALLOWED:
        passed = {
            "preflight": "let the preflight pass",
            "redirect": "followed the redirect",
            "request": "let the page read the response",
        }[end.role]
    elif end.outcome is Outcome.OPAQUE:
        passed = "let the page use the response, but not read it"
    else:
        passed = ""
    if end.open is not None:
        otherwise = f"it {passed}" if passed else "CORS does not apply to it"
        return f"Open: {end.open.when}, {engine} blocked it; otherwise {otherwise}."
    return f"{engine} {sure}{passed}." if passed else f"CORS {sure}does not apply to it."


def _name_unsent(end: Part, asked: Asked) -> str | None:
    if not end.blocked or end.role == "request":
        return None
    if end.role == "preflight":
        return NEVER_SENT.format(method=asked.method, target=end.target)
    return "The redirect was not followed."


def _list_unknown(judgeds: Sequence[Judged], parts: tuple[Part, ...]) -> tuple[str, ...]:
    """Return what the recording does not show, and what the verdict would be otherwise."""
    found: list[str] = []
    for part in parts:
        for branch in part.branches:
            taken = f"likely {part.taken}" if part.taken else "the likelier case is assumed"
            ruled = ruling_words(branch.outcome, branch.title)
            line = f"The {part.role}: {taken}; {branch.when or 'otherwise'}, it is {ruled}."
            if line not in found:
                found.append(line)
    last = judgeds[-1].entry
    if parts[-1].role == "preflight" and not parts[-1].blocked:
        found.append("The request that should follow the preflight is not in the recording.")
    if any(one.fact == "response" and one.value == "304" for one in last.evidence.values()):
        found.append("The stored response that the 304 confirms was not seen; its headers may differ.")
    return tuple(found)
