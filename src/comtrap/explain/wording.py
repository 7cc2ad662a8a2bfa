"""What a condition means, in the words of EQL: for what no author wrote, such as a condition that was rewritten."""

from __future__ import annotations

import ipaddress

from comtrap.check import typed
from comtrap.execute.text import iso
from comtrap.lang import ast
from comtrap.lang.unparse import unparse_expression
from comtrap.schema.types import Type

_IPV4 = 0xFFFF  # above the last 32 bits of an address that is IPv4


def worded(expr: typed.Expr) -> str:
    """An expression on one line. Regular expressions are shown as they run, not as they were written."""
    lead, options = listing(expr)
    if options:
        return f"{lead} ({', '.join(options)})" if len(options) > 1 else f"{lead} {options[0]}"
    match expr:
        case typed.Constant():
            return _constant(expr)
        case typed.Column():
            return expr.name
        case typed.Not():
            return f"not {_inner(expr.operand)}"
        case typed.AllOf():
            return " and ".join(map(_inner, expr.operands))
        case typed.AnyOf():
            return " or ".join(map(_inner, expr.operands))
        case typed.IsNull():
            return f"{_inner(expr.operand)} == null"
        case typed.Compare(right=typed.Constant(value=typed.Range() as span, type=kind)) if expr.op != "==":
            end = span.high if expr.op in {"<=", ">"} else span.low
            return f"{_inner(expr.left)} {expr.op} {_constant(typed.Constant(typed.Range(end, end), kind))}"
        case typed.Compare() | typed.Arithmetic():
            return f"{_inner(expr.left)} {expr.op} {_inner(expr.right)}"
        case typed.Call():
            return f"{expr.name}{'~' * expr.ignore_case}({', '.join(map(worded, expr.arguments))})"
        case _:
            return lead


def listing(expr: typed.Expr) -> tuple[str, tuple[str, ...]]:
    """A comparison with a list: what comes before the list, and what is in it; nothing for any other expression."""
    match expr:
        case typed.Matches():
            word = ("regex" if expr.regex else "like") + "~" * expr.ignore_case
            sign = ":" if word == "like~" else word
            return f"{_inner(expr.value)} {sign}", tuple(_text(pattern) for pattern in expr.patterns)
        case typed.OneOf():
            sign = "in~" if expr.ignore_case else "in"
            return f"{_inner(expr.value)} {sign}", tuple(map(_constant, expr.constants))
        case _:
            return "", ()


def _inner(expr: typed.Expr) -> str:
    return worded(expr) if isinstance(expr, typed.Column | typed.Constant | typed.Call) else f"({worded(expr)})"


def _constant(constant: typed.Constant) -> str:
    value = constant.value
    if isinstance(value, typed.Range):
        write = _address if constant.type is Type.IP else iso
        low, high = write(value.low), write(value.high)
        return _text(low if low == high else f"{low} to {high}")
    return _text(value) if isinstance(value, str) else unparse_expression(ast.Literal(value))


def _address(number: int) -> str:
    if number >> 32 == _IPV4:
        return str(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(number))


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
