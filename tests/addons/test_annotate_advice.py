"""The advice that a verdict leaves in its flow's metadata."""

from __future__ import annotations

from corsight.addons.annotate import annotate
from tests.addons.mitm import OURS, PAGE, STAR, cors, judged, through_a_dump

KEY = "cors.advice"


def test_advice_is_in_the_metadata_only_where_there_is_any() -> None:
    made = cors(answered=OURS)
    annotate(made, judged(made), mark=True)
    assert KEY not in made.metadata
    made = cors(answered=[*STAR, ("Access-Control-Allow-Credentials", "true")])
    annotate(made, judged(made), mark=True)
    assert made.metadata[KEY] == "allow-credentials-with-wildcard,allow-lists-on-response"
    [read] = through_a_dump(made)
    assert read.metadata[KEY] == made.metadata[KEY]


def test_advice_goes_when_it_no_longer_holds() -> None:
    made = cors(answered=[("Access-Control-Allow-Origin", f"{PAGE}/")])
    annotate(made, judged(made), mark=True)
    assert made.metadata[KEY] == "allow-origin-trailing-slash"
    assert made.metadata["cors.outcome"] == "blocked"
    annotate(made, judged(cors(answered=OURS)), mark=True)
    assert KEY not in made.metadata
