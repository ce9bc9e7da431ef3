"""The published schemas of the verdict log and of policy files are what their models say."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.log_record import LogRecord
from corsight.policies.record import record
from corsight.policies.session import Session
from corsight.scripts.dev.pages import schema

PUBLISHED = {path: json.loads(text) for path, text in schema.render().items()}
RECORD = PUBLISHED["docs/log.schema.json"]


@pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED)
def test_it_is_a_schema_and_names_no_place(published: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(published)
    assert "$id" not in published
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_has_every_field_by_its_name_in_the_log() -> None:
    names = [field.alias or name for name, field in LogRecord.model_fields.items()]
    assert list(RECORD["properties"]) == RECORD["required"] == names


def test_records_are_valid_and_others_are_not() -> None:
    asked = HeaderList.of(("Origin", "https://app.example"), ("Sec-Fetch-Mode", "cors"))
    exchange = Exchange("a", "127.0.0.1", "c", Request("GET", "https://api.test/", asked), Response(200, HeaderList()))
    written = record(Session().observe(exchange)[0])
    validator = jsonschema.Draft202012Validator(RECORD)
    validator.validate(written)
    for wrong in ({"outcome": "fine"}, {"schema": 1}, {"more": 1}, {"status": "200"}):
        assert not validator.is_valid(written | wrong)
    assert not validator.is_valid({name: value for name, value in written.items() if name != "rule"})
