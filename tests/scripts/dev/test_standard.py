"""What the code cites of the standards is what was found in their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsight.scripts.dev import standard
from corsight.scripts.dev.standard import Algorithms, cited_steps, holds, main, read_table

AGAIN = "hold it against the standard with scripts/dev/standard"
PAGE = """<h3 id=cors-check>CORS check</h3>
<p>To perform a <dfn id=concept-cors-check>CORS check</dfn> for a <var>request</var>, run these steps:
<ol>
 <li><p>Let <var>origin</var> be the result.
 <li>
  <p>If <var>origin</var> is null, then:
  <ol>
   <li><p>Return <a>failure</a>.
   <li><p>Return `<code>null</code>`.
  </ol>
 <li><dl><dt>"<code>a</code>"<dd>Do nothing.</dl>
</ol>
<p>A <dfn>CORS-safelisted method</dfn> is a method that <dfn for="header value">get, decode, and split</dfn> needs.
<ol><li>Return true.</ol>
"""


def test_every_step_that_is_cited_was_found_with_its_words() -> None:
    rows = read_table()
    for step in cited_steps():
        words = [row.words for row in rows if (row.link, row.number) == (step.link, step.number)]
        assert words, f"{step.module}: {step.link} has no step {step.number} in the table: {AGAIN}"
        assert not step.words or step.words in words, f"{step.module}: {step.link} step {step.number}: {AGAIN}"


def test_no_row_is_left_over() -> None:
    cited = {(step.link, step.number) for step in cited_steps()}
    assert [row for row in read_table() if (row.link, row.number) not in cited] == [], AGAIN


def test_steps_are_numbered_as_a_reader_counts_them() -> None:
    algorithms = Algorithms()
    algorithms.feed(PAGE)
    steps = {key: " ".join(text.split()) for key, text in algorithms.steps.items()}
    for name in ("cors-check", "concept-cors-check"):
        assert {number: text for (link, number), text in steps.items() if link == name} == {
            "1": "Let origin be the result.",
            "2": "If origin is null, then:",
            "2.1": "Return failure.",
            "2.2": "Return `null`.",
            "3": '"a" Do nothing.',
        }
    assert steps["cors-safelisted-method", "1"] == "Return true."
    assert steps["header-value-get-decode-and-split", "1"] == "Return true."


def test_words_are_found_whatever_their_markup() -> None:
    text = 'If |request|\'s mode is not "`include`" and origin is `*`'
    assert holds(text, 'mode is not "include"')
    assert holds(text, "")
    assert not holds(text, "mode is include")
    assert not holds(text, "ode is not")
    assert holds(text, "… mode … origin is …")
    assert not holds(text, "origin … mode")


def test_a_number_that_is_wrong_is_said_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page, table, link = tmp_path / "page.html", tmp_path / "table.tsv", "https://fetch.spec.whatwg.org/"
    page.write_text(PAGE)
    table.write_text("https://else.test/#a\t1\tStays.\n")
    step = standard.Step(f"{link}#concept-cors-check", "2", "origin is null", "m.py", "check")
    monkeypatch.setattr(standard, "cited_steps", lambda: [step, step._replace(number="1", words="")])
    assert main([f"{link}={page}"], table) == 0
    assert table.read_text() == (
        "https://else.test/#a\t1\tStays.\n"
        f"{link}#concept-cors-check\t1\tLet origin be the result.\n{link}#concept-cors-check\t2\torigin is null\n"
    )
    for wrong, says in (
        (step._replace(number="4"), "is not there"),
        (step._replace(words="origin is not null"), "says"),
    ):
        monkeypatch.setattr(standard, "cited_steps", lambda wrong=wrong: [wrong])
        before = table.read_text()
        assert main([f"{link}={page}"], table) == 1
        assert says in capsys.readouterr().err
        assert table.read_text() == before
