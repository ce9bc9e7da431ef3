"""The steps of a decision in words: what each asked, what it compared, and how that ended.

Nothing here decides: the steps are those that `decide` took. Those behind the first that failed were not reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from corsight.policies.decision.mend import RESOURCE_POLICY
from corsight.policies.facts import Facts
from corsight.policies.fetch.corp import FRAMES
from corsight.policies.fetch.headers import read_list
from corsight.policies.fetch.redirect import MAX_REDIRECTS
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.fetch.steps import Question, Step
from corsight.policies.redact import shown
from corsight.policies.rules.cors_check import ALLOW_CREDENTIALS, ALLOW_ORIGIN
from corsight.policies.rules.preflight import ALLOW_HEADERS, ALLOW_METHODS
from corsight.policies.story.model import Step as ToldStep
from corsight.policies.story.model import StepOutcome
from corsight.policies.verdict import Branch, Unknown


def quoted(text: str | None) -> str:
    """Return a header's value as the comparison sees it, in quotes; "nothing" where there is none."""
    return "nothing" if text is None else f'"{shown(text)}"'


class Words(NamedTuple):
    """A step in words: what it asks, and what was compared, as it reads where it passes and where it fails."""

    asks: str
    passes: str
    fails: str


def tell_steps(facts: Facts, branch: Branch) -> tuple[ToldStep, ...]:
    """Return the steps of a branch in words. `facts` are settled as the branch has them."""
    told: list[ToldStep] = []
    failed = False
    for step in branch.steps:
        words = WORDS[step.question](step, facts, branch)
        outcome: StepOutcome = "not reached" if failed else "passed" if step.passed else "failed"
        compared = {"passed": words.passes, "failed": words.fails, "not reached": ""}[outcome]
        rule = None if failed else step.rule
        told.append(
            ToldStep(step.algorithm.value, step.algorithm.spec, step.number, words.asks, compared, outcome, rule)
        )
        failed = failed or not step.passed
    return tuple(told)


def _response(step: Step, facts: Facts, branch: Branch) -> Words:
    fails = "no response came"
    if step.compared:
        fails += f"; the proxy answered {step.compared[0]} in the server's place, without CORS headers"
    return Words("A response comes", "", fails)


def _status(facts: Facts) -> str:
    return f"status {facts.response.status}" if facts.response is not None else "no status"


def _allow_origin(step: Step, facts: Facts, branch: Branch) -> Words:
    missing = f"the response has no {ALLOW_ORIGIN} ({_status(facts)})"
    return Words(f"{ALLOW_ORIGIN} is present", quoted(step.compared[0]), missing)


def _origin(step: Step, facts: Facts, branch: Branch) -> Words:
    allowed, origin, _, *lines = step.compared
    asks = "It names the requesting origin"
    if allowed == "*":
        passes = '"*" allows every origin, since the request has no credentials'
        return Words(asks, passes, f'"*" does not count with credentials: the value has to be {quoted(origin)}')
    counted = f"the header comes in {lines[0]} lines, and one is allowed: " if lines else ""
    return Words(asks, quoted(allowed), f"{counted}{quoted(allowed)} is not {quoted(origin)}")


def _credentials(step: Step, facts: Facts, branch: Branch) -> Words:
    [credentials] = step.compared
    missing = f'the response has no {ALLOW_CREDENTIALS}, and "true" is needed'
    fails = missing if credentials is None else f'{quoted(credentials)} is not "true"'
    return Words(f"{ALLOW_CREDENTIALS} is true", quoted(credentials), fails)


def _no_redirect(step: Step, facts: Facts, branch: Branch) -> Words:
    status, location = step.compared
    where = f" to {shown(location)}" if location is not None else ""
    fails = f"status {status}{where}: browsers do not follow a redirect of a preflight"
    return Words("It is not a redirect", f"status {status}", fails)


def _ok_status(step: Step, facts: Facts, branch: Branch) -> Words:
    [status] = step.compared
    return Words("The status is 200 to 299", f"status {status}", f"status {status} is not")


def _syntax(header: str) -> Callable[[Step, Facts, Branch], Words]:
    def words(step: Step, facts: Facts, branch: Branch) -> Words:
        [value] = step.compared
        fails = f"{quoted(value)} is not a list of names separated by commas"
        return Words(f"{header} can be read", quoted(value), fails)

    return words


