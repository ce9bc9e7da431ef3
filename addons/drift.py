"""Live drift: where a server's answers differ from its policy, on the flow and in the event log."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence

from mitmproxy import exceptions, http
from mitmproxy.log import ALERT

from corsight.addons.events import get_logger
from corsight.policies.redact import shown
from corsight.policies.server.compare import NAMED, Comparison, Drift
from corsight.policies.server.load import LARGEST, PolicyError, load_all
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.nearly import find_nearly
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory

logger = get_logger(__name__)
KEY = "cors.drift"
"""The metadata: each drift in a sentence."""
KINDS = 1000
"""How many different drifts and near misses are logged; further ones are only counted."""
REVISABLE = 10_000
"""How many exchanges are remembered, so that a revised verdict is not counted twice."""
SHOWN = 20
"""How many drifts of one exchange are written on its flow."""


def read_policies(paths: Iterable[str]) -> tuple[ServerPolicy, ...]:
    """Return the policies in some files. Raises OptionsError that lists everything that is wrong, one problem on each
    line.
    """
    files = []
    for path in paths:
        try:
            files.append((path, _read_text(os.path.expanduser(path))))
        except OSError as error:
            raise exceptions.OptionsError(f"cors_policy: cannot read {path}: {error.strerror or error}.") from None
        except UnicodeDecodeError:
            raise exceptions.OptionsError(f"cors_policy: cannot read {path}: it is not UTF-8 text.") from None
    try:
        return load_all(files)
    except PolicyError as error:
        raise exceptions.OptionsError("\n".join(f"cors_policy: {problem}" for problem in error.problems)) from None


def _read_text(path: str) -> str:
    """Return a file's text, up to the size limit of policy files. Raises OSError, UnicodeDecodeError."""
    if "\0" in path:
        raise OSError(errno.EINVAL, "a path cannot contain a zero byte")
    if stat.S_ISFIFO(os.stat(path).st_mode):
        # Opening one waits for a writer, and the proxy with it.
        raise OSError(errno.EINVAL, "it is a pipe, write the policy to a file")
    with open(path, encoding="utf-8-sig") as file:
        return file.read(LARGEST + 1)


class Drifting:
    """Compares each response with its policy, and reports each difference once."""

    def __init__(self, policies: Sequence[ServerPolicy]) -> None:
        self._comparison = Comparison(policies)
        # Hashes, since what they are of can be of any length.
        self._announced: set[int] = set()
        self._counts: Counter[str] = Counter()
        self._counted: Memory[str, Counter[str]] = Memory(REVISABLE)

    def tell(self, flow: http.HTTPFlow, judged: Judged) -> None:
        """Write an exchange's drift on its flow, replacing what was written before, and log what is new. Also log a
        blocked page whose origin is nearly one that the policy allows, once for each origin.
        """
        self._tell_nearly(judged)
        found = self._comparison.compare(judged)
        if found:
            texts = [shown(f"{drift.kind}: {drift.text}") for drift in found[:SHOWN]]
            least = "at least " if len(found) >= NAMED else ""
            more = [f"and {least}{len(found) - SHOWN} more"] if len(found) > SHOWN else []
            flow.metadata[KEY] = "; ".join([*texts, *more])
        elif KEY in flow.metadata:
            del flow.metadata[KEY]
        id = judged.entry.exchange.id
        self._counts.subtract(self._counted.forget(id) or {})
        if not found:
            return
        kinds = Counter[str](drift.kind for drift in found)
        self._counted.put(id, kinds)
        self._counts.update(kinds)
        for drift in found:
            self._announce(drift)

    def find(self, judged: Judged) -> Sequence[Drift]:
        """Return how an exchange that was reported differs from its policy."""
        return self._comparison.compare(judged)

    def _tell_nearly(self, judged: Judged) -> None:
        nearly = find_nearly(self._comparison.index, judged)
        if nearly is None or not self._is_news(nearly.policy, nearly.origin):
            return
        text = f"{nearly.origin} was blocked, and policy {nearly.policy} nearly lets it in: it {nearly.near}"
        request = judged.entry.exchange.request
        url = request.url.partition("?")[0]
        logger.log(ALERT, "near miss: %s [%s %s]", shown(text), shown(request.method), shown(url))

    def _is_news(self, *told: str) -> bool:
        """Return whether something has to be logged: only the first time, and only up to a limit."""
        news = hash(told)
        if news in self._announced or len(self._announced) >= KINDS:
            return False
        self._announced.add(news)
        return True

    def _announce(self, drift: Drift) -> None:
        place = drift.place
        if not self._is_news(drift.kind, drift.policy, drift.subject, drift.value, place.method, place.url):
            return
        sure = "" if drift.certainty == "certain" else "likely "
        logger.log(ALERT, "drift: %s%s [%s %s]", sure, shown(str(drift)), shown(place.method), shown(place.url))

    def summary(self) -> str | None:
        """Return a summary in one line; None if nothing was found."""
        counts = +self._counts
        if not counts:
            return None
        kinds = ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
        return f"Corsight: {counts.total()} drift{'s' if counts.total() != 1 else ''} from policy ({kinds})"
