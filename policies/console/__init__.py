"""Console messages, read back: `read_messages` says what a paste tells, message by message.

`wordings` makes patterns of the engines' own wording functions, `chromium`, `firefox` and `webkit` hold what else each
writes, `names` knows the errors' names, `around` what stands beside a reason, and `read` puts them together.
"""

from __future__ import annotations

from corsight.policies.console.model import LIKELIER, SPEAKING, Message
from corsight.policies.console.read import read_console, read_messages

__all__ = ["LIKELIER", "SPEAKING", "Message", "read_console", "read_messages"]
