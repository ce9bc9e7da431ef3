"""Requests as REST clients of editors keep them in .http and .rest files: a method and a URL, headers, an empty line.

VS Code's REST Client, JetBrains' and Visual Studio's write them alike; `@name = value` and {{name}} are variables.
"""

from __future__ import annotations

import re

from corsight.scripts.whatif.copied.model import FILLED, Copied, Room, make_headers

BEGIN = re.compile(
    r"^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)[ \t]+((?:https?://|\{\{)\S*)(?:[ \t]+HTTP/[\d.]+)?[ \t]*\r?$",
    re.MULTILINE,
)
"""A request line with the whole URL, which a browser never writes."""
_VARIABLE = re.compile(r"^@([\w.-]+)[ \t]*=[ \t]*(.*?)\r?$", re.MULTILINE)
_USED = re.compile(r"\{\{\s*([\w.$-]++)[^{}]*+\}\}")
_FIELD = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*:[ \t]*(.*)")
_ANSWER = re.compile(r"^HTTP/[\d.]+ \d{3}\b", re.MULTILINE)
DEEPEST = 3
"""How often variables stand for others."""
_MORE = re.compile(r"[ \t]+[?&]\S*$")


def read_rest_file(text: str) -> list[Copied]:
    """Return the requests in a text, in their order."""
    variables = _Variables(dict(_VARIABLE.findall(text)))
    found = [*BEGIN.finditer(text)]
    ends = [one.start() for one in found[1:]] + [len(text)]
    return [_read_request(one, text[one.end() : end], variables) for one, end in zip(found, ends, strict=True)]


def _read_request(begin: re.Match[str], behind: str, variables: _Variables) -> Copied:
    url, fields = begin[2], []
    lines = behind.removeprefix("\n").split("\n")
    rest = ""
    for at, line in enumerate(lines):
        if _MORE.match(line):
            # A query may stand on lines of its own.
            url += line.strip()
        elif (field := _FIELD.fullmatch(line.strip())) is not None:
            fields.append((field[1], variables.fill_in(field[2].strip())))
        elif not line.lstrip().startswith(("#", "//")):
            # A body, or what was answered.
            rest = "\n".join(lines[at:])
            rest = rest if _ANSWER.search(rest) else ""
            break
    address = variables.fill_in(url)
    return Copied(None if address.startswith(FILLED) else address, begin[1], make_headers(fields), answer=rest)


class _Variables:
    """The values of a file's variables; those of other files are filled in."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values
        self._room = Room()

    def fill_in(self, text: str) -> str:
        """Return a text with the values of its variables, which may hold variables too."""
        for _ in range(DEEPEST):
            text = _USED.sub(self._look_up, text)
        return text

    def _look_up(self, used: re.Match[str]) -> str:
        found = self._values.get(used[1], FILLED)
        return found if self._room.take(found) else FILLED
