"""The CORS check (https://fetch.spec.whatwg.org/#concept-cors-check), and why it failed.

The standard only says success or failure. `cors_check` decides exactly as it does; where it fails, `classify` looks at
the values once more to name the reason, so that naming can never change the decision.
"""

from __future__ import annotations

from pydantic_core import Url, ValidationError

SPEC = "https://fetch.spec.whatwg.org/#concept-cors-check"

MISSING = "allow-origin-missing"
WILDCARD = "allow-origin-wildcard"
MULTIPLE = "allow-origin-multiple"
INVALID = "allow-origin-invalid"
MISMATCH = "allow-origin-mismatch"
CREDENTIALS = "allow-credentials-not-true"


def cors_check(origin: str, allow_origin: str | None, allow_credentials: str | None, *, include: bool) -> str | None:
    """The rule that fails the CORS check, or None for success.

    `origin` is the request's serialized origin, `allow_origin` and `allow_credentials` are the response's headers as
    `get` returns them, `include` tells whether the request's credentials mode is "include".
    """
    # 2. If origin is null, then return failure. Null is not `null`.
    if allow_origin is None:
        return MISSING
    # 3. The wildcard is enough without credentials.
    if not include and allow_origin == "*":
        return None
    # 4. A byte comparison: no case folding, no trailing slash, no list.
    if origin != allow_origin:
        return classify(allow_origin)
    # 5. Without credentials that is all.
    if not include:
        return None
    # 6-8. The credentials header must be exactly `true`.
    return None if allow_credentials == "true" else CREDENTIALS


def classify(allow_origin: str) -> str:
    """Why this Access-Control-Allow-Origin did not match: a wildcard, several values, no origin at all, another one."""
    if allow_origin == "*":
        return WILDCARD
    if "," in allow_origin or " " in allow_origin:
        return MULTIPLE
    return MISMATCH if allow_origin == "null" or _is_url(allow_origin) else INVALID


def _is_url(text: str) -> bool:
    # The parser takes text: the bytes are read as UTF-8, as browsers do, and what is none spoils a host.
    try:
        Url(text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace"))
    except ValidationError:
        return False
    return True


STEP = {MISSING: "2", WILDCARD: "4", MULTIPLE: "4", INVALID: "4", MISMATCH: "4", CREDENTIALS: "8"}
"""The step of the CORS check at which each rule fails."""
