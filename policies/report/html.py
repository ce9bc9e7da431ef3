"""The report as one HTML file: no network, readable without script, nothing in it runs but what stands here.

Text from the wire is text: Jinja escapes it, and the Content-Security-Policy in the file lets no style and no script
be but ours, by their hashes, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from corsight.policies.actor import name_actor
from corsight.policies.engines import label_engine
from corsight.policies.findings.words import count
from corsight.policies.report.model import Finding, Report, Server
from corsight.policies.report.words import list_fix, sum_up
from corsight.policies.server.export import TARGETS
from corsight.policies.story.words import ROLES

FULL = 500
"""How many findings are told in full; the rest is only named."""
NAMED = 10_000
"""How many findings are named."""
OPEN = 10
"""Up to how many findings stand open from the start."""
OPTIONS = 500
"""How many values a filter offers."""


def render(report: Report, servers: Sequence[Server] = ()) -> str:
    """Return the file's text. `servers` are the configurations that mend what was found."""
    style, script = _read("report.css"), _read("report.js")
    numbers = {server.host: f"s{number}" for number, server in enumerate(servers, 1)}
    named = report.findings[:NAMED]
    return _load().render(
        r=report,
        named=named,
        told=named[:FULL],
        left=len(report.findings) - len(named),
        opened=len(report.findings) <= OPEN,
        servers=servers,
        numbers=numbers,
        filters=[_Filter("Server", "host", named, _list_hosts), *_make_filters(named)],
        targets=TARGETS.values() if servers else (),
        style=Markup(style),
        script=Markup(script),
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
            "form-action 'none'"
        ),
    )


class _Filter:
    """A filter: its label, its name, its values, and which of them each finding has, by their numbers."""

    def __init__(
        self, label: str, name: str, findings: Iterable[Finding], values: Callable[[Finding], Iterable[str]]
    ) -> None:
        self.label, self.name, self._values = label, name, values
        found = dict.fromkeys(one for finding in findings for one in values(finding))
        self.options = sorted(found)[:OPTIONS]
        self._numbers = {option: number for number, option in enumerate(self.options)}

    def numbers(self, finding: Finding) -> str:
        """Return the numbers of the finding's values."""
        return " ".join(str(self._numbers[one]) for one in self._values(finding) if one in self._numbers)


def _make_filters(findings: Sequence[Finding]) -> list[_Filter]:
    return [
        _Filter("Page", "origin", findings, lambda one: dict.fromkeys(place.origin or "none" for place in one.places)),
        _Filter("Cause", "code", findings, lambda one: [one.code]),
        _Filter("Engine", "engine", findings, lambda one: [label_engine(engine) for engine in one.engines]),
    ]


def _list_hosts(finding: Finding) -> list[str]:
    return [find_host(finding)] if finding.server is not None else []


def find_host(finding: Finding) -> str:
    """Return the host, with its port, that the finding was met at."""
    return (finding.server or "").partition("://")[2]


def mark_code(text: str) -> Markup:
    """Return a text, escaped, with what stands in it between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if place % 2 else escape(part) for place, part in enumerate(parts))


@cache
def _load() -> Template:
    environment = Environment(
        loader=PackageLoader("corsight.policies.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"fix": list_fix, "host": find_host, "sum_up": sum_up, "mark_code": mark_code}
    environment.globals |= {
        "name_actor": name_actor,
        "label_engine": label_engine,
        "ROLES": ROLES,
        "count": count,
    }
    return environment.get_template("report.html.jinja")


@cache
def _read(name: str) -> str:
    return "\n" + files("corsight.policies.report").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
