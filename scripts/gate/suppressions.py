"""Suppressions: findings that somebody decided to live with, why, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from corsight.policies.findings.fingerprint import Trace, fold_ids
from corsight.policies.server.match import compile_path
from corsight.scripts.errors import CorsightError
from corsight.scripts.gate.codes import check_code, names_code

FIELDS = ("code", "host", "endpoint", "reason", "expiry")


class Suppression(NamedTuple):
    """What is suppressed: a cause or rule, at a host, at an endpoint (`GET /health/**`); each may be left out, not all.

    `reason` says why, `expiry` is the last day it holds, `where` tells it from others in messages.
    """

    code: str | None
    host: str | None
    endpoint: str | None
    reason: str
    expiry: date | None
    where: str

    def matches(self, trace: Trace) -> bool:
        """Return whether it is about this cause at this endpoint."""
        return (
            (self.code is None or names_code(self.code, trace.cause, trace.rule))
            and (self.host is None or is_host(self.host, trace.endpoint))
            and (self.endpoint is None or _is_endpoint(self.endpoint, trace))
        )

    def is_expired(self, today: date) -> bool:
        """Return whether its last day is over."""
        return self.expiry is not None and self.expiry < today

    @property
    def words(self) -> str:
        """What it suppresses, in a line."""
        parts = [part for part in (self.code, self.host, self.endpoint) if part is not None]
        return " at ".join(parts)


class Expected(NamedTuple):
    """What tests expect to be blocked: these causes, methods and endpoints, and no others."""

    places: frozenset[tuple[str, str, str]]
    reason: str
    where: str = "expected"
    expiry: date | None = None

    def matches(self, trace: Trace) -> bool:
        """Return whether it is about this cause at this endpoint."""
        return (trace.cause, trace.method, trace.endpoint) in self.places

    def is_expired(self, today: date) -> bool:
        """Return whether its last day is over: it has none."""
        return False

    @property
    def words(self) -> str:
        """What is expected, in a line."""
        return ", ".join(sorted({cause for cause, _, _ in self.places}))


def is_host(pattern: str, url: str) -> bool:
    """Return whether a URL's host, alone or with its port, is what a pattern names: `*.example`, `localhost:8000`."""
    host = url.partition("://")[2].partition("/")[0].lower()
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return any(fnmatchcase(one, pattern.lower()) for one in (host, name))


def _is_endpoint(pattern: str, trace: Trace) -> bool:
    method, _, path = pattern.rpartition(" ")
    if method and method != trace.method:
        return False
    if "://" in path:
        start, _, rest = path.partition("://")
        host, _, path = rest.partition("/")
        path = f"/{path}"
        if not trace.endpoint.startswith(f"{start}://") or not is_host(host, trace.endpoint):
            return False
    asked = "/" + trace.endpoint.partition("://")[2].partition("/")[2]
    # As it stands in a report, or with the ids in it folded.
    folded = fold_ids(f"https://x{path}").removeprefix("https://x")
    return any(compile_path(one).fullmatch(asked) is not None for one in (path, folded))


def read_suppression(one: Any, where: str) -> Suppression:
    """Return what a table of the settings says. Raises CorsightError."""
    if not isinstance(one, Mapping):
        raise CorsightError("is no table", where=where, todo="write [[suppress]] and its fields below")
    for name, value in one.items():
        if name not in FIELDS:
            raise CorsightError(f"{name} is not one of its fields", where=where, todo=f"it has {', '.join(FIELDS)}")
        if name != "expiry" and not (isinstance(value, str) and value.strip()):
            raise CorsightError(f"{name} is not text", where=where, todo=f'write {name} = "…"')
    if not any(name in one for name in ("code", "host", "endpoint")):
        raise CorsightError("does not say what to suppress", where=where, todo="add code, host or endpoint")
    if "reason" not in one:
        raise CorsightError("has no reason", where=where, todo='add reason = "…": why it is left as it is')
    code, endpoint = one.get("code"), one.get("endpoint")
    if code is not None:
        check_code(code, where)
    if endpoint is not None:
        path = endpoint.rpartition(" ")[2]
        if not path.startswith("/") and "://" not in path:
            raise CorsightError(f"endpoint {endpoint} has no path", where=where, todo='write endpoint = "GET /path/**"')
    return Suppression(code, one.get("host"), endpoint, one["reason"], _read_expiry(one.get("expiry"), where), where)


def _read_expiry(value: Any, where: str) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise CorsightError(f"expiry {value} is not a date", where=where, todo="write expiry = 2027-12-31") from None
