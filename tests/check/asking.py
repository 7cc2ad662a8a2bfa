"""Short ways to ask check what a text means, or what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.check.fields import MAPPING

from comtrap.check import typed
from comtrap.check.check import check, check_condition, check_expression
from comtrap.errors import CheckError
from comtrap.lang.parse import parse, parse_expression
from comtrap.schema.mapping import from_mapping
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from comtrap.errors import Diagnostic

SCHEMA = from_mapping("the mapping", MAPPING)

NAME = typed.Column("process.name", Type.KEYWORD)
PID = typed.Column("process.pid", Type.LONG)
PORT = typed.Column("destination.port", Type.LONG)
LOAD = typed.Column("load", Type.DOUBLE)
ELEVATED = typed.Column("elevated", Type.BOOLEAN)
ADDRESS = typed.Column("destination.ip", Type.IP)
TIME = typed.Column("@timestamp", Type.DATE)

NULL = typed.Constant(None, Type.NULL)
TRUE = typed.Constant(True, Type.BOOLEAN)
FALSE = typed.Constant(False, Type.BOOLEAN)


def text(value: str) -> typed.Constant:
    return typed.Constant(value, Type.KEYWORD)


def long(value: int) -> typed.Constant:
    return typed.Constant(value, Type.LONG)


def double(value: float) -> typed.Constant:
    return typed.Constant(value, Type.DOUBLE)


def condition(written: str) -> typed.Expr:
    return check_condition(parse_expression(written), SCHEMA, written)


def value(written: str) -> typed.Expr:
    return check_expression(parse_expression(written), SCHEMA, written)


def query(written: str) -> typed.Query:
    return check(parse(written), SCHEMA, written)


def mistakes(written: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a query or a condition; fails if nothing is."""
    try:
        if " where " in written:
            query(written)
        else:
            condition(written)
    except CheckError as error:
        return error.diagnostics
    raise AssertionError(f"accepted: {written}")


def codes(written: str) -> list[str]:
    return [diagnostic.code for diagnostic in mistakes(written)]


def places(written: str) -> list[str]:
    """What the mistakes point at."""
    return [written[d.labels[0].span.start : d.labels[0].span.end] for d in mistakes(written)]
