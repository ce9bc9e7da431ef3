"""Reports patching: in the event log each finding once, and at the end what the servers have to send."""

from __future__ import annotations

import shlex
from collections.abc import Collection

from mitmproxy.log import ALERT

from corsight.addons.events import get_logger
from corsight.addons.scope import EVERYTHING, list_loose_ends
from corsight.policies.decision.patch import Patch
from corsight.policies.exchange import Exchange
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.to_send import ToSend, name_endpoint
from corsight.policies.redact import redact
from corsight.policies.rules import RULES
from corsight.policies.session.memory import GIANT
from corsight.policies.verdict import EngineName, Ruling

logger = get_logger(__name__)

KINDS = 1000
"""How many lines of each kind are logged. Each kind has its own limit, so that requests of strangers use up none of the
others.
"""
LONGEST = 2048
"""The most characters of an origin or a method that are kept."""
TO_CONFIGURATION = (
    "As a server's configuration: record with -w FILE; then corsight policy infer FILE --output policy.yaml, and "
    "corsight policy export nginx policy.yaml (or another target)."
)


class News:
    """Reports what is new about patching."""

    def __init__(self) -> None:
        self._told: dict[str, set[tuple[str, ...]]] = {}
        self._to_send = ToSend()

    def start(self, mode: str, scope: str, origins: Collection[str]) -> None:
        """Log what is patched, who may then read it, and what a scope matches beyond its words."""
        if mode == "policy":
            who = "as the policies of cors_policy say"
        elif origins:
            who = f"for pages of {', '.join(sorted(origins))}, with the user's cookies"
        else:
            who = "for pages that are loaded from localhost through this proxy, with the user's cookies"
        logger.log(ALERT, f"Corsight patches {'everything' if scope == EVERYTHING else scope} {who}.")
        for line in list_loose_ends(scope):
            logger.warning(f"cors_patch_scope: {line}")

    def expire(self, minutes: int) -> None:
        """Log that patching ended automatically."""
        logger.log(ALERT, "Corsight stopped patching: the time of cors_patch_minutes (%s) is over.", minutes)

    def fall_silent(self, server: str, error: str, seconds: float) -> None:
        """Log that a server did not answer a preflight, and for how long it will not be asked again."""
        self._say(
            "silent",
            (server,),
            f"{server} did not answer a preflight ({error}): for the next {seconds:.0f} seconds Corsight "
            "answers them in its place. Ask again.",
        )

    def tell(self, exchange: Exchange, engine: EngineName, patch: Patch, before: Ruling | None) -> None:
        """Log what was patched, and the verdict without the patch, and count it for the end."""
        method, endpoint = exchange.request.method[:LONGEST], name_endpoint(exchange.request.url)
        self._to_send.add(method, endpoint, patch.needed)
        why = before.rule if before is not None and before.rule is not None else "policy"
        self._say(
            "patched",
            (engine, method, endpoint, why),
            f"patched [{engine}] {method} {endpoint} [{why}]: {', '.join(patch.edits)}",
        )

    def give_up(self, exchange: Exchange, engine: EngineName, code: str) -> None:
        """Log that no header can fix what a rule blocks."""
        method, endpoint, rule = exchange.request.method[:LONGEST], name_endpoint(exchange.request.url), RULES[code]
        self._say(
            "not patched",
            (engine, method, endpoint, rule.code),
            f"not patched [{engine}] {method} {endpoint} [{rule.code}]: no header can fix this. {rule.advice}",
        )

    def pass_by(self, exchange: Exchange) -> None:
        """Log that a response has too many headers to be patched: finding the smallest edits would take too long."""
        server = origin_of(exchange.request.url)[:LONGEST]
        self._say(
            "giant",
            (server,),
            f"not patched: {server} answered with more than {GIANT // 1024} kB of headers; they pass as they are.",
        )

    def refuse(self, exchange: Exchange, engine: EngineName, origin: str) -> None:
        """Log that pages of this origin are not allowed to read patched responses, and how to allow them."""
        self._say(
            "not trusted",
            (origin[:LONGEST],),
            f"not patched [{engine}] {exchange.request.method} {name_endpoint(exchange.request.url)}: a page of "
            f"{origin} asked. If that page is yours, add --set {shlex.quote(f'cors_patch_origins={origin}')}",
        )

    def forget(self, url: str) -> None:
        """Forget what was patched at an endpoint."""
        self._to_send.forget(url)

    def summary(self) -> list[str]:
        """Return everything that was patched, as the change that the servers need, one line each; empty if nothing was
        patched.
        """
        lines = [f"  {line}" for line in self._to_send.lines()]
        if not lines:
            return []
        many = f"{self._to_send.count} exchange{'s' if self._to_send.count != 1 else ''}"
        first = f"Corsight patched {many}. What the servers have to send so that these pass without the patch:"
        return [first, *lines, TO_CONFIGURATION]

    def _say(self, kind: str, finding: tuple[str, ...], line: str) -> None:
        told = self._told.setdefault(kind, set())
        if finding in told or len(told) >= KINDS:
            return
        told.add(finding)
        logger.log(ALERT, redact(line))
        if len(told) == KINDS:
            logger.log(ALERT, f"Corsight has logged {KINDS} lines of this kind ({kind}) and logs no more of them.")
