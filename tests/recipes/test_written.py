"""Every configuration is of its language, whatever a policy says: each value comes back as it was, in its own string.

Two things hold that, and either alone would do: what loads is held to its grammar, and what is written is escaped.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corsight.policies.server.export import TARGETS, Grant, RecipeError, render, write
from corsight.policies.server.export.grant import Pattern
from corsight.policies.server.load import PolicyError, load
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.server.origins import OriginPattern, names_origin, parse_pattern
from tests.recipes.syntaxes import Broken, Parsed, parse

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

# -- policies that load ----------------------------------------------------------------------------------------------

_label = st.text("abz09-_", min_size=1, max_size=5)
_names = st.lists(_label, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))
_exact = st.one_of(
    st.builds("{}://{}{}".format, st.sampled_from(["https", "http"]), _names, st.sampled_from(["", ":8443", ":1"])),
    st.sampled_from(["capacitor://localhost", "chrome-extension://Abc_1-2", "http://[::1]:3000", "https://192.0.2.1"]),
)
_spread = st.one_of(
    st.builds("{}://*.{}{}".format, st.sampled_from(["https", "http"]), _names, st.sampled_from(["", ":8443"])),
    st.sampled_from(["http://localhost:*", "http://*.localhost:*", "http://[::1]:*", "https://127.0.0.1:*"]),
)
_token = st.text("!#$%&'*+-.^_`|~09AZaz", min_size=1, max_size=8).filter(lambda token: token != "*")
_segment = st.sampled_from(["v1", "a.b", "x(y)", "it's", "$p", "a;b", "%2F", "*", "v*", "~u-_"])
_paths = st.lists(
    st.builds("/{}{}".format, st.lists(_segment, max_size=2).map("/".join), st.sampled_from(["", "/**"])), max_size=2
)


_printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@st.composite
def _policies(draw: st.DrawFn) -> ServerPolicy:
    credentials = draw(st.booleans())
    origins = draw(st.lists(_exact | _spread, min_size=1, max_size=4, unique=True))
    fields = {
        "name": draw(_printable),
        "note": draw(_printable),
        "match": {"hosts": draw(st.lists(_names, min_size=1, max_size=2)), "paths": draw(_paths)},
        "origins": origins if credentials or draw(st.integers(0, 5)) else ["*"],
        "methods": ["GET", *draw(st.lists(_token, max_size=2))],
        "request_headers": draw(st.lists(_token, max_size=3)),
        "expose_headers": draw(st.lists(_token, max_size=2)),
        "credentials": credentials,
        "max_age": draw(st.sampled_from([0, 5, 86_400])),
        "preflight_status": draw(st.sampled_from([200, 204])),
    }
    patterns = [pattern for text in origins if (pattern := parse_pattern(text)) is not None]
    if credentials and any(pattern.scheme == "http" and not pattern.loopback for pattern in patterns):
        fields["dangerously_allow_insecure_origins_with_credentials"] = True
    try:
        [policy] = load(json.dumps({"version": 1, "policies": [fields]}), "policy.json")
    except PolicyError:
        # An entry that another one covers, or a name that is an address.
        assume(False)
        raise
    return policy


def configurations(policy: ServerPolicy) -> Iterable[tuple[str, Parsed]]:
    """Each target that can say the policy, with its configuration as its language reads it."""
    for target in TARGETS:
        try:
            text = render(target, policy)
        except RecipeError:
            continue
        assert text.isascii(), target
        yield target, parse(TARGETS[target].language, text)


def listed(strings: Iterable[str]) -> set[str]:
    """The strings, and what is listed in one with commas between."""
    return {part for text in strings for part in (text, *text.split(", "))}


@FEW
@given(_policies())
def test_what_loads_is_written_in_every_language_and_read_back_as_it_was(policy: ServerPolicy) -> None:
    for target, read in configurations(policy):
        if target == "vite-dev-proxy":
            continue
        strings = listed(read.strings)
        names = {*policy.request_headers, *policy.expose_headers}
        assert names <= strings, target
        methods = {method.lower() for method in policy.methods}
        # Ruby's symbols are no strings.
        assert target == "rails" or methods <= {text.lower() for text in strings}, target


# -- what the patterns match -----------------------------------------------------------------------------------------

WHOLE = ("flask", "fastapi", "envoy")
"""Targets that match the whole text by themselves."""
TEXTS = {"spring": ":[*]", "go-jub0bs": ":*", "s3": ":*", "aws-api-gateway": ":*"}
"""Targets that have patterns of their own, and how they write any port."""
DOLLAR = ("JavaScript", "TypeScript", "Go", "Caddyfile", "YAML")
"""Languages where a dollar sign is the end of the text, and not the place before a last newline."""
COMMON = re.compile(r"(?:[0-9A-Za-z_:/~-]|\\[.\[\]/+]|\[0-9a-z_-\]\+|\[0-9\]\+|\(|\|(?!\))|\)[?+]?)*")
"""What every dialect reads alike."""


def expressions(target: str, read: Parsed) -> list[str]:
    """The regular expressions for origins in a configuration, without what anchors them."""
    found = []
    for text in read.strings:
        if "://" not in re.sub(r"\\/", "/", text) or not re.search(r"[\\^(]", text):
            continue
        text = text.removeprefix("~").removeprefix("#").removesuffix("#")
        if target not in WHOLE:
            begins, ends = ("^", r"\A"), ("$",) if TARGETS[target].language in DOLLAR else (r"\z", r"\Z")
            begin = next(one for one in begins if text.startswith(one))
            end = next(one for one in ends if text.endswith(one))
            text = text.removeprefix(begin).removesuffix(end)
        assert COMMON.fullmatch(text), (target, text)
        found.append(text)
    return found


def near(policy: ServerPolicy) -> list[str]:
    """Origins that the policy names, and others that differ from these by little."""
    samples = ["null", "https://evil.example", "http://localhost:5173"]
    for text in policy.origins:
        pattern = parse_pattern(text)
        if pattern is None or "*" not in text:
            samples.append(text)
        else:
            port = ":3000" if pattern.port is None else pattern.written_port and f":{pattern.written_port}"
            below = ["a.", "a.b_c.", "", "a..", "A.", "a$.", "é.", "evil"] if pattern.subdomains else ["", "a.", "evil"]
            samples += [f"{pattern.scheme}://{one}{pattern.host}{port}" for one in below]
    near = list(samples)
    for text in samples:
        near += [f"{text}\n", f" {text}", text.upper(), text.replace(".", "x"), f"{text}.evil.example", f"{text}:1"]
        near += [f"{text}.", f"{text}/", text.replace("://", "://evil@"), text.replace("https:", "http:"), f"x{text}"]
        near += [text.replace("://", "://evil"), re.sub(r":[0-9]+$", "", text), f"https://x/{text}", f"{text},{text}"]
    return near


@FEW
@given(_policies())
def test_the_patterns_in_a_configuration_match_what_the_policy_names(policy: ServerPolicy) -> None:
    assume(policy.origins != ("*",))
    origins = near(policy)
    for target, read in configurations(policy):
        if target == "vite-dev-proxy":
            continue
        exact = {text for text in read.strings if re.fullmatch(r"[a-z-]+://[^\\^(]*", text)}
        if target in TEXTS:
            wanted = {text.replace(":*", TEXTS[target]) for text in policy.origins}
            # S3 needs a second entry for an origin without a port.
            assert exact - wanted == {text[:-2] for text in wanted if target == "s3" and text.endswith(":*")}, target
            assert wanted <= exact, target
            continue
        patterns = [re.compile(text) for text in expressions(target, read)]
        for origin in origins:
            granted = origin in exact or any(pattern.fullmatch(origin) for pattern in patterns)
            assert granted == names_origin(policy.origins, origin), (target, origin)


ENGINES = {
    "node": (
        "JavaScript",
        "const {patterns, origins} = JSON.parse(require('fs').readFileSync(0));"
        "console.log(JSON.stringify(origins.map(o => patterns.some(p => new RegExp(p).test(o)))))",
        "-e",
    ),
    "ruby": (
        "Ruby",
        "require 'json'; given = JSON.parse($stdin.read);"
        "puts JSON.generate(given['origins'].map { |o| given['patterns'].any? { |p| Regexp.new(p).match?(o) } })",
        "-e",
    ),
    "perl": (
        "nginx",
        "use JSON::PP; local $/; my $g = decode_json(<STDIN>);"
        "print encode_json([map { my $o = $_; (grep { $o =~ /$_/ } @{$g->{patterns}}) ? \\1 : \\0 } @{$g->{origins}}])",
        "-e",
    ),
}
"""Programs with a dialect of their own: the language whose configurations it is for (Perl's is that of nginx, Apache
and PHP), and what it runs."""


@pytest.mark.recipes
@pytest.mark.parametrize("engine", ENGINES)
def test_the_dialects_read_the_patterns_alike(engine: str) -> None:
    program = shutil.which(engine)
    if program is None:
        pytest.skip(f"{engine} is not installed")
    language, code, flag = ENGINES[engine]
    target = next(name for name, target in TARGETS.items() if target.language == language)
    policy = ServerPolicy(
        name="all",
        match=Match(hosts=("api.example",)),
        origins=("https://*.shop.example", "http://localhost:*", "http://*.localhost:*", "https://*.b-c.example:8443"),
        methods=("GET",),
    )
    read = parse(language, render(target, policy))
    patterns = [text.removeprefix("~") for text in read.strings if re.match(r"~?(\^|\\A)http", text)]
    assert len(patterns) == len(policy.origins)
    origins = near(policy)
    given = json.dumps({"patterns": patterns, "origins": origins})
    done = subprocess.run([program, flag, code], input=given, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [names_origin(policy.origins, origin) for origin in origins]


# -- policies that were never loaded ---------------------------------------------------------------------------------

_SIGNS = "\"'\\`$#{}%/*<>?()[]|^~;:,&@!=- \t\nax0é\u2028\x00\ud800"
_hostile = st.text(_SIGNS, min_size=1, max_size=12).filter(lambda text: text != "*")
_BREAKS = re.findall(
    r"\S+",
    r"""
