"""The tools for what a server grants: judge a policy, infer one, compare two, write it as a server's configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from corsight.policies.fetch.origin import origin_of
from corsight.policies.server.diff import diff
from corsight.policies.server.export import TARGETS, RecipeError, render
from corsight.policies.server.infer import Inferred, LeftOut, infer
from corsight.policies.server.load import PolicyError, load
from corsight.policies.server.match import Index, find
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.sent import Sent, list_sent
from corsight.policies.server.write import to_yaml
from corsight.policies.session import Judged
from corsight.scripts.agents import results
from corsight.scripts.agents.limits import Cursor, Limit, cut
from corsight.scripts.agents.marks import mark_told
from corsight.scripts.agents.seat import Seat
from corsight.scripts.agents.server import Server
from corsight.scripts.agents.traffic import Traffic
from corsight.scripts.errors import CorsightError
from corsight.scripts.report.policy import list_answers, list_grants, pick_origins

PROBLEMS, DOUBTS, POLICIES, LEFT_OUT, ORIGINS = 50, 50, 10, 20, 5
"""How many of each are told."""
HEADING = "The smallest policy that lets the exchanges pass. Check every origin, and every line marked CHECK."


class PolicySource(BaseModel):
    """A policy: the text of one, or the name of a policy file or of a recording that were named at the start."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str | None, Field(max_length=1_000_000, description="YAML, TOML or JSON: version, policies")] = None
    file: Annotated[str | None, Field(description="a policy file, by its name in get_state")] = None
    recording: Annotated[str | None, Field(description="a recording: the least policy that it needs")] = None


Name = Annotated[str, Field(max_length=200, description="of a fetch or of a finding")]
Target = Annotated[str, Field(max_length=64, description="the server, one of get_state's targets: nginx, express, …")]
Url = Annotated[str, Field(max_length=2000)]
Origins = Annotated[tuple[Url, ...], Field(max_length=ORIGINS)]


def add_tools(server: Server, seat: Seat) -> None:
    """Add the tools of this module."""

    def write_fix(id: Name, target: Target) -> results.Fix:
        """Write what would fix a fetch or a finding on a server, as its configuration: the least that the whole
        recording needs of the same endpoints, and nothing else; with what those send already, and has to go. Nothing
        is changed."""
        chosen = _check_target(target)
        traffic, wanted = _find_wanted(seat, id)
        configurations = list(_configure(chosen, traffic, wanted))
        if not configurations:
            raise CorsightError("no CORS header would change this, so there is nothing to configure", where=id)
        return _write_fix(chosen, configurations)

    def export_policy(policy: PolicySource, target: Target) -> results.Fix:
        """Write a policy as the configuration of a server. Of a recording's it says what its servers send already,
        which has to go."""
        chosen = _check_target(target)
        policies = _read(seat, policy)
        granting = [one for one in policies if one.methods] or policies
        seen = [] if policy.recording is None else _list_judged(seat, policy.recording)
        sent = list_sent(policies, seen)
        return _write_fix(chosen, [_render(chosen, one, (), sent.get(one.name, ())) for one in granting])

    def check_policy(policy: PolicySource) -> results.PolicyCheck:
        """Judge a policy: everything in it that cannot work or is unsafe, with what to write instead."""
        text, name = _text_of(seat, policy)
        try:
            policies = load(text, name)
        except PolicyError as error:
            problems = [results.Problem.model_validate(one) for one in error.problems[:PROBLEMS]]
            return results.PolicyCheck(problems=problems, more=len(error.problems) - len(problems), policies=[])
        return results.PolicyCheck(problems=[], more=0, policies=[one.name for one in policies][:100])

    def infer_policy(recording: str | None = None) -> results.InferredPolicy:
        """Infer the least policy under which the recorded exchanges pass, and what of it looks wrong to grant."""
        inferred = _infer(seat, recording)
        doubts = [grant for one in inferred for grant in one.grants if grant.doubt is not None]
        left_out = [_say_left_out(left) for one in inferred for left in one.left_out]
        return results.InferredPolicy(
            text=to_yaml(inferred, HEADING),
            doubts=[results.Doubt.model_validate(one) for one in doubts[:DOUBTS]],
            left_out=left_out[:LEFT_OUT],
        )

    def diff_policies(
        before: PolicySource, after: PolicySource, limit: Limit = 50, cursor: Cursor = None
    ) -> results.Differences:
        """Compare two policies: what the second grants and the first does not, and the other way round."""
        found = list(diff(_read(seat, before), _read(seat, after)))
        part, following = cut(found, limit, cursor, len(found))
        return results.Differences(
            total=len(found),
            cursor=following,
            differences=[results.Difference.model_validate(one) for one in part],
            more_granted=sum(one.change == "more" for one in found),
            less_granted=sum(one.change == "less" for one in found),
        )

    def show_grants(policy: PolicySource, url: Url, origins: Origins = ()) -> results.Grants:
        """Say what a policy allows for a URL: which policy it falls under, what that grants, and what a correct server
        answers to pages of these origins."""
        if origin_of(url) == "null":
            raise CorsightError("is not an absolute URL", where="url", todo="write it in full")
        found = find(_read(seat, policy), url)
        if found is None:
            return results.Grants(policy=None, grants=[], answers=None)
        answers = [line for one in origins or pick_origins(found) for line in (*list_answers(found, url, one), "")]
        return results.Grants(
            policy=found.name,
            grants=[re.sub("  +", ": ", line.strip()) for line in list_grants(found)],
            answers="\n".join(answers),
        )

    for tool in (write_fix, export_policy, check_policy, infer_policy, diff_policies, show_grants):
        server.add(tool)


