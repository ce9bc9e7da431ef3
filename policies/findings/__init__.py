"""What many exchanges say together: the cause behind the symptom."""

from __future__ import annotations

from corsight.policies.findings.catalogue import CAUSES, summary
from corsight.policies.findings.diagnosis import Diagnosis
from corsight.policies.findings.model import Actor, ConsoleText, Finding, Kind, Mismatch, Place

__all__ = ["CAUSES", "Actor", "ConsoleText", "Diagnosis", "Finding", "Kind", "Mismatch", "Place", "summary"]
