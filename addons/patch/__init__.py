"""Patching: what the browser is given in place of what the server sent, inside a scope that its user names.

Preflights that the server does not answer are answered here; of all else header fields are edited, before any of it is
sent. What is done is said: in the event log, on the flow, in a response header, and at the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from mitmproxy import flow, http
from mitmproxy.addonmanager import Loader
from mitmproxy.net.http import status_codes

from corsight.addons.adapter import request_of
from corsight.addons.events import get_logger
from corsight.addons.patch.news import News
from corsight.addons.patch.permission import Permission
from corsight.addons.wire import BAD_GATEWAY, UNANSWERED
from corsight.policies.decision.judge import judge
from corsight.policies.decision.mend import find_hindrance
from corsight.policies.decision.patch import NO_CONTENT, Patch, answer_unasked, patch_by_answer, patch_by_fix
from corsight.policies.exchange import SWITCHING_PROTOCOLS, Exchange, HeaderList, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.origin import origin_of
from corsight.policies.redact import shown
from corsight.policies.server.respond import respond
from corsight.policies.session import Session
from corsight.policies.session.fetches import Patched
from corsight.policies.session.memory import GIANT, Memory, weigh_headers, weigh_request
from corsight.policies.verdict import EngineName, Outcome, Ruling

logger = get_logger(__name__)

PENDING, PENDING_BYTES = 10_000, 8 * 1024 * 1024
SILENT = 1000
"""How many servers that did not answer a preflight are remembered."""
SILENT_FOR = 60.0
"""Seconds for which preflights to a server that did not answer one are answered here; then it is asked again."""
GAVE_UP_AFTER = 5.0
"""If a browser disconnects from a preflight after this many seconds, the server counts as not answering."""


class Patching:
    """Patches responses as its `permission` allows. `made` holds the preflights that were answered here and have yet to
    be judged, by flow.
    """

    def __init__(self) -> None:
        self._news = News()
        self.permission = Permission(self._news)
        self._silent: Memory[str, float] = Memory(SILENT)
        self.made: Memory[str, tuple[http.Response, Patched]] = Memory(PENDING, PENDING_BYTES)

    # -- options and commands -----------------------------------------------------------------------------------------

    def load(self, loader: Loader) -> None:
        """Declare the options and commands."""
        self.permission.load(loader)
        commands: dict[str, Callable[..., object]] = {"on": self.on, "off": self.permission.off, "undo": self.undo}
        for name, function in commands.items():
            loader.add_command(f"cors.patch.{name}", function)

    def on(self, mode: str = "") -> None:
        """Start to patch again, all endpoints, in mode blocked or policy, or in the last mode."""
        self._silent.clear()
        self.permission.on(mode)

    def undo(self, flows: Sequence[flow.Flow]) -> None:
        """Stop patching these flows' endpoints, and forget what was patched there. cors.patch.on undoes this."""
        for one in flows:
            if isinstance(one, http.HTTPFlow):
                url = request_of(one).request.url
                self.permission.undo(url)
                self._news.forget(url)

    def summary(self) -> list[str]:
        """Return everything that was patched, as the change that the servers need, one line each; empty if nothing was
        patched.
        """
        return self._news.summary()

    # -- the moments of an exchange -----------------------------------------------------------------------------------

    def answer(self, flow: http.HTTPFlow, asked: Exchange, session: Session) -> None:
        """Answer an OPTIONS request here if it is a preflight that the server should not get."""
        if self.permission.rests(flow) or not self.permission.covers(flow, asked):
            return
        if weigh_request(asked.request) > GIANT:
            # It waits until its request is whole, and is remembered for as long.
            return
        bare = replace(asked, response=Response(NO_CONTENT, HeaderList()))
        known = session.preview(bare)
        if known is None or known[0].role != "preflight":
            return
        facts, engine = known
        if not self.permission.trusts(session, asked, _asking(facts)):
            return
        without: Exchange | None
        if self.permission.mode == "policy":
            policy = self.permission.find_policy(asked.request.url)
            if policy is None:
                return
            patch, without = answer_unasked(asked, facts, respond(policy, asked, None), self.permission.marker), None
        else:
            since = self._silent.get(origin_of(asked.request.url))
            if since is None or time.monotonic() - since > SILENT_FOR:
                return
            patch = answer_unasked(asked, facts, engine, self.permission.marker)
            without = replace(asked, proxy_status=BAD_GATEWAY)
        if patch is None:
            return
        flow.response = http.Response.make(patch.response.status)
        flow.response.headers = http.Headers(patch.response.headers.fields)
        self.made.put(flow.id, (flow.response, Patched(patch.edits, without)), weigh_request(asked.request))
        self._write(flow, patch, None)
        self._news.tell(asked, engine, patch, judge(without, facts, engine).ruling if without is not None else None)

    def patch(self, flow: http.HTTPFlow, exchange: Exchange, session: Session) -> tuple[Exchange, Patched | None]:
        """Return the exchange as the browser gets it, and its patch, if any.

        An error is logged in one line, and the response then passes unchanged.
        """
        try:
            return self._patch(flow, exchange, session)
        except Exception as error:
            reason = shown(f"{type(error).__name__}: {error}")
            logger.warning("Corsight could not patch flow %s (%s): please report this.", flow.id, reason)
            return exchange, None

    def _patch(self, flow: http.HTTPFlow, exchange: Exchange, session: Session) -> tuple[Exchange, Patched | None]:
        made = self.made.forget(flow.id)
        # Unless another addon answered after all.
        if made is not None and made[0] is flow.response:
            return exchange, made[1]
        if self.permission.rests(flow):
            return exchange, None
        if exchange.response is None:
            self._fall_silent(flow, exchange)
            return exchange, None
        if exchange.response.status == SWITCHING_PROTOCOLS:
            # No page gets it as a response, whatever its request's headers say.
            return exchange, None
        if weigh_headers(exchange.response.headers) > GIANT:
            if self.permission.covers(flow, exchange):
                self._news.pass_by(exchange)
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
        if (
            self.permission.mode == "blocked"
            and facts.response is not exchange.response
            and not _passes(patched, session)
        ):
            return exchange, None
        self._write(flow, patch, exchange.response)
        self._news.tell(exchange, engine, patch, before)
        without = replace(exchange, response=facts.response)
        _apply(flow, patch.response)
        return patched, Patched(patch.edits, without)

    def _find(
        self, flow: http.HTTPFlow, exchange: Exchange, facts: Facts, engine: EngineName, session: Session
    ) -> tuple[Patch, Ruling] | None:
        """Return the patch, if there is one, and the verdict on the response without it."""
        verdict, marker = judge(exchange, facts, engine), self.permission.marker
        # Whether the scope covers it is asked late: filters cost more than verdicts.
        if self.permission.mode == "policy":
            policy = self.permission.find_policy(exchange.request.url)
            if policy is None or facts.tainting != "cors" or not self.permission.covers(flow, exchange):
                return None
            patch = patch_by_answer(
                exchange, facts, respond(policy, exchange, exchange.response), self.permission.marker
            )
            return None if patch is None else (patch, verdict.ruling)
        # What certainly passes is left alone. What only likely does is mended: browsers block it where the page asks
        # with credentials, and nothing on the wire tells.
        if verdict.blocking is None or not self.permission.covers(flow, exchange):
            return None
        if not self.permission.trusts(session, exchange, _asking(facts)):
            self._news.refuse(exchange, engine, _asking(facts))
            return None
        patch = patch_by_fix(exchange, facts, engine, marker)
        if patch is None:
            code = find_hindrance(exchange, facts, engine) if verdict.outcome is Outcome.BLOCKED else None
            if code is not None:
                self._news.give_up(exchange, engine, code)
            return None
        return patch, (verdict.branch if verdict.outcome is Outcome.BLOCKED else verdict.blocking).ruling

    def _fall_silent(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """Note that a preflight got no response. It is too late to answer it here, but the next one can be answered."""
        if exchange.request.method != "OPTIONS" or "access-control-request-method" not in exchange.request.headers:
            return
        if not self.permission.covers(flow, exchange):
            return
        error = flow.error.msg if flow.error is not None else ""
        waited = time.time() - exchange.request.started
        if any(part in error for part in UNANSWERED) and waited < GAVE_UP_AFTER:
            return
        server = origin_of(exchange.request.url)
        self._silent.put(server, time.monotonic(), len(server))
        if self.permission.mode == "blocked":
            self._news.fall_silent(server, error, SILENT_FOR)

    def _write(self, flow: http.HTTPFlow, patch: Patch, sent: Response | None) -> None:
        """Write on the flow what was edited, and what the server sent."""
        metadata = flow.metadata
        metadata["cors.patched"] = list(map(shown, patch.names))
        metadata["cors.needed"] = list(map(shown, patch.needed))
        if sent is not None:
            names = {name.lower().encode() for name in (*patch.names, self.permission.marker)}
            lines = [b": ".join(field) for field in sent.headers.fields if field[0].lower() in names]
            metadata["cors.server.status"] = sent.status
            metadata["cors.server.headers"] = "\n".join(shown(line.decode("latin-1")) for line in lines)


def _asking(facts: Facts) -> str:
    """Return the origin that a patch would allow: the request's Origin if CORS needs it, otherwise the page's."""
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
