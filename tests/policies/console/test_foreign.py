"""Firefox's messages in its other languages, as its language packs word them (ESR 153)."""

from __future__ import annotations

import pytest

from corsight.policies.console import Message, read_console, read_messages

URL = "https://api.test/x?y=1"
FORMS = {
    "de": "Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet "
    "das Lesen der externen "
    "Ressource auf {url}. (Grund: {reason}).{status}",
    "fr": "Blocage d’une requête multiorigine (Cross-Origin Request) : la politique « Same Origin » ne permet pas de "
    "consulter la ressource distante située sur {url}. Raison : {reason}.{status}",
    "it": "Bloccata richiesta multiorigine (cross-origin): il criterio di corrispondenza dell’origine non consente la "
    "lettura della risorsa remota da {url}. Motivo: {reason}.{status}",
    "ja": "クロスオリジン要求をブロックしました: 同一生成元ポリシーにより、{url} "
    "にあるリモートリソースの読み込みは拒否されます (理由: {reason})。{status}",
    "ko": "교차 출처 요청 차단: 동일 출처 정책으로 인해 {url}에 있는 원격 리소스를 차단했습니다. "
    "(원인: {reason}).{status}",
    "pl": "Zablokowano żądanie do zasobu innego pochodzenia: zasady „Same Origin Policy” nie "
    "pozwalają wczytywać zdalnych "
    "zasobów z „{url}” ({reason}).{status}",
    "ru": "Запрос из постороннего источника заблокирован: Политика одного источника запрещает чтение "
    "удалённого ресурса "
    "на {url}. (Причина: {reason}).{status}",
    "tr": "Çapraz köken isteği engellendi: Aynı Köken İlkesi, {url} üzerindeki uzak kaynağın "
    "okunmasına izin vermiyor. "
    "(Sebep: {reason}.){status}",
    "zh": "已拦截跨源请求：同源策略禁止读取位于 {url} 的远程资源。（原因：{reason}）。{status}",
}
STATUS = {
    "de": " Statuscode: {}.",
    "fr": " Code d’état : {}.",
    "it": " Codice di stato: {}.",
    "ja": "ステータスコード: {}",
    "ko": " 상태 코드: {}.",
    "pl": " Kod stanu: {}.",
    "ru": " Код состояния: {}.",
    "tr": " Durum kodu: {}.",
    "zh": "状态码：{}。",
}
REASONS = {
    "CORSDidNotSucceed": {
        "de": "CORS-Anfrage schlug fehl",
        "fr": "échec de la requête CORS",
        "ja": "CORS 要求が成功しなかった",
        "pl": "nieudane żądanie CORS",
        "zh": "CORS 请求未能成功",
    },
    "CORSMissingAllowOrigin": {
        "de": "CORS-Kopfzeile 'Access-Control-Allow-Origin' fehlt",
        "it": "header CORS “Access-Control-Allow-Origin” mancante",
        "ko": "‘Access-Control-Allow-Origin’ CORS 헤더가 없음",
        "ru": "отсутствует заголовок CORS «Access-Control-Allow-Origin»",
        "zh": "CORS 头缺少 'Access-Control-Allow-Origin'",
    },
    "CORSAllowOriginNotMatchingOrigin": {
        "de": "CORS-Kopfzeile 'Access-Control-Allow-Origin' stimmt nicht mit 'https://b.test' überein",
        "fr": "l’en-tête CORS « Access-Control-Allow-Origin » ne correspond pas à « https://b.test »",
        "pl": "nagłówek CORS „Access-Control-Allow-Origin” nie pasuje do „https://b.test”",
        "tr": "CORS üst bilgisi ‘Access-Control-Allow-Origin’, ‘https://b.test’ ile eşleşmiyor",
        "zh": "CORS 头 'Access-Control-Allow-Origin' 不匹配 'https://b.test'",
    },
    "CORSNotSupportingCredentials": {
        "fr": "l’identification n’est pas prise en charge si la valeur de l’en-tête CORS « "
        "Access-Control-Allow-Origin » "
        "est « * »",
        "it": "le credenziali non sono supportate se l’header CORS “Access-Control-Allow-Origin” è “*”",
        "ko": "CORS 헤더 ‘Access-Control-Allow-Origin’이 ‘*’이면 자격 증명이 지원되지 않음",
    },
    "CORSMethodNotFound": {
        "de": "Methode nicht in CORS-Kopfzeile 'Access-Control-Allow-Methods' gefunden",
        "it": "metodo “Access-Control-Allow-Methods” non trovato in header CORS",
        "tr": "CORS üst bilgisi ‘Access-Control-Allow-Methods’ta metot bulunamadı",
    },
    "CORSMissingAllowCredentials": {
        "de": "'true' in CORS-Kopfzeile 'Access-Control-Allow-Credentials' erwartet",
        "zh": "CORS 头中的 'Access-Control-Allow-Credentials' 预期为 'true'",
    },
    "CORSMissingAllowHeaderFromPreflight": {
        "de": "Kopfzeile 'x-token' ist aufgrund der Kopfzeile 'Access-Control-Allow-Headers' aus der "
        "CORS-Preflight-Antwort "
        "nicht zulässig",
        "it": "l’header “x-token” non è consentito a causa dell’header "
        "“Access-Control-Allow-Headers” nella risposta CORS "
        "preliminare (“preflight”)",
        "pl": "niedozwolony nagłówek „x-token” według nagłówka „Access-Control-Allow-Headers” w "
        "odpowiedzi „preflight” CORS",
        "zh": "CORS 预检响应的 'Access-Control-Allow-Headers'，不允许使用头 'x-token'",
    },
    "CORSInvalidAllowHeader": {
        "de": "ungültiges Token 'x y' in CORS-Kopfzeile 'Access-Control-Allow-Headers'",
        "tr": "CORS üst bilgisi ‘Access-Control-Allow-Headers’ta geçersiz ‘x y’ jetonu",
    },
    "CORSPreflightDidNotSucceed": {
        "de": "CORS-Preflight-Antwort schlug fehl",
        "fr": "échec de la réponse de pré-vérification des requêtes CORS",
        "ja": "CORS プリフライト応答が継承されていない",
        "ko": "CORS 사전 점검 응답이 성공하지 못함",
        "pl": "żądanie CORS OPTIONS się nie powiodło",
    },
    "CORSExternalRedirectNotAllowed": {
        "de": "Externe Weiterleitung der CORS-Anfrage verboten",
        "ja": "CORS 要求の外部リダイレクトは許可されない",
        "ru": "Внешнее перенаправление запроса CORS не разрешено",
        "zh": "不允许 CORS 请求外部重定向",
    },
    "CORSOriginHeaderNotAdded": {
        "de": "CORS-Kopfzeile 'Origin' konnte nicht hinzugefügt werden",
        "fr": "l’en-tête CORS « Origin » ne peut pas être ajouté",
    },
}
VALUES = {
    "CORSAllowOriginNotMatchingOrigin": "https://b.test",
    "CORSMissingAllowHeaderFromPreflight": "x-token",
    "CORSInvalidAllowHeader": "x y",
}
STATUSES = {"CORSDidNotSucceed": "(null)", "CORSMissingAllowOrigin": "404", "CORSPreflightDidNotSucceed": "403"}
ALL = [pytest.param(language, name, id=f"{language}-{name}") for name, said in REASONS.items() for language in said]


