"""`corsight policy show`: what the policy of a URL allows, and what a correct server answers."""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.policies.fetch.origin import origin_of
from corsight.policies.server.match import find
from corsight.scripts.errors import CorsightError
from corsight.scripts.policy_files import read_policies
from corsight.scripts.report.lines import print_lines
from corsight.scripts.report.policy import list_answers, list_grants, pick_origins


def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A policy file: YAML, TOML or JSON.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="The URL that a page requests.")],
    origin: Annotated[list[str] | None, typer.Option(help="The origin of a page that requests it; repeatable.")] = None,
) -> None:
    """Show which policy applies to a URL, what it allows, and what the server should answer to a page.

    Exit code: 1 if no policy applies to the URL.
    """
    if origin_of(url) == "null":
        raise CorsightError(
            "is not an absolute URL", where=url, todo="write one such as https://api.shop.example/v1/items"
        )
    policies = read_policies([file])
    policy = find(policies, url)
    if policy is None:
        print_lines([f"{url} is not covered by any policy in {file}: nothing is allowed"])
        raise typer.Exit(1)
    print_lines([f"{url} is covered by policy {policy.name}, which allows"])
    print_lines(list_grants(policy))
    for one in origin or pick_origins(policy):
        print_lines(["", *list_answers(policy, url, one)])
