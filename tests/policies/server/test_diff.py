"""What one list of policies grants that another does not."""

from __future__ import annotations

from typing import Any

import pytest

from corsight.policies.server.diff import diff
from corsight.policies.server.model import Match, ServerPolicy

ONE = ServerPolicy(
    name="api",
    match=Match(hosts=("a.example",)),
    origins=("https://a.example",),
    methods=("GET",),
    request_headers=("X-One",),
)
TWO = ServerPolicy(name="files", match=Match(hosts=("b.example",)), origins=("*",), methods=("GET",))


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({}, []),
        ({"note": "new"}, []),
        ({"request_headers": ("x-one",)}, []),
        ({"methods": ("GET", "PUT")}, [("methods", "", "PUT", "more")]),
        ({"origins": ()}, [("origins", "https://a.example", "", "less")]),
        ({"credentials": True}, [("credentials", "false", "true", "more")]),
        ({"max_age": 5}, [("max_age", "left out", "5", "other")]),
        ({"dangerously_allow_null_origin": True}, [("dangerously_allow_null_origin", "false", "true", "more")]),
        ({"name": "new"}, [("name", "api", "new", "other")]),
        ({"match": Match(hosts=("c.example",))}, [("match.hosts", "a.example", "c.example", "other")]),
    ],
)
def test_each_field_is_compared(update: dict[str, Any], expected: list[tuple[str, str, str, str]]) -> None:
    found = diff([ONE], [ONE.model_copy(update=update)])
    assert [(one.field, one.before, one.after, one.change) for one in found] == expected


@pytest.mark.parametrize(
    ("after", "note"),
    [
        ("http://a.example", "nearly https://a.example, which is gone: that one differs in the scheme"),
        ("https://a.example:8443", "nearly https://a.example, which is gone: that one differs in the port"),
        ("https://www.a.example", "nearly https://a.example, which is gone: that one differs in www."),
        ("https://b.example", ""),
    ],
)
def test_an_origin_that_is_nearly_one_that_is_gone_says_so(after: str, note: str) -> None:
    found = {one.change: one.note for one in diff([ONE], [ONE.model_copy(update={"origins": (after,)})])}
    assert found == {"more": note, "less": ""}


def test_a_policy_that_is_gone_takes_its_grants_with_it() -> None:
    found = [(one.policy, one.field, one.change) for one in diff([ONE, TWO], [ONE])]
    assert found == [("files", "policy", "other"), ("files", "origins", "less"), ("files", "methods", "less")]
    found = [(one.policy, one.field, one.change) for one in diff([ONE], [ONE, TWO])]
    assert found == [("files", "policy", "other"), ("files", "origins", "more"), ("files", "methods", "more")]


def test_the_order_counts() -> None:
    assert [one.field for one in diff([ONE, TWO], [TWO, ONE])] == ["order"]
