"""What many exchanges say together: the cause behind the symptom."""

from __future__ import annotations

from policies.diagnosis.catalogue import CAUSES, summary
from policies.diagnosis.diagnosis import Diagnosis
from policies.diagnosis.model import Actor, Finding, Kind, Place, Said, Seen

__all__ = ["CAUSES", "Actor", "Diagnosis", "Finding", "Kind", "Place", "Said", "Seen", "summary"]
