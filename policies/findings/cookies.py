"""Cookies that could not travel where CORS itself was right, and cookies that a blocked reply still set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from corsight.policies.exchange import Response
from corsight.policies.fetch.origin import is_potentially_trustworthy, origin_of, same_site
from corsight.policies.findings.case import host_of, listed
from corsight.policies.findings.model import Cause, shown
from corsight.policies.findings.notes import Notes
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome

HOSTS = 1000
NAMES = 8
INFRASTRUCTURE = (
    "__cf",
    "_cfuvid",
    "cf_",
    "awsalb",
    "arraffinity",
    "gclb",
    "bigip",
    "incap_",
    "visid_",
    "nlbi_",
    "ak_",
    "bm_",
    "datadome",
    "_abck",
    "ts0",
)
"""How cookies of load balancers and firewalls begin: nobody misses them."""

Why = Literal["samesite", "secure", "default"]


class SetCookie(NamedTuple):
    """One cookie as a server sets it."""

    name: str
    same_site: str | None
    secure: bool
    partitioned: bool


@dataclass(slots=True)
class Jar:
    """What is known of one host's cookies in one browser: those that no foreign page's request will carry, and why."""

    kept_home: dict[str, str] = field(default_factory=dict)
    travelling: set[str] = field(default_factory=set)


class Cookies:
    """Watches them."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._jars: Memory[tuple[str, str], Jar] = Memory(HOSTS)

    def add(self, judged: Judged) -> None:
        """Take in an exchange."""
        entry, exchange = judged.entry, judged.entry.exchange
        facts, response = judged.facts, exchange.response
        if response is None or facts.role == "preflight":
            return
        url, page = exchange.request.url, facts.page_origin or facts.origin
        key = judged.client.label, origin_of(url)
        foreign = facts.tainting == "cors" and page not in (None, "null") and not same_site(page or "", origin_of(url))
        if facts.tainting == "cors":
            if "set-cookie" in response.headers:
                self._set(judged, response, foreign)
            if foreign and not entry.reading.cookie and judged.verdict.outcome is Outcome.ALLOWED:
                self._missing(judged, response, self._jars.get(key))
        if "set-cookie" in response.headers:
            self._remember(key, response, judged.verdict.engine, url)

    def _remember(self, key: tuple[str, str], response: Response, engine: str, url: str) -> None:
        jar = self._jars.get(key) or Jar()
        for cookie in cookies_of(response):
            why = stays_home(cookie, engine, url)
            if why is None:
                jar.kept_home.pop(cookie.name, None)
                if len(jar.travelling) < NAMES:
                    jar.travelling.add(cookie.name)
            elif len(jar.kept_home) < NAMES:
                jar.kept_home[cookie.name] = why
        self._jars.put(key, jar)

    def _set(self, judged: Judged, response: Response, foreign: bool) -> None:
        exchange, facts, verdict = judged.entry.exchange, judged.facts, judged.verdict
        cookies = list(cookies_of(response))
        names = [shown(cookie.name, 40) for cookie in cookies][:4]
        host, server = host_of(exchange.request.url), origin_of(exchange.request.url)
        if not cookies:
            return
        if facts.credentials == "not-include":
            if (
                verdict.outcome is Outcome.ALLOWED
                and response.headers.get("access-control-allow-credentials") == "true"
            ):
                self._notes.add(
                    ("cookie-ignored", server),
                    Cause(
                        "cookie-ignored",
                        f"The cookie {listed(names)} is thrown away: the page asked without credentials",
                        f"{host} sets {listed(names)}, but the page asked without credentials, and then a browser "
                        "neither sends cookies nor keeps those it gets. CORS is right: the server allows credentials.",
                        "Ask with credentials: 'include' (fetch) or withCredentials = true (XMLHttpRequest, axios), "
                        "also where the cookie is first set, as at login.",
                        "client",
                    ),
                    judged,
                )
            return
        if verdict.outcome is Outcome.BLOCKED and facts.credentials == "include":
            self._notes.add(
                ("cookie-set-by-blocked-reply", server),
                Cause(
                    "cookie-set-by-blocked-reply",
                    "A blocked reply still did its work: its cookie was kept",
                    f"{host} set {listed(names)} with a reply that the browser kept from the page. CORS hides the "
                    "reply only: the request was carried out, and its cookies count. A page that tries again may do "
                    "everything twice.",
                    "Nothing is to be done about the cookie; repair what blocked the reply, and do not take CORS for a "
                    "protection of the server.",
                    "nobody",
                ),
                judged,
            )
        if foreign and verdict.outcome is Outcome.ALLOWED:
            self._rejected(judged, cookies)

    def _rejected(self, judged: Judged, cookies: list[SetCookie]) -> None:
        url = judged.entry.exchange.request.url
        bad = {
            cookie.name: why
            for cookie in cookies
            if (why := stays_home(cookie, judged.verdict.engine, url)) is not None
        }
        if bad:
            self._notes.add(("cookie-not-sent", origin_of(url)), not_sent(host_of(url), bad, judged), judged)

    def _missing(self, judged: Judged, response: Response, jar: Jar | None) -> None:
        """A credentialed request of a foreign page carries no cookie."""
        entry, facts = judged.entry, judged.facts
        if facts.credentials != "include" or response.headers.get("access-control-allow-credentials") != "true":
            return
        url = entry.exchange.request.url
        if jar is not None and jar.kept_home and not jar.travelling:
            key = "cookie-not-sent", origin_of(url)
            self._notes.add(key, not_sent(host_of(url), jar.kept_home, judged), judged)
            note = self._notes.of(key)
            if note is not None:
                note.evidence[f"Later requests of the page with credentials carried no cookie to {host_of(url)}."] = (
                    None
                )
        elif entry.exchange.request.headers.get("sec-fetch-storage-access") == "none" and (
            (jar is not None and jar.travelling) or response.status in (401, 403)
        ):
            self._notes.add(
                ("cookie-third-party", origin_of(url)),
                Cause(
                    "cookie-third-party",
                    "The browser withholds third-party cookies; CORS is right",
                    f"The page {shown(facts.origin or '')} asks {host_of(url)} with credentials, and CORS allows "
                    "that. But the two are different sites, and this browser sends no cookies across sites.",
                    "Serve page and API under one site (app.example and api.example), use the Storage Access API, "
                    "partitioned cookies (CHIPS), or a token in place of the cookie.",
                    "client",
                    ("The request says Sec-Fetch-Storage-Access: none, and carries no cookie.",),
                ),
                judged,
            )


