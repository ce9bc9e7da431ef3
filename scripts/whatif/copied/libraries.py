"""Calls of the libraries that pages use instead of fetch(): axios, jQuery, Angular, ky and Nuxt, and Dart's http.

Each sets some headers by itself, and asks with credentials or not: as its documentation says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from corsight.policies.value import replace
from corsight.scripts.whatif.copied.fetch import UNSEEN_METHOD, list_headers, make_fetch, read_address
from corsight.scripts.whatif.copied.javascript import SPREAD, UNKNOWN, Reader, read_call
from corsight.scripts.whatif.copied.model import FILLED, UNSEEN, UNSEEN_OPTIONS, Copied, make_headers
from corsight.scripts.whatif.copied.xhr import list_set

JSON = "application/json"
MOST = 16
"""Clients of axios that a paste may make, and calls of a kind that are counted."""
_TYPES = r"(?:<[^()]{0,200}?>)?\s*\("
_VERBS = "get|delete|head|options|post|put|patch"
_CREATED = re.compile(r"(?P<name>[A-Za-z_$][\w$]{0,60}+)\s*(?::\s*\w{1,40}\s*)?=\s*[Aa]xios\.create\s*\(")
_AXIOS = rf"(?:\.(?P<verb>{_VERBS}|request))?{_TYPES}"
_JQUERY = re.compile(r"(?<![\w$.])(?:\$|jQuery)\.(?P<verb>ajax|getJSON|get|post)\s*\(")
_ANGULAR = re.compile(rf"(?<![\w$])_?http(?:Client|Service|)\.(?P<verb>{_VERBS}|request|read){_TYPES}")
_FETCHES = re.compile(rf"(?<![\w$])(?:\$fetch|ofetch|useFetch|useLazyFetch|(?<!\.)ky)(?:\.(?P<verb>{_VERBS}))?{_TYPES}")
_ADDED = re.compile(r"\.headers(?:\.common)?(?:\.(\w+)|\[\s*['\"]([\w-]+)['\"]\s*\])\s*=(?!=)")
_SETUP = re.compile(r"(?:\$|jQuery)\.ajaxSetup\s*\(")
GUESSED_JSON = (
    "What is sent is not in the paste: taken for an object, which goes as application/json. Give another type with "
    "-H 'Content-Type: …'."
)
JSONP = "This is JSONP: jQuery adds a script element, and CORS does not apply to it."
_DART = re.compile(r"\bUri\.(?:parse|https?)\b|\bfinal\s+\w+\s*=|\bimport 'package:")


def find_request(text: str, names: Mapping[str, Any]) -> Copied | None:
    """Return the request of the first call of a library in a text; None where there is none."""
    clients = _find_clients(text, names)
    axios = _match_axios(clients)
    for pattern, read in (
        (axios, _read_axios),
        (_JQUERY, _read_jquery),
        (_FETCHES, _read_fetches),
        (_ANGULAR, _read_http),
    ):
        if (call := pattern.search(text)) is not None:
            reader = Reader(text, call.end(), names)
            given = [*reader.read_arguments()]
            if pattern is axios:
                given.insert(0, clients[call["client"]])
            if (copied := read(call["verb"], given, reader.keywords, text)) is not None:
                return copied
    return None


def list_calls(text: str, names: Mapping[str, Any]) -> set[int]:
    """Return the places in a text where a library is called."""
    patterns = (_match_axios(_find_clients(text, names)), _JQUERY, _FETCHES, _ANGULAR)
    return {call.start() for pattern in patterns for call in islice(pattern.finditer(text), MOST)}


# -- axios -------------------------------------------------------------------------------------------------------------


def _match_axios(clients: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of a call of one of these clients."""
    return re.compile(rf"(?<![\w$])(?:this\.)?(?P<client>{'|'.join(map(re.escape, clients))}){_AXIOS}")


