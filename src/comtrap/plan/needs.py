"""Literal text without which a condition cannot be true."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from comtrap.check import typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Need: TypeAlias = "Mapping[str, frozenset[str]]"
"""By column, texts in lower case: where none of them is in a value of its column, the condition is false."""

SHORTEST = 3
"""Characters; shorter texts are in nearly everything."""

_SEARCHES = frozenset({"startsWith", "endsWith", "stringContains"})


@lru_cache(maxsize=65_536)
def needs(expr: typed.Expr) -> tuple[Need, ...]:
    """What a condition needs, all of it; nothing for most conditions.

    Only ASCII texts are given: these are the same in lower case whichever way case is folded.
    """
    if isinstance(expr, typed.AllOf):
        return tuple(need for operand in expr.operands for need in needs(operand))
    if isinstance(expr, typed.AnyOf):
        return _either([needs(operand) for operand in expr.operands])
    found = _of_leaf(expr)
    return () if found is None else ({found[0]: found[1]},)


def _either(alternatives: list[tuple[Need, ...]]) -> tuple[Need, ...]:
    """One need made of the first of each alternative; none if one of them needs nothing."""
    if not all(alternatives):
        return ()
    joined: dict[str, frozenset[str]] = {}
    for first, *_ in alternatives:
        for column, texts in first.items():
            joined[column] = joined.get(column, frozenset()) | texts
    return (joined,)


def _of_leaf(expr: typed.Expr) -> tuple[str, frozenset[str]] | None:
    match expr:
        case typed.Matches(value=typed.Column(name=name), regex=False):
            return _texts(name, (max(re.split(r"[*?]+", pattern), key=len) for pattern in expr.patterns))
        case typed.OneOf(value=typed.Column(name=name, type=kind)) if kind.is_string:
            return _texts(name, (constant.value for constant in expr.constants))
        case typed.Compare(op="==", left=typed.Column(name=name, type=kind), right=typed.Constant()) if kind.is_string:
            return _texts(name, (expr.right.value for _ in range(1) if isinstance(expr.right, typed.Constant)))
        case typed.Call(arguments=(typed.Column(name=name), typed.Constant(value=str() as text))) if (
            expr.name in _SEARCHES
        ):
            return _texts(name, (text,))
        case _:
            return None


def _texts(name: str, found: Iterable[object]) -> tuple[str, frozenset[str]] | None:
    texts = list(found)
    if all(isinstance(text, str) and len(text) >= SHORTEST and text.isascii() for text in texts):
        return name, frozenset(str(text).lower() for text in texts)
    return None