def _method(step: Step, facts: Facts, branch: Branch) -> Words:
    method, value, include = step.compared
    method, listed = method or "", quoted(value)
    names = read_list(value)
    if method in names:
        passes = f"{quoted(method)} is in {listed}"
    elif is_cors_safelisted_method(method):
        passes = f"{shown(method)} needs no permission"
    else:
        passes = f'"*" allows {quoted(method)}, since the page asks without credentials'
    fails = f"{quoted(method)} is not in {listed}"
    if value is None:
        fails = f"the response has no {ALLOW_METHODS}, and {quoted(method)} has to be in it"
    elif include and "*" in names:
        fails = f'"*" does not count with credentials: {quoted(method)} has to be listed'
    elif method.upper() in map(str.upper, names):
        fails += ": upper and lower case matter"
    return Words(f"The method {shown(method, 40)} is allowed", passes, fails)


def _headers(step: Step, facts: Facts, branch: Branch) -> Words:
    value, include, *asked = step.compared
    names = [name or "" for name in asked]
    listed = set(map(str.lower, read_list(value)))
    noun, verb = ("header", "is") if len(names) == 1 else ("headers", "are")
    by_wildcard = [name for name in names if name not in listed]
    passes = f"{quoted(', '.join(names))} {verb} in {quoted(value)}"
    if by_wildcard:
        passes = f'"*" allows {quoted(", ".join(by_wildcard))}, since the page asks without credentials'
    fails = f"{quoted(names[0])} is not in {quoted(value)}"
    if value is None:
        fails = f"the response has no {ALLOW_HEADERS}, and {quoted(names[0])} has to be in it"
    elif "*" in listed and include:
        fails = f'"*" does not count with credentials: {quoted(names[0])} has to be listed'
    elif "*" in listed:
        fails = f'"*" never covers {quoted(names[0])}: it has to be listed'
    return Words(f"The {noun} {shown(', '.join(names))} {verb} allowed", passes, fails)


def _resource_policy(step: Step, facts: Facts, branch: Branch) -> Words:
    value, distance, embedder = step.compared
    page = {"same-origin": "of its own origin", "same-site": "of its own site"}.get(distance or "", "of another site")
    if value is None:
        passes = f"no {RESOURCE_POLICY}, and none is needed"
        fails = f"the response has no {RESOURCE_POLICY}, and the page's Cross-Origin-Embedder-Policy needs one"
    else:
        passes = f"{RESOURCE_POLICY}: {shown(value) or '(empty)'}, and the page is {page}"
        fails = f"{RESOURCE_POLICY}: {quoted(value)} does not allow a page {page}"
        if embedder != "unsafe-none":
            fails += f" with Cross-Origin-Embedder-Policy: {embedder}"
    return Words("The resource may be used by this page", passes, fails)


def _not_data(step: Step, facts: Facts, branch: Branch) -> Words:
    content_type, nosniff, destination = step.compared
    kind = "no Content-Type" if content_type is None else quoted(content_type)
    if nosniff:
        kind += " with X-Content-Type-Options: nosniff"
    use = "" if destination in ("", "unknown", "empty", None) else f", and the page wants {shown(destination)}"
    body = branch.assumed(Unknown.BODY)
    if body == "data":
        return Words("By its type it is not data", kind, f"{kind}, and likely its body is data{use}")
    likely = ", and likely its body is not data" if body == "other" else ""
    fails = "is data" if not (content_type or "").startswith(("audio/", "image/", "video/")) else "without such a body"
    return Words("By its type it is not data", f"{kind}{likely}", f"{kind} {fails}{use}")


def _worker_isolated(step: Step, facts: Facts, branch: Branch) -> Words:
    worker, owner = step.compared
    what = "frame's document" if facts.destination in FRAMES else "worker's script"
    fails = f"the page has Cross-Origin-Embedder-Policy: {owner}, but the {what} has none"
    none = "the page has no Cross-Origin-Embedder-Policy"
    passes = none if owner == "unsafe-none" else f"both do, the {what} by {worker}"
    return Words(f"The {what} has Cross-Origin-Embedder-Policy if its page has", passes, fails)


