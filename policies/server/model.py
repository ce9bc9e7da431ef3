"""ServerPolicy: what an API's owner intends to grant, and to whom. What is left out grants nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Match(BaseModel):
    """Which requests a policy is for: hosts (`api.shop.example`, `*.shop.example`) and paths (`/v1/**`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class ServerPolicy(BaseModel):
    """What one part of an API grants under CORS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    match: Match = Match()
    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    request_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = Field(None, description="seconds")
    preflight_status: int = 204
    note: str = ""
