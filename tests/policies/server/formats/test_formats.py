"""The text of a policy file: what is in it, on which lines, and what is refused before it costs anything."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from corsight.policies.server.formats import Unreadable, parse
from corsight.policies.server.formats.limits import DEEPEST, LARGEST, PARTS


def refusal(text: str, name: str) -> Unreadable:
    """Why the text is refused."""
    with pytest.raises(Unreadable) as caught:
        parse(text, name)
    assert caught.value.what
    assert "\n" not in caught.value.what
    return caught.value


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 10))
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 400))


@pytest.mark.parametrize(
    ("name", "text", "what", "line"),
    [
        ("f.yaml", "[" * 100_000, "nested more than 20 deep", 1),
        ("f.yaml", "\n\n" + "{a: " * 100_000, "nested more than 20 deep", 3),
        ("f.yaml", "- " * 100_000, "nested more than 20 deep", 1),
        ("f.yaml", "? " * 100_000, "nested more than 20 deep", 1),
        ("f.yaml", CHAIN, "nested more than 20 deep", 20),
        ("f.yaml", BOMB, "has more than 50000 parts", 5),
        ("f.yaml", MERGES, "has more than 50000 parts", 6),
        ("f.json", "[" * 900_000, "nested more than 20 deep", 1),
        ("f.json", '{"a":\n' * 100_000, "nested more than 20 deep", 21),
        ("f.json", f"[{'1,' * 60_000}1]", "has more than 50000 parts", 1),
        ("f.json", '"\\"' * 300_000, "has more than 50000 parts", 1),
        ("f.toml", f"a = {'[' * 100_000}", "nested more than 20 deep", 1),
        ("f.toml", f"a = 1\nb = {'{a = ' * 100_000}", "nested more than 20 deep", 2),
        ("f.toml", f"{'a.' * 100_000}a = 1", "nested more than 20 deep", 1),
        ("f.toml", f"[{'a . ' * 100_000}a]", "nested more than 20 deep", 1),
        ("f.toml", f"a = [{'1,' * 60_000}]", "has more than 50000 parts", 1),
        *(
            (name, "#" * (LARGEST + 1), f"longer than {LARGEST} characters", None)
            for name in ("f.yaml", "f.toml", "f.json")
        ),
    ],
)
def test_what_is_larger_than_any_policy_is_refused_with_the_limit(
    name: str, text: str, what: str, line: int | None
) -> None:
    error = refusal(text, name)
    assert (error.what, error.line) == (what, line)
    assert error.instead


@pytest.mark.parametrize(
    ("name", "text", "what", "line"),
    [
        ("f.yaml", 'a: 1\nb: "\\ud800"', "\\ud800 is half of a character", 2),
        ("f.json", '{"a":\n"x\\udfffy"}', "\\udfff is half of a character", 1),
        ("f.json", '{"a": 1,\n"\\ud83d": 1}', "\\ud83d is half of a character", 2),
        ("f.yaml", f"a: {'1' * 5000}", "a number is too large", 1),
        ("f.yaml", f"a: 1\nb: 0x{'f' * 5000}", "a number is too large", 2),
        ("f.yaml", "a: -1e999", "a number is too large", 1),
        ("f.yaml", "a: [1, .inf]", "a number is too large", 1),
        ("f.yaml", "a: .nan", "nan is not a number", 1),
        ("f.json", f'{{"a":\n{"1" * 5000}}}', "a number is too large", 1),
        ("f.json", '{"a": NaN}', "nan is not a number", 1),
        ("f.json", '{"a": Infinity}', "a number is too large", 1),
        ("f.toml", f"a = 1\nb = {'1' * 5000}", "a number is too large", 2),
        ("f.toml", f"a = 0x{'f' * 5000}", "a number is too large", 1),
        ("f.toml", "a = inf", "a number is too large", 1),
        ("f.yaml", "a: 1\nb: 2\na: 3", "a is listed twice", 3),
        ("f.json", '{"a": 1,\n"b": {"c": 1,\n"c": 2}}', "c is listed twice", 3),
        ("f.yaml", "a: 1\n---\nb: 1", "a second document begins here", 2),
        ("f.yaml", "a: !!python/object/apply:os.system [id]", "the tag !!python/object/apply:os.system makes", 1),
        ("f.yaml", "a: !!python/name:os.system", "the tag !!python/name:os.system makes", 1),
        ("f.yaml", "a: !!binary aGk=", "the tag !!binary makes", 1),
        ("f.yaml", "a: !!set {b, c}", "the tag !!set makes", 1),
        ("f.yaml", "? [a, b]\n: c", "a list or a table is no name of a field", 1),
        ("f.yaml", "a: 1\n<<: [1, 2]", "<< takes in tables only", 2),
        ("f.yaml", "a: &a [*a]", "*a is an alias in YAML, of something that is not there", 1),
        ("f.yaml", "a:\n- *.shop.example", "*.shop.example is an alias in YAML", 2),
        ("f.yaml", "a:\n- *", "* begins an alias in YAML", 2),
        ("f.yaml", "a: \x00", "is not valid YAML: unacceptable character #x0000", 1),
        ("f.yaml", 'a: "\\UFFFFFFFF"', "is not valid YAML", None),
        ("f.toml", "a = \x00", "is not valid TOML", 1),
        ("f.toml", 'a = "\\ud800"', "is not valid TOML", 1),
        ("f.json", '{"a": "\x00"}', "is not valid JSON", 1),
        ("f.json", f'{{"a": "{'\\"' * 300_000}', "is not valid JSON", 1),
        ("f.toml", f'a = """{'\\"' * 300_000}', "is not valid TOML", None),
    ],
)
def test_what_no_policy_holds_is_told_with_its_line(name: str, text: str, what: str, line: int | None) -> None:
    error = refusal(text, name)
    assert error.what.startswith(what)
    assert error.line == line


