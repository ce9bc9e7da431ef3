"""Every way that the facts which the wire leaves open can be: a premise for each, the likelier first.

Only what a verdict can turn on is spelt out: a page's embedder policy concerns opaque responses, its credentials mode
CORS responses, the request's mode and destination a redirect.
"""

from __future__ import annotations

from itertools import combinations, product

from corsight.policies.exchange import Response
from corsight.policies.facts import Facts, Premise
from corsight.policies.fetch.corp import FRAMES, ISOLABLE, EmbedderPolicy
from corsight.policies.fetch.main_fetch import UNREDIRECTED, Tainting
from corsight.policies.fetch.origin import Distance, has_userinfo
from corsight.policies.verdict import Assumption, Branch, Unknown

MODES: dict[Tainting, str] = {"cors": "cors", "opaque": "no-cors", "basic": "same-origin"}
"""The request mode that a response tainting comes from."""
EXTENSION = ["cors", "basic"]
"""What only an extension's request may have for its response tainting."""
AT_HOME = ("cors", "no-cors", "same-origin")
"""The modes in which a page may ask its own origin."""
BY_ELEMENTS = ("image", "style")
DESTINATIONS = ("empty", "image", "track")
"""A destination for each way that mixed content is dealt with."""
MEDIA = ("audio/", "font/", "image/", "video/")
"""Beginnings of the types that no script has."""
DATA = ("data", "loop", "json")
"""Kinds of bodies that no media have; but for SVG, which is XML."""
SITES: tuple[Distance, ...] = ("cross-site", "same-site", "same-origin")

type _Assumed = tuple[tuple[Assumption, ...], Premise]


def list_premises(facts: Facts) -> list[_Assumed]:
    """Return every way that the unknown facts can be, the likelier first, each with what is assumed in it."""
    if not _is_open(facts):
        return [((), _close(facts))]
    includes = [facts.likely_include]
    if facts.credentials == "unknown":
        includes.append(not includes[0])
    taintings = [facts.tainting] if facts.tainting_too is None else [facts.tainting, facts.tainting_too]
    secures = [facts.likelier_secure, not facts.likelier_secure] if facts.secure is None else [facts.secure]
    embedders = [facts.embedder] if facts.embedder is not None else _list_embedders(facts.likelier_embedder)
    denials = [facts.local_network == "denied"]
    if facts.local_network == "unknown":
        # A secure page may be given leave, any other never is.
        denials = [facts.secure is False, facts.secure is not False]
    premises: list[_Assumed] = []
    for denied, include, tainting, secure, embedder in product(denials, includes, taintings, secures, embedders):
        isolates = tainting == "opaque" or facts.destination in ISOLABLE
        if (not isolates and embedder != embedders[0]) or (tainting != "cors" and include is not includes[0]):
            continue
        modes, distances = _list_modes(facts, tainting), _list_distances(facts, tainting)
        destinations = _list_destinations(facts, tainting)
        for mode, distance, destination in product(modes, distances, destinations):
            for redirect in _list_redirects(facts, tainting, mode, destination):
                assumed: list[Assumption] = []
                if len(includes) > 1 and tainting == "cors":
                    assumed.append((Unknown.CREDENTIALS, "include" if include else "not-include"))
                if taintings == EXTENSION:
                    # CORS has no say where an extension was granted the host.
                    assumed.append((Unknown.HOST_PERMISSION, "missing" if tainting == "cors" else "granted"))
                elif len(taintings) > 1 or len(modes) > 1:
                    assumed.append((Unknown.MODE, mode if len(modes) > 1 else MODES[tainting]))
                    if facts.tainting_too is not None and facts.role == "redirect" and facts.mode == "unknown":
                        # At home a page may ask in any of them.
                        assumed.append((Unknown.HOME, "own" if tainting == "basic" else "other"))
                if len(secures) > 1:
                    assumed.append((Unknown.PAGE, "secure" if secure else "insecure"))
                if len(embedders) > 1 and isolates:
                    assumed.append((Unknown.EMBEDDER_POLICY, embedder))
                if len(distances) > 1:
                    assumed.append((Unknown.SITE, distance))
                if len(destinations) > 1:
                    assumed.append((Unknown.DESTINATION, destination))
                if facts.redirect == "unknown" and facts.role != "preflight":
                    assumed.append((Unknown.REDIRECT, redirect))
                if len(denials) > 1:
                    assumed.append((Unknown.LOCAL_NETWORK, "denied" if denied else "allowed"))
                premise = Premise(include, tainting, secure, embedder, denied, mode, destination, distance, redirect)
                premises.append((tuple(assumed), premise))
    return premises


def _list_embedders(likelier: EmbedderPolicy) -> list[EmbedderPolicy]:
    """Return what the embedder policy of a page that is not known may be. The strictest, which is among them, blocks
    whatever another does.
    """
    return list(dict.fromkeys((likelier, "unsafe-none", "require-corp")))


