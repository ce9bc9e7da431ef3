"""Commands of wget, as Postman writes them and as people type them; with -S, its answer stands below, indented."""

from __future__ import annotations

import re

from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.copied.model import Copied, make_headers
from corsight.scripts.whatif.copied.shells import list_options, split_command

BEGIN = re.compile(r"^[^\S\n]*(?:[\w.~@:\\/ -]{0,80}[$%>#❯] ?)?(wget(?:\.exe)?)[ \t]+(?=\S)", re.MULTILINE)
"""A command at the beginning of a line, behind a shell's prompt or not."""
_LOGGED = re.compile(r"^--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--\s+(https?://\S+)\s*$", re.MULTILINE)
"""How wget begins to tell of a request."""
_LETTERS = {"U": "--user-agent"}
_DATA = frozenset({"--post-data", "--post-file", "--body-data", "--body-file"})
_WITH_VALUE = _DATA | frozenset({
    *("-U", "--user-agent", "--header", "--method", "--referer", "--user", "--password", "-O", "--output-document"),
    *("-o", "--output-file", "-a", "--append-output", "-t", "--tries", "-T", "--timeout", "-P", "--directory-prefix"),
    *("-e", "--execute", "-i", "--input-file", "-B", "--base", "-w", "--wait", "-Q", "--quota", "-l", "--level", "-A"),
    *("-R", "-D", "-I", "-X", "--load-cookies", "--save-cookies", "--ca-certificate", "--certificate", "--private-key"),
    *("--limit-rate", "--max-redirect", "--secure-protocol", "--bind-address", "--dns-timeout", "--read-timeout"),
})  # fmt: skip


def read_wget(text: str) -> Copied:
    """Return the request of the command that a text begins with. Raises CorsightError where it names no URL."""
    words, rest = split_command(text)
    urls: list[str] = []
    fields: list[tuple[str, str]] = []
    method, data = "", False
    for option, given in list_options(words[1:], _WITH_VALUE, _LETTERS):
        if option == "":
            urls.append(given)
        elif option == "--header":
            name, _, sent = given.partition(":")
            fields.append((name.strip(), sent.strip()))
        elif option in ("--user-agent", "--referer"):
            fields.append((option[2:].title(), given))
        method = given if option == "--method" else method
        data = data or option in _DATA
    if not urls:
        raise CorsightError("the wget command names no URL", todo="paste it as a whole")
    url = urls[0] if "://" in urls[0] else f"http://{urls[0]}"
    return Copied(url, method or ("POST" if data else "GET"), make_headers(fields), answer=rest)


def read_log(text: str) -> Copied | None:
    """Return the request that wget tells of in its own lines, where no command is there; None where it tells none."""
    found = _LOGGED.search(text)
    return None if found is None else Copied(found[1], "GET", make_headers([]), answer=text[found.end() :])
