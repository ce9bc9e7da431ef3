"""What a script or style sheet is used for, and whether its type lets it: HTML's own checks, behind those of Fetch.

https://html.spec.whatwg.org/#fetch-a-single-module-script and the like. A request does not always tell its use: then
each that it may have is a branch of the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

from corsight.policies.decision.shape import Shape
from corsight.policies.engines import EnginePolicy
from corsight.policies.fetch.mime_type import Use, is_json, is_usable, list_uses
from corsight.policies.fetch.orb import read_essence
from corsight.policies.fetch.steps import Algorithm, Question, Step
from corsight.policies.rules.isolation import MIME_TYPE
from corsight.policies.verdict import Assumption, Unknown

NOUNS: dict[Use, str] = {
    "classic": "script",
    "module": "module script",
    "imported": "script for importScripts()",
    "worker": "worker",
    "worklet": "worklet",
    "service worker": "service worker",
    "json": "JSON module",
    "style": "style",
    "css module": "CSS module",
    "quirks": "style",
}
"""What a response is taken for, by its use."""

MODULES = ("module", "worklet")
"""Uses whose types an engine may read in a way of their own."""

ASSUMED: dict[Use, Assumption] = {
    "classic": (Unknown.USE, "classic"),
    "module": (Unknown.USE, "module"),
    "imported": (Unknown.USE, "imported"),
    "worker": (Unknown.USE, "classic"),
    "json": (Unknown.USE, "json"),
    "style": (Unknown.USE, "style"),
    "css module": (Unknown.USE, "css-module"),
    "quirks": (Unknown.USE, "quirks"),
}
"""What the uses that a request leaves open are called in a verdict's branches."""


def check_use(policy: EnginePolicy, shape: Shape, essence: str | None, wrong: bool | None) -> Iterator[Step]:
    """HTML looks last, and at what came with an ok status alone: a module has to be of a script's type, for one."""
    uses = _list_uses(policy, shape, essence)
    if not uses or not 200 <= shape.status <= 299:
        return
    unfit = _list_unfit(policy, shape, uses, essence)
    # Where the uses end differently and none is assumed, the decision has doubts instead.
    blocked = all(unfit) or (bool(wrong) and any(unfit))
    compared = shape.content_type, NOUNS[uses[unfit.index(blocked)]]
    yield Step(Algorithm.MIME_TYPE, "", Question.USABLE_TYPE, MIME_TYPE if blocked else None, compared, essence or "")


def _list_uses(policy: EnginePolicy, shape: Shape, essence: str | None) -> tuple[Use, ...]:
    uses = list_uses(
        shape.destination,
        shape.mode,
        same_origin=shape.tainting == "basic",
        json_as_script=is_json_as_script(policy, shape, essence),
    )
    return tuple(use for use in uses if use not in policy.unknown_uses)


def is_json_as_script(policy: EnginePolicy, shape: Shape, essence: str | None) -> bool:
    """Whether the response may be a JSON module of an engine that asks for it as for any script."""
    return (
        policy.json_modules_as_scripts
        and (shape.destination, shape.mode) == ("script", "cors")
        and is_json(essence or "") is not None
    )


def _list_unfit(policy: EnginePolicy, shape: Shape, uses: tuple[Use, ...], essence: str | None) -> list[bool]:
    """Return of each use whether the type keeps a response from it."""
    module = read_essence(shape.content_type, policy.modules_read) if policy.modules_read else essence

    def is_unfit(use: Use) -> bool:
        if use == "classic" and shape.nosniff_first:
            # Of what came this far a JSON module alone is spared nosniff.
            return not is_usable(essence, "module")
        return use not in policy.types_unchecked and not is_usable(module if use in MODULES else essence, use)

    return [is_unfit(use) for use in uses]


def list_use_doubts(policy: EnginePolicy, shape: Shape) -> tuple[tuple[Assumption, bool], ...]:
    """Return the uses that a response may have, and whether each is blocked; nothing where all end alike."""
    if shape.role != "request" or not 200 <= shape.status <= 299:
        return ()
    essence = read_essence(shape.content_type, policy.types_read)
    uses = _list_uses(policy, shape, essence)
    unfit = _list_unfit(policy, shape, uses, essence)
    return tuple((ASSUMED[use], unfit[number]) for number, use in enumerate(uses)) if len(set(unfit)) > 1 else ()
