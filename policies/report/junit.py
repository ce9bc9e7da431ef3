"""JUnit XML: a case for every test; where there are none, for every endpoint that was asked across origins.

What met something blocked fails, what met something open is skipped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree

from corsight.policies.report.model import Finding, Met, Report, Test
from corsight.policies.report.words import list_fix

OPEN = "open: may have been blocked"


def render(report: Report) -> str:
    """Return the document."""
    suite = ElementTree.Element("testsuite", name="corsight")
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for ended in _add_tests(suite, report) if report.tests else _add_endpoints(suite, report):
        counts["tests"] += 1
        if ended is not None:
            counts[ended] += 1
    for recording in report.recordings:
        if recording.problem is not None:
            counts["tests"] += 1
            counts["errors"] += 1
            case = ElementTree.SubElement(suite, "testcase", classname="corsight", name=f"read {recording.name}")
            ElementTree.SubElement(case, "error", message=recording.problem)
    root = ElementTree.Element("testsuites", name="corsight")
    for element in (root, suite):
        element.attrib |= {name: str(count) for name, count in counts.items()}
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_tests(suite: ElementTree.Element, report: Report) -> Iterator[str | None]:
    """Add the cases of the tests; yield what each counts as, None where it passed."""
    for test in report.tests:
        case = ElementTree.SubElement(suite, "testcase", classname="corsight", name=test.name)
        yield _end_test(case, test, [finding for finding in report.findings if test.name in finding.tests])


def _end_test(case: ElementTree.Element, test: Test, findings: list[Finding]) -> str | None:
    counting = [finding for finding in findings if finding.suppressed is None]
    if blocked := [finding for finding in counting if finding.kind == "blocked"]:
        _fail(case, blocked, test.blocked)
        return "failures"
    if any(finding.kind == "open" for finding in counting):
        return _skip(case, OPEN)
    if test.blocked:
        reason = next((finding.suppressed for finding in findings if finding.suppressed is not None), "not selected")
        return _skip(case, f"blocked, and suppressed: {reason}")
    return None


def _add_endpoints(suite: ElementTree.Element, report: Report) -> Iterator[str | None]:
    """Add the cases of the endpoints; yield what each counts as, None where it passed."""
    found = defaultdict[tuple[str, str], list[Finding]](list)
    for finding in report.of("blocked"):
        for place in finding.endpoints:
            found[place.method, place.url].append(finding)
    named = {(one.method, one.url) for one in report.endpoints}
    others = [
        Met(method=method, url=url, blocked=sum(one.count for one in findings))
        for (method, url), findings in found.items()
        if (method, url) not in named
    ]
    for met in [*report.endpoints, *others]:
        yield _add_case(suite, met, found.get((met.method, met.url), []))


def _add_case(suite: ElementTree.Element, met: Met, findings: list[Finding]) -> str | None:
    """Add an endpoint's case; return what it counts as, None where it passed."""
    scheme, _, rest = met.url.partition("://")
    host, slash, path = rest.partition("/")
    case = ElementTree.SubElement(suite, "testcase", classname=f"{scheme}://{host}", name=f"{met.method} {slash}{path}")
    counting = [finding for finding in findings if finding.suppressed is None]
    if met.blocked and (counting or not findings):
        _fail(case, counting, met.blocked)
        return "failures"
    if met.blocked:
        return _skip(case, f"blocked, and suppressed: {findings[0].suppressed}")
    if met.open:
        return _skip(case, OPEN)
    if met.failed:
        return _skip(case, "no answer came: CORS is not the cause")
    return None


def _skip(case: ElementTree.Element, why: str) -> str:
    ElementTree.SubElement(case, "skipped", message=why)
    return "skipped"


def _fail(case: ElementTree.Element, findings: list[Finding], blocked: int) -> None:
    first = findings[0] if findings else None
    failure = ElementTree.SubElement(
        case,
        "failure",
        message=first.title if first is not None else f"{blocked} blocked",
        type=first.code if first is not None else "blocked",
    )
    failure.text = "\n\n".join(_describe(finding) for finding in findings)


def _describe(finding: Finding) -> str:
    lines = [finding.title, finding.cause, f"What to do: {finding.action}", *list_fix(finding)]
    return "\n".join([*lines, *(f"{one.error or one.engine}: {one.text}" for one in finding.console)])
