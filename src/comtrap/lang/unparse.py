"""Syntax tree to canonical text: ``parse(unparse(q)) == q``."""

from __future__ import annotations

import re
from functools import singledispatch

from comtrap.lang import ast
from comtrap.lang.tokens import KEYWORDS

WIDTH = 100  # a condition longer than this is broken at its outermost `and` or `or`
_NAME = re.compile(r"[A-Za-z_@][A-Za-z0-9_@]*")
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
_ESCAPED = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_LIKES = {(True, False): ":", (False, False): "like", (False, True): "regex", (True, True): "regex~"}

# How tightly each node binds; an operand that binds less tightly than its place asks for is put in parentheses.
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _PREDICATE, _PRIMARY = range(9)


def unparse(query: ast.Query) -> str:
    """The canonical text of a query: one stage a line, long conditions one operand a line."""
    lines = [_body(query.body), *(f"| {p.name} {p.count}" for p in query.pipes)]
    return ("\n" if "\n" in lines[0] else " ").join(lines)


def unparse_expression(expr: ast.Expr) -> str:
    """The canonical text of an expression, on one line."""
    return _text(expr)


def _body(body: ast.EventQuery | ast.Sequence | ast.Sample) -> str:
    match body:
        case ast.EventQuery():
            return _event(body, "  ")
        case ast.Sequence():
            head = "sequence" + _by(body.by)
            if body.maxspan_ms is not None:
                head += f" with maxspan={_span(body.maxspan_ms)}"
            until = [] if body.until is None else [f"until {_stage(body.until)}"]
            return "\n".join([head, *(f"  {_stage(s)}" for s in body.stages), *until])
        case ast.Sample():
            return "\n".join(["sample" + _by(body.by), *(f"  {_stage(s)}" for s in body.stages)])


def _event(event: ast.EventQuery, indent: str) -> str:
    head = f"{_category(event.category)} where "
    flat = _text(event.condition)
    if len(flat) <= WIDTH or not isinstance(event.condition, ast.And | ast.Or):
        return head + flat
    word, rank = ("and", _NOT) if isinstance(event.condition, ast.And) else ("or", _AND)
    return head + f" {word}\n{indent}".join(_within(o, rank) for o in event.condition.operands)


def _category(category: str | None) -> str:
    if category is None:
        return "any"
    return category if _plain(category) else _string(category)


def _stage(stage: ast.Stage) -> str:
    runs = "" if stage.runs == 1 else f" with runs={stage.runs}"
    return f"{'!' if stage.missing else ''}[{_event(stage.query, '    ')}]{_by(stage.by)}{runs}"


def _by(keys: tuple[ast.Field, ...]) -> str:
    return " by " + ", ".join(_text(k) for k in keys) if keys else ""


def _span(span_ms: int) -> str:
    return next(f"{span_ms // size}{unit}" for unit, size in _UNITS if span_ms % size == 0)


def _plain(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in KEYWORDS


def _string(value: str) -> str:
    if "\\" in value and '"' not in value and not re.search(r"[\x00-\x1f\x7f]", value):
        return f'"""{value}"""'
    return '"' + "".join(_ESCAPED.get(c) or (f"\\u{{{ord(c):02x}}}" if ord(c) < 32 else c) for c in value) + '"'


def _rank(expr: ast.Expr) -> int:
    match expr:
        case ast.Or():
            return _OR
        case ast.And():
            return _AND
        case ast.Not():
            return _NOT
        case ast.Compare():
            return _COMPARE
        case ast.Arithmetic():
            return _SUM if expr.op in "+-" else _PRODUCT
        case ast.Negate():
            return _UNARY
        case ast.Like() | ast.In():
            return _PREDICATE
        case ast.Literal():
            return _UNARY if _text(expr).startswith("-") else _PRIMARY
        case ast.Field() | ast.Call():
            return _PRIMARY


def _within(expr: ast.Expr, rank: int) -> str:
    """The text of an operand where at least `rank` is asked for."""
    return _text(expr) if _rank(expr) >= rank else f"({_text(expr)})"


@singledispatch
def _text(expr: object) -> str:
    raise NotImplementedError(type(expr).__name__)


@_text.register
def _(expr: ast.Literal) -> str:
    value = expr.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    return repr(value).replace("inf", "1e999")


@_text.register
def _(expr: ast.Field) -> str:
    parts = expr.name.split(".")
    if not all(parts):
        parts = [expr.name]
    quoted = (p if _NAME.fullmatch(p) and p not in KEYWORDS else "`" + p.replace("`", "``") + "`" for p in parts)
    return ("?" if expr.optional else "") + ".".join(quoted)


@_text.register
def _(expr: ast.Not) -> str:
    return f"not {_within(expr.operand, _NOT)}"


@_text.register
def _(expr: ast.And) -> str:
    return " and ".join(_within(o, _NOT) for o in expr.operands)


@_text.register
def _(expr: ast.Or) -> str:
    return " or ".join(_within(o, _AND) for o in expr.operands)


@_text.register
def _(expr: ast.Compare) -> str:
    return f"{_within(expr.left, _SUM)} {expr.op} {_within(expr.right, _SUM)}"


@_text.register
def _(expr: ast.Arithmetic) -> str:
    rank = _rank(expr)
    return f"{_within(expr.left, rank)} {expr.op} {_within(expr.right, rank + 1)}"


@_text.register
def _(expr: ast.Negate) -> str:
    inner = _within(expr.operand, _UNARY)
    return f"-({inner})" if isinstance(expr.operand, ast.Literal) else f"-{inner}"


@_text.register
def _(expr: ast.Like) -> str:
    patterns = ", ".join(_text(p) for p in expr.patterns)
    right = patterns if len(expr.patterns) == 1 else f"({patterns})"
    return f"{_within(expr.value, _PRIMARY)} {_LIKES[expr.ignore_case, expr.regex]} {right}"


@_text.register
def _(expr: ast.In) -> str:
    word = ("not " if expr.negated else "") + ("in~" if expr.ignore_case else "in")
    return f"{_within(expr.value, _PRIMARY)} {word} ({', '.join(_text(o) for o in expr.options)})"


@_text.register
def _(expr: ast.Call) -> str:
    return f"{expr.name}{'~' if expr.ignore_case else ''}({', '.join(_text(a) for a in expr.arguments)})"