def drop_idle(branches: list[Branch]) -> list[Branch]:
    """Return the branches without the assumptions that make no difference, one for those that are alike then."""
    for fact in {fact: None for branch in branches for fact, _ in branch.assumptions}:
        groups: dict[tuple[Assumption, ...], list[Branch]] = {}
        for branch in branches:
            others = tuple(assumption for assumption in branch.assumptions if assumption[0] is not fact)
            groups.setdefault(others, []).append(branch)
        alike = all(len({one.ruling for one in group}) == 1 for group in groups.values())
        if len(groups) < len(branches) and alike and not _tells_apart(fact, branches):
            branches = [
                Branch(group[0].ruling, others, group[0].premise, group[0].steps) for others, group in groups.items()
            ]
    return branches


def _tells_apart(fact: Unknown, branches: list[Branch]) -> bool:
    """Return whether branches that differ in this fact rule otherwise and in nothing else that both assume: some of
    them leave open what makes no difference to them.
    """
    if len({tuple([name for name, _ in branch.assumptions]) for branch in branches}) == 1:
        return False
    assumed = [(dict(branch.assumptions), branch.ruling) for branch in branches]
    return any(
        ruling != other_ruling and [name for name in one.keys() & other.keys() if one[name] != other[name]] == [fact]
        for (one, ruling), (other, other_ruling) in combinations(assumed, 2)
    )


def _is_open(facts: Facts) -> bool:
    return (
        facts.credentials == "unknown"
        or facts.tainting_too is not None
        or facts.secure is None
        or facts.embedder is None
        or facts.distance is None
        or facts.local_network == "unknown"
        or (facts.role == "redirect" and "unknown" in (facts.mode, facts.destination))
        or (facts.role != "preflight" and facts.redirect == "unknown")
        or (facts.tainting == "opaque" and facts.destination == "unknown")
        or bool(facts.destinations)
    )


def _close(facts: Facts) -> Premise:
    return Premise(
        facts.credentials == "include",
        facts.tainting,
        bool(facts.secure),
        facts.embedder or "unsafe-none",
        facts.local_network == "denied",
        facts.mode,
        facts.destination,
        facts.distance or facts.likelier_distance,
        "follow" if facts.redirect == "unknown" else facts.redirect,
    )


def _list_modes(facts: Facts, tainting: Tainting) -> tuple[str, ...]:
    if facts.mode != "unknown" or facts.role != "redirect":
        return (facts.mode,)
    if tainting != "basic":
        return (MODES[tainting],)
    if [facts.tainting, facts.tainting_too] == EXTENSION:
        return ("cors",)
    # Elements ask with CORS only where they say so, and never in mode same-origin.
    return ("no-cors", "cors") if facts.destination in BY_ELEMENTS else AT_HOME


def _list_distances(facts: Facts, tainting: Tainting) -> tuple[Distance, ...]:
    if facts.distance is not None or (tainting != "opaque" and facts.destination not in FRAMES):
        return (facts.distance or facts.likelier_distance,)
    first = facts.likelier_distance
    return (first, *(distance for distance in SITES if distance != first))


def _list_destinations(facts: Facts, tainting: Tainting) -> tuple[str, ...]:
    if facts.destination == "unknown" and facts.role == "request" and tainting == "opaque":
        # Images and style sheets say what they accept.
        fetched = facts.fetched or (facts.response is not None and _is_media(facts.response))
        return ("empty", "script") if fetched else ("script", "empty")
    if facts.destinations:
        return facts.destinations
    mixed = facts.role == "redirect" and facts.secure is not False and (facts.target or "").startswith("http:")
    return DESTINATIONS if facts.destination == "unknown" and mixed else (facts.destination,)


def _list_redirects(facts: Facts, tainting: Tainting, mode: str, destination: str) -> tuple[str, ...]:
    """Return what may become of the redirect: redirect modes, or "xhr", which follows where fetch() would not."""
    if facts.redirect != "unknown":
        return (facts.redirect,)
    if facts.role == "preflight" or mode == "no-cors" or destination not in ("empty", "unknown"):
        # A request of mode no-cors has to follow.
        return ("follow",)
    if facts.role == "request":
        # It leads nowhere.
        return "follow", "error"
    by_xhr = mode == "cors" and tainting == "basic" and has_userinfo(facts.target or "")
    return ("follow", "xhr", *UNREDIRECTED) if by_xhr else ("follow", *UNREDIRECTED)


def _is_media(response: Response) -> bool:
    """Return whether a response has a type that no script has. If its body shows another type, the type says nothing of
    what asked.
    """
    content_type = response.headers.get("content-type") or ""
    belied = response.body in DATA and not content_type.startswith("image/svg+xml")
    return content_type.startswith(MEDIA) and not belied
