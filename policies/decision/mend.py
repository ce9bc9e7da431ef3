"""mend(exchange, facts, engine): the fewest edits to a response that let it pass, proven by judging again."""

from __future__ import annotations

from functools import lru_cache

from corsight.policies.decision.judge import describe_subject, judge
from corsight.policies.engines import list_policies
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import find_invalid_token, is_token
from corsight.policies.fetch.mime_type import TYPED
from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.rules import RULES, Fix, HeaderEdit
from corsight.policies.rules.preflight import ALLOW_HEADERS, ALLOW_METHODS
from corsight.policies.value import replace
from corsight.policies.verdict import EngineName, Outcome

LISTS = (ALLOW_METHODS, ALLOW_HEADERS)

RESOURCE_POLICY = "Cross-Origin-Resource-Policy"

REMEMBERED = 2048
"""The most characters (of what browser and server sent) with which a fix is remembered."""

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
"""The headers by which a CORS response is judged, and from which its fix is made."""
_TYPE = frozenset({b"content-type", b"x-content-type-options"})
"""The headers by which a script or style sheet is judged in addition."""


def mend(exchange: Exchange, facts: Facts, engine: EngineName) -> Fix | None:
    """Return the least edits with which no branch of the verdict blocks; settle the facts to mend one branch alone.

    None when the branch that is said needs none, or no header can mend it. Another branch that no header can mend is
    let be: it may be what opaque response blocking makes of a body.
    """
    return _mend(exchange, facts, engine)[0]


def find_hindrance(exchange: Exchange, facts: Facts, engine: EngineName) -> str | None:
    """Return the code of the rule that blocks whatever the headers say; None if there is none."""
    return _mend(exchange, facts, engine)[1]


def _mend(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Fix | None, str | None]:
    response = facts.response
    if response is None or not _is_well_formed(facts):
        return None, judge(exchange, facts, engine).ruling.rule
    if facts.tainting == "cors" and facts.tainting_too is None:
        # Of a CORS response nothing else counts: what is alike in that is mended once.
        counts = _COUNTS | _TYPE if facts.destination in TYPED else _COUNTS
        headers = HeaderList(tuple([field for field in response.headers.fields if field[0].lower() in counts]))
        response = Response(response.status, headers)
        request = Request(exchange.request.method, origin_of(exchange.request.url) + "/", HeaderList())
        exchange = Exchange("", "", "", request, None, exchange.http2)
        facts = replace(facts, response=response)
        weight = headers.weight + len(facts.origin or "") + len(facts.method)
        weight += len(request.url) + len(facts.page_origin or "") + len(facts.page or "")
        weight += len(request.method) + len(facts.destination)
        if weight + len("".join(facts.names)) + len(facts.target or "") <= REMEMBERED and not facts.chain:
            return _search(exchange, facts, engine)
    return _search.__wrapped__(exchange, facts, engine)


@lru_cache(1024)
def _search(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Fix | None, str | None]:
    """Return the fix, made by adding the fix of each rule that blocks until none does; and the rule that no fix mends,
    where the verdict is that rule's.
    """
    response = facts.response or Response(0, HeaderList())
    fix, beyond = Fix(), set[str | None]()
    # Each round adds an edit or gives a rule up, and no rule needs two edits.
    for _ in range(2 * len(RULES)):
        mended = fix.apply(response)
        verdict = judge(exchange, replace(facts, response=mended), engine)
        branch = next(
            (
                branch
                for branch in verdict.branches
                if branch.outcome is Outcome.BLOCKED and branch.ruling.rule not in beyond
            ),
            None,
        )
        if branch is None:
            if verdict.outcome is Outcome.BLOCKED:
                return None, verdict.ruling.rule
            return _drop_wildcards(_keep_site(fix, exchange, facts, engine), exchange, facts, engine) or None, None
        subject = describe_subject(exchange, facts, mended, branch.premise.include)
        if list_policies(engine, facts.build)[0].methods_upper_cased:
            subject = replace(subject, method=subject.method.upper())
        edit = RULES[branch.ruling.rule or ""].fix(subject)
        if not edit or fix + edit == fix:
            beyond.add(branch.ruling.rule)
        else:
            fix = fix + edit
    return None, None


def _keep_site(fix: Fix, exchange: Exchange, facts: Facts, engine: EngineName) -> Fix:
    """Return the fix with a resource policy that allows no other site, if that is enough."""
    response = facts.response or Response(0, HeaderList())
    if not any(edit.name == RESOURCE_POLICY and edit.value == "cross-origin" for edit in fix.edits):
        return fix
    less = fix + Fix((HeaderEdit(RESOURCE_POLICY, "same-site"),))
    return fix if judge(exchange, replace(facts, response=less.apply(response)), engine).blocking else less


def _drop_wildcards(fix: Fix, exchange: Exchange, facts: Facts, engine: EngineName) -> Fix:
    """Return the fix without a `*` in the lists that it sets: with credentials, * has no meaning."""
    response = facts.response or Response(0, HeaderList())
    if fix.apply(response).headers.get("access-control-allow-credentials") != "true":
        return fix
    edits = tuple(
        HeaderEdit(edit.name, ", ".join(part for part in edit.value.split(", ") if part != "*"))
        if edit.name in LISTS
        else edit
        for edit in fix.edits
    )
    bare = Fix(edits, fix.status)
    if bare == fix:
        return fix
    return fix if judge(exchange, replace(facts, response=bare.apply(response)), engine).blocking else bare


def _are_tokens(names: tuple[str, ...]) -> bool:
    """Return whether all are tokens, in one step, because there may be very many."""
    joined = ",".join(names)
    if "" in names or " " in joined or "\t" in joined or joined.count(",") != max(0, len(names) - 1):
        return False
    return find_invalid_token(joined) is None


def _is_well_formed(facts: Facts) -> bool:
    """Return whether the request's values may be copied into a response; browsers send no other values."""
    origin = facts.origin
    return (
        (origin in (None, "null") or split_origin(origin or "") is not None)
        and is_token(facts.method)
        and _are_tokens(facts.names)
    )