def write(language: str, name: str, url: str = URL) -> str:
    status = STATUS[language].format(STATUSES[name]) if name in STATUSES else ""
    return FORMS[language].format(url=url, reason=REASONS[name][language], status=status)


def told(message: Message | None) -> tuple[object, ...]:
    return () if message is None else (message.engine, message.rule, message.cause)


@pytest.mark.parametrize(("language", "name"), ALL)
def test_a_message_is_read_as_the_one_that_it_translates(language: str, name: str) -> None:
    found, meant = read_console(write(language, name)), read_console(name)
    assert meant is not None
    assert found is not None
    assert told(found) == told(meant)
    assert (found.url, found.value) == (URL, VALUES.get(name))
    assert found.status == (int(STATUSES[name]) if STATUSES.get(name, "").isdigit() else None)


LABELS = {
    "de": "(Grund: {})",
    "fr": "Raison : {}",
    "it": "Motivo: {}",
    "ja": "(理由: {})",
    "ko": "(원인: {})",
    "ru": "(Причина: {})",
    "tr": "(Sebep: {})",
    "zh": "（原因：{}）",
}


@pytest.mark.parametrize(("language", "name"), [one for one in ALL if one.values[0] in LABELS])
def test_a_reason_is_read_without_the_url_before_it(language: str, name: str) -> None:
    status = STATUS[language].format(STATUSES[name]) if name in STATUSES else ""
    found, meant = read_console(LABELS[language].format(REASONS[name][language]) + status), read_console(name)
    assert found is not None
    assert told(found) == told(meant)
    assert (found.url, found.value) == (None, VALUES.get(name))


