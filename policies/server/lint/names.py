"""What is wrong with the methods and header names that a policy grants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from corsight.policies.fetch.exposed import FORBIDDEN_RESPONSE_NAMES
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.safelist import (
    is_cors_non_wildcard_request_header_name,
    is_forbidden_method,
    is_forbidden_request_header,
    normalize_method,
)
from corsight.policies.server.grammar import ANY, LONGEST_TOKEN
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.problems import Finding


def check_methods(policy: ServerPolicy) -> Iterator[Finding]:
    """Yield what is wrong with the policy's methods."""
    seen: set[str] = set()
    for index, method in enumerate(policy.methods):
        finding = _check_method(policy, method)
        if finding is None and method in seen:
            finding = Finding((), "conflicting", f"{method} is listed twice", "take one out")
        if finding is None and method.upper() == "PATCH" and "PATCH" not in policy.methods:
            what = f"methods are case-sensitive, and {method} is not PATCH"
            instead = f"write PATCH, and {method} too if pages spell it like that"
            finding = Finding((), "invalid", what, instead)
        if finding is not None:
            yield finding.under("methods", index)
        seen.add(method)


def _check_method(policy: ServerPolicy, method: str) -> Finding | None:
    if method == ANY:
        if policy.credentials:
            return Finding(
                (), "wildcard", "* does not work as a wildcard with credentials", "name each method: GET, PUT"
            )
        if len(policy.methods) > 1:
            return Finding((), "conflicting", "* is every other method already", "take * out, or all others")
        return None
    if len(method) > LONGEST_TOKEN:
        return Finding((), "out of bounds", f"longer than {LONGEST_TOKEN} characters", "take it out")
    if not is_token(method):
        tokens = [part.upper() for part in re.split(r"[\s,;|]+", method) if is_token(part)]
        return Finding((), "invalid", "an entry is one method", f"write {', '.join(tokens) or 'GET'}")
    if is_forbidden_method(method):
        return Finding((), "prohibited", f"no browser lets a page use {method}", "take it out")
    if method != normalize_method(method):
        what = f"methods are case-sensitive, and browsers send {method.upper()}"
        return Finding((), "invalid", what, f"write {method.upper()}")
    return None


def check_names(policy: ServerPolicy, field: Literal["request_headers", "expose_headers"]) -> Iterator[Finding]:
    """Yield what is wrong with the header names of a field."""
    names: tuple[str, ...] = getattr(policy, field)
    lower = [name.lower() for name in names]
    request = field == "request_headers"
    beside = any(one != ANY and not (request and is_cors_non_wildcard_request_header_name(one)) for one in lower)
    seen: set[str] = set()
    for index, (name, folded) in enumerate(zip(names, lower, strict=True)):
        finding = _check_any(policy, request, beside) if name == ANY else _check_name(name, request)
        if finding is None and folded in seen:
            finding = Finding((), "conflicting", f"{name} is listed twice", "take one out")
        if finding is not None:
            yield finding.under(field, index)
        seen.add(folded)


def _check_any(policy: ServerPolicy, request: bool, beside: bool) -> Finding | None:
    if policy.credentials:
        return Finding((), "wildcard", "* does not work as a wildcard with credentials", "name each header")
    if beside:
        note = "; only Authorization has to stand beside it" if request else ""
        return Finding((), "conflicting", f"* is every other header already{note}", "take * out, or the others")
    return None


def _check_name(name: str, request: bool) -> Finding | None:
    if len(name) > LONGEST_TOKEN:
        return Finding((), "out of bounds", f"longer than {LONGEST_TOKEN} characters", "take it out")
    if not is_token(name):
        tokens = [part for part in re.split(r"[\s,;:]+", name) if is_token(part)]
        instead = f"write {', '.join(tokens)}" if tokens else "write one such as X-Request-Id"
        return Finding((), "invalid", "an entry is one header name", instead)
    if request and is_forbidden_request_header(name.lower(), ""):
        instead = "take it out, cookies need credentials: true" if name.lower() == "cookie" else "take it out"
        return Finding((), "prohibited", f"no browser lets a page set {name}", instead)
    if not request and name.lower() in FORBIDDEN_RESPONSE_NAMES:
        return Finding((), "prohibited", f"no browser lets a page read {name}", "take it out")
    return None
