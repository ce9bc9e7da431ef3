"""The Fetch standard itself: no departures."""

from corsight.policies.engines.policy import EnginePolicy
from corsight.policies.fetch.preflight_cache import CacheRules

POLICY = EnginePolicy(
    name="standard",
    label="the Fetch standard",
    cache=CacheRules(),
)
