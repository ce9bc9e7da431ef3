"""Patches: what the browser is given in place of what the server sent, and why it is the least.

1. A patch is proven: the response it makes is judged again before it is sent.
2. Header fields only, and of a preflight the status. Never a body, so never what tells a body's length.
3. Nothing of a patch outlives it: no patched preflight is remembered by the browser, and no patched response is stored.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from corsight.policies.decision.judge import describe_subject, judge
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.rules import RULES, Fix, HeaderEdit
from corsight.policies.server.respond import Answer
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome, Ruling, Verdict

STATUS = "status"
"""What stands for the status among the names of what was edited."""
MAX_AGE = "Access-Control-Max-Age"
CACHE_CONTROL = "Cache-Control"
NOT_REMEMBERED = "0"
"""The Max-Age of a patched preflight: with any other, requests would go on without a preflight once patching is off."""
NOT_STORED = "no-store"
NO_CONTENT, OK = 204, 200
BODILESS = (204, 205, 304)
"""Statuses whose responses have no body, whatever their headers say."""
FRAMING = ("content-length", "transfer-encoding")
LISTS = ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers")
_ANY_OK = f"{STATUS}: any from 200 to 299"

type Edit = tuple[str, str | None]
"""A response header to be set to a value, in place of every line of its name; or to be taken out (None)."""


@value
class Patch:
    """A response that the browser is given instead, and what was done for it.

    `needed` is what the server itself would have to send, `edits` everything that was changed, as `Name: value`,
    `-Name` and `status: 200`; `names` are the names of what was edited.
    """

    response: Response
    needed: tuple[str, ...]
    edits: tuple[str, ...]
    names: tuple[str, ...]


def blocks(verdict: Verdict) -> bool:
    """Whether the exchange is blocked, or may be."""
    return verdict.outcome is Outcome.BLOCKED or (bool(verdict.branches) and bool(_blocked(verdict)))


_COUNTS = frozenset(
    {
        b"access-control-allow-origin",
        b"access-control-allow-credentials",
        b"access-control-allow-methods",
        b"access-control-allow-headers",
        b"location",
        b"vary",
    }
)
"""What a CORS response is judged by, and its fix is made of."""


def mend_branches(exchange: Exchange, facts: Facts, engine: EngineName) -> Fix | None:
    """The least edits with which no branch of the verdict blocks, proven by judging again.

    None when there are none for the branch that is said. Another branch that no header can mend is let be: it may be
    what opaque response blocking makes of a body.
    """
    return _mend(exchange, facts, engine)[0]


def hindrance(exchange: Exchange, facts: Facts, engine: EngineName) -> str | None:
    """The code of the rule that would block whatever the headers said; None when there is none."""
    return _mend(exchange, facts, engine)[1]


def _mend(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Fix | None, str | None]:
    response = facts.response or exchange.response
    if response is None or not _is_well_formed(facts):
        return None, judge(exchange, facts, engine).ruling.rule
    if facts.tainting == "cors" and facts.tainting_too is None:
        # Of a CORS response nothing else counts: what is alike in that is mended once.
        fields = tuple(field for field in response.headers.fields if field[0].lower() in _COUNTS)
        response = Response(response.status, HeaderList(fields))
        request = Request(exchange.request.method, origin_of(exchange.request.url) + "/", HeaderList())
        exchange = Exchange("", "", "", request, response, exchange.http2)
        return _mended(exchange, facts if facts.response is None else replace(facts, response=None), engine, response)
    return _mended.__wrapped__(exchange, facts, engine, response)


@lru_cache(4096)
def _mended(exchange: Exchange, facts: Facts, engine: EngineName, response: Response) -> tuple[Fix | None, str | None]:
    fix, beyond = Fix(), set[str | None]()
    for _ in range(2 * len(RULES)):
        mended = fix.apply(response)
        verdict = judge(exchange, replace(facts, response=mended), engine)
        found = next((one for one in _blocked(verdict).items() if one[1].rule not in beyond), None)
        if found is None:
            if verdict.outcome is Outcome.BLOCKED:
                return None, verdict.ruling.rule
            return _without_wildcards(fix, exchange, facts, engine, response) or None, None
        label, ruling = found
        include = "credentials=include" in label if "credentials=" in label else _is_likely_include(facts)
        edit = RULES[ruling.rule or ""].fix(describe_subject(exchange, facts, mended, include))
        if not edit or fix + edit == fix:
            beyond.add(ruling.rule)
        else:
            fix = fix + edit
    return None, None


def by_fix(exchange: Exchange, facts: Facts, engine: EngineName, marker: str) -> Patch | None:
    """The patch with the least edits that let a blocked exchange pass; None when no header can. `marker` names the
    response header that tells of it, or is empty.
    """
    fix = mend_branches(exchange, facts, engine)
    if fix is None or exchange.response is None:
        return None
    return _patch(exchange, facts, [(edit.name, edit.value) for edit in fix.edits], fix.status, marker)


def by_answer(exchange: Exchange, facts: Facts, answer: Answer, marker: str) -> Patch | None:
    """The patch that gives a policy's answer in place of the server's; None when the server's is that already."""
    response = exchange.response
    if response is None:
        return None
    edits: list[Edit] = [
        (edit.name, edit.value) for edit in answer.headers if response.headers.lines(edit.name.lower()) != (edit.value,)
    ]
    edits += [(name, None) for name in answer.absent if name.lower() in response.headers]
    status = answer.status if answer.status is not None and not 200 <= response.status <= 299 else None
    if not edits and status is None:
        return None
    return _patch(exchange, facts, edits, status, marker)


