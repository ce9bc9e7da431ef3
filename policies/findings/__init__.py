"""What many exchanges say together: the cause behind the symptom."""

from __future__ import annotations

from corsight.policies.findings.catalogue import CAUSES, summary
from corsight.policies.findings.diagnosis import Diagnosis
from corsight.policies.findings.model import Actor, Finding, Kind, Place, Said, Seen

__all__ = ["CAUSES", "Actor", "Diagnosis", "Finding", "Kind", "Place", "Said", "Seen", "summary"]
