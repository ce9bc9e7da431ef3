"""Values: dataclasses that nobody changes once they are made.

A frozen dataclass checks each field that it sets, which made up a fifth of all that an exchange costs. Here the type
checker sees to it instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from operator import attrgetter
from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value[T](cls: type[T]) -> type[T]:
    """Return the class as a dataclass with slots, equal and hashed by its fields, which mypy takes for frozen."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


def replace[T](one: T, **changes: object) -> T:
    """Return a dataclass's object with other values in these fields; as `dataclasses.replace`, in half its time."""
    kind: Any = type(one)
    names, get = _fields(kind)
    values: dict[str, object] = dict(zip(names, get(one), strict=True))
    values.update(changes)
    changed: T = kind(**values)
    return changed


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[object, ...]]]:
    """Return the names of the fields that a dataclass is made of, two at least, and what gives their values."""
    names = tuple(one.name for one in fields(kind) if one.init)
    return names, attrgetter(*names)
