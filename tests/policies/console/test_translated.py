"""What Firefox says beside CORS in other languages, as firefox-l10n words it."""

from __future__ import annotations

import pytest

from corsight.policies.console import read_console, read_messages

URL = "http://api.test/x.js?y=1"
BLOCKED = [
    'Laden von gemischten aktiven Inhalten "{}" wurde blockiert.',
    "Blocage du chargement du contenu mixte actif (mixed active content) « {} »",
    'Se ha bloqueado la carga del contenido activo mixto "{}"',
    "Bloqueado carregamento de conteúdo misto ativo “{}”",
    "Заблокирована загрузка смешанного активного содержимого «{}»",
    "已阻止载入混合活动内容“{}”",
    "已封鎖載入混和的主動內容「{}」",
    "混在アクティブコンテンツ “{}” の読み込みをブロックしました",
    'Zablokowano wczytywanie mieszanych treści aktywnych "{}"',
    "Bloccato il caricamento di contenuto misto attivo (mixed active content) “{}”",
    "혼합된 액티브 콘텐츠 “{}” 로드를 차단함",
    "“{}” karma etkin içeriğinin yüklenmesi engellendi",
    "Laden van gemengde actieve inhoud ‘{}’ geblokkeerd",
]
LOADED = [
    'Gemischte (unsichere) Anzeige-Inhalte von "{}" werden auf einer sicheren Seite geladen',
    "Chargement du contenu mixte d’affichage « {} » (non sécurisé) sur une page sécurisée",
    "Carregando conteúdo de exibição misto (não seguro) “{}” em uma página segura",
    "安全页面上在载入混合的（不安全的）显示内容“{}”",
    "보안 페이지에서 혼합된(안전하지 않은) “{}” 표현 콘텐츠를 로드합니다",
]
UPGRADED = [
    "Upgrade der unsicheren Anzeige-Anfrage '{}' zur Verwendung von 'https'",
    "Surclassement de la requête d’affichage non sécurisée « {} » par l’utilisation de « https »",
    "'https'을(를) 사용하도록 안전하지 않은 디스플레이 요청 '{}'을(를) 업그레이드하는 중입니다",
    "已將不安全的顯示請求「{}」升級使用「https」通訊協定",
]


@pytest.mark.parametrize("line", BLOCKED)
def test_mixed_content_that_was_blocked(line: str) -> None:
    message = read_console(line.format(URL))
    assert message is not None
    assert (message.engine, message.rule, message.url, message.stops) == ("firefox", "mixed-content", URL, True)


@pytest.mark.parametrize(
    ("line", "cause"),
    [*((line, "mixed-content-loaded") for line in LOADED), *((line, "mixed-content-upgraded") for line in UPGRADED)],
)
def test_mixed_content_that_was_not(line: str, cause: str) -> None:
    message = read_console(line.format(URL))
    assert message is not None
    assert (message.engine, message.cause, message.url, message.stops) == ("firefox", cause, URL, False)


@pytest.mark.parametrize(
    ("line", "code", "value"),
    [
        (
            "Content-Security-Policy: Die Einstellungen der Seite haben das Laden einer Ressource auf {} blockiert "
            '("connect-src").',
            "csp-forbids-it",
            "connect-src",
        ),
        (
            "Content-Security-Policy：由于违反了下列指令：“connect-src 'self' https://other.test”，此页面位于 {} "
            "的资源（connect-src）无法加载",
            "csp-forbids-it",
            "connect-src",
        ),
        (
            'Die Ressource von "{}" wurde wegen eines MIME-Typ-Konfliktes ("text/html") blockiert '
            "(X-Content-Type-Options: nosniff).",
            "nosniff-mime-type",
            "text/html",
        ),
        (
            "Le chargement du module à l’adresse « {} » a été bloqué en raison d’un type MIME interdit (« text/html »)",
            "mime-type-blocked",
            "text/html",
        ),
        (
            "허용되지 않는 MIME 형식(“text/html”)이어서 “{}”의 모듈 로드가 차단되었습니다.",
            "mime-type-blocked",
            "text/html",
        ),
        ("Bir çerçeveye “{}” yüklenmesi “X-Frame-Options“ yönergesi ile reddedildi.", "frame-refused", None),
        ("Ресурс на «{}» был заблокирован OpaqueResponseBlocking. Причина: «…».", "opaque-response-blocked", None),
        ("位于“{}”的资源因其 Cross-Origin-Resource-Policy 头内容（或缺少该头）而被拦截。", "corp-same-origin", None),
    ],
)
def test_what_else_is_read_by_its_terms(line: str, code: str, value: str | None) -> None:
    message = read_console(line.format(URL))
    assert message is not None
    assert (message.cause or message.rule, message.url, message.value) == (code, URL, value)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            'Das Cookie "sid" wurde zurückgewiesen, weil es sich in einem Cross-Site-Kontext befindet und sein '
            '"SameSite" auf "Lax" oder "Strict" gesetzt ist.',
            "cookie-not-sent",
        ),
        ("因为设置了“SameSite=None”属性，但缺少“Secure”属性，已拒绝 Cookie “sid”。", "cookie-not-secure"),
        ("Куки «sid» была отклонена, так как является чужой и не имеет атрибута «Partitioned».", "cookie-third-party"),
        ("Куки «sid» был отклонён, так как в нем есть атрибут «Partitioned», но нет «secure».", "cookie-not-secure"),
    ],
)
def test_cookies_are_told_by_their_attributes(line: str, cause: str) -> None:
    message = read_console(line)
    assert message is not None
    assert (message.cause, message.value) == (cause, "sid")


@pytest.mark.parametrize(
    "line",
    [
        # A script that was loaded all the same, a policy that only reports, a page about such things.
        'Das Skript von "http://api.test/x" wurde geladen, obwohl sein MIME-Typ ("text/x") ungültig ist.',
        'Content-Security-Policy: (Report-Only-Regel) Die Seite würde http://api.test/x blockieren: "img-src x"',
        "Wir mischen http://api.test/x und anderes",
        "The mixed results at http://api.test/x were blocked by the editor",
        'Ein Cookie von "http://api.test/" wurde gesetzt',
    ],
)
def test_what_tells_no_failure_is_left_alone(line: str) -> None:
    assert all(one.cause == "failed-without-reason" for one in read_messages(line))