def not_sent(host: str, why: dict[str, str], judged: Judged) -> Cause:
    """The cookies that foreign pages' requests never carry."""
    names = [shown(name, 40) for name in why][:4]
    reasons = tuple(f"{shown(name, 40)}: {reason}." for name, reason in list(why.items())[:4])
    return Cause(
        "cookie-not-sent",
        f"The cookie {listed(names)} does not travel to {host}: SameSite, not CORS",
        f"CORS is right: {host} allows the page {shown(judged.facts.origin or '')} and its credentials. "
        f"But page and server are different sites, and the way {listed(names)} is set, no request from another site "
        "carries it. To the server the user looks logged out.",
        "Set the cookie with SameSite=None; Secure (over https), or serve page and API under one site.",
        "server",
        reasons,
    )


def stays_home(cookie: SetCookie, engine: str, url: str) -> str | None:
    """Why a cookie is not sent with a foreign page's requests; None where it is, or where it does not matter."""
    if cookie.name.lower().startswith(INFRASTRUCTURE):
        return None
    same = cookie.same_site
    if same in ("lax", "strict"):
        return f"it is set with SameSite={same.capitalize()}"
    if same is None and engine == "chromium":
        return "it is set without SameSite, which Chromium takes for Lax"
    if same == "none" and not cookie.secure:
        return "it is set with SameSite=None but without Secure"
    if cookie.secure and not is_potentially_trustworthy(url):
        return "it is set with Secure over plain http"
    return None


def cookies_of(response: Response) -> Iterator[SetCookie]:
    """The cookies that a response sets. A cookie that is deleted is none."""
    for line in response.headers.lines("set-cookie")[:20]:
        pair, *attributes = line[:4096].split(";")
        name, equals, _ = pair.partition("=")
        if not equals or not name.strip():
            continue
        told = {
            key.strip().lower(): value.strip().lower() for key, _, value in (one.partition("=") for one in attributes)
        }
        if (
            told.get("max-age", "1").lstrip("-") == "0"
            or told.get("max-age", "").startswith("-")
            or "1970" in told.get("expires", "")
        ):
            continue
        same = told.get("samesite")
        same = same if same in ("lax", "strict", "none") else None
        yield SetCookie(name.strip(), same, "secure" in told, "partitioned" in told)
