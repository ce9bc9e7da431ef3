"""Firefox's messages of CORS in other languages, read by what no translation changes.

Every translation of these messages keeps the URL, the names of the headers, the quotes around values, the word CORS and
the status behind a colon; which of them stand in the reason, behind the URL, tells which message it is. Source:
dom/chrome/security/security.properties in Firefox's language packs (those of ESR 153, and older texts in bug reports).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corsight.policies.console.model import Message
from corsight.policies.console.names import read_name
from corsight.policies.console.patterns import narrow
from corsight.policies.fetch.headers import is_token
from corsight.policies.value import replace

LONGEST = 4096
"""Characters of a line that are looked at."""
URL = re.compile(r"\b(?:https?|wss?|file|[a-z][a-z0-9+.-]{2,15})://[!#-&*-~…]+")
"""A URL as browsers print it: in ASCII, so that a word may follow without a space; … where it was cut."""
_MDN = "developer.mozilla.org"
_LINK = re.compile(rf"\[?https?://{re.escape(_MDN)}\S*?(CORS[A-Z]\w+)\S*")
_NAMED = re.compile(r"\bCORS\b|CORS(?=[^\w-]|[^\x00-\x7f])|Access-Control-Allow-[A-Z]")
_ENGLISH = re.compile(r"(?i)\b(?:the|this|that|has|been|from|with|by|not|might|blocked|cannot|because|failed)\b")
_TERMS = re.compile(r"(?i)\bsame[ -]origin policy\b|\bcross-origin request\b|\bnot http\b")
_REASON = re.compile(r"\(Reason: |[(（:：]")
_STATUS = re.compile(r"[:：]\s?(\d{3}|\(null\))(?=[\s.。\]]|$)")
QUOTED = re.compile(
    r"«\s?([^«»]*?)\s?»|„([^„“”\"]*)[“”\"]|“([^“”]*)”|‘([^‘’']*)[’']|「([^「」]*)」|`([^`]*)`|\"([^\"]*)\"|"
    r"(?<![A-Za-zÀ-ÿ])'([^']*)'"
)
_HEADER = re.compile(r"Access-Control-Allow-(Origin|Method|Headers|Credentials)s?\b")
_LABEL = re.compile(
    r"\b(?:Grund|Raison|Motivo|Raz[óo]n|Reden|Причина|Sebep|理由|原因|원인) ?[:：]|[(（][^()（）:：]{2,30}[:：]"
)
"""What stands before a reason."""
_ANSWER = re.compile(r"(?<!\[)\bHTTP/[\d.]+ \d{3}\b")
"""An answer as it is written out: a message has a status alone, or Firefox's list in brackets."""
_RUN_ON = re.compile(r"CORS[^\x00-\x7f]")
_CODE = re.compile(r"[=;{}]|=>|\bfunction\b")
WORDS = 4
"""Spaces in a quote that is no value."""
UNKNOWN = "failed-without-reason"
_NOT_ANSWERED = re.compile(
    r"(?i)未能成功|未成功|失敗|失败|成功しません|성공하지|실패|schlug fehl|nicht erfolgreich|échoué|réussi|falló|"
    r"fallado|fallita|riuscita|falhou|bem-sucedid|не уда|не выполнен|не вдал|powiod|mislukt|gelukt|başarısız|"
    r"nezdařil|neuspě|sikertelen|misslyckades|mislyk|unsuccessful|did not succeed"
)
"""What older versions say of a request that got no response; newer ones add a status."""
_WITHOUT_STATUS = {
    "CORSRequestNotHttp": re.compile(r"(?i)(?<![a-z])http(?![a-z:])"),
    "CORSExternalRedirectNotAllowed": re.compile(
        r"(?i)redire[ckç]|weiterleit|omdiriger|omleid|přesměr|przekierow|перенаправ|пренасоч|преусмер|átirányít|"
        r"yönlendir|ανακατεύθυν|uudelleenohja|pengalihan|chuyển hướng|リダイレクト|리다이렉트|重定向|重新導向|被重導"
    ),
    "CORSPreflightDidNotSucceed": re.compile(r"(?i)preflight|pré-?vérif|プリフライト|预检|預檢|OPTIONS"),
}
"""What tells the messages without a status apart: a word that is the same in all languages, or its stems."""


