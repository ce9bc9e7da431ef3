"""class Cors: options and hooks. It has guard clauses only; other modules make the decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

from mitmproxy import ctx, exceptions, flowfilter, http
from mitmproxy.addonmanager import Loader

from corsight.addons.adapter import Asked, exchange_of, note_request, read_request, request_of, withheld
from corsight.addons.annotate import annotate
from corsight.addons.announce import Announcer
from corsight.addons.begun import Begun
from corsight.addons.commands import Commands, rejudged
from corsight.addons.drift import Drifting, read_policies
from corsight.addons.events import get_logger
from corsight.addons.guard import never_raises
from corsight.addons.log import VerdictLog, open_log
from corsight.addons.marker import Marking
from corsight.addons.options import declare_options, take_deferred_options
from corsight.addons.page.hosting import Hosting
from corsight.addons.page.page import Page
from corsight.addons.patch import Patching
from corsight.addons.scope import read_filter
from corsight.addons.views import CorsView, Stories, detail, offer, show_change, show_comments, withdraw
from corsight.addons.wire import write_word
from corsight.policies.engines import read_engine
from corsight.policies.exchange import Word
from corsight.policies.findings import Explanation, Known
from corsight.policies.record import Lines
from corsight.policies.rules.isolation import NETWORK_ERROR
from corsight.policies.session import Judged, Session
from corsight.policies.session.memory import Memory, weigh_request

logger = get_logger(__name__)
ASKED = "corsight_asked"
"""The attribute of an active flow that holds its request as it came, before other addons changed it, and None once the
flow was judged (deleting the attribute would cost more). mitmproxy does not save it.
"""
LONGEST = 8192
"""The largest request (bytes of URL and headers) that is held so; a larger one is read again with its response."""
OPEN = 10_000
"""How many requests may wait for their response's body at once."""


