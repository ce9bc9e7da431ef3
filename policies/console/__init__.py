"""Reads console messages: `read_messages` returns what each message in a pasted text says.

`wordings` makes patterns from the engines' own wording functions, `chromium`, `firefox` and `webkit` hold what else
each engine writes, `names` knows the names of errors, `around` reads the text around a reason, and `read` puts them
together.
"""

from corsight.policies.console.model import SPEAKING, Message
from corsight.policies.console.read import SAYINGS, read_console, read_messages
from corsight.policies.console.saying import list_texts

__all__ = ["SAYINGS", "SPEAKING", "Message", "list_texts", "read_console", "read_messages"]
