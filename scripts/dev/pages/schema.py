"""The JSON Schemas of the log, of policy files and of reports, from their models."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from corsight.policies.log_record import LogRecord
from corsight.policies.report.model import Report
from corsight.policies.server.model import PolicyFile

MODELS: dict[str, type[BaseModel]] = {
    "docs/log.schema.json": LogRecord,
    "docs/policy.schema.json": PolicyFile,
    "docs/report.schema.json": Report,
}
DIALECT = GenerateJsonSchema.schema_dialect
FIRST = ("$schema", "title", "description", "type", "properties", "required", "additionalProperties", "$defs")


class _WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of the properties' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def render() -> dict[str, str]:
    """Return the text of each schema by its path."""
    return {path: _render(model) for path, model in MODELS.items()}


def _render(model: type[BaseModel]) -> str:
    """Return a model's schema as text, its keys in an order that no library decides."""
    made = {"$schema": DIALECT, **model.model_json_schema(by_alias=True, schema_generator=_WithoutTitles)}
    ordered = {key: made.pop(key) for key in FIRST if key in made} | dict(sorted(made.items()))
    return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"
