"""Writes what `corsight policy` prints: what a policy allows, what a correct server answers, and how two policies
differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from corsight.policies.exchange import Exchange, HeaderList, Request
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.rules.model import HeaderEdit
from corsight.policies.server.diff import Difference
from corsight.policies.server.grammar import ANY
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.origins import parse_pattern
from corsight.policies.server.phrases import word_near
from corsight.policies.server.respond import grants_origin, respond
from corsight.scripts.report.lines import pluralize

WIDTH = 16


def list_grants(policy: ServerPolicy) -> Iterator[str]:
    """Yield a line for each thing that a policy says."""

    def row(field: str, words: str) -> str:
        return f"  {field:<{WIDTH}} {words}"

    yield row("origins", ", ".join(policy.origins) or "none")
    yield row("methods", ", ".join(policy.methods) or "none")
    yield row("request headers", ", ".join(policy.request_headers) or "only the safelisted ones")
    yield row("exposed headers", ", ".join(policy.expose_headers) or "only the safelisted ones")
    yield row("credentials", "yes" if policy.credentials else "no")
    if policy.max_age is not None:
        yield row("max age", f"{policy.max_age} seconds")
    for field in type(policy).model_fields:
        if field.startswith("dangerously_") and getattr(policy, field):
            yield f"  {field}"
    if policy.note:
        yield row("note", " ".join(policy.note.split()))


def pick_origins(policy: ServerPolicy) -> list[str]:
    """Return an origin to show an answer for: the first that is granted, or one that a pattern matches."""
    for text in policy.origins:
        pattern = parse_pattern(text)
        if text == "*":
            return ["https://any.example"]
        if pattern is None or "*" not in text:
            return [text]
        port = ":3000" if pattern.port is None else text.rpartition(pattern.host)[2]
        return [f"{pattern.scheme}://{'any.' if pattern.subdomains else ''}{pattern.host}{port}"]
    return []


def list_answers(policy: ServerPolicy, url: str, origin: str) -> Iterator[str]:
    """Yield the lines that tell what a correct server answers to a page of `origin`."""

    def exchange(method: str, origin: str, *headers: tuple[str, str]) -> Exchange:
        return Exchange("", "", "", Request(method, url, HeaderList.of(("Origin", origin), *headers)))

    if not origin.isascii() or not grants_origin(policy, origin):
        near = word_near(origin, policy.origins)
        why = f" (the policy {near})" if near else ""
        yield f"A page of {origin} is allowed nothing{why}: a correct server answers its requests with"
        sent = exchange(policy.methods[0] if policy.methods else "GET", "null" if not origin.isascii() else origin)
        yield from _indent(respond(policy, sent, None).headers)
        return
    yield f"A page of {origin}: a correct server answers"
    names = tuple(sorted(name.lower() for name in policy.request_headers if name != ANY))
    method = next((one for one in policy.methods if one != ANY and not is_cors_safelisted_method(one)), None)
    if method is not None or names:
        asked = [("Access-Control-Request-Method", method or policy.methods[0])]
        if names:
            asked.append(("Access-Control-Request-Headers", ",".join(names)))
        answer = respond(policy, exchange("OPTIONS", origin, *asked), None)
        yield f"  its preflights with status {answer.status} and"
        yield from _indent(answer.headers)
    sent = exchange(next((one for one in policy.methods if one != ANY), "GET"), origin)
    yield f"  its requests ({sent.request.method}), whatever their status, with"
    yield from _indent(respond(policy, sent, None).headers)


def _indent(edits: Iterable[HeaderEdit]) -> Iterator[str]:
    lines = [f"    {edit}" for edit in edits]
    yield from lines or ["    no CORS header"]


def list_differences(differences: Sequence[Difference], first: str, second: str) -> Iterator[str]:
    """Yield the lines that tell how the policies of two files differ."""
    heading: str | None = None
    yield f"- {first}"
    yield f"+ {second}"
    for one in differences:
        if one.field == "policy":
            heading = one.policy
            yield f"{'+' if one.after else '-'} policy {heading}"
            continue
        if one.policy != heading:
            heading = one.policy
            yield f"  policy {heading}" if heading else "  all policies"
        change = f"{one.before} -> {one.after}" if one.before and one.after else one.after or one.before
        sign = {"more": "+", "less": "-", "other": "~"}[one.change]
        yield f"{sign}   {one.field}: {change}{f' ({one.note})' if one.note else ''}"
    more, less = (sum(one.change == kind for one in differences) for kind in ("more", "less"))
    yield f"{second} allows {pluralize(more, 'more thing')} and {less} fewer"
