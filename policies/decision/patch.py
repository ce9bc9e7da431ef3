"""Patches: what the browser is given in place of what the server sent, and why it is the least.

1. A patch is proven: the response it makes is judged again before it is sent.
2. Header fields only, and of a preflight the status. Never a body, so never what tells a body's length.
3. Nothing of a patch outlives it: no patched preflight is remembered by the browser, and no patched response is stored.
"""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.decision.judge import judge
from corsight.policies.decision.mend import mend
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import has_directive
from corsight.policies.rules import HeaderEdit
from corsight.policies.rules.preflight import MAX_AGE
from corsight.policies.value import value
from corsight.policies.verdict import EngineName

STATUS = "status"
"""The name that stands for the status among the edited headers."""
CACHE_CONTROL = "Cache-Control"
NOT_REMEMBERED = "0"
"""The Max-Age of a patched preflight. With any other, requests would go on without a preflight after patching is off.
"""
NOT_STORED = "no-store"
NO_CONTENT, OK = 204, 200
BODILESS = (204, 205, 304)
"""Statuses of responses without a body, whatever their headers say."""
FRAMING = ("content-length", "transfer-encoding")
_ANY_OK = f"{STATUS}: any from 200 to 299"

type Edit = tuple[str, str | None]
"""A response header to be set to a value, in place of every line of its name; or to be taken out (None)."""


@value
class Answer:
    """What a correct server answers.

    `status` is a preflight's, None for any other request: its status is not CORS's business. `headers` are to be set,
    each in place of every line of its name; `absent` are the CORS response headers that the answer does not have.
    """

    status: int | None
    headers: tuple[HeaderEdit, ...]
    absent: tuple[str, ...]

    def apply(self, response: Response | None) -> Response:
        """Return the response with this answer in it; without a response, a preflight's own, or an empty 200."""
        if response is None:
            response = Response(self.status or 200, HeaderList())
        gone = {name.lower().encode() for name in self.absent} | {edit.name.lower().encode() for edit in self.headers}
        kept = [field for field in response.headers.fields if field[0].lower() not in gone]
        added = [(edit.name.encode(), edit.value.encode("latin-1")) for edit in self.headers]
        return Response(self.status or response.status, HeaderList((*kept, *added)), response.received)


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


def patch_by_fix(exchange: Exchange, facts: Facts, engine: EngineName, marker: str) -> Patch | None:
    """Return the patch with the least edits that let a blocked exchange pass; None when no header can.

    `facts` may have unknown ones: then no branch blocks what comes of it, and `needed` is what the branch that is said
    needs. `marker` names the response header that tells of the patch, or is empty.
    """
    fix = mend(exchange, facts, engine)
    response = exchange.response
    if fix is None or response is None:
        return None
    patch = _patch(exchange, response, facts, [(edit.name, edit.value) for edit in fix.edits], fix.status, marker)
    said = mend(exchange, facts.settle(judge(exchange, facts, engine).branch.premise), engine)
    if said is None:
        return patch
    needed = ([_ANY_OK] if said.status else []) + [str(edit) for edit in said.edits]
    return replace(patch, needed=tuple(needed))


def patch_by_answer(exchange: Exchange, facts: Facts, answer: Answer, marker: str) -> Patch | None:
    """Return the patch that replaces the server's response with the policy's answer; None if they are equal."""
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
    return _patch(exchange, response, facts, edits, status, marker)


def answer_unasked(exchange: Exchange, facts: Facts, answer: EngineName | Answer, marker: str) -> Patch | None:
    """Return the answer to a preflight that the server is not asked: a policy's, or the least that lets it pass.

    None where none does.
    """
    if isinstance(answer, Answer):
        bare, made = Response(answer.status or NO_CONTENT, HeaderList()), answer.headers
    else:
        bare = Response(NO_CONTENT, HeaderList())
        fix = mend(exchange, replace(facts, response=bare), answer)
        if fix is None:
            return None
        made = fix.edits
    edits: list[Edit] = [(edit.name, edit.value) for edit in made]
    return _make(bare, facts, edits, None, exchange.http2, marker, _ANY_OK)


def list_edits(sent: Response | None, patched: Response) -> tuple[str, ...]:
    """Return what was changed of a response, as a patch words it; of one that was made here, all that is in it.

    The header that names what was changed is no change.
    """
    before = sent.headers if sent is not None else HeaderList()
    spelled = {field[0].lower(): field[0] for field in (*before.fields, *patched.headers.fields)}
    edits: dict[str, str | None] = {}
    if sent is not None and sent.status != patched.status:
        edits[STATUS] = str(patched.status)
    for lowered, name in spelled.items():
        was, is_ = (headers.lines(lowered.decode("latin-1")) for headers in (before, patched.headers))
        if was != is_:
            edits[name.decode("latin-1")] = ", ".join(is_) if is_ else None
    names = {name.decode("latin-1") for name in spelled} | {STATUS}
    return tuple(_word((name, new)) for name, new in edits.items() if not _names_edits(name, new, names))


def _names_edits(name: str, written: str | None, names: set[str]) -> bool:
    """Return whether a header is the one that lists the edits; `names` are in lower case."""
    return written is not None and name.lower().startswith("x-") and names.issuperset(written.lower().split(", "))


def _patch(
    exchange: Exchange, response: Response, facts: Facts, edits: list[Edit], status: int | None, marker: str
) -> Patch:
    needed = None
    if status is not None and facts.role == "preflight":
        needed = _ANY_OK
        # A preflight's body stays as it came: only where there can be none, 204 is right.
        status = NO_CONTENT if response.status in BODILESS else OK
    else:
        status = None
    return _make(response, facts, edits, status, exchange.http2, marker, needed)


def _make(
    response: Response,
    facts: Facts,
    edits: list[Edit],
    status: int | None,
    http2: bool,
    marker: str,
    needed: str | None,
) -> Patch:
    """Return the patch with these edits, and with those that keep browsers from storing it."""
    lines = [needed] if needed is not None else []
    lines += [_word(edit) for edit in edits if edit[0] != MAX_AGE]
    if facts.role == "preflight":
        edits = [edit for edit in edits if edit[0] != MAX_AGE]
        edits.append((MAX_AGE, NOT_REMEMBERED))
    elif not has_directive(response.headers.get("cache-control"), NOT_STORED):
        edits = [*edits, (CACHE_CONTROL, NOT_STORED)]
    made = [_word(edit) for edit in edits]
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
        Response(status or response.status, headers, response.received), tuple(lines), tuple(made), tuple(names)
    )


def _set(headers: HeaderList, name: str, new: str | None, *, http2: bool) -> HeaderList:
    """Return the headers with one header set in the place of its first line, or at the end; or with it removed."""
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


def _word(edit: Edit) -> str:
    name, new = edit
    return f"-{name}" if new is None else f"{name}: {new}"
