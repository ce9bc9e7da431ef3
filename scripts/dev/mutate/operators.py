"""What a mutant changes: Cosmic Ray's operators, as far as they make mutants worth a look, and two of our own.

Left out of Cosmic Ray's are those that compare or calculate in ways that nobody would write by mistake (`==` as `<<`).
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from cosmic_ray.operators.operator import Example, Operator  # type: ignore[import-untyped]
from cosmic_ray.plugins import get_operator  # type: ignore[import-untyped]
from parso.python.tree import Keyword, PythonNode

type Node = Any
"""A node of parso's tree, which is untyped."""
type Span = tuple[tuple[int, int], tuple[int, int]]
"""The line and column where a node starts, and where it ends."""

COSMIC_RAY = (
    *("AddNot", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub"),
    *("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *("NumberReplacer", "RemoveDecorator", "ExceptionReplacer", "ZeroIterationForLoop"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
    *(
        f"ReplaceComparisonOperator_{pair}"
        for pair in (
            *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt"),
            *("Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
        )
    ),
    *(
        f"ReplaceBinaryOperator_{pair}"
        for pair in (
            *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul", "LShift_RShift", "RShift_LShift"),
            *("BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitOr"),
        )
    ),
)
NO_OPERATION = ("arglist", "argument", "lambdef", "param", "parameters")
"""Where `*` and `/` calculate nothing."""


class DropOperand(Operator):  # type: ignore[misc]
    """Takes one condition out of several that are joined by `and` or `or`."""

    def mutation_positions(self, node: Node) -> Iterator[Span]:
        """Yield the conditions that may go."""
        if node.type in ("and_test", "or_test"):
            for operand in node.children[::2]:
                yield operand.start_pos, operand.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        """Return the same conditions without one."""
        place = 2 * index
        left = node.children[:place] + node.children[place + 2 :] if place else node.children[2:]
        node.children = left[:-1] if isinstance(left[-1], Keyword) and left[-1].value in ("and", "or") else left
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return what Cosmic Ray asks of every operator."""
        return Example("a and b", " b"), Example("a and b", "a", occurrence=1)


class SwapIn(Operator):  # type: ignore[misc]
    """Asks whether something is in a collection where it was asked whether it is not, and the reverse."""

    def mutation_positions(self, node: Node) -> Iterator[Span]:
        """Yield the operators `in` and `not in`."""
        if node.type == "comparison":
            for operator in node.children[1::2]:
                if _words(operator) in ("in", "not in"):
                    yield operator.start_pos, operator.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        """Return the same comparison the other way round."""
        places = [at for at in range(1, len(node.children), 2) if _words(node.children[at]) in ("in", "not in")]
        old = node.children[places[index]]
        word = "not in" if _words(old) == "in" else "in"
        node.children[places[index]] = Keyword(word, old.start_pos, prefix=" ")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return what Cosmic Ray asks of every operator."""
        return Example("a in b", "a not in b"), Example("a not in b", "a in b")


OPERATORS: tuple[Any, ...] = (*(get_operator(f"core/{name}")() for name in COSMIC_RAY), DropOperand(), SwapIn())


def texts(node: Node) -> Iterator[tuple[Span, str]]:
    """Yield what each operator makes of a node alone: where it changes it, and the node's text afterwards."""
    if node.parent is not None and node.parent.type in NO_OPERATION and node.type == "operator":
        return
    for operator in OPERATORS:
        for index, span in enumerate(operator.mutation_positions(node)):
            if not _is_repeated(operator, node):
                changed = operator.mutate(_copy(node), index)
                yield span, "" if changed is None else changed.get_code(include_prefix=False)


def _copy(node: Node) -> Node:
    """Return a copy in the same place, without a copy of all that is around it."""
    parent, node.parent = node.parent, None
    copied = deepcopy(node)
    copied.parent = node.parent = parent
    return copied


def _is_repeated(operator: Any, node: Node) -> bool:
    """Return whether another operator makes the same mutant: `not a == b` is `a != b`, and `not not a` is `a`."""
    if type(operator).__name__ != "AddNot":
        return False
    condition = node.children[2 if isinstance(node, PythonNode) else 1]
    return condition.type == "not_test" or (condition.type == "comparison" and len(condition.children) == 3)


def _words(operator: Node) -> str:
    return " ".join(operator.get_code().split())
