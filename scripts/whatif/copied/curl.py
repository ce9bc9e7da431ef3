"""curl commands: what Chrome, Firefox and Safari copy as cURL, and what people type."""

from __future__ import annotations

import base64
import re

from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.copied.model import Copied, make_headers
from corsight.scripts.whatif.copied.shells import list_options, split_command

BEGIN = re.compile(r"^[^\n\w]*+(?:[\w.~@:\\/ -]{1,80}[$%>#❯] ?)?(curl(?:\.exe)?)[ \t]+(?=\S)", re.MULTILINE)
"""A curl command at the beginning of a line, behind a shell's prompt or not."""

_DATA = frozenset({"-d", "--data", "--data-raw", "--data-ascii", "--data-binary", "--data-urlencode", "--json"})
_FORM = frozenset({"-F", "--form", "--form-string"})
_TAKE = frozenset({
    "-o", "-D", "-m", "-x", "-w", "-c", "-E", "-K", "-Q", "-r", "-t", "-T", "-U", "-y", "-Y", "-z", "-C", "-P",
    "--output", "--dump-header", "--max-time", "--connect-timeout", "--proxy", "--write-out", "--cookie-jar", "--cert",
    "--key", "--cacert", "--capath", "--config", "--range", "--resolve", "--upload-file", "--user", "--retry",
    "--retry-delay", "--limit-rate", "--interface", "--unix-socket", "--connect-to", "--ciphers", "--tls-max",
    "--max-redirs", "--noproxy", "--proxy-user", "--proto", "--dns-servers", "--local-port", "--aws-sigv4",
    "--cert-type", "--key-type", "--pass", "--pinnedpubkey", "--oauth2-bearer", "--url", "--request", "--header",
    "--cookie", "--user-agent", "--referer", "--trace", "--trace-ascii", "--stderr", "--time-cond", "--variable",
    "--url-query",
})  # fmt: skip
_LETTERS = {"X": "--request", "H": "--header", "b": "--cookie", "A": "--user-agent", "e": "--referer", "u": "--user"}
"""Short options whose long name is asked below; of all others that take a value, the value is dropped."""
_WITH_VALUE = _DATA | _FORM | _TAKE | {f"-{letter}" for letter in _LETTERS}


def read_curl_command(text: str) -> Copied:
    """Return the request of the curl command that a text begins with. Raises CorsightError where it names no URL."""
    words, rest = split_command(text)
    urls: list[str] = []
    method: str | None = None
    fields: list[tuple[str, str]] = []
    data = head = get = False
    for option, given in list_options(words[1:], _WITH_VALUE, _LETTERS):
        name, _, field = given.partition(":")
        if option in ("", "--url"):
            urls.append(given)
        elif option == "--request":
            method = given
        elif option == "--header":
            # A name alone leaves a header out, one with a semicolon is sent empty.
            fields += [(name.strip(), field.strip())] if field.strip() else []
            fields += [(given[:-1].strip(), "")] if given.endswith(";") and not field else []
        elif option == "--cookie" and "=" in given:
            fields.append(("Cookie", given))
        elif option in ("--user-agent", "--referer"):
            fields.append((option[2:].title(), given))
        elif option == "--user":
            fields.append(("Authorization", f"Basic {base64.b64encode(given.encode()).decode()}"))
        elif option == "--oauth2-bearer":
            fields.append(("Authorization", f"Bearer {given}"))
        elif option in ("-T", "--upload-file"):
            method = method or "PUT"
        data = data or option in _DATA or option in _FORM
        if option == "--json":
            fields.append(("Content-Type", "application/json"))
        head = head or option in ("-I", "--head")
        get = get or option in ("-G", "--get")
    if not urls:
        raise CorsightError("the curl command names no URL", todo="paste it as a whole")
    asked = method or ("GET" if get else "HEAD" if head else "POST" if data else "GET")
    notes = [f"The command asks for {len(urls)} URLs: the first is judged."] if len(urls) > 1 else []
    url = urls[0] if "://" in urls[0] else f"http://{urls[0]}"
    return Copied(url, asked, make_headers(fields), answer=rest, notes=tuple(notes))