@pytest.mark.parametrize(
    "text",
    [
        "res.setHeader('Access-Control-Allow-Origin', '*') // CORS",
        "Ich habe CORS aktiviert (siehe Config: CORS), aber es geht nicht",
        "我的 CORS 配置有问题",
        "{ cors: '*', headers: 'Access-Control-Allow-Origin' }",
    ],
)
def test_code_and_talk_are_no_reasons(text: str) -> None:
    assert read_console(text) is None


@pytest.mark.parametrize("language", FORMS)
def test_each_of_several_is_read_among_other_lines(language: str) -> None:
    names = [name for name, said in REASONS.items() if language in said]
    lines = [
        "12:30:01.234 main.js:1:645202 Loading …",
        *(f"{write(language, name, f'https://api.test/{name}')} app.js:12:3" for name in names),
        "Uncaught (in promise) TypeError: NetworkError when attempting to fetch resource.",
    ]
    found = read_messages("\n".join(lines))
    assert [one.url for one in found] == [f"https://api.test/{name}" for name in names]


def test_a_link_to_mdn_names_the_message() -> None:
    link = "https://developer.mozilla.org/docs/Web/HTTP/CORS/Errors/CORSMissingAllowOrigin?utm_source=devtools"
    found = read_console(f"{write('de', 'CORSExternalRedirectNotAllowed')} {link}")
    assert found is not None
    assert (found.rule, found.url) == ("allow-origin-missing", URL)


def test_a_page_on_disk_is_told_from_other_schemes() -> None:
    reason = "la requête CORS n’utilise pas HTTP"
    disk = FORMS["fr"].format(url="file:///C:/x/a.html", reason=reason, status="")
    other = FORMS["fr"].format(url="app://x/a.html", reason=reason, status="")
    assert told(read_console(disk)) == ("firefox", None, "page-from-file")
    assert told(read_console(other)) == ("firefox", None, "scheme-not-fetchable")


def test_a_message_may_be_wrapped_or_translated_back() -> None:
    assert told(read_console(write("ru", "CORSMissingAllowOrigin").replace(" ", "\n"))) == (
        *("firefox", "allow-origin-missing", None),
    )
    back = (
        "Cross-source request blocked: The same-source rule prohibits reading the external resource at "
        "https://api.test/v1. (Reason: CORS preflight response failed). Status code: 401."
    )
    assert told(read_console(back)) == ("firefox", "preflight-status-not-ok", None)


@pytest.mark.parametrize(
    "text",
    [
        "Refused to load 'https://b.test/w.js' worker because of Cross-Origin-Embedder-Policy.",
        "Cannot load https://a.test/x.m3u8 HTTP response code:0 This might be a CORS issue",
        "The request to https://a.test/x failed (CORS).",
        "const url = 'https://a.test/x'; fetch(url, { mode: 'cors' })",
        "https://a.test/x (CORS)",
    ],
)
def test_what_is_english_is_no_other_language(text: str) -> None:
    assert all(one.engine != "firefox" for one in read_messages(text))


def test_an_english_message_in_quotes_is_not_told_twice() -> None:
    found = read_messages(
        "My Firefox: `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
        "https://api.test/x. (Reason: CORS request did not succeed).`"
    )
    assert [(one.rule, one.url) for one in found] == [("network-error", "https://api.test/x")]
