"""Programs that run on a developer's own machine, known by their port: where each lets pages in.

Each is as the program's own documentation has it. A port may be another program's, so nothing but a hint comes of it.
"""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.fetch.local_network import find_address_space
from corsight.policies.fetch.origin import split_origin
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause

RULES = frozenset({"allow-origin-missing", "allow-origin-mismatch", "preflight-status-not-ok"})
PROGRAMS = {
    1234: ("LM Studio", "switch on Enable CORS in the settings of its server (lms server start --cors)"),
    5984: ("CouchDB", "set enable_cors = true under [chttpd], and origins = {page} under [cors]"),
    7860: ("the Stable Diffusion web UI", "start it with --cors-allow-origins {page}"),
    8188: ("ComfyUI", "start it with --enable-cors-header {page}"),
    8545: ("geth", "start it with --http.corsdomain {page}"),
    8888: ("Jupyter", "set c.ServerApp.allow_origin = '{page}' in its configuration"),
    9200: (
        "Elasticsearch",
        "set http.cors.enabled: true and http.cors.allow-origin: {page} in elasticsearch.yml",
    ),
    11434: (
        "Ollama",
        "list {page} in the environment variable OLLAMA_ORIGINS of its server, and start that again; it answers 403 "
        "to any other origin, an extension's too",
    ),
}
"""The port that each listens on by itself, its name, and what to do."""


def find_setting(server: str, page: str) -> str | None:
    """Return where the program that a server may be lets a page in; None where its port tells none."""
    parts = split_origin(server)
    if parts is None or parts[2] not in PROGRAMS or find_address_space(parts[1]) is None:
        return None
    name, setting = PROGRAMS[parts[2]]
    return f"Port {parts[2]} is usually {name}: {setting.format(page=page)}."


def add_setting(cause: Cause, case: Case) -> Cause:
    """Return the cause with what to set in the program that refused, where its port tells which it is."""
    if case.rule not in RULES or case.led_to_login or case.origin == "null":
        # None of them has to list null: such a page needs an origin first.
        return cause
    told = find_setting(case.server, case.named_page)
    return cause if told is None else replace(cause, action=f"{cause.action} {told}")
