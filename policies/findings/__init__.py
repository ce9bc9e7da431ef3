"""Finds the causes behind what was blocked, from many exchanges together."""

from corsight.policies.findings.catalogue import CAUSES, summary
from corsight.policies.findings.diagnose import Known
from corsight.policies.findings.diagnosis import Diagnosis
from corsight.policies.findings.model import ConsoleText, Explanation, Finding, Kind, Mismatch, Place

__all__ = [
    "CAUSES",
    "ConsoleText",
    "Diagnosis",
    "Explanation",
    "Finding",
    "Kind",
    "Known",
    "Mismatch",
    "Place",
    "summary",
]
