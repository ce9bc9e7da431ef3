"""Remarks: what one exchange shows to be wrong although it was not blocked. Each function looks at a sample alone."""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.decision.advise import advice, advise
from corsight.policies.decision.judge import describe_subject
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Response
from corsight.policies.findings.case import PRIVATE_NETWORK
from corsight.policies.findings.causes.network import find_local_network
from corsight.policies.findings.model import Cause, Mismatch
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.words import clean, clean_all, continue_with, join, name_header, name_host
from corsight.policies.rules import RULES
from corsight.policies.rules.exposing import EXPOSE_HEADERS, list_for_scripts
from corsight.policies.rules.nearness import compare_origins
from corsight.policies.verdict import Outcome

DATA = ("application/json", "text/json", "application/xml", "text/xml", "application/ld+json", "application/graphql")
VAIN = "headers-asked-in-vain"


class Remark(NamedTuple):
    """What is wrong, and what it shows in, where that is a header."""

    cause: Cause
    mismatch: Mismatch | None = None


def list_remarks(sample: Sample) -> list[Remark]:
    """Return what keeps the page from what it wants, of an exchange that nothing blocked."""
    found = [find(sample) for find in ALONE]
    return [remark for remark in found if remark is not None]


def list_advice(sample: Sample, preflight: Response | None) -> list[Remark]:
    """Return what the catalogue's advice says of an exchange and the answer of the preflight before it."""
    exchange, facts, engine, response = sample.exchange, sample.facts, sample.verdict.engine, sample.response
    remarks = list[Remark]()
    if response is None or not advise(exchange, facts, engine, preflight):
        return remarks
    for code, value in advice(exchange, facts, engine, preflight):
        rule = RULES[code]
        about = describe_subject(exchange, facts, response, facts.credentials == "include", value)
        edits = tuple(name_header(edit.name, edit.value) for edit in rule.fix(about).edits)
        mismatch = Mismatch(facts.role, (clean(rule.seen_in(about)),), clean(rule.needed_in(about)), edits)
        why = f"{name_host(sample.server)}: {rule.why}"
        remarks.append(Remark(Cause(rule.code, rule.title, why, rule.advice, rule.actor), mismatch))
    return remarks


def find_unexposed(sample: Sample) -> Remark | None:
    """Return the headers that are sent for scripts, and that no script can read."""
    response = sample.exchange.response
    if response is None or sample.entry.destination not in ("empty", "unknown"):
        return None
    hidden = list_for_scripts(sample.verdict.hidden, sample.method, sample.url, response.status)
    if not hidden:
        return None
    why = " An upload in parts cannot be completed without the ETag of each part." if "etag" in hidden else ""
    names, exposed = clean_all(hidden, 6), response.headers.get(EXPOSE_HEADERS.lower())
    both = ", ".join([*([clean(exposed)] if exposed else []), *names])
    return Remark(
        Cause(
            VAIN,
            f"The page cannot read {join(names)}: not exposed",
            f"{name_host(sample.server)} sends {join(names)}, and the response reached the page; but a script that "
            f"reads {'them' if len(names) > 1 else 'it'} gets null. From a response of another origin, a page can read "
            f"only a few harmless headers and those that the response exposes.{why}",
            f"Add to the response itself (not to the preflight): {EXPOSE_HEADERS}: {', '.join(names)}",
            "server",
            certainty="likely",
        ),
        Mismatch(
            "request",
            (name_header(EXPOSE_HEADERS, exposed),),
            f"{EXPOSE_HEADERS}: {', '.join(names)}",
            (f"{EXPOSE_HEADERS}: {both}",),
        ),
    )


def find_unreadable(sample: Sample) -> Remark | None:
    """Return that a script asked with mode no-cors for what it means to read."""
    entry, exchange, response = sample.entry, sample.exchange, sample.exchange.response
    if sample.verdict.outcome is not Outcome.OPAQUE or response is None or exchange.request.method != "GET":
        return None
    essence = (response.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if entry.mode != "no-cors" or entry.destination != "empty" or not (essence in DATA or essence.endswith("+json")):
        return None
    allowed = (response.headers.get("access-control-allow-origin") or "") in ("*", sample.entry.reading.origin)
    rest = (
        ": the server allows the page's origin already, so with mode: 'cors' (the default) the page can read the "
        "response without credentials."
        if allowed
        else ", and let the server allow the page's origin."
    )
    return Remark(
        Cause(
            "no-cors-response-unreadable",
            "The page uses mode: 'no-cors', so it can read nothing of the response",
            f"The page fetched data ({clean(essence, 60)}) from {name_host(sample.server)} with mode: 'no-cors'. That "
            "avoids the CORS error but hides the response: to the script its status is 0 and its body is empty, "
            "whatever the server sends.",
            f"Remove mode: 'no-cors' from the page's code{rest}",
            "client",
        )
    )


def find_refused_socket(sample: Sample) -> Remark | None:
    """Return that a server refused a page of another origin its WebSocket, on its own account."""
    origin, response = sample.entry.reading.origin, sample.exchange.response
    if sample.entry.mode != "websocket" or origin is None or response is None or response.status != 403:
        return None
    if origin == sample.server:
        return None
    host, page = name_host(sample.server), clean(origin)
    difference = compare_origins(sample.server, origin)
    near = f" The server's own origin is {clean(sample.server)}: the {difference.what} differs." if difference else ""
    return Remark(
        Cause(
            "websocket-refused",
            "The server refused the WebSocket (403), most likely for its Origin: not CORS",
            f"{host} answered the WebSocket handshake of {page} with 403. CORS does not apply to WebSockets, so no "
            f"CORS header changes that: servers compare the handshake's Origin with a list of their own.{near}",
            f"Add {page} to the origins that the server's WebSocket endpoint allows (that is another setting than the "
            "one for CORS), exactly as written here; or check whether it requires a login.",
            "server",
            certainty="likely",
        )
    )


def find_permission(sample: Sample) -> Remark | None:
    """Return that a public page asks a machine of the local network."""
    asks, response = sample.exchange.request.headers.get, sample.exchange.response
    cause = find_local_network(
        sample.facts.page_origin or sample.facts.origin or "null",
        sample.server,
        asks=any(asks(name) for name in PRIVATE_NETWORK),
        granted=response is not None and response.headers.get("access-control-allow-private-network") == "true",
    )
    return None if cause is None or sample.verdict.outcome is Outcome.BLOCKED else Remark(cause)


def find_blocking_engine(sample: Sample) -> Remark | None:
    """Return the browsers that block what this one lets pass."""
    if not sample.entry.differing or sample.verdict.divided:
        return None
    blocked = [
        other for other in sample.judged.others if other.outcome is Outcome.BLOCKED and other.engine != "standard"
    ]
    if not blocked:
        return None
    names = join([ENGINES[other.engine].label for other in blocked])
    rule, own = RULES[min(other.ruling.rule or "" for other in blocked)], ENGINES[sample.verdict.engine].label
    return Remark(
        Cause(
            "blocked-in-other-engines",
            f"{own} allows it, {names} would not: {continue_with(rule.title)}",
            f"A response of {name_host(sample.server)} passes in {own}, but by the rules of {names} it is blocked "
            f"({rule.code}). {rule.why}",
            rule.advice,
            rule.actor,
        )
    )


ALONE = (find_unreadable, find_refused_socket, find_permission, find_unexposed)
"""What is seen of one exchange by itself."""
