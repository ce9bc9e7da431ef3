"""HAR files of every producer: a tolerant reader, and what each producer's entries mean.

The file is mapped, never read whole, and its entries are decoded one by one: a bad entry costs itself only, and what is
good of a file that is cut off is judged.
"""

from __future__ import annotations

from corsight.scripts.recordings.har.read import read

__all__ = ["read"]
