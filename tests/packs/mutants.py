"""Queries with one mistake: a leaf deleted or negated, a list element dropped, an ``and`` for an ``or``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from comtrap.lang import ast
from comtrap.lang.unparse import unparse_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Put = Callable[[ast.Expr | None], ast.Expr | None]

TRUE = ast.Literal(value=True)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A query with a mistake.

    Attributes:
        what: the mistake in words that no other mistake of the query has.
    """

    what: str
    query: ast.Query


def mutants(query: ast.Query) -> Iterator[Mutant]:
    """Every mutant of a query, in text order."""
    said: Counter[str] = Counter()
    for what, mutated in _of_body(query.body):
        said[what] += 1
        again = f" (place {said[what]})" if said[what] > 1 else ""
        yield Mutant(what + again, replace(query, body=mutated))


def _of_body(
    body: ast.EventQuery | ast.Sequence | ast.Sample,
) -> Iterator[tuple[str, ast.EventQuery | ast.Sequence | ast.Sample]]:
    if isinstance(body, ast.EventQuery):
        for what, condition in _of_condition(body.condition):
            yield what, replace(body, condition=condition)
        return
    for number, stage in enumerate(body.stages):
        for what, condition in _of_condition(stage.query.condition):
            mutated = replace(stage, query=replace(stage.query, condition=condition))
            yield (
                f"stage {number + 1}: {what}",
                replace(body, stages=(*body.stages[:number], mutated, *body.stages[number + 1 :])),
            )
    if isinstance(body, ast.Sequence) and body.until is not None:
        for what, condition in _of_condition(body.until.query.condition):
            yield (
                f"until: {what}",
                replace(body, until=replace(body.until, query=replace(body.until.query, condition=condition))),
            )


def _of_condition(condition: ast.Expr) -> Iterator[tuple[str, ast.Expr]]:
    for what, mutated in _of(condition, lambda expr: expr):
        yield what, TRUE if mutated is None else mutated


def _of(expr: ast.Expr, put: Put) -> Iterator[tuple[str, ast.Expr | None]]:
    """Mutations of a part; `put` gives the whole with the part replaced, or without it for None."""
    match expr:
        case ast.And() | ast.Or():
            other, word = (ast.Or, "and") if isinstance(expr, ast.And) else (ast.And, "or")
            yield f"swap {word} of {_text(expr)}", put(other(expr.operands))
            for number, operand in enumerate(expr.operands):
                yield from _of(operand, _among(expr, number, put))
        case ast.Not():
            if isinstance(expr.operand, ast.And | ast.Or):
                yield from _of(expr.operand, lambda part: put(None if part is None else ast.Not(part)))
            else:
                yield f"delete {_text(expr)}", put(None)
                yield f"negate {_text(expr)}", put(expr.operand)
                yield from _shorter(expr.operand, lambda part: put(None if part is None else ast.Not(part)))
        case _:
            yield f"delete {_text(expr)}", put(None)
            yield f"negate {_text(expr)}", put(ast.Not(expr))
            yield from _shorter(expr, put)


def _among(expr: ast.And | ast.Or, number: int, put: Put) -> Put:
    before, after = expr.operands[:number], expr.operands[number + 1 :]

    def put_among(part: ast.Expr | None) -> ast.Expr | None:
        operands = (*before, *(() if part is None else (part,)), *after)
        return put(operands[0] if len(operands) == 1 else type(expr)(operands))

    return put_among


def _shorter(leaf: ast.Expr, put: Put) -> Iterator[tuple[str, ast.Expr | None]]:
    match leaf:
        case ast.Like() if len(leaf.patterns) > 1:
            for number, pattern in enumerate(leaf.patterns):
                rest = (*leaf.patterns[:number], *leaf.patterns[number + 1 :])
                yield f"drop {_text(pattern)} of {_text(leaf.value)}", put(replace(leaf, patterns=rest))
        case ast.In() if len(leaf.options) > 1:
            for number, option in enumerate(leaf.options):
                rest = (*leaf.options[:number], *leaf.options[number + 1 :])
                yield f"drop {_text(option)} of {_text(leaf.value)}", put(replace(leaf, options=rest))
        case _:
            return


def _text(expr: ast.Expr) -> str:
    text = unparse_expression(expr)
    return text if len(text) <= 120 else f"{text[:80]} … {text[-37:]}"
