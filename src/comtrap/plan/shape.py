"""What can be told of an expression without looking at data."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterator


def parts(expr: typed.Expr) -> tuple[typed.Expr, ...]:
    """The expressions directly inside one."""
    match expr:
        case typed.Constant() | typed.Column():
            return ()
        case typed.Not() | typed.IsNull():
            return (expr.operand,)
        case typed.AllOf() | typed.AnyOf():
            return expr.operands
        case typed.Compare() | typed.Arithmetic():
            return (expr.left, expr.right)
        case typed.Matches():
            return (expr.value,)
        case typed.OneOf():
            return (expr.value, *expr.constants)
        case typed.Call():
            return expr.arguments


def walk(expr: typed.Expr) -> Iterator[typed.Expr]:
    """The expression and everything inside it, outermost first."""
    yield expr
    for part in parts(expr):
        yield from walk(part)


@lru_cache(maxsize=65_536)
def columns_of(expr: typed.Expr) -> tuple[str, ...]:
    """Names of the columns it looks at, in order of first mention."""
    return tuple(dict.fromkeys(each.name for each in walk(expr) if isinstance(each, typed.Column)))


@lru_cache(maxsize=65_536)
def can_fail(expr: typed.Expr) -> bool:
    """Whether evaluating it may fail on some value, so that it matters on which events it is evaluated at all."""
    return any(_can_fail(each) for each in walk(expr))


_FAILING = frozenset({"number", "add", "subtract", "multiply", "divide", "modulo"})


def _can_fail(expr: typed.Expr) -> bool:
    match expr:
        case typed.Arithmetic():
            return expr.type is Type.LONG or Type.DOUBLE not in {expr.left.type, expr.right.type}
        case typed.Call(name="cidrMatch"):
            return expr.arguments[0].type is not Type.IP
        case typed.Call():
            return expr.name in _FAILING
        case _:
            return False


def is_dead(stage: typed.Stage) -> bool:
    """Whether no event meets a stage, whatever it holds."""
    return isinstance(stage.predicate, typed.Constant) and stage.predicate.value is not True
