"""Going through the tree of an expression without recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterator


def children(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The parts of a node, in text order."""
    match expr:
        case ast.Literal() | ast.Field():
            return ()
        case ast.Not() | ast.Negate():
            return (expr.operand,)
        case ast.And() | ast.Or():
            return expr.operands
        case ast.Compare() | ast.Arithmetic():
            return (expr.left, expr.right)
        case ast.Like():
            return (expr.value, *expr.patterns)
        case ast.In():
            return (expr.value, *expr.options)
        case ast.Call():
            return expr.arguments


def walk(expr: ast.Expr) -> Iterator[ast.Expr]:
    """The node and all below it, each before its parts, in text order."""
    left = [expr]
    while left:
        node = left.pop()
        yield node
        left += reversed(children(node))


def deepest(expr: ast.Expr, levels: int) -> ast.Expr | None:
    """A node that stands deeper than `levels` (the expression itself stands at 1), or None if there is none."""
    row: list[ast.Expr] = [expr]
    for _ in range(levels):
        row = [part for node in row for part in children(node)]
        if not row:
            return None
    return row[0]
