"""Reads a configuration as its own language does: the shape of it, and its strings.

Two configurations have one shape where they differ in what stands in strings and comments alone: so what breaks out of
its string changes the shape. Python, YAML and the languages that tree-sitter has a grammar for are read by a parser;
nginx, Apache and Caddy by a lexer here, after their own.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import tree_sitter
import tree_sitter_c_sharp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_php
import tree_sitter_ruby
from ruamel.yaml import YAML


class Broken(ValueError):
    """A text that is not of its language."""


class Parsed(NamedTuple):
    """What a language reads: `strings` are as it reads them, regular expressions among them without delimiters."""

    shape: tuple[Any, ...]
    strings: tuple[str, ...]


def parse(language: str, text: str) -> Parsed:
    """Return the text as read. Raises Broken."""
    return _PARSERS[language](text)


# -- Python and YAML -------------------------------------------------------------------------------------------------


def _python(text: str) -> Parsed:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise Broken(str(error)) from None
    strings = tuple(
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return Parsed((ast.dump(tree),), strings)


def _yaml(text: str) -> Parsed:
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except Exception as error:
        raise Broken(str(error)) from None
    strings: list[str] = []

    def shape(node: Any) -> Any:
        if isinstance(node, dict):
            return tuple((key, shape(child)) for key, child in node.items())
        if isinstance(node, list):
            return tuple(map(shape, node))
        if isinstance(node, str):
            strings.append(node)
            return str
        return node

    return Parsed((shape(data),), tuple(strings))


# -- what tree-sitter reads ------------------------------------------------------------------------------------------


def _undo_single(text: str) -> str:
    return re.sub(r"\\(['\\])", r"\1", text[1:-1])


def _undo_slashes(text: str) -> str:
    return text.rpartition("/")[0][1:]


_STRINGS: dict[str, Callable[[str], str]] = {
    "interpreted_string_literal": json.loads,
    "raw_string_literal": lambda text: text[1:-1],
    "regex": _undo_slashes,
    "string_literal": json.loads,
    "verbatim_string_literal": lambda text: text[2:-1].replace('""', '"'),
}
"""The kinds of nodes that are strings, and how their text is read; `string` differs between languages."""

_GRAMMARS: dict[str, tuple[Callable[[], object], Callable[[str], str], str]] = {
    "JavaScript": (tree_sitter_javascript.language, json.loads, "{}"),
    "TypeScript": (tree_sitter_javascript.language, json.loads, "{}"),
    "Java": (tree_sitter_java.language, json.loads, "{}"),
    "C#": (tree_sitter_c_sharp.language, json.loads, "{}"),
    "Go": (tree_sitter_go.language, json.loads, "package main\n\n{}"),
    "Ruby": (tree_sitter_ruby.language, _undo_single, "{}"),
    "PHP": (tree_sitter_php.language_php, _undo_single, "{}"),
}
"""The grammar of each language, how it reads a string, and what has to stand around a configuration."""


@cache
def _parser(language: str) -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(_GRAMMARS[language][0]()))


def _grammar(language: str) -> Callable[[str], Parsed]:
    def read(text: str) -> Parsed:
        _, undo, around = _GRAMMARS[language]
        root = _parser(language).parse(around.format(text).encode()).root_node
        if root.has_error:
            raise Broken(f"is no {language}:\n{text}")
        strings: list[str] = []

        def shape(node: tree_sitter.Node) -> Iterator[Any]:
            for child in node.children:
                if child.type == "comment" or child.type.endswith("_comment"):
                    continue
                decode = undo if child.type == "string" else _STRINGS.get(child.type)
                # The token `string` of a type has no children.
                if decode is None or not child.is_named:
                    yield child.type, *shape(child)
                    continue
                assert child.text is not None
                strings.append(decode(child.text.decode()))
                yield "regex" if child.type == "regex" else "string", _fills_in(child)

        return Parsed(tuple(shape(root)), tuple(strings))

    return read


def _fills_in(node: tree_sitter.Node) -> bool:
    """Whether something is filled in between the string's quotes."""
    return any(child.type == "interpolation" or _fills_in(child) for child in node.children)


