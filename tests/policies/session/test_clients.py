"""Who is speaking: real User-Agents."""

# ruff: noqa: E501

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import Exchange, HeaderList, Request, Told
from corsight.policies.facts import Build
from corsight.policies.session.clients import Client, as_told, identify, show_engine

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "client"),
    [
        pytest.param(f"{WINDOWS} {BLINK} Chrome/140.0.0.0 Safari/537.36", Client("chromium", 140), id="Chrome"),
        pytest.param(f"{LINUX} {BLINK} HeadlessChrome/156.0.0.0 Safari/537.36", Client("chromium", 156), id="headless Chrome"),
        pytest.param(f"{LINUX} {BLINK} Ubuntu Chromium/80.0.3987.163 Chrome/80.0.3987.163 Safari/537.36", Client("chromium", 80), id="Chromium"),
        pytest.param(f"{WINDOWS} {BLINK} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", Client("chromium", 140), id="Edge"),
        pytest.param(f"{MAC} {BLINK} Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0", Client("chromium", 138), id="Opera"),
        pytest.param(f"{MAC} {BLINK} Chrome/139.0.0.0 Safari/537.36", Client("chromium", 139), id="Brave"),
        pytest.param(f"{MAC} {BLINK} Slack/4.45.69 Chrome/138.0.7204.97 Electron/37.2.0 Safari/537.36 Sonic Slack_SSB/4.45.69", Client("chromium", 138), id="Electron"),
        pytest.param("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", Client("chromium", 140), id="Chrome for Android"),
        pytest.param("Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A.240105.004; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.6099.230 Mobile Safari/537.36", Client("chromium", 120), id="Android WebView"),
        pytest.param("Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", Client("chromium", 130), id="Samsung Internet"),
        pytest.param("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager", Client("chromium", 94), id="webOS television"),
        pytest.param("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/139.0.7258.66 Safari/537.36", Client("chromium", 139), id="Googlebot"),
        pytest.param("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0", Client("firefox", 142), id="Firefox"),
        pytest.param("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", Client("firefox", 153), id="Firefox ESR"),
        pytest.param("Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0", Client("firefox", 142), id="Firefox for Android"),
        pytest.param("Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0", Client("firefox", 128), id="Tor Browser"),
        pytest.param(f"{IPHONE} {WEBKIT} FxiOS/142.0 Mobile/15E148 Safari/605.1.15", Client("webkit", 18), id="Firefox for iOS"),
        pytest.param(f"{IPHONE} {WEBKIT} CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1", Client("webkit", 18), id="Chrome for iOS"),
        pytest.param(f"{IPHONE} {WEBKIT} Version/18.0 EdgiOS/139.0.3405.102 Mobile/15E148 Safari/604.1", Client("webkit", 18), id="Edge for iOS"),
        pytest.param("Mozilla/5.0 (Macintosh; Intel Mac OS X 13_5_1) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.35 Version/11.1.1 Safari/605.1.15", Client("webkit"), id="Chrome for iPadOS, desktop site"),
        pytest.param(f"{IPHONE} {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1", Client("webkit", 18), id="Safari for iOS"),
        pytest.param(f"{IPHONE} {WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/480.0.0.35.109]", Client("webkit", 18), id="an app's web view on iOS"),
        pytest.param("Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103.0.5060.63 Mobile/15E148 Safari/604.1", Client("webkit", 16), id="an iPhone that says Chrome"),
        pytest.param(f"{MAC} {WEBKIT} Version/26.0 Safari/605.1.15", Client("webkit", 26), id="Safari"),
        pytest.param(f"{LINUX} {WEBKIT} Version/26.0 Safari/605.1.15 Epiphany/49.0", Client("webkit", 26, libsoup=True), id="Epiphany"),
        pytest.param(f"{LINUX} {WEBKIT} Version/26.0 Safari/605.1.15", Client("webkit", 26, libsoup=True), id="WebKitGTK"),
        pytest.param(f"{IPHONE} {WEBKIT} Version/26.1 Mobile/15E148 Safari/604.1", Client("webkit", 26), id="Safari for iOS 26, which freezes the system's number"),
        pytest.param("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15", Client("webkit", 17), id="Firefox for iPadOS"),
        pytest.param("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:19.0) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/142.0 Version/11.1.1 Safari/605.1.15", Client("webkit"), id="Firefox for iPadOS, desktop site"),
        pytest.param(f"{LINUX} {WEBKIT} Version/60.5 Safari/605.1.15", Client("webkit", libsoup=True), id="WebKitGTK that freezes its number"),
        pytest.param(f"{LINUX} {WEBKIT} Version/16.0 Safari/605.1.15 Epiphany/605.1.15", Client("webkit", 16, libsoup=True), id="Epiphany of old"),
        pytest.param("Mozilla/5.0 (PlayStation; PlayStation 5/6.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15", Client("webkit", 15), id="PlayStation 5"),
        pytest.param(f"{MAC} {WEBKIT} Version/18.5 Safari/605.1.15 Ddg/18.5", Client("webkit", 18), id="DuckDuckGo"),
        pytest.param(f"{WINDOWS} {BLINK} Chrome/137.0.0.0 Safari/537.36 Edg/137.0.3296.68", Client("chromium", 137), id="Edge in full"),
        pytest.param(f"{LINUX} {BLINK} QtWebEngine/6.8.2 Chrome/122.0.6261.171 Safari/537.36", Client("chromium", 122), id="QtWebEngine"),
        pytest.param(f"{LINUX} {BLINK} Falkon/23.04.3 Chrome/87.0.4280.144 Safari/537.36", Client("chromium", 87), id="Falkon"),
        pytest.param(f"{WINDOWS} {BLINK} Chrome/134.0.0.0 Safari/537.36 Vivaldi/7.3.3635.9", Client("chromium", 134), id="Vivaldi"),
        pytest.param(f"{WINDOWS} {BLINK} Chrome/132.0.0.0 YaBrowser/25.2.0.0 Safari/537.36", Client("chromium", 132), id="Yandex"),
        pytest.param(f"{MAC} {BLINK} My-Chrome/3.1 Chrome/128.0.6613.186 Electron/32.2.7 Safari/537.36", Client("chromium", 128), id="an Electron application called Chrome"),
        pytest.param("Mozilla/5.0 (Linux; Android 13; HarmonyOS; NOH-AN00; HMSCore 6.13.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36", Client("chromium", 114), id="Huawei"),
        pytest.param("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0", Client("firefox", 118), id="Firefox while rv was frozen"),
        pytest.param("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", Client("firefox", 128), id="Thunderbird"),
        pytest.param("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0 Waterfox/6.6.0", Client("firefox", 140), id="Waterfox"),
        pytest.param("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Goanna/6.8 Firefox/128.0 PaleMoon/33.8.0", Client("firefox", 52), id="Pale Moon"),
        pytest.param(f"{WINDOWS} {BLINK} Chrome/70.0.3538.102 Safari/537.36 Edge/18.19042", Client("standard", None, True), id="Edge before Chromium"),
        pytest.param("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", Client("standard", None, True), id="Internet Explorer 11"),
        pytest.param("curl/8.14.1", Client("standard", None, False), id="curl"),
        pytest.param("python-requests/2.32.5", Client("standard", None, False), id="requests"),
        pytest.param("node", Client("standard", None, False), id="Node.js"),
        pytest.param("axios/1.11.0", Client("standard", None, False), id="axios"),
        pytest.param("Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/26.1.0", Client("standard", None, False), id="jsdom"),
        pytest.param("Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HappyDOM/20.0.0", Client("standard", None, False), id="happy-dom"),
        pytest.param("PostmanRuntime/7.45.0", Client("standard", None, False), id="Postman"),
        pytest.param("Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A.240105.004)", Client("standard", None, False), id="Android's own HTTP"),
        pytest.param("okhttp/4.12.0", Client("standard", None, False), id="OkHttp"),
        pytest.param("Shop/3 CFNetwork/3826.600.41 Darwin/24.6.0", Client("standard", None, False), id="CFNetwork"),
        pytest.param("", Client("standard", None, False), id="nothing"),
    ],
)  # fmt: skip
def test_a_client_is_known_by_its_user_agent(user_agent: str, client: Client) -> None:
    assert identify(user_agent) == client