def test_a_field_is_named_where_it_is_known() -> None:
    assert refusal('{"a": [1, {"b": "\\ud800"}]}', "f.json").path == ("a", 1, "b")
    assert refusal("a:\n- b: .inf", "f.yaml").path == ("a", 0, "b")


# -- lines -----------------------------------------------------------------------------------------------------------

YAML_TEXT = """\
version: 1
base: &base
  b: 1
  c: [1,
      "2"]
d:
  - <<: *base
    b: 2
  - *base
  - !!str 5
e: {f: ~, "g h": yes, 3: 0x1F, i: 1_000, "on": 0o17}
"""
TOML_TEXT = """\
version = 1 # [not.a.table]
a.b = 1.5
'c d' = '''
[x]
'''
"e\\u0066" = [ # ]
  "g]",
  [1, 2],
  { h = 1, i.j = "=" },
]
[[k]]
l = 1979-05-27 07:32:00
[[ k ]]
[k.m]
n = true
[[k.o]]
p = 1
[[k.o]]
"""
JSON_TEXT = """\
{"a": [1,
  {"b": "]"},
  []],
 "c\\u0064": {
  "e": null}}
"""


def test_every_field_of_yaml_has_its_line() -> None:
    data, lines = parse(YAML_TEXT, "f.yml")
    assert data == {
        "version": 1,
        "base": {"b": 1, "c": [1, "2"]},
        "d": [{"b": 2, "c": [1, "2"]}, {"b": 1, "c": [1, "2"]}, "5"],
        "e": {"f": None, "g h": "yes", "3": 31, "i": "1_000", "on": 15},
    }
    assert lines["base", "c", 1] == 5
    # What is repeated stands where it is written; the entry that repeats it, where it does.
    assert [lines["d", 0], lines["d", 0, "b"], lines["d", 0, "c", 1], lines["d", 1], lines["d", 1, "b"]] == [
        7,
        8,
        5,
        9,
        3,
    ]


def test_every_field_of_toml_has_its_line() -> None:
    data, lines = parse(TOML_TEXT, "f.toml")
    assert data == tomllib.loads(TOML_TEXT)
    paths = {
        ("version",): 1,
        ("a", "b"): 2,
        ("c d",): 3,
        ("ef",): 6,
        ("ef", 0): 7,
        ("ef", 1, 1): 8,
        ("ef", 2, "h"): 9,
        ("ef", 2, "i", "j"): 9,
        ("k",): 11,
        ("k", 0, "l"): 12,
        ("k", 1): 13,
        ("k", 1, "m", "n"): 15,
        ("k", 1, "o", 0, "p"): 17,
        ("k", 1, "o", 1): 18,
    }
    assert {path: lines.get(path) for path in paths} == paths


def test_every_field_of_json_has_its_line() -> None:
    data, lines = parse(JSON_TEXT, "f.JSON")
    assert data == json.loads(JSON_TEXT)
    assert lines == {("a",): 1, ("a", 0): 1, ("a", 1): 2, ("a", 1, "b"): 2, ("a", 2): 3, ("cd",): 4, ("cd", "e"): 5}


_texts = st.text(st.characters(codec="ascii") | st.characters(categories=["L", "N", "P", "S"]), max_size=8)
_scalars = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | _texts
_data = st.dictionaries(
    _texts,
    st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3)),
    max_size=4,
)


@given(_data)
def test_json_is_read_as_it_is_and_has_a_line_for_each_part(data: dict[str, object]) -> None:
    text = json.dumps(data, indent=1, ensure_ascii=False)
    read, lines = parse(text, "f.json")
    assert read == data
    assert len(lines) == sum(1 for _ in _parts(data))


@given(_data.filter(lambda data: "<<" not in json.dumps(data)))
def test_yaml_of_one_flow_is_json(data: dict[str, object]) -> None:
    read, lines = parse(json.dumps(data, ensure_ascii=False).replace("\x7f", "\\x7f"), "f.yaml")
    assert read == data
    assert len(lines) == sum(1 for _ in _parts(data))


@pytest.mark.parametrize("text", ["1", "-1", "0o7", "0x1f", "1.5", "1e3", "true", "False", "null", "~", "x", "''"])
def test_plain_words_are_what_yaml_12_says(text: str) -> None:
    read, _ = parse(f"a: {text}", "f.yaml")
    assert read == YAML(typ="safe", pure=True).load(f"a: {text}")


def _parts(node: object) -> Iterator[object]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield child
        yield from _parts(child)


def test_as_much_as_the_limits_allow_is_read() -> None:
    deep = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    for name, text in {"f.yaml": f"a: {deep}", "f.json": f'{{"a": {deep}}}', "f.toml": f"a = {deep}"}.items():
        parse(text, name)
    many = PARTS // 4
    parse(json.dumps({f"k{n}": n for n in range(many)}), "f.json")
    parse("".join(f"k{n} = {n}\n" for n in range(many)), "f.toml")
