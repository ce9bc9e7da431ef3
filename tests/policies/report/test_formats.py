"""Each format is what its readers take, and nothing from the wire is more than text in it."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from junitparser import JUnitXml

from corsight.policies.record import record
from corsight.policies.report import github, html, junit, markdown, model, sarif
from corsight.policies.report.model import Report
from corsight.policies.report.names import FORMATS, split_format
from corsight.policies.report.render import RENDERERS, render, render_html
from corsight.policies.report.table import COLUMNS, write_rows
from corsight.policies.server.export import TARGETS
from corsight.scripts.dev.pages import schema
from tests.policies.findings.traffic import ALLOW, STAR, Traffic
from tests.policies.report.made import HOSTILE, friendly, hostile, many, report_of
from tests.recipes import toolbox

BOTH = pytest.mark.parametrize("traffic", [friendly, hostile])


# -- JSON ------------------------------------------------------------------------------------------------------------


@BOTH
def test_json_is_as_its_schema_says(traffic: Any) -> None:
    report, _ = report_of(traffic())
    published = json.loads(schema.render()["docs/report.schema.json"])
    written = json.loads(render("json", report))
    jsonschema.validate(written, published)
    assert written["findings"][0]["fetch"]["picture"]
    assert written["findings"][0]["exchanges"]
    assert Report.model_validate(written) == report
    for wrong in ({"schema": 2}, {"more": 1}, {"findings": [{}]}):
        assert not jsonschema.Draft202012Validator(published).is_valid(written | wrong)


def test_the_counts_are_those_of_the_exchanges() -> None:
    traffic = friendly()
    totals = report_of(traffic)[0].totals
    assert totals.exchanges == len(traffic.last)
    assert totals.exchanges == totals.blocked + totals.open + totals.allowed + totals.opaque + totals.not_cors
    assert totals.blocked == totals.certain + totals.likely


def test_what_is_open_is_no_pass_in_any_format() -> None:
    traffic = Traffic()
    traffic.send("GET", "http://localhost:8000/me", 200, STAR, origin="http://localhost:3000", site="same-site")
    report, gathered = report_of(traffic)
    assert (report.totals.open, report.totals.blocked, report.totals.allowed) == (1, 0, 0)
    assert [finding.kind for finding in report.findings] == ["open"]
    assert "1 open" in render("markdown", report)
    page = Page(render_html(report, gathered))
    assert "1 open" in page.text
    assert "This happens if the page made the request with credentials: Chromium blocked it" in page.text
    assert {one["data-target"] for one in page.all("details") if "data-target" in one} == set(TARGETS)
    assert 'skipped message="open' in render("junit", report)
    assert json.loads(render("sarif", report))["runs"][0]["results"][0]["level"] == "warning"
    assert render("github", report).startswith("::warning ")


def test_a_fetch_is_told_with_its_preflight_and_called_as_the_finding_is() -> None:
    traffic = Traffic()
    traffic.preflight("PUT", "/items", 204, ALLOW, ("Access-Control-Allow-Methods", "PUT"))
    traffic.send("PUT", "https://api.example/items", 200)
    finding = report_of(traffic)[0].of("blocked")[0]
    assert finding.fetch is not None
    assert [part.role for part in finding.fetch.parts] == ["preflight", "request"]
    assert finding.title in finding.fetch.conclusion
    assert any(step.outcome == "failed" for step in finding.fetch.parts[-1].steps)


def test_a_suppressed_finding_is_told_and_does_not_count() -> None:
    report, gathered = report_of(friendly(), suppressed="known & <b>")
    results = json.loads(render("sarif", report))["runs"][0]["results"]
    assert all(one["suppressions"][0]["justification"] == "known & <b>" for one in results)
    assert "failure" not in {element.tag for element in ElementTree.fromstring(render("junit", report)).iter()}
    assert render("github", report).count("\n") == 1
    assert "suppressed" in render("markdown", report)
    assert "known &amp; &lt;b&gt;" in render_html(report, gathered)


# -- SARIF -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    """A validator by the official schema, which also looks at the formats of texts: URIs, dates."""
    schema = json.loads(toolbox.sarif_schema().read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())


@BOTH
@pytest.mark.parametrize("more", [{}, {"suppressed": "known <b>"}, {"baseline": "new"}, {"baseline": "unchanged"}])
def test_sarif_is_as_the_official_schema_says(traffic: Any, more: Any, sarif_schema: Any) -> None:
    report, _ = report_of(traffic(), **more)
    assert [error.message for error in sarif_schema.iter_errors(json.loads(sarif.render(report)))] == []
    report.recordings[0].problem = "is cut off"
    log = json.loads(sarif.render(report))
    assert [error.message for error in sarif_schema.iter_errors(log)] == []
    # And it does look.
    log["runs"][0]["results"][0]["level"] = "bad"
    assert not sarif_schema.is_valid(log)


def test_the_published_example_of_sarif_is_as_the_official_schema_says(sarif_schema: Any) -> None:
    example = Path(__file__).resolve().parents[3] / "examples" / "reports" / "shop.sarif"
    assert [error.message for error in sarif_schema.iter_errors(json.loads(example.read_text("utf-8")))] == []


@BOTH
def test_sarif_has_what_viewers_ask_for(traffic: Any) -> None:
    log = json.loads(sarif.render(report_of(traffic())[0]))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(ids) == len(set(ids))
    for rule in rules:
        assert set(rule) <= {"id", "shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration"} | {
            "properties"
        }
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
    assert run["results"]
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert result["occurrenceCount"] >= 1
        assert re.fullmatch("[0-9a-f]{8,}", result["partialFingerprints"]["corsight/v1"])
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "visit.mitm"
        assert all(set(one) == {"fullyQualifiedName", "kind"} for one in location["logicalLocations"])
    assert run["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("name", "uri"),
    [("a b.mitm", "a%20b.mitm"), ("/tmp/x.har", "file:///tmp/x.har"), ("https://h.test/x", "https://h.test/x")],
)
def test_a_recording_is_a_uri(name: str, uri: str) -> None:
    report, _ = report_of(friendly())
    report.recordings[0].name = name
    result = json.loads(sarif.render(report))["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_recording_that_broke_off_is_no_success() -> None:
    report, gathered = report_of(friendly())
    report.recordings[0].problem = "is <cut> off"
    invocation = json.loads(sarif.render(report))["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"] == [{"level": "error", "message": {"text": "is <cut> off"}}]
    assert ElementTree.fromstring(junit.render(report)).attrib["errors"] == "1"
    assert "is &lt;cut> off" in markdown.render(report) or "is &lt;cut\\> off" in markdown.render(report)
    assert "is &lt;cut&gt; off" in render_html(report, gathered)


# -- JUnit -----------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("tests", [[], ["a › b", "<x>"]])
def test_junit_is_read_by_its_readers(traffic: Any, tests: list[str]) -> None:
    """There is no official schema of it: a reader that others use has to see what was written."""
    report, _ = report_of(traffic())
    traces = [one.fingerprint for finding in report.findings for one in finding.endpoints]
    report.tests = [
        model.Test(name=name, outcome="passed", exchanges=1, blocked=1, open=0, endpoints=traces) for name in tests
    ]
    for finding in report.findings:
        finding.tests = tests
    read = JUnitXml.fromstring(junit.render(report).encode())
    cases = [case for suite in read for case in suite]
    assert (read.tests, read.failures) == (len(cases), sum(case.is_failure for case in cases))
    assert read.failures > 0
    if tests:
        assert [(case.name, case.is_failure) for case in cases] == [(name, True) for name in tests]


@BOTH
def test_junit_has_a_case_for_each_endpoint(traffic: Any) -> None:
    report, _ = report_of(traffic())
    root = ElementTree.fromstring(junit.render(report))
    cases = list(root.iter("testcase"))
    assert len(cases) >= len(report.endpoints) > 0
    for tag, name in (("testcase", "tests"), ("failure", "failures"), ("skipped", "skipped"), ("error", "errors")):
        assert root.attrib[name] == str(len(list(root.iter(tag))))
    assert all(case.attrib["name"] and case.attrib["classname"] for case in cases)


def test_a_blocked_endpoint_fails_with_its_fix_and_a_good_one_passes() -> None:
    root = ElementTree.fromstring(junit.render(report_of(friendly())[0]))
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    failure = cases["GET /cart"].find("failure")
    assert failure is not None
    assert "Access-Control-Allow-Origin: https://shop.example" in (failure.text or "")
    assert len(cases["GET /me"]) == 0
    assert "PUT /items/{id}" in cases


# -- GitHub ----------------------------------------------------------------------------------------------------------


@BOTH
def test_annotations_are_one_line_each_and_no_other_command(traffic: Any) -> None:
    report, _ = report_of(traffic())
    lines = github.render(report).splitlines()
    assert all(re.match(r"::(error|warning|notice) title=[^:,\n]*::", line) for line in lines)
    assert all(sum(line.startswith(f"::{name} ") for line in lines) <= 10 for name in ("error", "warning", "notice"))


def test_what_github_does_not_show_is_counted() -> None:
    report = many(report_of(friendly())[0], 100)
    lines = github.render(report).splitlines()
    assert f"{100 - len(lines) + 1} more findings in the report." in lines[-1]


def test_data_and_properties_are_escaped() -> None:
    assert github.escape_data("50%\r\n::error::x") == "50%25%0D%0A::error::x"
    assert github.escape_property("a:b,c%") == "a%3Ab%2Cc%25"


# -- Markdown --------------------------------------------------------------------------------------------------------


def test_markdown_is_short_enough_and_says_what_is_cut() -> None:
    report = many(report_of(hostile())[0], 3000)
    text = markdown.render(report)
    assert len(text.encode()) < 65_536
    assert report.findings[0].title[:20].split("`")[0] in text
    assert re.search(r"\d+ findings are cut: this text may not be longer\.", text)


def test_markdown_is_whole_where_it_fits() -> None:
    text = markdown.render(report_of(friendly())[0])
    assert "cut" not in text.rpartition("</details>")[2]
    assert "```http\nAccess-Control-Allow-Origin: https://shop.example\nVary: Origin\n```" in text


def test_nothing_in_markdown_is_a_tag_a_link_or_a_mention() -> None:
    text = markdown.render(report_of(hostile())[0])
    bare = re.sub(r"(?ms)^(`{3,})http$.*?^\1$", "", text)
    bare = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", bare)
    ours = {"<details>", "</details>", "<summary>", "</summary>", markdown.NOTHING}
    assert set(re.findall(r"<[^>\n]*>?", bare)) <= ours
    assert not re.search(r"(?<!\\)\]\(|@\w|https?://\w", bare)


def test_a_title_is_whole_and_no_mention() -> None:
    assert markdown.escape_html("it's <b> & @team #1") == "it's &lt;b&gt; &amp; @<!-- -->team #<!-- -->1"
    assert markdown.escape("- @team & <b> *x* https://a.test/_b_.") == (
        "\\- @<!-- -->team &amp; &lt;b\\> \\*x\\* `https://a.test/_b_`."
    )


@pytest.mark.parametrize("text", ["`", "``a`", "a``", "", " ", "|"])
def test_code_keeps_its_backticks(text: str) -> None:
    code = markdown.write_code(text)
    fence = re.match("`+", code)
    assert fence is not None
    inner = code[len(fence[0]) : -len(fence[0])]
    assert inner.strip() == text.strip()
    assert fence[0] not in re.findall("`+", inner)


# -- CSV -------------------------------------------------------------------------------------------------------------


def test_no_cell_is_a_formula() -> None:
    traffic = hostile()
    rows = list(csv.reader(io.StringIO("".join(write_rows(record(one) for one in traffic.last.values())))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(traffic.last) + 1
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in set("=+-@\t\r＝＋－＠")]
    method = COLUMNS.index("method")
    assert any(row[method] == "OPTIONS" for row in rows)


def test_a_method_that_is_a_formula_is_quoted() -> None:
    traffic = Traffic()
    traffic.send("=HYPERLINK(1)", "https://api.example/", 200)
    text = "".join(write_rows(record(one) for one in traffic.last.values()))
    assert '"\'=HYPERLINK(1)"' in text


# -- HTML ------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page is made of: the tags with their attributes, the ids, the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._texts: list[str] = []
        self.feed(text)
        self.close()
        self.text = "".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@BOTH
def test_a_page_is_made_of_our_tags_alone(traffic: Any) -> None:
    page = Page(render_html(*report_of(traffic())))
    names = {name for name, _ in page.tags}
    assert not names & {"img", "svg", "iframe", "link", "base", "object", "embed", "input", "audio", "video"}
    assert len(page.all("script")) == len(page.all("style")) == 1
    for _, attributes in page.tags:
        assert not {"src", "style", "srcset", "action"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
    for link in page.all("a"):
        assert re.match(r"#|https://([a-z]+\.spec\.whatwg\.org|[a-z.]+)/", link["href"] or "")


def test_hostile_text_is_there_as_text() -> None:
    page = Page(render_html(*report_of(hostile())))
    assert any(text[:12] in page.text for text in HOSTILE)


def test_the_policy_lets_nothing_be_but_ours() -> None:
    page = Page(render_html(*report_of(friendly())))
    [policy] = [one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in (policy or "").split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/=]{44}'", rules[name]) for name in ("style-src", "script-src"))


def test_what_screen_readers_go_by_is_there() -> None:
    page = Page(render_html(*report_of(friendly())))
    assert page.all("html")[0]["lang"] == "en"
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert all(later - before <= 1 for before, later in pairwise(levels))
    assert all(one["aria-label"] for _, one in page.tags if one.get("role") in ("img", "group"))
    targets = {(link["href"] or "")[1:] for link in page.all("a") if (link["href"] or "").startswith("#")}
    assert targets <= set(ids)


def test_every_server_has_its_configuration() -> None:
    report, gathered = report_of(friendly())
    page = Page(render_html(report, gathered))
    assert {one["data-target"] for one in page.all("details") if "data-target" in one} == set(TARGETS)
    assert "allow_origins" in page.text or "https://shop.example" in page.text


def test_ten_thousand_findings_make_a_page_that_is_bounded_and_says_so() -> None:
    report, _ = report_of(friendly())
    text = html.render(many(report, 12_000))
    page = Page(text)
    assert len(page.all("article")) == html.FULL
    assert len([one for one in page.all("li") if one.get("class") == "entry"]) == html.NAMED
    assert not [one for one in page.all("details") if one.get("class") == "finding" and "open" in one]
    assert f"The first {html.FULL} have their details below" in page.text
    assert "and 2000 more findings, not listed here." in page.text
    assert len(text) < 12_000_000


# -- all of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RENDERERS)
def test_an_empty_recording_is_said_to_be_empty(name: str) -> None:
    text = render(name, report_of(Traffic())[0])
    assert text.endswith("\n")
    if name in ("github", "markdown"):
        assert "There is no HTTP exchange in it to judge." in text


@pytest.mark.parametrize("name", [*RENDERERS, "html"])
def test_no_secret_and_no_control_is_in_any(name: str) -> None:
    traffic = Traffic()
    traffic.get("/v1\u202e?token=hunter2", 200, ("Access-Control-Allow-Origin", "a\x1b[31m\x85b"))
    traffic.send("GET", "https://me:hunter2@api.example/x", 200, asked=(("Authorization", "Bearer hunter2"),))
    report, gathered = report_of(traffic)
    text = render_html(report, gathered) if name == "html" else render(name, report)
    assert "hunter2" not in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_files_are_in_the_format_of_their_endings() -> None:
    assert split_format("sarif=x.json") == ("sarif", "x.json")
    assert split_format("a/b=c.html") == ("html", "a/b=c.html")
    assert split_format("report.HTML") == ("html", "report.HTML")
    assert split_format("x.xml") == ("junit", "x.xml")
    assert split_format("md") == ("text", "md")
    assert {split_format(f"x.{name}")[0] for name in ("md", "csv", "json", "jsonl", "sarif")} <= set(FORMATS)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("`patch` is not `PATCH`.", "<code>patch</code> is not <code>PATCH</code>."),
        ("A `<b>` & more", "A <code>&lt;b&gt;</code> &amp; more"),
        ("no pair ` <i>", "no pair ` &lt;i&gt;"),
        ("", ""),
    ],
)
def test_what_stands_between_backticks_is_code_in_html(text: str, marked: str) -> None:
    assert html.mark_code(text) == marked
