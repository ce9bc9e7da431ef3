"""What is pasted and not read: code of other languages, and HARs. Each gets a line that says what helps."""

from __future__ import annotations

import re
from typing import NamedTuple

from corsight.scripts.errors import CorsightError


class Sign(NamedTuple):
    """What a text shows, what it is then, and what to do."""

    sign: re.Pattern[str]
    what: str
    todo: str


_AS_CURL = "copy the browser's own request as cURL (network panel), or type it: --url, -X and -H"
_CODE = "this is {} code, which is not read"
_LANGUAGES = {
    "PHP": r"\bcurl_init\s*\(|\bcurl_setopt|\bGuzzleHttp\b|\bHttp::(?:get|post|put|patch|delete|with\w+)\s*\(",
    "C#": r"\bnew (?:HttpClient|HttpRequestMessage|RestClient|RestRequest)\s*\(|\.(?:Get|Post|Put|Send)Async\s*\(",
    "Java or Kotlin": r"\bOkHttpClient\b|\bHttpRequest\.newBuilder\b|\bHttpURLConnection\b|\bRestTemplate\b",
    "Go": r"\bhttp\.NewRequest(?:WithContext)?\s*\(",
    "Swift": r"\bURLRequest\s*\(\s*url",
    "Ruby": r"\bNet::HTTP\b",
    "Rust": r"\breqwest::",
    "Node.js": r"\bhttps?\.request\s*\(|\brequire\(['\"](?:request|unirest|node-fetch|superagent)['\"]\)",
    "Dart": r"\bdio\.(?:get|post|put|patch|delete|request)\b|\bDio\s*\(",
    "Python": r"\bhttp\.client\b|\burllib\.request\b|\baiohttp\b",
    "superagent": r"\b(?:superagent|request)\s*\.(?:get|post|put|patch|del|delete)\s*\([^()]{0,400}+\)"
    r"\s*\.(?:set|send|end)\b",
}
_SIGNS = (
    Sign(
        re.compile(
            r'\A\s*\{\s*"(?:log"\s*:\s*\{\s*"(?:version|creator|entries|comment|pages)"|startedDateTime")|"_initiator"\s*:'
        ),
        "this is a HAR",
        "save it as a file, and run corsight audit FILE.har",
    ),
    Sign(
        re.compile(r"^[ \t]*(?:meta|get|post|put|patch|delete)[ \t]*\{[ \t]*\r?\n", re.MULTILINE),
        "this is a file of Bruno, which is not read",
        "copy the request's code as cURL (Generate Code)",
    ),
    Sign(
        re.compile(r'"_postman_id"|"schema"\s*:\s*"https://schema\.getpostman\.com'),
        "this is a collection of Postman, which is not read",
        "copy the request's code as cURL (the </> button)",
    ),
    Sign(
        re.compile(r"^[ \t]*<(?:img|script|link|video|audio|iframe|form|track)\b[^<>]*>", re.IGNORECASE | re.MULTILINE),
        "this is HTML, which is not read",
        "give --origin, --url and --destination (image, font, script …), with --mode no-cors unless it has crossorigin",
    ),
    *(Sign(re.compile(sign), _CODE.format(name), _AS_CURL) for name, sign in _LANGUAGES.items()),
)


def refuse_unread(text: str, where: str) -> None:
    """Raise CorsightError for a text that is recognised and not read."""
    for sign, what, todo in _SIGNS:
        if sign.search(text):
            raise CorsightError(what, where=where, todo=todo)
