"""Finds the causes behind what was blocked, from many exchanges together."""

from corsight.policies.findings.diagnose import Known
from corsight.policies.findings.diagnosis import Diagnosis
from corsight.policies.findings.model import Explanation, Finding, Kind

__all__ = ["Diagnosis", "Explanation", "Finding", "Kind", "Known"]