@pytest.mark.parametrize(
    ("user_agent", "brands", "client"),
    [
        ("curl/8.14.1", '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"', Client("chromium", 140)),
        ("", '"Not;A=Brand";v="99", "Microsoft Edge";v="139", "Chromium";v="139"', Client("chromium", 139)),
        (f"{IPHONE} {WEBKIT} CriOS/140.0", '"Chromium";v="140"', Client("chromium", 140)),
        ("curl/8.14.1", '"Opera";v="122", "Not A(Brand";v="8"', Client("standard", None, False)),
        ("An application", '"Chromium";v="108", "Not?A_Brand";v="8"', Client("chromium", 108)),
        (
            f"{WINDOWS} {BLINK} Chrome/138.0.0.0 Safari/537.36 OPR/122.0.0.0",
            '"Opera";v="122", "Chromium";v="138"',
            Client("chromium", 138),
        ),
        (f"{WINDOWS} {BLINK} Chrome/138.0.0.0 Safari/537.36", '"Microsoft Edge";v="139"', Client("chromium", 138)),
        (f"{LINUX} {BLINK} HeadlessChrome/108.0.5351.0 Safari/537.36", "", Client("chromium", 108)),
        ("curl/8.14.1", '"Google Chrome";v="140", "Not=A?Brand";v="24"', Client("chromium", 140)),
        ("curl/8.14.1", "Chromium", Client("standard", None, False)),
    ],
)
def test_client_hints_are_believed_before_the_user_agent(user_agent: str, brands: str, client: Client) -> None:
    assert identify(user_agent, brands) == client