def _find_clients(text: str, names: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the names of axios and of what a text makes of it, with the settings of each."""
    defaults = names.get("axios")
    shared = defaults.get("defaults") if isinstance(defaults, dict) else None
    clients = {name: shared if isinstance(shared, dict) else {} for name in ("axios", "Axios")}
    for made in islice(_CREATED.finditer(text), MOST):
        given = read_call(text, made.end(), names)
        own = names.get(made["name"])
        changed = own.get("defaults") if isinstance(own, dict) else None
        clients[made["name"]] = _merge(given[0] if given else None, changed)
    return clients


def _merge(*given: Any) -> dict[str, Any]:
    """Return the settings of several objects, of which the later count; their headers are put together."""
    merged: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    for one in given:
        if isinstance(one, dict):
            merged |= one
            headers |= _flatten(one.get("headers"))
        elif one is UNKNOWN:
            merged[SPREAD] = UNKNOWN
    return merged | {"headers": headers}


def _flatten(headers: Any) -> dict[str, Any]:
    """Return headers with those that axios keeps for all requests, or for those of a method."""
    flat: dict[str, Any] = {SPREAD: UNKNOWN} if headers is UNKNOWN else {}
    for name, sent in headers.items() if isinstance(headers, dict) else ():
        flat |= sent if isinstance(sent, dict) and name in ("common", *_VERBS.split("|")) else {name: sent}
    return flat


def _read_axios(verb: str | None, given: list[Any], keywords: dict[str, Any], text: str) -> Copied | None:
    defaults, *rest = given
    body: Any = None
    url: Any = None
    if verb in (None, "request"):
        if rest and isinstance(rest[0], str):
            url, *rest = rest
        own = rest[0] if rest else None
        if not isinstance(own, dict) and own is not UNKNOWN and url is None:
            return None
    else:
        url, *rest = rest or [UNKNOWN]
        if verb in ("post", "put", "patch"):
            body, *rest = rest or [None]
        own = rest[0] if rest else None
    options = _merge(defaults, {"headers": _list_added(text)}, own)
    url = options.get("url") if url is None else url
    body = options.get("data") if body is None else body
    method = verb if verb not in (None, "request") else options.get("method", "GET")
    address, base = read_address(url), options.get("baseURL")
    if address is not None and "://" not in address and isinstance(base, str) and read_address(base):
        address = f"{base.rstrip('/')}/{address.lstrip('/')}"
    return _finish(address, method, options, body, objects=JSON, include=options.get("withCredentials"))


def _list_added(text: str) -> dict[str, Any]:
    """Return the headers that code adds to each request."""
    if "interceptors.request" not in text:
        return {}
    return {found[1] or found[2]: FILLED for found in islice(_ADDED.finditer(text), MOST)}


# -- others ------------------------------------------------------------------------------------------------------------


def _read_jquery(verb: str | None, given: list[Any], keywords: dict[str, Any], text: str) -> Copied | None:
    url = given[0] if given and isinstance(given[0], str) else None
    own = next((one for one in given[: 2 if verb == "ajax" else 1] if isinstance(one, dict)), None)
    if own is None and url is None:
        own = {SPREAD: UNKNOWN}
    # Headers are also set by beforeSend, on the request itself.
    added = dict(list_set(text, r"[\w$]{1,60}", {}))
    settings = _merge(_find_shared(text), {"headers": added}, own)
    method = settings.get("method", settings.get("type", "POST" if verb == "post" else "GET"))
    fields = settings.get("xhrFields")
    include = fields.get("withCredentials") if isinstance(fields, dict) else fields
    kind = settings.get("contentType")
    if isinstance(kind, str) and isinstance(method, str) and ("data" in settings or method.upper() != "GET"):
        settings["headers"].setdefault("Content-Type", kind)
    address = read_address(url if url is not None else settings.get("url"))
    copied = _finish(address, method, settings, None, objects=None, include=include)
    return copied if settings.get("dataType") != "jsonp" else replace(copied, notes=(*copied.notes, JSONP))


def _find_shared(text: str) -> dict[str, Any] | None:
    """Return the settings that code gives jQuery for all requests."""
    setup = _SETUP.search(text)
    given = [] if setup is None else read_call(text, setup.end())
    return given[0] if given and isinstance(given[0], dict) else None


def _read_fetches(verb: str | None, given: list[Any], keywords: dict[str, Any], text: str) -> Copied:
    options = given[1] if len(given) > 1 else {}
    body = options.get("json", options.get("body")) if isinstance(options, dict) else None
    kind = JSON if isinstance(body, dict | list) or (isinstance(options, dict) and "json" in options) else None
    return make_fetch([*given[:1], options] if given else [None, {}], "", (verb or "get").upper(), kind)


def _read_http(verb: str | None, given: list[Any], keywords: dict[str, Any], text: str) -> Copied | None:
    """Return the request of Angular's HttpClient, or of Dart's http, which names what it is given."""
    method: Any = "GET" if verb == "read" else verb
    if verb == "request":
        method, *given = given or [UNKNOWN]
    url, *rest = given or [UNKNOWN]
    body = None
    if keywords or _DART.search(text):
        options = {"headers": keywords.get("headers", {})}
    else:
        if verb in ("post", "put", "patch"):
            body, *rest = rest or [None]
        options = _merge(*rest[:1])
        body = options.get("body", body)
    if not isinstance(url, str) and url is not UNKNOWN:
        return None
    return _finish(read_address(url), method, options, body, objects=JSON, include=options.get("withCredentials"))


def _finish(
    url: str | None, method: Any, options: dict[str, Any], body: Any, *, objects: str | None, include: Any
) -> Copied:
    """Return the request, with the type that the library gives an object which is sent."""
    fields, seen = list_headers(options.get("headers"))
    notes = [] if seen else [UNSEEN]
    if SPREAD in options or options.get("headers") is UNKNOWN:
        notes = [UNSEEN_OPTIONS if SPREAD in options else UNSEEN]
    if method is UNKNOWN:
        notes.append(UNSEEN_METHOD)
    typed = any(name.lower() == "content-type" for name, _ in fields)
    if objects is not None and not typed and (isinstance(body, dict | list) or body is UNKNOWN):
        fields.append(("Content-Type", objects))
        notes += [GUESSED_JSON] if body is UNKNOWN else []
    credentials = "include" if include is True else "same-origin"
    unknown = include is UNKNOWN or (SPREAD in options and include is None)
    asked = method.upper() if isinstance(method, str) else "GET"
    return Copied(
        url, asked, make_headers(fields), None if unknown else credentials, wire=False, notes=tuple(notes)  # type: ignore[arg-type]
    )  # fmt: skip
