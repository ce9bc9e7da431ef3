"""The Fetch standard itself: no departures."""

from corsight.policies.engines.policy import EnginePolicy
from corsight.policies.fetch.preflight_cache import CacheRules

POLICY = EnginePolicy(
    name="standard",
    label="the Fetch standard",
    cache=CacheRules(
        default_seconds=5,
        cap_seconds=86400,
        bad_max_age="default",
        negative="default",
        wildcard_hits=True,
        authorization_by_wildcard=False,
        per_token=True,
        credentials_shared=True,
        head_exempt=True,
        max_url_length=None,
    ),
)
