"""The published schemas of the verdict log and of policy files are what their models say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.record import LogRecord, record
from corsight.policies.session import Session
from corsight.scripts.dev.pages import schema

PUBLISHED = json.loads(schema.FILE.read_text("utf-8"))


def test_the_published_schema_is_fresh() -> None:
    assert schema.main(["--check"]) == 0, "write it with python -m corsight.scripts.dev.schema"


@pytest.mark.parametrize("name", schema.MODELS)
def test_a_stale_schema_is_said_in_a_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main([], tmp_path) == 0
    file = tmp_path / name
    for stale in (None, "{}\n"):
        file.unlink() if stale is None else file.write_text(stale)
        assert schema.main(["--check"], tmp_path) == 1
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert said.err.startswith(f"corsight: docs/{name} is stale")
    assert schema.main([], tmp_path) == schema.main(["--check"], tmp_path) == 0
    assert file.read_text("utf-8") == (schema.DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("name", schema.MODELS)
def test_it_is_a_schema_and_names_no_place(name: str) -> None:
    published = json.loads((schema.DOCS / name).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    assert "$id" not in published
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_has_every_field_by_its_name_in_the_log() -> None:
    names = [field.alias or name for name, field in LogRecord.model_fields.items()]
    assert list(PUBLISHED["properties"]) == PUBLISHED["required"] == names


def test_records_are_valid_and_others_are_not() -> None:
    asked = HeaderList.of(("Origin", "https://app.example"), ("Sec-Fetch-Mode", "cors"))
    exchange = Exchange("a", "127.0.0.1", "c", Request("GET", "https://api.test/", asked), Response(200, HeaderList()))
    written = record(Session().observe(exchange)[0])
    validator = jsonschema.Draft202012Validator(PUBLISHED)
    validator.validate(written)
    for wrong in ({"outcome": "fine"}, {"schema": 2}, {"more": 1}, {"status": "200"}):
        assert not validator.is_valid(written | wrong)
    assert not validator.is_valid({name: value for name, value in written.items() if name != "rule"})
