"""How values are written in the languages of the targets: the filters of the templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from corsight.policies.server.export.grant import escape


def double(text: str) -> str:
    """A string in double quotes as JavaScript, Python, Java, C#, Go, JSON and YAML read it alike."""
    return json.dumps(text)


def single(text: str) -> str:
    """A string in single quotes as Ruby and PHP read it: nothing is filled in there."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def each(texts: Iterable[str], write: str = "double") -> str:
    """The texts, each written as a string, with commas between."""
    return ", ".join((single if write == "single" else double)(text) for text in texts)


def slashes(regex: str) -> str:
    """A regular expression fit to stand between slashes, as in JavaScript and Ruby."""
    return regex.replace("/", r"\/")


def nginx(text: str) -> str:
    """A value for nginx, which knows no way to write a dollar sign but a variable that holds one."""
    return double(text).replace("$", "${dollar}")


def apache(text: str) -> str:
    """A value of Apache's Header directive, where a percent sign begins a format."""
    return double(text).replace("%", "%%")


def comment(text: str) -> str:
    """A text that ends no comment in any language: one line of letters, digits and harmless signs."""
    return re.sub(r"[^0-9A-Za-z .,:/()@+'_*-]", "_", re.sub(r"\s+", " ", text).strip()).replace("*/", "*_/")


FILTERS = {
    "double": double,
    "single": single,
    "each": each,
    "regex": escape,
    "slashes": slashes,
    "nginx": nginx,
    "apache": apache,
    "comment": comment,
}


def odd(name: str) -> bool:
    """Whether a header name has signs in it that hardly any has."""
    return re.fullmatch(r"[0-9A-Za-z._*-]+", name) is None


TESTS = {"odd": odd}
