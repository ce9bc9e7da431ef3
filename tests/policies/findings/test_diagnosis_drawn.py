"""What is found in drawn traffic: the same, whether exchanges that are judged alike are looked at once, or each."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from corsight.policies.findings import Diagnosis, Finding
from corsight.policies.session import Judged
from tests.policies.findings.traffic import ALLOW, API, CREDENTIALS, WITH, Pair, Traffic
from tests.policies.session.test_alike_drawn import Drawn, play, traffic

UPLOADED: Pair = ("ETag", '"a"')
HOME: Pair = ("Set-Cookie", "id=1; SameSite=Lax")
AWAY: Pair = ("Set-Cookie", "id=1; SameSite=None; Secure")
MORE: tuple[Pair, ...] = (
    *(CREDENTIALS, HOME, AWAY, UPLOADED, ("X-Total", "3")),
    *(("Access-Control-Expose-Headers", "*"), ("Access-Control-Alow-Headers", "x-a")),
)


def find(judgeds: list[Judged], *, each: bool) -> list[Finding]:
    """The findings of these exchanges; `each` looks at every one by itself."""
    diagnosis = Diagnosis()
    for judged in judgeds:
        if each:
            judged = Judged(judged.entry, judged.client, judged.facts, judged.verdict, judged.revises)
        diagnosis.add(judged)
    return diagnosis.list_findings()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(traffic())
def test_what_is_judged_alike_is_found_alike(drawn: list[Drawn]) -> None:
    last = {judged.entry.exchange.id: judged for moment in play(drawn) for judged in moment}
    judgeds = list(last.values())
    assert find(judgeds, each=False) == find(judgeds, each=True)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(MORE), max_size=2, unique=True).map(tuple),
            st.sampled_from(((), (WITH,), (WITH, ("Cookie", "id=1")))),
        ),
        min_size=1,
        max_size=8,
    )
)
@example([((UPLOADED,), ())])
@example([((HOME,), ()), ((AWAY,), ()), ((CREDENTIALS,), (WITH,))])
def test_replies_that_repeat_are_found_alike(
    replies: list[tuple[tuple[Pair, ...], tuple[Pair, ...]]],
) -> None:
    traffic = Traffic()
    for _ in range(3):
        for more, asked in replies:
            for method, path in (("GET", "/a"), ("PUT", "/a"), ("PUT", "/a?partNumber=2")):
                traffic.send(method, API + path, 200, ALLOW, *more, asked=asked)
    judgeds = list(traffic.last.values())
    assert find(judgeds, each=False) == find(judgeds, each=True)
