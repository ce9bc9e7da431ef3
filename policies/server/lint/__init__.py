"""What cannot work in a policy, or would be unsafe: every finding with its reason and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator

from corsight.policies.fetch.origin import registrable_domain
from corsight.policies.server.grammar import ANY, LONGEST_NAME, LONGEST_NOTE
from corsight.policies.server.lint.matches import check_match
from corsight.policies.server.lint.names import check_methods, check_names
from corsight.policies.server.lint.origins import check_origins
from corsight.policies.server.lint.together import lint_together
from corsight.policies.server.model import INSECURE, LONGEST_MAX_AGE, NULL, NULL_WITH, SUFFIXES, ServerPolicy
from corsight.policies.server.origins import parse_pattern
from corsight.policies.server.problems import Finding


def lint(policy: ServerPolicy) -> Iterator[Finding]:
    """Yield everything that is wrong in one policy, with paths that begin at the policy."""
    yield from _check_texts(policy)
    yield from check_match(policy)
    yield from check_origins(policy)
    yield from _check_dangerous(policy)
    yield from check_methods(policy)
    yield from check_names(policy, "request_headers")
    yield from check_names(policy, "expose_headers")
    yield from _check_bounds(policy)
    yield from _check_complete(policy)


def _check_texts(policy: ServerPolicy) -> Iterator[Finding]:
    name, note = policy.name, policy.note
    if len(name) > LONGEST_NAME:
        yield Finding(("name",), "out of bounds", f"longer than {LONGEST_NAME} characters", "write a word or two")
    elif not name.strip() or not name.isprintable():
        yield Finding(("name",), "invalid", "a name is what reports print", "write a word or two")
    if len(note) > LONGEST_NOTE:
        yield Finding(("note",), "out of bounds", f"longer than {LONGEST_NOTE} characters", "shorten it")
    elif not all(line.isprintable() for line in note.replace("\t", " ").split("\n")):
        yield Finding(("note",), "invalid", "it has control characters", "write plain text")


def _check_dangerous(policy: ServerPolicy) -> Iterator[Finding]:
    """Yield the ways out: the one that is missing, and those that nothing needs."""
    credentials = policy.credentials
    if (
        credentials
        and policy.dangerously_allow_null_origin
        and not policy.dangerously_allow_null_origin_with_credentials
    ):
        what = "with credentials, any site could act as the user from a sandboxed frame"
        yield Finding((NULL,), "insecure", what, f"take it out, or write {NULL_WITH}: true if that is intended")
    patterns = [pattern for origin in policy.origins if (pattern := parse_pattern(origin)) is not None]
    needed = {
        NULL: not (ANY in policy.origins and not credentials),
        NULL_WITH: credentials,
        INSECURE: credentials and any(one.scheme == "http" and not one.loopback for one in patterns),
        SUFFIXES: credentials and any(one.subdomains and registrable_domain(one.host) is None for one in patterns),
    }
    for field, is_needed in needed.items():
        if getattr(policy, field) and not is_needed:
            yield Finding((field,), "conflicting", "no other field here needs it", "take it out")


def _check_bounds(policy: ServerPolicy) -> Iterator[Finding]:
    age, status = policy.max_age, policy.preflight_status
    if age is not None and not 0 <= age <= LONGEST_MAX_AGE:
        what = f"{age} is not 0 to {LONGEST_MAX_AGE} seconds (a day), the most that a browser keeps"
        yield Finding(("max_age",), "out of bounds", what, f"write {LONGEST_MAX_AGE if age > 0 else 0}")
    if not 200 <= status <= 299:
        what = f"a preflight fails with status {status}: it has to be 200 to 299"
        yield Finding(("preflight_status",), "out of bounds", what, "write 204")


def _check_complete(policy: ServerPolicy) -> Iterator[Finding]:
    """Yield grants without anyone to have them, or without a method."""
    anyone = policy.origins or policy.dangerously_allow_null_origin
    anyone = anyone or policy.dangerously_allow_null_origin_with_credentials
    grants = policy.methods or policy.request_headers or policy.expose_headers or policy.credentials
    if grants and not anyone:
        what = "no origin is granted any of this"
        yield Finding(("origins",), "missing", what, "write origins: [https://shop.example]")
    if anyone and not policy.methods:
        what = "what is left out is not granted, so no request is allowed"
        yield Finding(("methods",), "missing", what, "write methods: [GET], with what else pages use")


__all__ = ["lint", "lint_together"]
