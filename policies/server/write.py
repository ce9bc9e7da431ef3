"""Policies as the text of a YAML file; inferred ones with the reason for every grant beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from corsight.policies.redact import printable, redact
from corsight.policies.server.infer import Grant, Inferred, LeftOut
from corsight.policies.server.problems import shorten

SHOWN = 3
"""How many endpoints a comment names."""
_PLAIN = re.compile(r"[A-Za-z/](?:[A-Za-z0-9./:_\-]*[A-Za-z0-9./_\-])?").fullmatch
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def to_yaml(inferred: Sequence[Inferred], heading: str = "") -> str:
    """Return a policy file of inferred policies. `heading` is put first, as a comment."""
    lines = [f"# {printable(line)}" for line in heading.splitlines()]
    lines += ["version: 1", "policies:" if inferred else "policies: []"]
    for one in inferred:
        lines += _write_policy(one)
    return "\n".join(lines) + "\n"


def _write_policy(one: Inferred) -> Iterator[str]:
    policy = one.policy
    yield f"  - name: {scalar(policy.name)}"
    yield "    match:"
    yield f"      hosts: [{', '.join(map(scalar, policy.match.hosts))}]"
    if policy.match.paths:
        yield "      paths:"
        yield from (f"        - {scalar(path)}" for path in policy.match.paths)
    for left in one.left_out:
        yield f"    # CHECK: not granted: {_write_left_out(left)}"
    for field in ("origins", "methods", "request_headers", "expose_headers"):
        grants = [grant for grant in one.grants if grant.field == field]
        if grants:
            yield f"    {field}:"
            yield from (f"      - {scalar(grant.value)}  # {_say_why(grant)}" for grant in grants)
    for field in ("credentials", "max_age"):
        yield from (f"    {field}: {grant.value}  # {_say_why(grant)}" for grant in one.grants if grant.field == field)


def _say_why(grant: Grant) -> str:
    where = endpoints(grant.endpoints)
    return f"CHECK: {grant.doubt}; {where}" if grant.doubt is not None else where


def _write_left_out(left: LeftOut) -> str:
    meant = f"; if that is intended: {left.instead}" if left.instead else ""
    return printable(f"{redact(left.what)} ({left.why}{meant}); {endpoints(left.endpoints)}")


def endpoints(labels: Iterable[str]) -> str:
    """Return some of the endpoints, by method and path, and how many more there are."""
    listed = [_shorten(label) for label in labels]
    more = len(listed) - SHOWN
    return ", ".join(listed[:SHOWN]) + (f", and {more} more" if more > 0 else "")


def _shorten(label: str) -> str:
    method, _, url = label.partition(" ")
    path = re.sub(r"^https?://[^/?#]*", "", url) or "/"
    return shorten(printable(redact(f"{method} {path}")))


def scalar(text: str) -> str:
    """Return `text` as a YAML scalar."""
    if _PLAIN(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
