"""Writes what a browser's console message means, what would fix it, and what to find out next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from rich.text import Text

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES
from corsight.policies.console import Message
from corsight.policies.engines.shells import find_shell
from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.main_fetch import MIXED_CONTENT
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.words import join, name_host
from corsight.policies.redact import shown
from corsight.policies.rules import RULES, Rule, Subject
from corsight.policies.rules.isolation import NETWORK_ERROR
from corsight.policies.value import replace
from corsight.scripts.curl import preflight_command, request_command
from corsight.scripts.paths import name_command
from corsight.scripts.report.hints import find_storage, is_redirected, leads_to_login, list_hints
from corsight.scripts.report.page import FILES, Page, joined, rule_line
from corsight.scripts.whatif.message import explain

LONGEST_HINT = 1200
"""The most characters of one of our own texts, with a URL or two in it."""


def write_messages(messages: Sequence[Message], stream: TextIO) -> None:
    """Write what each console message means, how to fix it, and what to do next."""
    page = Page(stream)
    told: dict[Message, int] = {}
    for number, message in enumerate(messages, 1):
        if len(messages) > 1:
            page.say(Text(f"{number} of {len(messages)}", "dim"))
        first = told.setdefault(_strip_request(message), number)
        if first != number:
            page.say(_title(message, "", f"the same as {first}"))
            _write_subject(page, message)
            continue
        if message.rule is None or message.cause is not None:
            _write_cause(page, message)
        else:
            _write_rule(page, message)
    page.flush()


def _strip_request(message: Message) -> Message:
    """Return what a message says about a server, whichever path was requested."""
    server = None if message.url is None else origin_of(message.url)
    return replace(message, url=server if server != "null" else message.url, method=None)


def _title(message: Message, blocked: str, title: str) -> Text:
    """Return the message's headline: the browser that wrote it, if one did, and what it means."""
    who = f"{message.speaker}{blocked}: " if message.speaker else ""
    return Text(f"{who}{title}", "bold red" if message.stops else "bold yellow")


def _write_cause(page: Page, message: Message) -> None:
    """Write a cause without a rule."""
    cause = CAUSES[message.cause or ""]
    title = cause.title.rstrip(".")
    page.say(_title(message, "", title))
    _write_subject(page, message)
    page.field("why", cause.why)
    if message.value:
        page.field("was", shown(message.value))
    _write_status(page, message)
    page.field("fix", cause.advice)
    for label, text in list_hints(message):
        page.field(label, shown(text, LONGEST_HINT))
    code = cause.code if message.rule is None else f"{cause.code}, rule {message.rule}"
    named = "" if message.error is None else f"; {message.speaker} calls it {shown(message.error)}"
    page.field("cause", f"{code}{named}")
    if cause.actor != "nobody":
        page.field("who", name_actor(cause.actor))
    page.blank()
    url, origin = message.url or "", message.origin
    if cause.code == "cors-without-reason" and origin is not None and url.startswith(("http:", "https:")):
        words = [name_command(), "check", "--origin", origin, "--url", url, "--send"]
        page.commands("or let Corsight ask the server and check its responses", [joined(words)])


def _write_rule(page: Page, message: Message) -> None:
    assert message.rule is not None
    rule = RULES[message.rule]
    label = message.speaker
    where = " at the preflight" if message.preflight else ""
    blocked = f" blocked it{where}" if rule.kind == "decision" and rule.code != NETWORK_ERROR else ""
    cause = explain(message)
    title = rule.title if cause is None else cause.title
    alike = [RULES[code].title for code in message.rules[1:]]
    page.say(_title(message, blocked, f"{title}, or another reason" if alike else title))
    _write_subject(page, message)
    if alike:
        page.field("or", f"{label} writes the same message for: {'; '.join(alike)}. The response shows which it is.")
    page.field("why", rule.why if cause is None else cause.cause)
    if message.value is not None:
        page.field("was", _turned_on(rule, message.value))
    _write_status(page, message)
    known = _situation(message)
    shell, storage = find_shell(message.origin), find_storage(message)
    if cause is not None and not cause.mended_by_headers:
        if cause.needed is not None:
            page.field("needed", shown(cause.needed))
        page.field("fix", shown(cause.action, LONGEST_HINT))
    elif storage is not None:
        page.field("fix", f"{name_host(message.url or '')} is {storage.name}. {storage.cure}{_list_origin(message)}")
    elif shell is None or shell.listed:
        for name, text in _remedy(rule, known, message, rule.advice if cause is None else cause.action):
            page.field(name, text)
    for name, text in list_hints(message, told=cause is not None and cause.code != rule.code):
        page.field(name, shown(text, LONGEST_HINT))
    if cause is not None and cause.code != rule.code:
        page.field("cause", cause.code)
    page.field(
        "rule", rule_line(rule) + ("" if message.error is None else f"; {label} calls it {shown(message.error)}")
    )
    actor = "client" if shell is not None and not shell.listed else rule.actor if cause is None else cause.actor
    who = name_actor(actor, name_host(message.url or ""))
    # The message does not say whether a redirect led to the http URL.
    page.field("who", "the page, or the server if it redirects to this URL" if rule.code == MIXED_CONTENT else who)
    page.blank()
    asked_by_http = message.url is None or message.url.startswith(("http:", "https:"))
    if _speaks_of_responses(rule) and asked_by_http and not leads_to_login(message):
        _write_next(page, message, known)