# -- nginx, Apache, Caddy --------------------------------------------------------------------------------------------


def _nginx(text: str) -> Parsed:
    """As ngx_conf_read_token does (src/core/ngx_conf_file.c)."""
    token = re.compile(
        r"""(?P<space>\s+)|(?P<comment>\#[^\n]*)|(?P<end>[;{}])
        |(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')(?=[\s;{)])
        |(?P<bare>(?:[^\s;{}"'\#\\]|\$\{|\\.)(?:[^\s;{\\]|\$\{|\\.)*)""",
        re.VERBOSE | re.DOTALL,
    )
    escapes = {"t": "\t", "r": "\r", "n": "\n"}

    def undo(quoted: str) -> str:
        return re.sub(r"""\\(["'\\trn])""", lambda match: escapes.get(match[1], match[1]), quoted)

    shape: list[str] = []
    strings: list[str] = []
    depth = 0
    for kind, lexeme in _lex(token, text):
        if kind == "quoted":
            # ${dollar} is the variable that the configuration defines.
            strings.append(undo(lexeme[1:-1]).replace("${dollar}", "$"))
            shape.append("string")
        elif kind in ("end", "bare"):
            shape.append(lexeme)
            depth += (lexeme == "{") - (lexeme == "}")
            if depth < 0:
                raise Broken("a block is closed that is not open")
    if depth or (shape and shape[-1] not in (";", "}")):
        raise Broken("a block or a directive is not closed")
    return Parsed(tuple(shape), tuple(strings))


def _apache(text: str) -> Parsed:
    """As ap_getword_conf does (server/util.c), a line a directive."""
    token = re.compile(
        r'(?P<line>\n)|(?P<space>[ \t]+)|(?P<quoted>"(?:[^"\\\n]|\\[\\"]|\\(?![\\"\n]))*")(?=[ \t\n])'
        r"|(?P<bare>[^\s\"'#<][^\s]*)",
        re.DOTALL,
    )
    shape: list[str] = []
    strings: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("#"):
            if line.endswith("\\\n"):
                raise Broken("a comment goes on in the next line")
            continue
        for kind, lexeme in _lex(token, line):
            if kind == "quoted":
                strings.append(re.sub(r'\\([\\"])', r"\1", lexeme[1:-1]).replace("%%", "%"))
                shape.append("string")
            elif kind == "bare":
                if lexeme.endswith("\\"):
                    raise Broken("a directive goes on in the next line")
                shape.append(lexeme)
        shape.append("\n")
    return Parsed(tuple(shape), tuple(strings))


def _caddyfile(text: str) -> Parsed:
    """As its lexer does (caddyconfig/caddyfile/lexer.go)."""
    if "{$" in text:
        raise Broken("the environment is filled in")
    token = re.compile(
        r'(?P<line>\n)|(?P<space>[ \t\r]+)|(?P<comment>\#[^\n]*)|(?P<quoted>"(?:[^"\\]|\\.)*"|`[^`]*`)(?=\s)'
        r"|(?P<bare>(?!<<)[^\s\"`#]\S*)",
        re.DOTALL,
    )
    shape: list[str] = []
    strings: list[str] = []
    for kind, lexeme in _lex(token, text):
        if kind == "quoted":
            inner = lexeme[1:-1]
            strings.append(inner if lexeme[0] == "`" else inner.replace('\\"', '"'))
            if re.search(r"(?<!\\)\{", inner):
                raise Broken("something is filled in")
            shape.append("string")
        elif kind in ("line", "bare"):
            shape.append(lexeme)
    if shape.count("{") != shape.count("}"):
        raise Broken("a block is not closed")
    return Parsed(tuple(shape), tuple(strings))


def _lex(token: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = token.match(text, position)
        if match is None or match.lastgroup is None:
            raise Broken(f"nothing begins with {text[position : position + 40]!r}")
        yield match.lastgroup, match[0]
        position = match.end()


_PARSERS: dict[str, Callable[[str], Parsed]] = {
    "Python": _python,
    "YAML": _yaml,
    "nginx": _nginx,
    "Apache": _apache,
    "Caddyfile": _caddyfile,
    **{language: _grammar(language) for language in _GRAMMARS},
}
