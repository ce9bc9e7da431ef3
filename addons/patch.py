"""Patching: what the browser is given in place of what the server sent, inside a scope that its user names.

Preflights that the server does not answer are answered here; of all else header fields are edited, before any of it is
sent. What is done is said: in the event log, on the flow, in a response header, and at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b

from mitmproxy import ctx, exceptions, flow, flowfilter, http
from mitmproxy.addonmanager import Loader
from mitmproxy.log import ALERT
from mitmproxy.net.http import status_codes

from corsight.addons.adapter import request_of
from corsight.addons.events import get_logger
from corsight.addons.scope import EVERYTHING, list_loose_ends, patch_scope, read_origin
from corsight.addons.wire import BAD_GATEWAY, UNANSWERED
from corsight.policies.decision.judge import judge
from corsight.policies.decision.mend import find_hindrance
from corsight.policies.decision.patch import NO_CONTENT, Patch, answer_unasked, patch_by_answer, patch_by_fix
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.to_send import ToSend, name_endpoint
from corsight.policies.redact import printable, redact, shown
from corsight.policies.rules import RULES
from corsight.policies.server.match import find
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.respond import respond
from corsight.policies.session import Session
from corsight.policies.session.fetches import Patched
from corsight.policies.session.memory import GIANT, Memory, weigh_headers
from corsight.policies.verdict import EngineName, Outcome, Ruling

logger = get_logger(__name__)

MODES = ("off", "blocked", "policy")
HEADER = "X-Corsight-Patched"
KINDS = 1000
"""How many different patches are told, and summed up; the rest is only counted."""
PENDING = 10_000
SILENT_FOR = 60.0
"""Seconds for which preflights to a server that did not answer one are answered here; then it is asked again."""
GAVE_UP_AFTER = 5.0
"""Seconds after which a browser that hangs up on a preflight has given the server up."""
LONGEST = 2048
"""Characters of an origin or a method that are kept."""
TO_CONFIGURATION = (
    "As a server's configuration: record with -w FILE; then corsight policy infer FILE --output policy.yaml, and "
    "corsight policy export nginx policy.yaml (or another target)."
)


class Patching:
    """Patches responses, unless `mode` is off. `policies` are those that mode `policy` answers by, `made` holds the
    preflights that were answered here and have yet to be judged, by flow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.mode = "off"
        self.policies: Sequence[ServerPolicy] = ()
        self._clock = clock
        self._last_mode = "blocked"
        self._scope: flowfilter.TFilter | None = None
        self._origins: frozenset[str] = frozenset()
        self._marker = HEADER
        self._ends: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._minutes = 0
        # The user's own word is never forgotten: a digest of each endpoint, whatever its length.
        self._undone: set[bytes] = set()
        self._silent: Memory[str, float] = Memory(KINDS)
        self.made: Memory[str, tuple[http.Response, Patched]] = Memory(PENDING)
        self._told: set[tuple[str, ...]] = set()
        self._to_send = ToSend()

    # -- options and commands -----------------------------------------------------------------------------------------

    def load(self, loader: Loader) -> None:
        """Declare the options and commands."""
        add = loader.add_option
        add(
            "cors_patch",
            str,
            "off",
            "Patch responses in cors_patch_scope: off; blocked (the least header edits that let a blocked exchange "
            "pass); policy (the answers of cors_policy instead of the server's).",
        )
        add(
            "cors_patch_scope",
            str,
            "",
            f"Patch only flows that match this filter expression. Patching needs one; the word {EVERYTHING} means all.",
        )
        add(
            "cors_patch_origins",
            Sequence[str],
            [],
            "Pages that may read what is patched, by their origins; `null` stands for sandboxed and redirected ones. "
            "None given: pages that this proxy's client loaded from localhost.",
        )
        add("cors_patch_header", str, HEADER, "Response header that names what was patched. Empty for none.")
        add("cors_patch_minutes", int, 0, "Stop patching after so many minutes. 0 for no end.")
        commands: dict[str, Callable[..., object]] = {"on": self.on, "off": self.off, "undo": self.undo}
        for name, function in commands.items():
            loader.add_command(f"cors.patch.{name}", function)

    def configure(self, updated: set[str]) -> None:
        """Take the options over; raises OptionsError in one line for what cannot be."""
        options = ctx.options
        if "cors_patch_header" in updated:
            self._marker = _header_name(options.cors_patch_header)
        if "cors_patch_minutes" in updated and options.cors_patch_minutes < 0:
            raise exceptions.OptionsError("cors_patch_minutes: cannot be negative; 0 is for no end.")
        if "cors_patch_origins" in updated:
            self._origins = frozenset(map(read_origin, options.cors_patch_origins))
        if updated & {"cors_patch", "cors_patch_scope", "cors_patch_origins", "cors_policy"}:
            mode, scope = options.cors_patch, options.cors_patch_scope
            if mode not in MODES:
                raise exceptions.OptionsError(f"cors_patch: {mode!r} is none of {', '.join(MODES)}.")
            parsed = patch_scope(scope, needed=mode != "off")
            if mode == "policy" and not self.policies:
                raise exceptions.OptionsError(
                    "cors_patch: policy answers by the policies of cors_policy, and none is given; "
                    "add --set cors_policy=FILE."
                )
            self._scope = parsed
            started = mode != "off" and self.mode == "off"
            self.mode = mode
            if mode != "off":
                self._last_mode = mode
            if mode != "off" and (started or updated & {"cors_patch_scope", "cors_patch_origins"}):
                self._announce_start(scope)
            if started or mode == "off":
                self._count_down(options.cors_patch_minutes if started else 0)
        if "cors_patch_minutes" in updated and self.mode != "off" and options.cors_patch_minutes != self._minutes:
            self._count_down(options.cors_patch_minutes)

    def on(self, mode: str = "") -> None:
        """Patch from now on, all endpoints again: mode blocked or policy, or the last one."""
        self._undone.clear()
        self._silent.clear()
        _set(cors_patch=mode or self._last_mode)

    def off(self) -> None:
        """Stop patching, at once."""
        _set(cors_patch="off")

    def undo(self, flows: Sequence[flow.Flow]) -> None:
        """Patch these flows' endpoints no more, and forget what was patched there. cors.patch.on takes it back."""
        for one in flows:
            if isinstance(one, http.HTTPFlow):
                url = request_of(one).request.url
                self._undone.add(_digest(url))
                self._to_send.forget(url)

    def _announce_start(self, scope: str) -> None:
        """Say what is patched, who may read it then, and what a scope matches that its words do not say."""
        if self.mode == "policy":
            who = "as the policies of cors_policy say"
        elif self._origins:
            who = f"for pages of {', '.join(sorted(self._origins))}, with the user's cookies"
        else:
            who = "for pages that are loaded from localhost through this proxy, with the user's cookies"
        logger.log(ALERT, printable(f"Corsight patches {'everything' if scope == EVERYTHING else scope} {who}."))
        for line in list_loose_ends(scope):
            logger.warning(printable(f"cors_patch_scope: {line}"))

    def _count_down(self, minutes: int) -> None:
        self._minutes = minutes
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._ends = self._clock() + minutes * 60 if minutes else None
        if minutes:
            # Without a loop the next exchange will see that the time is over.
            with contextlib.suppress(RuntimeError):
                self._timer = asyncio.get_running_loop().call_later(minutes * 60, self._expire)

    def _expire(self) -> None:
        if self._ends is not None:
            self._ends = None
            logger.log(ALERT, "Corsight stopped patching: the time of cors_patch_minutes (%s) is over.", self._minutes)
            self.off()

    # -- the moments of an exchange -----------------------------------------------------------------------------------

    def answer(self, flow: http.HTTPFlow, asked: Exchange, session: Session) -> None:
        """A request set out: answer it if it is a preflight that the server is not to be asked."""
        if flow.request.method != "OPTIONS" or self._rests(flow) or not self._covers(flow, asked):
            return
        bare = replace(asked, response=Response(NO_CONTENT, HeaderList()))
        known = session.preview(bare)
        if known is None or known[0].role != "preflight":
            return
        facts, engine = known
        if not self._trusts(session, asked, facts):
            return
        without: Exchange | None
        if self.mode == "policy":
            policy = find(self.policies, asked.request.url)
            if policy is None:
                return
            patch, without = answer_unasked(asked, facts, respond(policy, asked, None), self._marker), None
        else:
            since = self._silent.get(origin_of(asked.request.url))
            if since is None or self._clock() - since > SILENT_FOR:
                return
            patch = answer_unasked(asked, facts, engine, self._marker)
            without = replace(asked, proxy_status=BAD_GATEWAY)
        if patch is None:
            return
        flow.response = http.Response.make(patch.response.status)
        flow.response.headers = http.Headers(patch.response.headers.fields)
        self.made.put(flow.id, (flow.response, Patched(patch.edits, without)))
        self._write(flow, patch, None)
        self._tell(asked, engine, patch, judge(without, facts, engine).ruling if without is not None else None)

    def patch(self, flow: http.HTTPFlow, exchange: Exchange, session: Session) -> tuple[Exchange, Patched | None]:
        """A response came, or will not: the exchange as the browser gets it, and what was patched of it, if anything.

        What goes wrong is told in a line; then the response passes as it came.
        """
        try:
            return self._patch(flow, exchange, session)
        except Exception as error:
            reason = shown(f"{type(error).__name__}: {error}")
            logger.warning("Corsight could not patch flow %s (%s): please report this.", printable(flow.id), reason)
            return exchange, None

    def _patch(self, flow: http.HTTPFlow, exchange: Exchange, session: Session) -> tuple[Exchange, Patched | None]:
        made = self.made.forget(flow.id)
        # Unless another addon answered after all.
        if made is not None and made[0] is flow.response:
            return exchange, made[1]
        if self._rests(flow):
            return exchange, None
        if exchange.response is None:
            self._fall_silent(flow, exchange)
            return exchange, None
        if weigh_headers(exchange.response.headers) > GIANT:
            self._pass_by(flow, exchange)
            return exchange, None
        known = session.preview(exchange)
        if known is None:
            return exchange, None
        facts, engine = known
        found = self._find(flow, exchange, facts, engine, session)
        if found is None:
            return exchange, None
        patch, before = found
        patched = replace(exchange, response=patch.response)
        # What a 304 confirmed is judged as the browser will have it: the stored response, with the patched 304 in it.
        if self.mode == "blocked" and facts.response is not exchange.response and not _passes(patched, session):
            return exchange, None
        self._write(flow, patch, exchange.response)
        self._tell(exchange, engine, patch, before)
        without = replace(exchange, response=facts.response)
        _apply(flow, patch.response)
        return patched, Patched(patch.edits, without)

    def _find(
        self, flow: http.HTTPFlow, exchange: Exchange, facts: Facts, engine: EngineName, session: Session
    ) -> tuple[Patch, Ruling] | None:
        """The patch, if there is one, and what is said of the response without it."""
        verdict = judge(exchange, facts, engine)
        # Whether the scope covers it is asked late: filters cost more than verdicts.
        if self.mode == "policy":
            policy = find(self.policies, exchange.request.url)
            if policy is None or facts.tainting != "cors" or not self._covers(flow, exchange):
                return None
            patch = patch_by_answer(exchange, facts, respond(policy, exchange, exchange.response), self._marker)
            return None if patch is None else (patch, verdict.ruling)
        # What certainly passes is left alone. What only likely does is mended: browsers block it where the page asks
        # with credentials, and nothing on the wire tells.
        if verdict.blocking is None or not self._covers(flow, exchange):
            return None
        if not self._trusts(session, exchange, facts):
            self._refuse(exchange, engine, facts)
            return None
        patch = patch_by_fix(exchange, facts, engine, self._marker)
        if patch is None:
            if verdict.outcome is Outcome.BLOCKED:
                self._give_up(exchange, engine, find_hindrance(exchange, facts, engine))
            return None
        return patch, (verdict.branch if verdict.outcome is Outcome.BLOCKED else verdict.blocking).ruling

    def _trusts(self, session: Session, exchange: Exchange, facts: Facts) -> bool:
        """Whether the page that asks may read what is patched; a policy names its origins itself."""
        origin = _asking(facts)
        if self.mode == "policy" or origin in self._origins:
            return True
        return not self._origins and origin != "null" and session.is_at_home(exchange, origin)

    def _rests(self, flow: http.HTTPFlow) -> bool:
        """Whether nothing is patched now, or not of this flow: behind one that is read or replayed is no browser."""
        if self._ends is not None and self._clock() >= self._ends:
            self._expire()
        return self.mode == "off" or not flow.live or flow.is_replay == "request"

    def _covers(self, flow: http.HTTPFlow, exchange: Exchange) -> bool:
        if self._scope is not None and not self._scope(flow):
            return False
        return not self._undone or _digest(exchange.request.url) not in self._undone

    def _fall_silent(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """No response came. A preflight's cannot be made up any more here, only the next one's."""
        if exchange.request.method != "OPTIONS" or "access-control-request-method" not in exchange.request.headers:
            return
        if not self._covers(flow, exchange):
            return
        error = flow.error.msg if flow.error is not None else ""
        waited = time.time() - exchange.request.started
        if any(part in error for part in UNANSWERED) and waited < GAVE_UP_AFTER:
            return
        server = origin_of(exchange.request.url)
        self._silent.put(server, self._clock(), len(server))
        if self.mode == "blocked":
            self._say(
                ("silent", server),
                f"{server} did not answer a preflight ({error}): for the next {SILENT_FOR:.0f} seconds Corsight "
                "answers them in its place. Ask again.",
            )

    # -- what is said -------------------------------------------------------------------------------------------------

    def _write(self, flow: http.HTTPFlow, patch: Patch, sent: Response | None) -> None:
        """Keep on the flow what was edited, and what the server sent in its place."""
        metadata = flow.metadata
        metadata["cors.patched"] = list(map(shown, patch.names))
        metadata["cors.needed"] = list(map(shown, patch.needed))
        if sent is not None:
            names = {name.lower().encode() for name in (*patch.names, self._marker)}
            lines = [b": ".join(field) for field in sent.headers.fields if field[0].lower() in names]
            metadata["cors.server.status"] = sent.status
            metadata["cors.server.headers"] = "\n".join(shown(line.decode("latin-1")) for line in lines)

    def _tell(self, exchange: Exchange, engine: EngineName, patch: Patch, before: Ruling | None) -> None:
        method, endpoint = exchange.request.method[:LONGEST], name_endpoint(exchange.request.url)
        self._to_send.add(method, endpoint, patch.needed)
        why = before.rule if before is not None and before.rule is not None else "policy"
        self._say(
            ("patched", engine, method, endpoint, why),
            f"patched [{engine}] {method} {endpoint} [{why}]: {', '.join(patch.edits)}",
        )

    def _give_up(self, exchange: Exchange, engine: EngineName, code: str | None) -> None:
        if code is None:
            return
        method, endpoint, rule = exchange.request.method[:LONGEST], name_endpoint(exchange.request.url), RULES[code]
        self._say(
            ("not patched", engine, method, endpoint, rule.code),
            f"not patched [{engine}] {method} {endpoint} [{rule.code}]: no header can mend this. {rule.advice}",
        )

    def _pass_by(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Say that the headers of a response are too many to be patched: the least edits would be long to find."""
        if self._covers(flow, exchange):
            server = origin_of(exchange.request.url)[:LONGEST]
            self._say(
                ("giant", server),
                f"not patched: {server} answered with more than {GIANT // 1024} kB of headers; they pass as they are.",
            )

    def _refuse(self, exchange: Exchange, engine: EngineName, facts: Facts) -> None:
        origin = _asking(facts)
        self._say(
            ("not trusted", origin[:LONGEST]),
            f"not patched [{engine}] {exchange.request.method} {name_endpoint(exchange.request.url)}: a page of "
            f"{origin} asked. If that page is yours, add --set cors_patch_origins={origin}",
        )

    def _say(self, finding: tuple[str, ...], line: str) -> None:
        if finding in self._told or len(self._told) >= KINDS:
            return
        self._told.add(finding)
        logger.log(ALERT, printable(redact(line)))

    def summary(self) -> list[str]:
        """What was patched in all, as the change that the servers need; a line each, none when nothing was."""
        lines = [f"  {line}" for line in self._to_send.lines()]
        if not lines:
            return []
        many = f"{self._to_send.count} exchange{'s' if self._to_send.count != 1 else ''}"
        first = f"Corsight patched {many}. What the servers have to send for these to pass without it:"
        return [first, *lines, TO_CONFIGURATION]


# -- options ----------------------------------------------------------------------------------------------------------


def _header_name(name: str) -> str:
    if name and (not is_token(name) or not re.match("x-", name, re.IGNORECASE)):
        raise exceptions.OptionsError(
            f"cors_patch_header: {printable(name)!r} cannot be; it is a header name that begins with X-, or empty."
        )
    return name


def _set(**options: object) -> None:
    try:
        ctx.options.update(**options)
    except exceptions.OptionsError as error:
        raise exceptions.CommandError(str(error)) from None


# -- flows and exchanges ----------------------------------------------------------------------------------------------


def _digest(url: str) -> bytes:
    return blake2b(url.partition("?")[0].encode("latin-1", "replace"), digest_size=16).digest()


def _asking(facts: Facts) -> str:
    """Return the origin that a patch would let in: the request's where CORS asks for it, else the page's."""
    return (facts.origin if facts.tainting == "cors" else facts.page_origin) or "null"


def _passes(patched: Exchange, session: Session) -> bool:
    known = session.preview(patched)
    return known is not None and judge(patched, *known).outcome is not Outcome.BLOCKED


def _apply(flow: http.HTTPFlow, response: Response) -> None:
    assert flow.response is not None
    flow.response.headers = http.Headers(response.headers.fields)
    if flow.response.status_code != response.status:
        flow.response.status_code = response.status
        if not flow.response.is_http2:
            flow.response.reason = status_codes.RESPONSES.get(response.status, "")
