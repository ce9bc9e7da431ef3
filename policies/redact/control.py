"""What would move a terminal, escaped."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return the text with every character escaped that does not print, fit for a terminal.

    Not printable are controls (C0 and C1), format characters (also those that turn the writing's direction), lone
    surrogates, separators of lines and paragraphs, and every space but the plain one.
    """
    return text if text.isprintable() else text.translate(_SHOWN)


class _Shown(dict[int, str]):
    """What is shown of each character, by its code. What a byte can be is remembered, and nothing else."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isprintable():
            return char
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_SHOWN = _Shown()
_SHOWN.update({code: _SHOWN[code] for code in range(0x100)})