def _list_origin(message: Message) -> str:
    """Return what a storage's CORS rule has to list, as far as the message tells."""
    if message.origin in (None, "null"):
        return ""
    method = "" if message.method in (None, "OPTIONS") else f" and the method {message.method}"
    return f" For this page, list the origin {shown(message.origin)}{method}."


def _write_subject(page: Page, message: Message) -> None:
    """Write which request of which page the message is about."""
    if message.url is not None:
        page.field("request", shown(f"{message.method or ''} {message.url}".strip()))
    if message.origin is not None or message.page is not None:
        page.field("page", shown(message.origin or message.page or ""))
    page.blank()


def _write_status(page: Page, message: Message) -> None:
    if message.status is not None and message.status >= 100:
        page.field("" if message.value else "was", f"status {message.status}")


def _write_next(page: Page, message: Message, known: Subject) -> None:
    """Write the commands that show the server's response, and how to check it."""
    # OPTIONS is the preflight's own method, not that of the request which it is for.
    named = None if known.preflight and message.method == "OPTIONS" else message.method
    origin, url, method = known.origin, known.url, named or "GET"
    words = [name_command(), "check", "--origin", origin, "--url", url]
    unknown = [name for name, told in (("ORIGIN", message.origin), ("URL", message.url)) if told is None]
    if known.preflight:
        if named is None:
            method = "METHOD"
            unknown.append(method)
        command = preflight_command(url, origin, method, known.names)
        page.commands("send the preflight yourself", [f"{command} > {FILES['preflight']}"])
        words += ["--method", method]
        for name in known.names:
            words += ["-H", f"{name}: VALUE"]
        words += ["--preflight", FILES["preflight"]]
    else:
        command = request_command(url, origin, method, ())
        page.commands("send the same request yourself", [f"{command} > {FILES['response']}"])
        words += ["--method", method] if method != "GET" else []
        words += ["--response", FILES["response"]]
    words += ["--credentials", "include"] if known.include else []
    judging = joined(words)
    # Of a secret header the value is not printed, not even this one.
    unknown += ["VALUE"] if ": VALUE" in judging else []
    page.commands("then check the response", [judging])
    if unknown:
        them = "it" if len(unknown) == 1 else "them"
        page.field("note", f"Replace {join(unknown)} with your own: the message does not name {them}.")


def _situation(message: Message) -> Subject:
    """Return the values for a rule's texts, as far as the message has them."""
    preflight = bool(message.preflight) or (message.rule or "").startswith("preflight-")
    names = (message.value,) if message.rule == "preflight-header-not-allowed" and message.value else ()
    fields: list[tuple[str, str]] = []
    if message.value is not None and (message.rule or "").startswith("allow-origin"):
        fields.append(("Access-Control-Allow-Origin", message.value))
    return Subject(
        url=message.url or "URL",
        origin=message.origin or "ORIGIN",
        method=message.method or "GET",
        names=names,
        include=message.rule in ("allow-origin-wildcard", "allow-credentials-not-true"),
        response=Response(
            message.status or 200, HeaderList(tuple((n.encode(), v.encode("latin-1", "replace")) for n, v in fields))
        ),
        value=message.value or "",
        preflight=preflight,
        target=message.target,
    )


def _remedy(rule: Rule, known: Subject, message: Message, advice: str) -> Iterator[tuple[str, str]]:
    """Yield what the rule needs, its edits and its advice. A list that the message does not show is only added to."""
    if message.origin == "null" and rule.code.startswith("allow-origin"):
        # Nobody should allow null: what has to change is the page, or the redirect.
        if not is_redirected(message):
            yield "fix", advice
        return
    yield "needed", shown(rule.needed_in(known))
    if rule.code in ("preflight-allow-methods-invalid", "preflight-allow-headers-invalid"):
        yield "fix", rule.advice
        return
    lines = [
        *((f"answer OPTIONS with status {fix.status}",) if (fix := rule.fix(known)).status else ()),
        *map(str, fix.edits),
    ]
    beside = " (in addition to what is listed already)" if rule.code.endswith("not-allowed") else ""
    for place, line in enumerate(lines):
        yield "" if place else "fix", shown(line) + beside
    yield ("to do" if lines else "fix"), advice
    if rule.widens is not None and lines:
        yield "careful", f"The fix {rule.widens}."


def _turned_on(rule: Rule, value: str) -> str:
    header = {
        "allow-origin": "Access-Control-Allow-Origin",
        "allow-credentials": "Access-Control-Allow-Credentials",
        "preflight-allow-methods": "Access-Control-Allow-Methods",
        "preflight-allow-headers": "Access-Control-Allow-Headers",
    }
    for begins, name in header.items():
        if rule.code.startswith(begins):
            return shown(f"{name}: {value}".rstrip() if value else f"no {name}, or an empty one")
    if rule.code == "preflight-method-not-allowed":
        return f"the method {shown(value)}, which Access-Control-Allow-Methods does not list"
    if rule.code == "preflight-header-not-allowed":
        return f"the header {shown(value)}, which Access-Control-Allow-Headers does not list"
    return shown(value)


def _speaks_of_responses(rule: Rule) -> bool:
    """Return whether sending the request with curl shows what is wrong."""
    return rule.code.startswith(("allow-", "preflight-", "network-"))
