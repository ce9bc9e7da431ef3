"""The formats that a report can be written in, by their names."""

from __future__ import annotations

from corsight.policies.report import github, html, junit, markdown, sarif
from corsight.policies.report.gather import Gathered
from corsight.policies.report.make import list_servers
from corsight.policies.report.model import Report
from corsight.policies.report.words import list_fix


def render_json(report: Report) -> str:
    """Return the report as its JSON Schema has it."""
    return report.model_dump_json(by_alias=True, indent=2) + "\n"


RENDERERS = {
    "json": render_json,
    "sarif": sarif.render,
    "junit": junit.render,
    "github": github.render,
    "markdown": markdown.render,
}


def render(name: str, report: Report) -> str:
    """Return the report in a format. Raises KeyError for one that is none."""
    return RENDERERS[name](report)


def render_html(report: Report, gathered: Gathered) -> str:
    """Return the report as a page, with the configurations of the servers whose answers have to change."""
    hosts = dict.fromkeys(html.find_host(one) for one in [*report.of("blocked"), *report.of("open")] if list_fix(one))
    return html.render(report, list_servers(gathered, hosts))
