"""What the proxy of a run records, and where: the recording, the verdicts, and what a runner tells of its tests."""

from __future__ import annotations

from pathlib import Path

from corsight.policies.engines import EngineChoice

RECORDING, VERDICTS, TESTS = "browse.mitm", "verdicts.jsonl", "tests.jsonl"
MAKERS = (
    r"^https?://("
    r"(clients[0-9]+|android[.]clients)[.]google[.]com|(edgedl[.]me|redirector)[.]gvt1[.]com|"
    r"(update|optimizationguide-pa|content-autofill|safebrowsing|safebrowsingohttpgateway|passwordsleakcheck-pa)"
    r"[.]googleapis[.]com|accounts[.]google[.]com/ListAccounts|www[.]google[.]com/async/(newtab|ddljson|folae)|"
    r"[a-z0-9.-]+[.](services|cdn)[.]mozilla[.](com|net)|detectportal[.]firefox[.]com)"
)
"""What browsers ask of their makers by themselves: it is neither judged nor recorded."""


def make_options(folder: Path, engine: EngineChoice, marker: str = "") -> dict[str, object]:
    """Return the options of a proxy that leaves all of that in a folder; `marker` is the scope of the marker cookie."""
    not_makers = f'!~u "{MAKERS}"'
    options: dict[str, object] = {
        # Without it a name that leads nowhere fails before there is an exchange to judge.
        "connection_strategy": "lazy",
        "cors_engine": engine,
        "cors_log": folder / VERDICTS,
        # The log is ours alone, and joined by URL to what the browser says. What is shown of it is redacted.
        "cors_secrets": "true",
        "cors_scope": not_makers,
        "save_stream_file": folder / RECORDING,
        "save_stream_filter": not_makers,
    }
    if marker:
        # The profile is thrown away, and the cookie with it.
        options |= {"cors_marker": "true", "cors_marker_scope": marker}
    return options
