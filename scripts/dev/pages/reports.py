"""examples/reports/: what `corsight audit` makes of the demo's recording, in every format."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path

from corsight.policies.report.names import FORMATS
from corsight.scripts.auditing import Plan, audit_one
from corsight.scripts.gate.sift import sift
from corsight.scripts.paths import ROOT
from corsight.scripts.recordings import Recording
from corsight.scripts.report.formats import Reports, list_found, read_formats
from corsight.scripts.report.text import Report, write

FOLDER = "examples/reports"
RECORDING = "examples/shop.mitm"
ENDINGS = {"text": "txt", "junit": "xml", "markdown": "md", "github": "github.txt"}
"""The endings of files that are not called after their format."""


def render() -> dict[str, str]:
    """Return the text of each report by its path."""
    recording = Recording(str(ROOT / RECORDING))
    recording.name = RECORDING
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, f"shop.{ENDINGS.get(name, name)}") for name in FORMATS}
        outputs = read_formats([f"{name}={file}" for name, file in files.items()], None, [])
        kept = {name: os.environ.pop(name, None) for name in ("COLUMNS", "GITHUB_STEP_SUMMARY")}
        os.environ["COLUMNS"] = "80"
        try:
            with Reports(outputs) as reports:
                audited = audit_one(recording, reports.plan(Plan()), reports.records)
                findings, sifted = audited.findings, sift(audited.findings.sorted())
                report = Report(findings, sifted, [(recording.name, recording.exchanges)], "auto")
                reports.write(findings, list_found(findings, sifted), [audited], "auto", partial(write, report))
        finally:
            del os.environ["COLUMNS"]
            os.environ.update({name: one for name, one in kept.items() if one is not None})
        return {f"{FOLDER}/{file.name}": file.read_text("utf-8") for file in files.values()}
