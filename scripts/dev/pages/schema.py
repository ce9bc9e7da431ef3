"""The JSON Schemas of the log and of policy files, written from their models:
python -m corsight.scripts.dev.schema [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from corsight.policies.record import LogRecord
from corsight.policies.server.model import PolicyFile

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
FILE = DOCS / "log.schema.json"
POLICY_FILE = DOCS / "policy.schema.json"
MODELS: dict[str, type[BaseModel]] = {FILE.name: LogRecord, POLICY_FILE.name: PolicyFile}
DIALECT = GenerateJsonSchema.schema_dialect
FIRST = ("$schema", "title", "description", "type", "properties", "required", "additionalProperties", "$defs")


class _WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of the properties' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema(model: type[BaseModel] = LogRecord) -> str:
    """A model's schema as text, its keys in an order that no library decides."""
    made = {"$schema": DIALECT, **model.model_json_schema(by_alias=True, schema_generator=_WithoutTitles)}
    ordered = {key: made.pop(key) for key in FIRST if key in made} | dict(sorted(made.items()))
    return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None, folder: Path = DOCS) -> int:
    """Write the schemas, or with --check say whether they are what they would be."""
    parser = argparse.ArgumentParser(
        prog="python -m corsight.scripts.dev.schema", description="Writes the schemas in docs/."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    check, stale = parser.parse_args(arguments).check, 0
    for name, model in MODELS.items():
        file, text = folder / name, schema(model)
        if not check:
            file.write_text(text, "utf-8")
        elif not file.exists() or file.read_text("utf-8") != text:
            print(
                f"corsight: docs/{name} is stale: write it with python -m corsight.scripts.dev.schema", file=sys.stderr
            )
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
