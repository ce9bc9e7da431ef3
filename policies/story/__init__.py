"""The story of one fetch: what was asked, every step the browser took, and what would change the end of it."""

from corsight.policies.story.model import Asked, Elsewhere, Improvement, Inference, Otherwise, Part, Remedy, Step, Story
from corsight.policies.story.tell import tell

__all__ = ["Asked", "Elsewhere", "Improvement", "Inference", "Otherwise", "Part", "Remedy", "Step", "Story", "tell"]