class Cors:
    """Judges every exchange, and writes the verdict on the flow and into the log.

    Changes traffic only if patching is on.
    """

    addons: list[Hosting]
    response: Callable[[http.HTTPFlow], None]
    """The hook that exists only while something waits for it: even an empty call costs a twentieth of judging."""

    def __init__(self) -> None:
        self._session = Session()
        self._begun = Begun(self._begin)
        self._scope: flowfilter.TFilter | None = None
        self._choosy = False
        self._log: VerdictLog | None = None
        self._lines = Lines()
        self._mark, self._running = True, False
        self._announcer = Announcer()
        self._patching = Patching()
        self._marking = Marking()
        self._attends = False
        self._drifting: Drifting | None = None
        self._put_off: Memory[str, None] = Memory(OPEN)
        self._flows: WeakValueDictionary[str, http.HTTPFlow] = WeakValueDictionary()
        self._known = Known()
        self._stories = Stories(self._known)
        self._view = CorsView(self._stories)
        self._watched = False
        self.page = Page(self._stories, self._known, lambda: self._drifting)

    # -- options ------------------------------------------------------------------------------------------------------

    def load(self, loader: Loader) -> None:
        """Declare the options, and stop the start if an option was set to a wrong value."""
        declare_options(loader)
        self._patching.load(loader)
        self.page.load(loader)
        self._marking.load(loader)
        Commands(self._stories, self._judge_again).load(loader)
        take_deferred_options()

    def configure(self, updated: set[str]) -> None:
        """Read the options. Raises OptionsError with one line for a wrong value.

        During the start, mitmproxy would print a traceback with it, so the line is logged as an error, which ends it.
        """
        try:
            self._configure(updated)
        except exceptions.OptionsError as error:
            if self._running:
                raise
            for line in str(error).splitlines():
                logger.error("%s", line)

    def _configure(self, updated: set[str]) -> None:
        options = ctx.options
        self._begun.take_in()
        if "cors_engine" in updated:
            name = options.cors_engine
            try:
                self._session = Session(*read_engine(name))
            except ValueError as error:
                raise exceptions.OptionsError(f"cors_engine: {error}.") from None
            if self._attends:
                self._session.attend()
        if "cors_scope" in updated:
            self._scope = read_filter("cors_scope", options.cors_scope)
        if "cors_log" in updated:
            self._close_log()
            self._log = open_log(options.cors_log)
        if "cors_mark" in updated:
            self._mark = options.cors_mark
        if "cors_secrets" in updated:
            self._lines = Lines(secrets=options.cors_secrets)
        if "cors_policy" in updated:
            policies = read_policies(options.cors_policy)
            self._patching.permission.policies = policies
            self._drifting = Drifting(policies) if policies else None
        if "cors_page" in updated:
            self.page.configure(options.cors_page)
            if self._running:
                self.page.start()
        self._marking.configure(updated)
        self._await_bodies()
        # Last: it may answer by the policies.
        self._patching.permission.configure(updated)
        self._choosy = self._scope is not None or self.page.on
        if not self.page.on:
            vars(self).pop("addons", None)

    def running(self) -> None:
        """Log what the proxy's mode hides, and set up the user interface."""
        self._running = True
        self.page.start()
        if ctx.master.addons.get("view") is not None:
            self._watched = True
            offer(self._view)
            show_comments()
        if any(mode.startswith("reverse:") for mode in ctx.options.mode):
            logger.warning(
                "In reverse mode the browser's own URLs and origins are hidden: verdicts need keep_host_header."
            )

    # -- hooks --------------------------------------------------------------------------------------------------------

    @never_raises
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Read the browser's request before other addons change it."""
        if self._marking.at_work:
            # In the scope or not: no server sees the cookie.
            self._marking.take(flow)
        if self._choosy and (self._is_of_page(flow) or self._passes_by(flow)):
            return
        answers = self._patching.permission.mode != "off" and flow.request.method == "OPTIONS"
        self._begun.put(note_request(flow), waits=not answers)
        if answers:
            self._patching.answer(flow, getattr(flow, ASKED, None) or request_of(flow), self._session)

    def _begin(self, noted: Asked) -> None:
        asked = read_request(noted)
        if weigh_request(asked.request) <= LONGEST:
            setattr(noted[0], ASKED, asked)
        if revised := self._session.begin(asked):
            self._publish(revised)

    @never_raises
    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Judge while the response can still be changed; if the verdict depends on the body, once the body is there."""
        response = flow.response
        # A body that is buffered is going to be there; where responses are patched, they are before that.
        comes = response is not None and not response.stream and response.data.timestamp_end is None
        self._observe(flow, body_comes=comes and self._patching.permission.mode == "off")

    @never_raises
    def _take_body(self, flow: http.HTTPFlow) -> None:
        """Judge an exchange that waited for its body. A streamed response is recorded as the server sent it."""
        if self._marking.at_work:
            self._marking.restore(flow)
        if flow.id in self._put_off:
            self._observe(flow)
        self._await_bodies()

    def _await_bodies(self) -> None:
        """Make mitmproxy call the hook for bodies, while something waits for a body."""
        if self._put_off or self._marking.at_work:
            self.response = self._take_body
        else:
            vars(self).pop("response", None)

    @never_raises
    def error(self, flow: http.HTTPFlow) -> None:
        """Judge an exchange whose response did not come, or not all of it."""
        self._begun.take_in()
        if self._marking.at_work:
            self._marking.restore(flow)
        # A response that the proxy kept to itself is there: no hook has seen it, or it was judged by its headers.
        by_headers = flow.metadata.get("cors.rule") != NETWORK_ERROR and withheld(flow)
        if flow.response is None or getattr(flow, ASKED, None) is not None or by_headers:
            self._observe(flow)

    def _is_of_page(self, flow: http.HTTPFlow) -> bool:
        """Return whether a request belongs to the live page. The hook exists only while such a request is active,
        because each addon costs every event a little.
        """
        hosting = self.page.hosting
        claimed = hosting.claim(flow)
        if hosting.waiting:
            self.addons = [hosting]
        elif "addons" in self.__dict__:
            del self.addons
        return claimed

    def _passes_by(self, flow: http.HTTPFlow) -> bool:
        """Return whether a flow must not be judged."""
        return self.page.hosting.owns(flow) or (self._scope is not None and not self._scope(flow))

    def _observe(self, flow: http.HTTPFlow, *, body_comes: bool = False) -> None:
        self._begun.take_in()
        if self._choosy and self._passes_by(flow):
            return
        asked, patched = getattr(flow, ASKED, None), None
        setattr(flow, ASKED, None)
        if self._put_off:
            self._put_off.forget(flow.id)
        exchange = exchange_of(flow, asked)
        if self._patching.permission.mode != "off" or self._patching.made:
            exchange, patched = self._patching.patch(flow, exchange, self._session)
        verdicts = self._session.observe(exchange, body_comes=body_comes and asked is not None)
        if not verdicts:
            setattr(flow, ASKED, exchange)
            self._put_off.put(flow.id, None)
            self._await_bodies()
            return
        judged = verdicts[0]
        if patched is not None or flow.live:
            # What a recording says of a patch is not said of what is there live, such as the answer to a replay.
            judged.entry.patched = patched
        if self._drifting is not None:
            self._drifting.tell(flow, judged)
        self._known.add(judged)
        explanation = self._write(flow, judged)
        verdict = judged.verdict
        if self._attends or verdict.divided or verdict.ruling.rule is not None or judged.entry.role != "request":
            # What comes later may revise it; then its flow has to be found again, if it is still there.
            self._flows[flow.id] = flow
        self._tell(judged, explanation)
        if len(verdicts) > 1 or self._known.changed:
            self._publish(verdicts[1:])

    def _write(self, flow: http.HTTPFlow, judged: Judged) -> Explanation | None:
        """Write the present verdict on a flow, and return its diagnosis."""
        explanation = None if judged.alike is not None else self._known.diagnose(judged)
        annotate(flow, judged, explanation, mark=self._mark)
        if self._watched:
            detail(flow, judged, self._known)
        return explanation

    # -- the browser's own word ---------------------------------------------------------------------------------------

    def attend(self) -> None:
        """Remember the flows judged from now on: the browser is asked about them, and `heed` takes its answers."""
        self._attends = True
        self._session.attend()

    def heed(self, id: str, word: Word) -> None:
        """Use what the browser reported about a flow that was judged."""
        self._begun.take_in()
        flow = self._flows.get(id)
        if flow is not None:
            write_word(flow.metadata, word)
        revised = self._session.heed(id, word)
        if revised:
            self._publish(revised)

    def _judge_again(self, flows: Sequence[http.HTTPFlow]) -> None:
        """Judge earlier flows again by the engine that is set now. This neither logs nor announces them again."""
        self._known.clear()
        judgeds = rejudged(self._session, [flow for flow in flows if self._scope is None or self._scope(flow)])
        for flow in flows:
            judged = judgeds.get(flow.id)
            if judged is None or judged.entry.verdict is None:
                continue
            if (before := self._stories.judged(flow.id)) is not None:
                judged.entry.patched = before.entry.patched
            self._known.add(judged)
            self._write(flow, judged)
            self._stories.keep(judged)

    def done(self) -> None:
        """Log what is left to report."""
        withdraw(self._view)
        self._marking.done()
        self._begun.take_in()
        self._publish(self._session.finish())
        self.page.close()
        if (summary := self._announcer.summary()) is not None:
            logger.info(summary)
        if self._drifting is not None and (drift := self._drifting.summary()) is not None:
            logger.info(drift)
        for line in self._patching.summary():
            logger.info(line)
        self._close_log()

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def _publish(self, verdicts: list[Judged]) -> None:
        """Report the exchanges whose verdict changed."""
        for judged in verdicts:
            request, flow = judged.entry.exchange.request, self._flows.get(judged.entry.exchange.id)
            if flow is not None and flow.request.timestamp_start != request.started:
                # It was replayed since: all views speak of what came last.
                continue
            self._known.add(judged)
            self._update(judged)
            self._tell(judged, self._known.diagnose(judged))
        for judged in self._known.take_changed():
            # Nothing else is said of it than before, but why.
            self._update(judged)
            self._tell(replace(judged, revises=True), self._known.diagnose(judged))

    def _update(self, judged: Judged) -> None:
        """Write the present verdict on the flow of an exchange, if the flow is still there."""
        flow = self._flows.get(judged.entry.exchange.id)
        if flow is None:
            return
        if self._drifting is not None:
            self._drifting.tell(flow, judged)
        self._write(flow, judged)
        show_change(flow)

    def _tell(self, judged: Judged, explanation: Explanation | None) -> None:
        """Write the present verdict on an exchange to the log, and what is new to the event log."""
        if self._log is not None:
            self._log.write(self._lines.line(judged, explanation))
        if self._watched or self.page.on:
            self._stories.keep(judged)
            self.page.tell(judged)
        if explanation is not None or judged.revises or judged.verdict.open is not None:
            self._announcer.announce(judged, explanation)
