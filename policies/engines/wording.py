"""The facts that an engine's error identifier and console text are made of."""

from __future__ import annotations

from dataclasses import dataclass

from corsight.policies.engines.policy import ConsoleTexts


@dataclass(frozen=True, slots=True)
class Wording:
    """The facts a console text is filled with.

    `page_origin` is the origin of the page (not the tainted "null" a redirect may have left), `initial_url` the fetch's
    first URL, `value` what the rule turned on, `separate_lines` how many lines the header in question came in (of
    Access-Control-Allow-Origin those named exactly so), `target` a redirect's location, `page` the page's URL as far as
    it is known, `tainting` the response tainting, `texts` what the engine's version says in its own way (None: today's).
    `xhr` tells that it was an XMLHttpRequest, `use` what a response of the wrong type was to be.
    """

    rule: str
    preflight: bool
    url: str
    initial_url: str
    origin: str
    page_origin: str
    destination: str
    event_source: bool
    status: int
    value: str
    separate_lines: int
    target: str | None = None
    page: str | None = None
    tainting: str = "cors"
    texts: ConsoleTexts | None = None
    xhr: bool = False
    use: str = ""
