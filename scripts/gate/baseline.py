"""The baseline: what was found before, by fingerprints. A later run tells what is new, still there, and gone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from typing import Any, NamedTuple

from corsight.policies.findings import Finding, Kind
from corsight.policies.findings.fingerprint import Trace
from corsight.scripts.errors import CorsightError
from corsight.scripts.inputs import open_input, open_output

VERSION = 1
LARGEST = 50 * 1024 * 1024
"""Bytes of a baseline that are read."""
LOOKED_AT = 64 * 1024
"""Bytes of a file in which a baseline says that it is one."""
WEIGHT: dict[Kind, int] = {"advice": 0, "failed": 1, "open": 2, "blocked": 3}
"""Which kind is worse: what was open and is blocked now is new."""


class Known(NamedTuple):
    """A cause at an endpoint, as it was found before."""

    kind: Kind
    cause: str
    rule: str
    method: str
    endpoint: str
    origin: str

    @property
    def words(self) -> str:
        """The cause and where it was met, in a line."""
        page = f" from {self.origin}" if self.origin else ""
        return f"{self.cause}: {self.method} {self.endpoint}{page}"


type Baseline = Mapping[str, Known]
"""What was found before, by fingerprint."""


def is_known(baseline: Baseline, kind: Kind, trace: Trace) -> bool:
    """Return whether the baseline has that, as something no better than it is now."""
    known = baseline.get(trace.fingerprint)
    return known is not None and WEIGHT[kind] <= WEIGHT[known.kind]


def list_known(findings: Iterable[Finding]) -> dict[str, Known]:
    """Return the baseline that these findings make."""
    found: dict[str, Known] = {}
    for finding in findings:
        for trace in finding.traces:
            known = Known(finding.kind, trace.cause, trace.rule, trace.method, trace.endpoint, trace.origin)
            before = found.get(trace.fingerprint)
            if before is None or WEIGHT[before.kind] < WEIGHT[known.kind]:
                found[trace.fingerprint] = known
    return found


def read_baseline(path: str) -> dict[str, Known]:
    """Return the baseline in a file. Raises CorsightError where it is none, OSError where it cannot be read."""
    todo = "write it again with --write-baseline"
    try:
        with open_input(path) as raw, TextIOWrapper(raw, encoding="utf-8") as file:
            content: Any = json.loads(file.read(LARGEST))
        if content["version"] != VERSION:
            raise CorsightError(f"is a baseline of version {content['version']}", where=path, todo=todo)
        return {_text(one, "fingerprint"): _read_known(one) for one in content["findings"]}
    except FileNotFoundError:
        raise CorsightError("no such file", where=path, todo="write it first with --write-baseline") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CorsightError("is not a baseline", where=path, todo=todo) from None


def _read_known(one: Mapping[str, Any]) -> Known:
    kind = next(kind for kind in (*WEIGHT, None) if kind in (one["kind"], None))
    if kind is None:
        raise ValueError
    return Known(kind, *(_text(one, name) for name in Known._fields[1:]))


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one[name]
    if not isinstance(value, str):
        raise TypeError
    return value


def check_written_over(path: str) -> None:
    """Raise CorsightError where a baseline would be written over something else: a recording, a policy file. One that
    is damaged, or of another version, may be. Raises OSError where the file cannot be read.
    """
    if not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        start = file.read(LOOKED_AT)
    if start.strip() and b'"findings"' not in start:
        todo = "name another file with --baseline"
        raise CorsightError("is not a baseline, and would be overwritten", where=path, todo=todo)


def write_baseline(path: str, findings: Iterable[Finding]) -> int:
    """Write the baseline that these findings make, a line an endpoint; return how many. Raises OSError."""
    known = sorted(list_known(findings).items(), key=lambda item: (item[1], item[0]))
    lines = [json.dumps({"fingerprint": fingerprint} | one._asdict()) for fingerprint, one in known]
    body = ",\n".join(f"    {line}" for line in lines)
    with open_output(path) as file:
        file.write(f'{{\n  "version": {VERSION},\n  "findings": [\n{body}\n  ]\n}}\n')
    return len(known)