def unasked(exchange: Exchange, facts: Facts, answer: EngineName | Answer, marker: str) -> Patch | None:
    """The answer to a preflight that the server is not asked: a policy's, or the least that this engine lets pass.

    None where none does.
    """
    if isinstance(answer, Answer):
        bare, made = Response(answer.status or NO_CONTENT, HeaderList()), answer.headers
    else:
        bare = Response(NO_CONTENT, HeaderList())
        fix = mend_branches(replace(exchange, response=bare), facts, answer)
        if fix is None:
            return None
        made = fix.edits
    edits: list[Edit] = [(edit.name, edit.value) for edit in made]
    return _made(bare, facts, edits, None, exchange.http2, marker, _ANY_OK)


def _without_wildcards(fix: Fix, exchange: Exchange, facts: Facts, engine: EngineName, response: Response) -> Fix:
    """The fix, without the `*` in a list that it sets: beside credentials it means nothing."""
    if fix.apply(response).headers.get("access-control-allow-credentials") != "true":
        return fix
    edits = tuple(
        HeaderEdit(edit.name, ", ".join(part for part in edit.value.split(", ") if part != "*"))
        if edit.name in LISTS
        else edit
        for edit in fix.edits
    )
    bare = Fix(edits, fix.status)
    proven = bare == fix or not blocks(judge(exchange, replace(facts, response=bare.apply(response)), engine))
    return bare if proven else fix


def _patch(exchange: Exchange, facts: Facts, edits: list[Edit], status: int | None, marker: str) -> Patch:
    response = exchange.response
    assert response is not None
    told = None
    if status is not None and facts.role == "preflight":
        told = _ANY_OK
        # A preflight's body stays as it came: only where there can be none, 204 is right.
        status = NO_CONTENT if response.status in BODILESS else OK
    else:
        status = None
    return _made(response, facts, edits, status, exchange.http2, marker, told)


def _made(
    response: Response,
    facts: Facts,
    edits: list[Edit],
    status: int | None,
    http2: bool,
    marker: str,
    told: str | None,
) -> Patch:
    """The patch with these edits, and those that keep it from outliving itself."""
    needed = [told] if told is not None else []
    needed += [_text(edit) for edit in edits if edit[0] != MAX_AGE]
    if facts.role == "preflight":
        edits = [edit for edit in edits if edit[0] != MAX_AGE]
        edits.append((MAX_AGE, NOT_REMEMBERED))
    elif NOT_STORED not in (response.headers.get("cache-control") or "").lower():
        edits = [*edits, (CACHE_CONTROL, NOT_STORED)]
    made = [_text(edit) for edit in edits]
    names = [name for name, _ in edits]
    if status is not None:
        made.insert(0, f"{STATUS}: {status}")
        names.insert(0, STATUS)
        if response.status in BODILESS:
            edits = [*edits, *((name, None) for name in FRAMING if name in response.headers)]
    if marker:
        edits = [*edits, (marker, ", ".join(names))]
    headers = response.headers
    for name, new in edits:
        headers = _set(headers, name, new, http2=http2)
    return Patch(
        Response(status or response.status, headers, response.received), tuple(needed), tuple(made), tuple(names)
    )


def _set(headers: HeaderList, name: str, new: str | None, *, http2: bool) -> HeaderList:
    """The headers with one set, where its first line stood, or at their end; or taken out."""
    lowered = name.lower().encode()
    fields: list[tuple[bytes, bytes]] = []
    for field in headers.fields:
        if field[0].lower() != lowered:
            fields.append(field)
        elif new is not None:
            fields.append((field[0], new.encode("latin-1")))
            new = None
    if new is not None:
        # HTTP/2 has lower-case names only.
        fields.append((lowered if http2 else name.encode(), new.encode("latin-1")))
    return HeaderList(tuple(fields))


def _text(edit: Edit) -> str:
    name, new = edit
    return f"-{name}" if new is None else f"{name}: {new}"


def _blocked(verdict: Verdict) -> dict[str, Ruling]:
    """The branches that block."""
    said = verdict.branches or {"": verdict.ruling}
    return {label: ruling for label, ruling in said.items() if ruling.outcome is Outcome.BLOCKED}


def _is_likely_include(facts: Facts) -> bool:
    return facts.credentials == "include" or (facts.credentials == "unknown" and facts.likelier == "include")


def _is_well_formed(facts: Facts) -> bool:
    """Whether what the request says may stand in a response: no browser sends anything else."""
    origin = facts.origin
    return (
        (origin in (None, "null") or split_origin(origin or "") is not None)
        and is_token(facts.method)
        and all(is_token(name) for name in facts.names)
    )
