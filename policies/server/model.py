"""ServerPolicy: what an API's owner intends to grant, and to whom. What is left out grants nothing.

The models say what a policy file looks like; `corsight.policies.server.lint` says what cannot work or is unsafe in one.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_MAX_AGE = 86_400
"""Seconds. What Firefox keeps at most; Chromium keeps 7200, WebKit 600, and each cuts down what is longer."""

NULL = "dangerously_allow_null_origin"
NULL_WITH = "dangerously_allow_null_origin_with_credentials"
INSECURE = "dangerously_allow_insecure_origins_with_credentials"
SUFFIXES = "dangerously_allow_public_suffixes_with_credentials"
"""The fields that are the ways around what is refused otherwise."""


class Match(BaseModel):
    """Which requests a policy is for: hosts (`api.shop.example`, `*.shop.example`) and paths (`/v1/**`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"required": ["hosts"]})

    hosts: tuple[str, ...] = Field(
        (),
        description="hosts as in the URL: api.shop.example (any port), api.shop.example:8443 (that port), "
        "*.shop.example (every subdomain), * (any host)",
    )
    paths: tuple[str, ...] = Field(
        (),
        description="paths as in the URL, without query: /v1/items, /v1/* (one segment), /v1/** (all below it, and "
        "/v1 itself); ** is a whole segment; every path when left out",
    )


class ServerPolicy(BaseModel):
    """What one part of an API grants under CORS. Field names that begin with dangerously_ are the ways around what is
    refused otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"required": ["name", "match"]})

    name: str = Field(description="what reports call the policy; each name once")
    match: Match = Field(Match(), description="which requests the policy is for; the first that matches counts")
    origins: tuple[str, ...] = Field(
        (),
        description="the pages that are granted: https://shop.example (exact), https://*.shop.example (every "
        "subdomain), http://localhost:* (any port, loopback only), * (any origin, never with credentials)",
    )
    methods: tuple[str, ...] = Field(
        (), description="GET, HEAD and POST have to be listed too; GET brings HEAD; * only without credentials"
    )
    request_headers: tuple[str, ...] = Field(
        (),
        description="request headers off the CORS safelist; * for any, only without credentials, and Authorization "
        "has to stand beside it by name",
    )
    expose_headers: tuple[str, ...] = Field(
        (), description="response headers that scripts may read beyond the safelisted ones; * only without credentials"
    )
    credentials: bool = Field(False, description="whether pages may ask with cookies and the like")
    max_age: int | None = Field(
        None,
        description=f"seconds a preflight may be remembered, 0 to {LONGEST_MAX_AGE}; 5, the browsers' own, if left out",
        json_schema_extra={"minimum": 0, "maximum": LONGEST_MAX_AGE},
    )
    preflight_status: int = Field(
        204,
        description="the status that preflights are answered with, 200 to 299",
        json_schema_extra={"minimum": 200, "maximum": 299},
    )
    note: str = Field("", description="for people; sent nowhere")
    dangerously_allow_null_origin: bool = Field(
        False, description="grant the origin null: sandboxed frames of any site, local files, redirected requests"
    )
    dangerously_allow_null_origin_with_credentials: bool = Field(
        False, description="let those act with the user's cookies"
    )
    dangerously_allow_insecure_origins_with_credentials: bool = Field(
        False, description="let http pages act with the user's cookies: whoever is on their network can be such a page"
    )
    dangerously_allow_public_suffixes_with_credentials: bool = Field(
        False, description="let every customer of a public suffix (https://*.github.io) act with the user's cookies"
    )


def _without_match(schema: dict[str, Any]) -> None:
    schema.pop("required", None)
    schema["properties"].pop("match")


class DefaultPolicy(ServerPolicy):
    """What is granted where no policy matches. It has no match of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_without_match)

    name: str = Field("default", description="what reports call it")


class PolicyFile(BaseModel):
    """A file of server policies: the first one that matches a request counts, then the default."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Corsight policy file")

    schema_: str | None = Field(None, alias="$schema", description="for editors")
    version: Literal[1] = Field(description="the version of this format")
    policies: tuple[ServerPolicy, ...] = Field((), description="the first that matches a request counts")
    default: DefaultPolicy | None = Field(
        None, description="for whatever no policy matches, on any host; without it, such a server is left alone"
    )