def read_line(line: str, *, certain: bool = True) -> Message | None:
    """Return what a line says that Firefox wrote in another language; None where it is no such line.

    Unless it has to be `certain`, an English text in Firefox's form counts too: people translate these messages back.
    """
    line = line[:LONGEST]
    found = next((one for one in URL.finditer(line) if _MDN not in one[0]), None)
    if found is None or not line[: found.start()].strip():
        return None
    link = _LINK.search(line, found.end())
    reason = line[found.end() : link.start() if link else None].lstrip("'\"’”»“」 ")
    if _ANSWER.search(reason):
        return None
    if not _NAMED.search(reason) or not _REASON.search(reason):
        return None
    if is_english(line[: found.start()] + reason) and (certain or "(Reason: " not in reason):
        return None
    url, said = found[0].rstrip(".,;:)"), _STATUS.search(reason)
    status = int(said[1]) if said is not None and said[1].isdigit() else None
    name, value = _name_message(reason, None if said is None else status or 0)
    message = read_name(name if link is None else link[1])
    if message is None:
        return Message("firefox", cause=UNKNOWN, exact=False, url=url, status=status)
    if message.cause == "scheme-not-fetchable" and url.startswith("file:"):
        message = replace(message, rules=(), cause="page-from-file")
    method = value if message.rule == "preflight-method-not-allowed" else None
    return replace(message, rules=narrow(message.rules, value), url=url, status=status, value=value, method=method)


def read_reason(line: str) -> Message | None:
    """Return what a reason says that stands alone, without the URL before it; None where it is none."""
    line = line[:LONGEST]
    label, at = _LABEL.search(line), line.find("CORS")
    behind = "" if label is None else line[label.end() :]
    if "CORS" in behind:
        reason = behind
    elif at >= 0 and ("Access-Control-Allow-" in line[at:] or _RUN_ON.search(line)):
        reason = line
    else:
        return None
    if _CODE.search(reason) or URL.search(QUOTED.sub("", line)) or is_english(line):
        return None
    said = _STATUS.search(reason)
    status = int(said[1]) if said is not None and said[1].isdigit() else None
    name, value = _name_message(reason, None if said is None else status or 0)
    message = None if name == UNKNOWN else read_name(name)
    if message is None:
        return None
    return replace(message, rules=narrow(message.rules, value), status=status, value=value)


def is_english(text: str) -> bool:
    """Return whether a text has English words outside of what it quotes; a long quote is a text too."""
    plain = QUOTED.sub(lambda found: "" if found[0].count(" ") < WORDS else found[0], text)
    return _ENGLISH.search(_TERMS.sub("", plain)) is not None


def _name_message(reason: str, status: int | None) -> tuple[str, str | None]:
    """Return Firefox's own name of the message with this reason, and the value in it. `status` is 0 for a null."""
    quoted = [next((one for one in groups if one), "").strip() for groups in QUOTED.findall(reason)]
    values = [one for one in quoted if one and not one.startswith("Access-Control-") and one.lower() != "preflight"]
    value = next(iter(values), None)
    header = _HEADER.search(reason)
    if header is not None:
        return _name_by_header(header[1], values, status), value if value not in ("*", "true") else None
    if {"origin", "origen"} & {one.lower() for one in values}:
        return "CORSOriginHeaderNotAdded", None
    if status is not None:
        # Where there was an answer at all, it is the preflight's: of another it is told what it lacks.
        return ("CORSPreflightDidNotSucceed" if status >= 300 else "CORSDidNotSucceed"), None
    for name, words in _WITHOUT_STATUS.items():
        if words.search(reason):
            return name, None
    return ("CORSDidNotSucceed" if _NOT_ANSWERED.search(reason) else UNKNOWN), None


def _name_by_header(header: str, values: Sequence[str], status: int | None) -> str:
    value = next(iter(values), None)
    if header == "Method":
        return "CORSMethodNotFound" if value is None else "CORSInvalidAllowMethod"
    if header == "Credentials":
        # Some translations name this header where the wildcard is meant.
        return "CORSMissingAllowCredentials" if "*" not in values else "CORSNotSupportingCredentials"
    if header == "Headers":
        if "*" in values and "Authorization" in values:
            return "CORSAllowHeaderFromPreflightDeprecation"
        named = value is None or is_token(value)
        return "CORSMissingAllowHeaderFromPreflight" if named else "CORSInvalidAllowHeader"
    if "*" in values:
        return "CORSNotSupportingCredentials"
    return "CORSMissingAllowOrigin" if status is not None or value is None else "CORSAllowOriginNotMatchingOrigin"
