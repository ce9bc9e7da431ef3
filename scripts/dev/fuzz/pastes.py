"""Requests that were copied are read, and asked as every engine would."""

from __future__ import annotations

from io import StringIO

from corsight.scripts.dev.fuzz.checks import check_line, check_shown
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.report import check as check_report
from corsight.scripts.whatif.copied.read import read_asked, read_lone_response
from corsight.scripts.whatif.given import Given, read_responses
from corsight.scripts.whatif.message import read_paste
from corsight.scripts.whatif.predict import predict
from corsight.scripts.whatif.typed import read_question, words_of

PAGE = "https://app.test"


def read_pastes(data: bytes) -> None:
    """What a paste asks for is read, and judged by its answers."""
    try:
        text = data.decode("utf-8", "replace")
        asked = read_asked(text, "paste", PAGE)
        if asked is None and read_lone_response(text, "paste") is None:
            read_paste(text, "paste", PAGE, None)
        if asked is None or asked.url is None:
            return
        question, notes = read_question(
            PAGE, asked.url, asked.method, asked.headers, asked.credentials, asked.mode, "empty"
        )
        given, before = Given("--response", pasted=asked.response), Given("--preflight", pasted=asked.preflight)
        responses, blind = read_responses(question, notes, before, given)
    except CorsightError as error:
        check_line(one_line(str(error)), "why a paste cannot be read")
        return
    again = [*words_of(question, asked.credentials, "all"), *before.words, *given.words]
    stream = StringIO()
    predictions = [predict(question, responses, "chromium")]
    check_report.write_predictions(question, predictions, [*notes, *asked.notes], again, stream, blind=blind)
    check_shown(stream.getvalue(), "what is said of a paste")