@pytest.mark.parametrize(
    ("client", "label"),
    [
        (Client("chromium", 140), "chromium 140"),
        (Client("webkit"), "webkit"),
        (Client("webkit", 26), "webkit 26"),
        (Client("standard", None, True), "unknown browser (judged by the standard)"),
        (Client("standard", None, False), "no browser (judged by the standard)"),
    ],
)
def test_a_client_in_words(client: Client, label: str) -> None:
    assert client.label == label


@given(st.text(), st.none() | st.text())
def test_every_client_is_one_of_them(user_agent: str, brands: str | None) -> None:
    client = identify(user_agent, brands)
    assert client.browser or client.engine == "standard"


def test_a_version_that_never_ends_is_read_in_part() -> None:
    assert identify("Chrome/" + "1" * 10_000).version is not None


@pytest.mark.parametrize(
    ("client", "told", "expected"),
    [
        # What a recording shows of connections is its reader's making.
        (Client("webkit", 26, libsoup=True), Told(), Client("webkit", 26)),
        (Client("webkit", 26, libsoup=True), Told(engine="webkit"), Client("webkit", 26)),
        (Client("chromium", 140), Told(engine="chromium", version=141), Client("chromium", 141)),
        (Client("chromium", 140), Told(engine="chromium"), Client("chromium", 140)),
        # Device emulation shows a server another browser's name.
        (Client("webkit", 18), Told(engine="chromium", version=141), Client("chromium", 141)),
        (Client("webkit", 18), Told(engine="chromium"), Client("chromium")),
        # A HAR of Safari's names WebKit's own number, 605 or so.
        (Client("webkit", 18), Told(engine="webkit", version=26), Client("webkit", 18)),
        (Client("webkit"), Told(engine="webkit", version=26), Client("webkit", 26)),
        (Client("standard", None, False), Told(engine="firefox", version=153), Client("firefox", 153)),
    ],
)
def test_a_recording_names_its_own_browser(client: Client, told: Told, expected: Client) -> None:
    assert as_told(client, told) == expected


def test_a_web_view_of_old_android_is_no_webkit_on_linux() -> None:
    old = f"Mozilla/5.0 (Linux; U; Android 9; en-us) {WEBKIT} Version/12.0 Mobile Safari/605.1.15"
    assert identify(old) == Client("webkit", 12)


@pytest.mark.parametrize(
    ("client", "build"),
    [
        (Client("webkit"), Build("webkit", 0)),
        (Client("webkit", 26), Build("webkit", 26)),
        (Client("standard", None, False), None),
    ],
)
def test_a_version_that_is_not_told_is_older_than_any(client: Client, build: Build | None) -> None:
    assert client.build == build


@pytest.mark.parametrize(
    ("headers", "http2", "engine"),
    [
        pytest.param(
            [("Accept", "text/html,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7")],
            False,
            "chromium",
            id="Chromium's document",
        ),
        pytest.param(
            [("Accept", "image/avif,image/webp,image/apng,image/*,*/*;q=0.8")], False, "chromium", id="Chromium's image"
        ),
        pytest.param(
            [("Accept", "image/apng,*/*"), ("Sec-Fetch-Dest", "empty")],
            False,
            None,
            id="an Accept that a page may have set",
        ),
        pytest.param([("Accept", "*/*"), ("TE", "trailers")], True, "firefox", id="Firefox over HTTP/2"),
        pytest.param([("Accept", "*/*"), ("TE", "trailers")], False, None, id="over HTTP/1.1 others say so too"),
        pytest.param(
            [("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")],
            True,
            None,
            id="a document of the others",
        ),
        pytest.param([], True, None, id="nothing"),
    ],
)
def test_headers_that_show_the_engine(headers: list[tuple[str, str]], http2: bool, engine: str | None) -> None:
    exchange = Exchange(
        "r", "192.0.2.1", "c", Request("GET", "https://app.test/", HeaderList.of(*headers)), None, http2=http2
    )
    assert show_engine(exchange) == engine
