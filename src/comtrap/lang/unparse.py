"""Syntax tree to canonical text: ``parse(unparse(query)) == query``, laid out as `layout` lays out any query.

Parentheses, quotes and back-quotes stand only where they are needed.
"""

from __future__ import annotations

import re
from functools import singledispatch

from comtrap.lang import ast
from comtrap.lang.layout import arranged
from comtrap.lang.tokens import KEYWORDS

_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_]*")
_UNITS_MS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}
_LIKES = {(True, False): ":", (False, False): "like", (False, True): "regex", (True, True): "regex~"}

# How tightly a node holds together. Where a place asks for a tighter one, parentheses are needed.
_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _UNARY, _PREDICATE, _PRIMARY = range(9)


def unparse(query: ast.Query) -> str:
    """The canonical text of a query whose tree `parse` could have given."""
    return arranged(" ".join([_body(query.body), *(f"| {pipe.name} {pipe.count}" for pipe in query.pipes)]))


def unparse_expression(expr: ast.Expr) -> str:
    """The canonical text of an expression, on one line."""
    return _text(expr)


def _body(body: ast.EventQuery | ast.Sequence | ast.Sample) -> str:
    match body:
        case ast.EventQuery():
            return _event(body)
        case ast.Sequence():
            maxspan = "" if body.maxspan_ms is None else f" with maxspan={_span(body.maxspan_ms)}"
            until = [] if body.until is None else [f"until {_stage(body.until)}"]
            return " ".join([f"sequence{_by(body.by)}{maxspan}", *map(_stage, body.stages), *until])
        case ast.Sample():
            return " ".join([f"sample{_by(body.by)}", *map(_stage, body.stages)])


def _stage(stage: ast.Stage) -> str:
    runs = "" if stage.runs == 1 else f" with runs={stage.runs}"
    return f"{'!' if stage.missing else ''}[{_event(stage.query)}]{_by(stage.by)}{runs}"


def _event(event: ast.EventQuery) -> str:
    return f"{_category(event.category)} where {_text(event.condition)}"


def _category(category: str | None) -> str:
    if category is None:
        return "any"
    return category if _is_plain(category) else _string(category)


def _by(keys: tuple[ast.Field, ...]) -> str:
    return f" by {', '.join(_text(key) for key in keys)}" if keys else ""


def _span(span_ms: int) -> str:
    return next(f"{span_ms // size}{unit}" for unit, size in _UNITS_MS if span_ms % size == 0)


def _is_plain(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in KEYWORDS


def _string(value: str) -> str:
    """In raw quotes where that saves a backslash, else with escapes; what cannot be seen is always escaped."""
    raw = value.isprintable() and '"""' not in value
    if raw and ("\\" in value or '"' in value):
        return f'"""{value}"""'
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\u{{{ord(c):02x}}}") for c in value) + '"'


def _rank(expr: ast.Expr) -> int:
    match expr:
        case ast.Or():
            return _OR
        case ast.And():
            return _AND
        case ast.Not():
            return _NOT
        case ast.Compare():
            return _COMPARISON
        case ast.Arithmetic():
            return _SUM if expr.op in {"+", "-"} else _PRODUCT
        case ast.Negate():
            return _UNARY
        case ast.Like() | ast.In():
            return _PREDICATE
        case ast.Literal():
            return _UNARY if _text(expr).startswith("-") else _PRIMARY
        case ast.Field() | ast.Call():
            return _PRIMARY


def _within(expr: ast.Expr, rank: int) -> str:
    text = _text(expr)
    return text if _rank(expr) >= rank else f"({text})"


def _value(expr: ast.Expr) -> str:
    return _within(expr, _PRIMARY)


def _in(expr: ast.In) -> str:
    return f"{'not ' if expr.negated else ''}in{'~' if expr.ignore_case else ''}"


def _like(expr: ast.Like) -> str:
    return _LIKES[expr.ignore_case, expr.regex]


def _list(items: tuple[ast.Expr, ...]) -> str:
    return f"({', '.join(_text(item) for item in items)})"


@singledispatch
def _text(expr: ast.Expr) -> str:
    raise NotImplementedError(type(expr).__name__)


@_text.register
def _(expr: ast.Literal) -> str:
    match expr.value:
        case None:
            return "null"
        case bool():
            return "true" if expr.value else "false"
        case str():
            return _string(expr.value)
        case int() | float():
            return repr(expr.value)


@_text.register
def _(expr: ast.Field) -> str:
    parts = expr.name.split(".")
    if not all(parts):  # a dot at an end, or two together: only inside back-quotes
        parts = [expr.name]
    quoted = [part if _is_plain(part) else f"`{part.replace('`', '``')}`" for part in parts]
    return ("?" if expr.optional else "") + ".".join(quoted)


@_text.register
def _(expr: ast.Not) -> str:
    return f"not {_within(expr.operand, _NOT)}"


@_text.register
def _(expr: ast.And) -> str:
    return " and ".join(_within(operand, _NOT) for operand in expr.operands)


@_text.register
def _(expr: ast.Or) -> str:
    return " or ".join(_within(operand, _AND) for operand in expr.operands)


@_text.register
def _(expr: ast.Compare) -> str:
    return f"{_within(expr.left, _SUM)} {expr.op} {_within(expr.right, _SUM)}"


@_text.register
def _(expr: ast.Arithmetic) -> str:
    rank = _rank(expr)
    return f"{_within(expr.left, rank)} {expr.op} {_within(expr.right, rank + 1)}"


@_text.register
def _(expr: ast.Negate) -> str:
    if isinstance(expr.operand, ast.Literal):  # without parentheses the minus would be the number's
        return f"-({_text(expr.operand)})"
    return f"-{_within(expr.operand, _PREDICATE)}"


@_text.register
def _(expr: ast.Like) -> str:
    right = _text(expr.patterns[0]) if len(expr.patterns) == 1 else _list(expr.patterns)
    return f"{_value(expr.value)} {_like(expr)} {right}"


@_text.register
def _(expr: ast.In) -> str:
    return f"{_value(expr.value)} {_in(expr)} {_list(expr.options)}"


@_text.register
def _(expr: ast.Call) -> str:
    return f"{expr.name}{'~' if expr.ignore_case else ''}{_list(expr.arguments)}"
