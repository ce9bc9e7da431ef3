"""Console messages, read back: `read_messages` says what a paste tells, message by message.

`wordings` makes patterns of the engines' own wording functions, `chromium`, `firefox` and `webkit` hold what else each
writes, `names` knows the errors' names, `around` what stands beside a reason, and `read` puts them together.
"""

from __future__ import annotations

from corsight.policies.console.model import LIKELIER, SPEAKING, Message
from corsight.policies.console.read import SAYINGS, read_console, read_messages
from corsight.policies.console.saying import list_texts

__all__ = ["LIKELIER", "SAYINGS", "SPEAKING", "Message", "list_texts", "read_console", "read_messages"]
