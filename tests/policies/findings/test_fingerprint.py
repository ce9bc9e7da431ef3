"""Fingerprints: the same for what differs in ids and ports only, others for what differs in anything else."""

from __future__ import annotations

import pytest

from corsight.policies.findings.fingerprint import Trace, fold_ids, fold_port


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/users/12/cart", "https://a.example/users/4711/cart"),
        ("https://a.example/o/550e8400-e29b-41d4-a716-446655440000", "https://a.example/o/REDACTED"),
        ("https://a.example/assets/index-BfX3kd9a.js", "https://a.example/assets/index-Qk2m8Lz0.js"),
        ("https://a.example/o/V1StGXR8_Z5jdHi6B-myT", "https://a.example/o/507f1f77bcf86cd799439011"),
        ("https://a.example/order-12345", "https://a.example/order-99"),
        ("https://a.example/days/2026-05-01/all", "https://a.example/days/2027-11-30/all"),
        ("https://a.example/by/me@x.example", "https://a.example/by/you%40y.example"),
        ("https://a.example/cart?page=1", "https://a.example/cart?page=2#top"),
        ("http://localhost:40001/me", "http://localhost:51234/me"),
    ],
)
def test_what_differs_from_run_to_run_is_folded(one: str, other: str) -> None:
    assert fold_ids(one) == fold_ids(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/v1/cart", "https://a.example/v2/cart"),
        ("https://a.example/v1.2/cart", "https://a.example/v1.3/cart"),
        ("https://a.example/users", "https://a.example/orders"),
        ("https://a.example/users/1", "https://a.example/users"),
        ("https://a.example/me", "https://b.example/me"),
        ("http://localhost:3000/me", "http://localhost:8000/me"),
        ("https://a.example:40001/me", "https://a.example:40002/me"),
        ("https://a.example/me", "http://a.example/me"),
    ],
)
def test_what_is_another_endpoint_stays_another(one: str, other: str) -> None:
    assert fold_ids(one) != fold_ids(other)


def test_a_url_without_a_path_stays_as_it_is() -> None:
    assert fold_ids("https://a.example") == "https://a.example"
    assert fold_port("null") == "null"


def test_each_part_of_a_trace_tells_it_from_others() -> None:
    trace = Trace("cause", "rule", "GET", "https://a.example/{id}", "https://app.example")
    others = [trace._replace(**{name: "other"}) for name in ("cause", "rule", "method", "endpoint", "origin")]
    assert len({one.fingerprint for one in (trace, *others)}) == 6
    assert trace._replace(times=7).fingerprint == trace.fingerprint
    assert trace.fingerprint == "a4d903f5ec82"
