"""Cookies that could not travel where CORS itself was right, and cookies that a blocked reply still set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from corsight.policies.exchange import Response
from corsight.policies.fetch.origin import is_potentially_trustworthy, same_site
from corsight.policies.findings import quotes
from corsight.policies.findings.groups import Group
from corsight.policies.findings.model import Cause
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.words import clean, clean_all, join, name_host
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome

ALLOW_CREDENTIALS = "access-control-allow-credentials"
HOSTS = 1000
NAMES = 8
INFRASTRUCTURE = (
    *("__cf", "_cfuvid", "cf_", "awsalb", "arraffinity", "gclb", "bigip", "incap_", "visid_", "nlbi_", "ak_", "bm_"),
    *("datadome", "_abck", "ts0"),
)
"""How cookies of load balancers and firewalls begin: nobody misses them."""


class SetCookie(NamedTuple):
    """One cookie as a server sets it."""

    name: str
    same_site: str | None
    secure: bool


@dataclass(slots=True)
class Jar:
    """What is known of one host's cookies in one browser: those that no foreign page's request will carry, and why."""

    kept_home: dict[str, str] = field(default_factory=dict)
    travelling: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Note:
    """What is to be said of one server: the exchanges, the cookies with why they do not travel, and whether a request
    came without any.
    """

    group: Group
    cookies: dict[str, str] = field(default_factory=dict)
    missing: bool = False

    def add(self, cookies: Iterable[tuple[str, str]]) -> None:
        """Take in cookies, each with why it does not travel."""
        for name, why in cookies:
            if name in self.cookies or len(self.cookies) < NAMES:
                self.cookies[name] = min(why, self.cookies.get(name, why))


type Explain = Callable[[str, Note], Cause]
"""What makes a cause of a host and a note."""


class Cookies:
    """Follows the cookies of every server in every browser."""

    def __init__(self) -> None:
        self._jars: Memory[tuple[str, str, str], Jar] = Memory(HOSTS)
        self._notes: Memory[tuple[Explain, str], Note] = Memory(HOSTS)

    def add(self, sample: Sample) -> bool:
        """Take in an exchange. Return whether it has to do with no cookie, nor has any that is judged alike."""
        facts, response = sample.facts, sample.exchange.response
        if response is None or facts.role == "preflight":
            return True
        page = facts.page_origin or facts.origin or "null"
        foreign = facts.tainting == "cors" and page != "null" and not same_site(page, sample.server)
        key = sample.exchange.client, sample.judged.client.label, sample.server
        told = sample.exchange.told
        recorded = told is None or "cookie" not in told.lost
        without = True
        if foreign and recorded and not sample.entry.reading.cookie and sample.verdict.outcome is Outcome.ALLOWED:
            without = self._add_missing(sample, response, self._jars.get(key) or Jar())
        if "set-cookie" not in response.headers:
            return without
        cookies = list(list_cookies(response))
        if not cookies:
            return False
        if facts.tainting == "cors":
            self._add_set(sample, response, cookies, foreign)
        jar = self._jars.get(key) or Jar()
        for cookie in cookies:
            why = explain_staying(cookie, sample.verdict.engine, sample.url)
            if why is None:
                jar.kept_home.pop(cookie.name, None)
                if len(jar.travelling) < NAMES:
                    jar.travelling.add(cookie.name)
            elif len(jar.kept_home) < NAMES:
                jar.kept_home[cookie.name] = why
        names = (*jar.travelling, *jar.kept_home, *jar.kept_home.values())
        self._jars.put(key, jar, len(sample.server) + sum(map(len, names)))
        return False

    def unite(self, other: Cookies) -> None:
        """Take in what is to be said of other exchanges."""
        for key, note in other._notes.items():
            known = self._notes.get(key)
            if known is not None:
                note.group.unite(known.group)
                note.missing |= known.missing
                note.add(sorted(known.cookies.items()))
            self._notes.put(key, note)

    def list_groups(self) -> list[tuple[str, Group, Cause]]:
        """Return what is to be said, each with its server and its cause."""
        return [
            (server, note.group, explain(name_host(server), note)) for (explain, server), note in self._notes.items()
        ]

    def _note(self, sample: Sample, explain: Explain, cookies: Mapping[str, str], *, missing: bool = False) -> None:
        note = self._notes.get((explain, sample.server)) or Note(Group("advice", sample))
        note.group.add(sample, None)
        note.missing |= missing
        note.add(cookies.items())
        self._notes.put((explain, sample.server), note)

    def _add_set(self, sample: Sample, response: Response, cookies: list[SetCookie], foreign: bool) -> None:
        """Note what becomes of the cookies that a CORS response sets."""
        outcome, include = sample.verdict.outcome, sample.facts.credentials
        names = dict.fromkeys((cookie.name for cookie in cookies), "")
        if include == "not-include":
            if outcome is Outcome.ALLOWED and response.headers.get(ALLOW_CREDENTIALS) == "true":
                self._note(sample, _explain_ignored, names)
        elif outcome is Outcome.BLOCKED and include == "include":
            self._note(sample, _explain_kept, names)
        elif foreign and outcome is Outcome.ALLOWED:
            reasons = {one.name: explain_staying(one, sample.verdict.engine, sample.url) for one in cookies}
            kept_home = {name: why for name, why in reasons.items() if why is not None}
            if kept_home:
                self._note(sample, _explain_not_sent, kept_home)
            elif is_safari(sample) and response.headers.get(ALLOW_CREDENTIALS) == "true":
                self._note(sample, _explain_safari, names)

    def _add_missing(self, sample: Sample, response: Response, jar: Jar) -> bool:
        """Note that a request of a foreign page carries no cookie, though it was made with credentials; return whether
        it was not.
        """
        get = response.headers.get
        # Of what Safari asks, nothing tells the credentials mode but a cookie.
        include = sample.facts.likely_include if is_safari(sample) else sample.facts.credentials == "include"
        if not include or get(ALLOW_CREDENTIALS) != "true":
            return True
        if jar.kept_home and not jar.travelling:
            self._note(sample, _explain_not_sent, jar.kept_home, missing=True)
        elif jar.travelling or response.status in (401, 403):
            if sample.exchange.request.headers.get("sec-fetch-storage-access") == "none":
                self._note(sample, _explain_third_party, {})
            elif is_safari(sample):
                self._note(sample, _explain_safari, {})
        return False


def _explain_ignored(host: str, note: Note) -> Cause:
    names = _list_names(note)
    return Cause(
        "cookie-ignored",
        f"The browser discards the cookie {names}: the request was made without credentials",
        f"{host} sets {names}, but the page made the request without credentials. Browsers then neither send cookies "
        "nor store those that the response sets. CORS is set up right: the server allows credentials.",
        "Use credentials: 'include' (fetch) or withCredentials = true (XMLHttpRequest, axios), also for the request "
        "that first sets the cookie, such as the login.",
        "client",
    )


def _explain_kept(host: str, note: Note) -> Cause:
    return Cause(
        "cookie-set-by-blocked-reply",
        "A blocked response still set its cookie",
        f"{host} set {_list_names(note)} in a response that the browser hid from the page. CORS hides only the "
        "response: the server carried out the request, and the browser stores its cookies. If the page tries again, "
        "everything may be done twice.",
        "Fix what blocked the response; the cookie needs nothing. Do not rely on CORS to protect the server: it does "
        "not stop requests.",
        "nobody",
    )


def _explain_not_sent(host: str, note: Note) -> Cause:
    names = _list_names(note)
    evidence = [f"{clean(name, 40)}: {why}." for name, why in sorted(note.cookies.items())[:4]]
    if note.missing:
        evidence.append(f"Later requests of the page with credentials carried no cookie to {host}.")
    return Cause(
        "cookie-not-sent",
        f"The cookie {names} is not sent to {host}: SameSite, not CORS",
        f"CORS is set up right: {host} allows the page {quotes.PAGE} and its credentials. But page and server are "
        f"different sites, and because of how {names} is set, requests from another site do not carry it. So the "
        "server "
        "treats the user as logged out.",
        "Set the cookie with SameSite=None; Secure (over https), or serve the page and the API from one site.",
        "server",
        tuple(evidence),
    )


def _explain_third_party(host: str, note: Note) -> Cause:
    return Cause(
        "cookie-third-party",
        "The browser blocks third-party cookies; CORS is set up right",
        f"The page {quotes.PAGE} sends its request to {host} with credentials, and CORS allows that. But the two are "
        "different sites, and this browser sends no cookies across sites.",
        "Serve the page and the API from one site (such as app.example.com and api.example.com), or use the Storage "
        "Access API, partitioned cookies (CHIPS), or a token instead of the cookie.",
        "client",
        ("The request says Sec-Fetch-Storage-Access: none, and carries no cookie.",),
    )


def _explain_safari(host: str, note: Note) -> Cause:
    what = f"the cookie {_list_names(note)}" if note.cookies else "cookies"
    return Cause(
        "cookie-third-party",
        "Safari blocks third-party cookies; CORS is set up right",
        f"The page {quotes.PAGE} sends its request to {host} with credentials, and CORS allows that. But the two are "
        f"different sites, and Safari neither stores nor sends {what} of {host} in a page of another site, whatever "
        "SameSite says.",
        "Serve the page and the API from one site (such as app.example.com and api.example.com), ask the user with the "
        "Storage Access API, or use a token instead of the cookie.",
        "client",
        certainty="likely",
    )


def is_safari(sample: Sample) -> bool:
    """Return whether the browser is Apple's WebKit, which by default withholds all third-party cookies."""
    return sample.verdict.engine == "webkit" and sample.judged.client.browser and not sample.judged.client.libsoup