def _usable_type(step: Step, facts: Facts, branch: Branch) -> Words:
    kind, use = quoted(step.compared[0]), shown(step.compared[1] or "", 40)
    return Words("Its type fits its use", f"{kind} as {use}", f"{kind} does not fit a {use}")


def _nosniff(step: Step, facts: Facts, branch: Branch) -> Words:
    kind, use = quoted(step.compared[0]), shown(step.compared[1] or "", 40)
    fails = f"with nosniff the type has to fit, and {kind} does not fit a {use}"
    return Words("Its type fits its use, as nosniff requires", f"{kind} as {use}", fails)


def _not_proxy(step: Step, facts: Facts, branch: Branch) -> Words:
    fails = f"{_status(facts)}, which only a proxy may send, came from the server itself"
    return Words("The response is not one that only a proxy may send", _status(facts), fails)


def _redirect_mode(step: Step, facts: Facts, branch: Branch) -> Words:
    return Words("The page allows redirects", "it does", 'the page used redirect mode "error"')


def _location(step: Step, facts: Facts, branch: Branch) -> Words:
    location = None if facts.response is None else facts.response.headers.get("location")
    return Words("The Location is a URL", shown(facts.target or ""), f"{quoted(location)} cannot be read as one")


def _scheme(step: Step, facts: Facts, branch: Branch) -> Words:
    scheme = shown((facts.target or "").partition(":")[0], 40)
    return Words("It leads to http or https", scheme, f"{quoted(facts.target)} does not")


def _redirect_count(step: Step, facts: Facts, branch: Branch) -> Words:
    number = f"this is redirect {len(facts.chain) + 1}"
    return Words(f"At most {MAX_REDIRECTS} redirects", number, number)


def _no_userinfo(step: Step, facts: Facts, branch: Branch) -> Words:
    return Words("No user name or password in the URL", "none", f"{quoted(facts.target)} holds one")


def _same_origin(step: Step, facts: Facts, branch: Branch) -> Words:
    page = quoted(facts.page_origin)
    fails = f"{quoted(facts.target)} is not of {page}, and the mode is same-origin"
    return Words("It stays on the page's origin", f"{shown(facts.target or '')} is of {page}", fails)


def _not_mixed(step: Step, facts: Facts, branch: Branch) -> Words:
    fails = f"the page is secure, and {quoted(facts.target)} is not"
    return Words("A secure page is not led to an insecure URL", shown(facts.target or ""), fails)


def _local_network(step: Step, facts: Facts, branch: Branch) -> Words:
    fails = "the user did not allow it" if branch.premise.secure else "the page is not a secure one"
    return Words("The page may reach the local network", "the user allowed it, or the page is itself in it", fails)


WORDS: dict[Question, Callable[[Step, Facts, Branch], Words]] = {
    Question.RESPONSE: _response,
    Question.ALLOW_ORIGIN: _allow_origin,
    Question.ORIGIN: _origin,
    Question.CREDENTIALS: _credentials,
    Question.NO_REDIRECT: _no_redirect,
    Question.OK_STATUS: _ok_status,
    Question.METHODS_SYNTAX: _syntax(ALLOW_METHODS),
    Question.HEADERS_SYNTAX: _syntax(ALLOW_HEADERS),
    Question.METHOD: _method,
    Question.HEADERS: _headers,
    Question.RESOURCE_POLICY: _resource_policy,
    Question.NOT_DATA: _not_data,
    Question.WORKER_ISOLATED: _worker_isolated,
    Question.USABLE_TYPE: _usable_type,
    Question.NOSNIFF: _nosniff,
    Question.NOT_PROXY: _not_proxy,
    Question.REDIRECT_MODE: _redirect_mode,
    Question.LOCATION: _location,
    Question.SCHEME: _scheme,
    Question.REDIRECT_COUNT: _redirect_count,
    Question.NO_USERINFO: _no_userinfo,
    Question.SAME_ORIGIN: _same_origin,
    Question.NOT_MIXED: _not_mixed,
    Question.LOCAL_NETWORK: _local_network,
}
"""What each question's steps are put into words by."""
