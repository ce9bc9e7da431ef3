"""The CORS check (https://fetch.spec.whatwg.org/#concept-cors-check), and why it failed.

The standard only says success or failure. `cors_check` decides exactly as it does; where it fails, `classify` looks at
the values once more to name the reason, so that naming can never change the decision.
"""

from __future__ import annotations

from collections.abc import Iterator

from corsight.policies.fetch.steps import Algorithm, Question, Step
from corsight.policies.fetch.url import parse

MISSING = "allow-origin-missing"
WILDCARD = "allow-origin-wildcard"
MULTIPLE = "allow-origin-multiple"
INVALID = "allow-origin-invalid"
MISMATCH = "allow-origin-mismatch"
CREDENTIALS = "allow-credentials-not-true"


def cors_check(
    origin: str, allow_origin: str | None, allow_credentials: str | None, *, include: bool, counted_lines: int
) -> Iterator[Step]:
    """Yield the steps of the CORS check; it fails at the first that does not pass.

    `origin` is the request's serialized origin, `allow_origin` and `allow_credentials` are the response's headers as
    `get` returns them, `include` tells whether the request's credentials mode is "include". `counted_lines` is how many
    Access-Control-Allow-Origin lines an engine counts that allows only one, whatever they say.
    """
    algorithm = Algorithm.CORS_CHECK
    # 2. "If origin is null, then return failure." Null is the missing header, not `null`.
    yield Step(algorithm, "2", Question.ALLOW_ORIGIN, MISSING if allow_origin is None else None, (allow_origin,))
    if allow_origin is None:
        return
    compared = allow_origin, origin, "include" if include else None
    if counted_lines > 1:
        yield Step(algorithm, "4", Question.ORIGIN, MULTIPLE, (*compared, str(counted_lines)), allow_origin)
    # 3. "If request's credentials mode is not "include" and origin is `*`, then return success."
    elif not include and allow_origin == "*":
        yield Step(algorithm, "3", Question.ORIGIN, None, compared)
        return
    # 4. "If the result of byte-serializing a request origin with request is not origin, then return failure."
    elif origin == allow_origin:
        yield Step(algorithm, "4", Question.ORIGIN, None, compared)
    else:
        yield Step(algorithm, "4", Question.ORIGIN, classify(allow_origin), compared, allow_origin)
    # 5. "If request's credentials mode is not "include", then return success."
    if include:
        # 7. "If credentials is `true`, then return success." 8. "Return failure."
        number, rule = ("7", None) if allow_credentials == "true" else ("8", CREDENTIALS)
        yield Step(algorithm, number, Question.CREDENTIALS, rule, (allow_credentials,), allow_credentials or "")


def classify(allow_origin: str) -> str:
    """Return why this Access-Control-Allow-Origin did not match: a wildcard, several values, no origin at all, another
    one.
    """
    if allow_origin == "*":
        return WILDCARD
    if "," in allow_origin or " " in allow_origin:
        return MULTIPLE
    return MISMATCH if allow_origin == "null" or _is_url(allow_origin) else INVALID


def _is_url(text: str) -> bool:
    # The parser takes text: the bytes are read as UTF-8, as browsers do, and what is none spoils a host.
    return parse(text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace")) is not None
