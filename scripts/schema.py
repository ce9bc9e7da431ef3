"""The JSON Schema of the verdict log, written from its model: python -m scripts.schema [--check]"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from policies.record import LogRecord

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "log.schema.json"
DIALECT = GenerateJsonSchema.schema_dialect
FIRST = ("$schema", "title", "description", "type", "properties", "required", "additionalProperties", "$defs")


class _WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of the properties' names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema() -> str:
    """The schema's text, its keys in an order that no library decides."""
    made = {"$schema": DIALECT, **LogRecord.model_json_schema(by_alias=True, schema_generator=_WithoutTitles)}
    ordered = {key: made.pop(key) for key in FIRST if key in made} | dict(sorted(made.items()))
    return json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None, file: Path = FILE) -> int:
    """Write the schema, or with --check say whether it is what it would be."""
    parser = argparse.ArgumentParser(prog="python -m scripts.schema", description="Writes docs/log.schema.json.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is stale")
    text = schema()
    if not parser.parse_args(arguments).check:
        file.write_text(text, "utf-8")
        return 0
    if file.exists() and file.read_text("utf-8") == text:
        return 0
    print("corsight: docs/log.schema.json is stale: write it with python -m scripts.schema", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