def _list_names(note: Note) -> str:
    return join(clean_all(sorted(note.cookies), 4, 40))


def explain_staying(cookie: SetCookie, engine: str, url: str) -> str | None:
    """Return why a cookie is not sent with a foreign page's requests; None where it is, or nobody misses it."""
    if cookie.name.lower().startswith(INFRASTRUCTURE):
        return None
    same = cookie.same_site
    if same in ("lax", "strict"):
        return f"it is set with SameSite={same.capitalize()}"
    if same is None and engine == "chromium":
        return "it is set without SameSite, which Chromium treats as Lax"
    if same == "none" and not cookie.secure:
        return "it is set with SameSite=None but without Secure"
    if cookie.secure and not is_potentially_trustworthy(url):
        return "it is set with Secure over plain http"
    return None


def list_cookies(response: Response) -> Iterator[SetCookie]:
    """Yield the cookies that a response sets, but for those that it deletes."""
    for line in response.headers.lines("set-cookie")[:20]:
        pair, *parts = line[:4096].split(";")
        name, equals, _ = pair.partition("=")
        if not equals or not name.strip():
            continue
        attributes = {
            key.strip().lower(): value.strip().lower() for key, _, value in (part.partition("=") for part in parts)
        }
        age = attributes.get("max-age", "")
        if age == "0" or age.startswith("-") or "1970" in attributes.get("expires", ""):
            continue
        same = attributes.get("samesite")
        same = same if same in ("lax", "strict", "none") else None
        yield SetCookie(name.strip(), same, "secure" in attributes)