",print(1)," '+`id`+' \ \\ a\'b #{1} #$x ${x} {$HOME} {{x}} %{x}e */ ?> --> "'" ''' ` \u0022 \x22 expr=1 ;b }b // /*
<<E (?i) a|b .* ] \E ]]> @" "" $$ ~x
""",
)
_text = st.sampled_from(_BREAKS) | _hostile | st.builds("{}{}".format, st.sampled_from(_BREAKS), _hostile)


def _grant(text: str) -> Grant:
    """A grant whose every value holds the text, as no policy that was loaded could make one."""
    pattern = OriginPattern("https", f"{text}.example", True, None)
    return Grant(
        name=text,
        any=False,
        exact=(f"http://{text}",),
        patterns=(Pattern(f"https://*.{text}.example:*", pattern.regex, True, True),),
        methods=(f"M!{text}", "GET"),
        headers=(f"x!{text}",),
        expose=(f"y!{text}",),
        credentials=True,
        max_age=7,
        status=204,
        hosts=(f"h{text}",),
        paths=(f"/{text}/**",),
        prefixes=(f"/{text}",),
        public_suffixes=False,
    )


@cache
def _plain(name: str, dollar: bool) -> Parsed:
    return parse(TARGETS[name].language, write(TARGETS[name], _grant("$" if dollar else "plain")))


@settings(max_examples=100, deadline=None)
@given(_text)
def test_nothing_breaks_out_of_its_string(text: str) -> None:
    for name, target in TARGETS.items():
        try:
            written = write(target, _grant(text))
        except RecipeError:
            continue
        # For nginx, a dollar sign needs a variable that holds one.
        read, expected = parse(target.language, written), _plain(name, "$" in text and name == "nginx")
        assert read.shape == expected.shape, (name, written)
        assert len(read.strings) == len(expected.strings), (name, written)
        if name != "vite-dev-proxy":
            assert any(f"x!{text}" in string for string in read.strings), (name, written)
        for expression in read.strings:
            if re.match(r"#?~?(\^|\\A).*example", expression):
                re.compile(expression.replace(r"\z", r"\Z"))


@pytest.mark.parametrize("text", ["\n", "\r", "\x00", "\x1b", "\x7f", "\u2028", "é", "\ud800", "\U0001f600"])
@pytest.mark.parametrize("name", TARGETS)
def test_what_is_no_printable_ascii_is_refused(name: str, text: str) -> None:
    field = "prefixes" if name == "vite-dev-proxy" else "headers"
    with pytest.raises(RecipeError, match="cannot be written"):
        write(TARGETS[name], replace(_grant("plain"), **{field: (f"/{text}",)}))


@settings(max_examples=50, deadline=None)
@given(_text, st.sampled_from(["origins", "methods", "request_headers", "expose_headers", "hosts", "paths", "name"]))
def test_a_policy_that_was_never_loaded_is_refused_or_written_as_any_other(text: str, field: str) -> None:
    match = Match.model_construct(
        hosts=(text,) if field == "hosts" else ("api.example",), paths=(text,) if field == "paths" else ("/v1/**",)
    )
    fields = {"name": "p", "origins": ("https://a.example",), "methods": ("GET",), "match": match}
    fields |= {field: text if field == "name" else (text,)} if field not in ("hosts", "paths") else {}
    policy = ServerPolicy.model_construct(**fields)
    for target in TARGETS:
        try:
            written = render(target, policy)
        except RecipeError:
            continue
        parse(TARGETS[target].language, written)


@pytest.mark.parametrize("field", ["max_age", "preflight_status"])
def test_a_number_that_is_none_is_refused(field: str) -> None:
    policy = ServerPolicy.model_construct(
        name="p", match=Match(), origins=("https://a.example",), methods=("GET",), **{field: "5; return 200"}
    )
    for target in TARGETS.keys() - {"vite-dev-proxy"}:
        with pytest.raises(RecipeError, match="is not a number"):
            render(target, policy)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("JavaScript", 'x("a", b");'),
        ("Python", 'x = "a"b"'),
        ("PHP", "<?php\nx('a'b');"),
        ("Ruby", "x 'a'b'"),
        ("Java", 'class A { String a = "a"b"; }'),
        ("C#", 'var a = "a"b";'),
        ("Go", 'x := "a"b"'),
        ("YAML", 'a: "b"c"'),
        ("nginx", 'a "b"c";'),
        ("nginx", "a {"),
        ("Apache", 'A "b"c"'),
        ("Caddyfile", 'a "b'),
    ],
)
def test_a_configuration_that_is_broken_is_found(language: str, text: str) -> None:
    with pytest.raises(Broken):
        parse(language, text)
