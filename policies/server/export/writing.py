"""How values are written in the languages of the targets: a syntax each, whose methods are the filters of templates.

A template prints nothing but what a filter returned. What is not printable ASCII is in no value of a policy that was
loaded, and is refused here for every language; all else is written so that the language reads the value back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

LONGEST_COMMENT = 500


class RecipeError(ValueError):
    """What a policy asks for cannot be written down for a target; the message names both, and what to do."""


class Written(str):
    """Text that is fit to stand in a configuration."""

    __slots__ = ()


def write_comment(text: str) -> Written:
    """Return the text so that it ends no comment of any language: one line of letters, digits and harmless signs."""
    short = text if len(text) <= LONGEST_COMMENT else f"{text[:LONGEST_COMMENT]}..."
    line = re.sub(r"\s+", " ", short).strip()
    return Written(re.sub(r"[^0-9A-Za-z .,:/()@+'_*-]", "_", line).replace("*/", "*_/"))


def check(text: str) -> str:
    """Return the text as it is. Raises RecipeError where it is not printable ASCII."""
    if not (text.isascii() and text.isprintable()):
        raise RecipeError(f"{text[:60]!r} cannot be written into a configuration; write printable ASCII")
    return text


class Syntax:
    """A language whose strings are in double quotes and read as JSON's are: so do JavaScript, Java, Go and YAML."""

    marker = "//"
    """What begins a comment that runs to the end of the line."""

    def write_string(self, text: str) -> Written:
        """Return the text as a string."""
        return Written(json.dumps(check(text)))

    def write_strings(self, texts: Iterable[str]) -> Written:
        """Return the texts as strings with commas between."""
        return Written(", ".join(map(self.write_string, texts)))

    def write_regex(self, pattern: str) -> Written:
        """Return the regular expression as the language's own literal of one, or as a string."""
        return self.write_string(pattern)

    def list_filters(self) -> dict[str, Callable[..., Written]]:
        """Return the filters of templates in this language."""
        return {
            "string": self.write_string,
            "strings": self.write_strings,
            "regex": self.write_regex,
            "comment": write_comment,
        }


class JavaScript(Syntax):
    """JavaScript and TypeScript."""

    def write_regex(self, pattern: str) -> Written:
        return Written(f"/{escape_sign(check(pattern), '/')}/")


class Python(Syntax):
    marker = "#"

    def write_regex(self, pattern: str) -> Written:
        # A raw string holds no quote, and no backslash at its end.
        if '"' in pattern or pattern.endswith("\\"):
            return self.write_string(pattern)
        return Written(f'r"{check(pattern)}"')


class CSharp(Syntax):
    def write_regex(self, pattern: str) -> Written:
        quoted = check(pattern).replace('"', '""')
        return Written(f'@"{quoted}"')


class Go(Syntax):
    def write_regex(self, pattern: str) -> Written:
        return self.write_string(pattern) if "`" in pattern else Written(f"`{check(pattern)}`")


class _SingleQuoted(Syntax):
    """A language that fills nothing into strings in single quotes."""

    def write_string(self, text: str) -> Written:
        escaped = check(text).replace("\\", "\\\\").replace("'", "\\'")
        return Written(f"'{escaped}'")


class Ruby(_SingleQuoted):
    marker = "#"

    def write_regex(self, pattern: str) -> Written:
        # A number sign may begin what is filled in.
        return Written(f"/{escape_sign(escape_sign(check(pattern), '/'), '#')}/")

    def write_symbol(self, text: str) -> Written:
        """Return the text as a symbol, as a string where a symbol would need quotes."""
        return Written(f":{text}") if re.fullmatch("[a-z]+", text) else self.write_string(text)

    def list_filters(self) -> dict[str, Callable[..., Written]]:
        return super().list_filters() | {"symbol": self.write_symbol}


class Php(_SingleQuoted):
    def write_regex(self, pattern: str) -> Written:
        return self.write_string(f"#{escape_sign(check(pattern), '#')}#")


class Yaml(Syntax):
    marker = "#"

    def write_regex(self, pattern: str) -> Written:
        quoted = check(pattern).replace("'", "''")
        return Written(f"'{quoted}'")


class Nginx(Syntax):
    """nginx: in double quotes, a backslash is one itself but before another, a quote, t, r and n."""

    marker = "#"

    def write_string(self, text: str) -> Written:
        """Return a value, where a dollar sign would begin a variable; no escape is known for it but a variable."""
        return Written(_quote(text, "\"'\\trn").replace("$", "${dollar}"))

    def write_regex(self, pattern: str) -> Written:
        """Return a key of a map that is a regular expression: no variables are filled in there.

        Keys that are none are compared without regard to case.
        """
        return Written(_quote(f"~{pattern}", "\"'\\trn"))


class Apache(Syntax):
    """Apache httpd: in double quotes, a backslash is one itself but before another and a quote."""

    marker = "#"

    def write_string(self, text: str) -> Written:
        """Return a value of the Header directive, where a percent sign begins a format."""
        if text.lower().startswith("expr="):
            raise RecipeError(f"{text[:60]!r} is an expression to Apache; write another value")
        return Written(self.write_regex(text).replace("%", "%%"))

    def write_regex(self, pattern: str) -> Written:
        if "${" in pattern:
            raise RecipeError(f"{pattern[:60]!r} is filled in by Apache; write another value")
        return Written(_quote(pattern, '"\\'))


class Caddyfile(Syntax):
    """Caddy: nothing is escaped between backquotes, and quotes alone between quotes; braces are filled in."""

    marker = "#"

    def write_string(self, text: str) -> Written:
        return self._token(text, prefer='"')

    def write_regex(self, pattern: str) -> Written:
        return self._token(pattern, prefer="`")

    def _token(self, text: str, prefer: str) -> Written:
        fit = {"`": "`" not in check(text), '"': "\\" not in text}
        sign = prefer if fit[prefer] else next((one for one, fits in fit.items() if fits), None)
        if sign is None or "{" in text or "}" in text:
            raise RecipeError(f"{text[:60]!r} means something else to Caddy; write another value")
        return Written(f'"{text.replace(chr(34), chr(92) + chr(34))}"' if sign == '"' else f"`{text}`")


def escape_sign(pattern: str, sign: str) -> str:
    """Return the regular expression with the sign escaped wherever it is not yet."""
    return re.sub(rf"(\\.)|{re.escape(sign)}", lambda match: match[1] or f"\\{sign}", pattern)


def _quote(text: str, special: str) -> str:
    """Return the text in double quotes, where a backslash is doubled before a sign that it would make special."""
    doubled = re.sub(rf"\\(?=[{re.escape(special)}]|\Z)", r"\\\\", check(text))
    return '"' + doubled.replace('"', '\\"') + '"'


SYNTAXES: dict[str, Syntax] = {
    "JavaScript": JavaScript(),
    "TypeScript": JavaScript(),
    "Python": Python(),
    "Java": Syntax(),
    "C#": CSharp(),
    "Go": Go(),
    "Ruby": Ruby(),
    "PHP": Php(),
    "YAML": Yaml(),
    "nginx": Nginx(),
    "Apache": Apache(),
    "Caddyfile": Caddyfile(),
}
"""The syntax of each language that a target's configuration is in."""


def is_odd(name: str) -> bool:
    """Return whether a header name has signs in it that hardly any has."""
    return re.fullmatch(r"[0-9A-Za-z._*-]+", name) is None


TESTS = {"odd": is_odd}
