"""What is written where people look, made fit for it: `redact` takes secrets out, `printable` control characters, and
`shown` does both and keeps it short.

Redaction is of values. A value in a query or a fragment is replaced unless it is plain, a path's segment where it looks
random, a user's name and password always; names and hosts stay. All of it takes time linear in the text's length: no
pattern here gives back what it took, and what is split is looked at once.
"""

from corsight.policies.redact.control import printable
from corsight.policies.redact.plain import REDACTED
from corsight.policies.redact.shown import shown
from corsight.policies.redact.text import redact

__all__ = ["REDACTED", "printable", "redact", "shown"]
