"""The story of one fetch: what was asked, every step the browser took, and what would change the end of it."""

from corsight.policies.story.model import Inference, Part, Remedy, Step, Story
from corsight.policies.story.tell import tell

__all__ = ["Inference", "Part", "Remedy", "Step", "Story", "tell"]