# -- policies ---------------------------------------------------------------------------------------------------------


def _text_of(seat: Seat, source: PolicySource) -> tuple[str, str]:
    """Return the text of a policy and its name."""
    if sum(one is not None for one in (source.text, source.file, source.recording)) != 1:
        raise CorsightError("takes one of text, file and recording", where="policy")
    if source.text is not None:
        return source.text, "text"
    if source.file is not None:
        return seat.read_policy_text(source.file), source.file
    return to_yaml(_infer(seat, source.recording)), "recording"


def _read(seat: Seat, source: PolicySource) -> Sequence[ServerPolicy]:
    if source.recording is not None and source.text is None and source.file is None:
        return [one.policy for one in _infer(seat, source.recording)]
    text, name = _text_of(seat, source)
    try:
        return load(text, name)
    except PolicyError as error:
        raise CorsightError(mark_told(str(error.problems[0])), todo="check_policy tells all that is wrong") from None


def _infer(seat: Seat, recording: str | None) -> list[Inferred]:
    inferred = infer(_list_judged(seat, recording))
    if not inferred:
        raise CorsightError("no page asked another origin with CORS", where="recording")
    return inferred


def _list_judged(seat: Seat, recording: str | None) -> list[Judged]:
    return [judged for traffic in seat.read_all(recording) for judged in traffic.list_judged()]


# -- configurations ---------------------------------------------------------------------------------------------------


def _check_target(target: str) -> str:
    if target not in TARGETS:
        raise CorsightError("is not a target", where="target", todo=f"there are {', '.join(TARGETS)}")
    return target


def _find_wanted(seat: Seat, name: str) -> tuple[Traffic, list[Judged]]:
    """Return the exchanges that a fetch or a finding is about."""
    if ":" in name:
        traffic, finding = seat.find_finding(name)
        return traffic, [one for fetch in traffic.find_fetches(finding.exchanges) for one in fetch]
    return seat.find_fetch(name)


def _configure(target: str, traffic: Traffic, wanted: Sequence[Judged]) -> Iterator[results.Configuration]:
    everything = traffic.list_judged()
    inferred = infer(everything)
    policies = [one.policy for one in inferred]
    sent = list_sent(policies, everything)
    index = Index(policies)
    chosen = [index.find(judged.entry.exchange.request.url) for judged in wanted]
    for one in inferred:
        if one.policy in chosen:
            yield _render(target, one.policy, one.left_out, sent.get(one.policy.name, ()))


def _render(
    target: str, policy: ServerPolicy, left_out: Sequence[LeftOut], sent: Sequence[Sent]
) -> results.Configuration:
    try:
        text = render(target, policy, sent)
    except RecipeError as error:
        raise CorsightError(mark_told(str(error)), where=target) from None
    return results.Configuration(
        policy=policy.name, text=text, left_out=[_say_left_out(one) for one in left_out[:LEFT_OUT]]
    )


def _write_fix(target: str, configurations: Sequence[results.Configuration]) -> results.Fix:
    chosen = TARGETS[target]
    return results.Fix(
        target=target,
        title=chosen.title,
        file=chosen.file,
        verified=chosen.verified,
        configurations=list(configurations[:POLICIES]),
        more=max(0, len(configurations) - POLICIES),
    )


def _say_left_out(left: LeftOut) -> str:
    meant = f"; if that is intended: {left.instead}" if left.instead else ""
    return f"{left.what}: {left.why}{meant}"
