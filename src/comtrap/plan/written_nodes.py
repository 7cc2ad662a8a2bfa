"""Typed expressions as plain data, and back.

Trees are a list of nodes: each stands after those inside it and names them by their places in the list, and equal ones
stand there once. So reading needs no recursion, and gives trees of our own nodes or nothing: the decoder proves the
types of what it reads, `read_nodes` the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_type_hints

from msgspec import Meta, Struct, defstruct

from comtrap.check import typed
from comtrap.check.functions import SIGNATURES
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MOST_LEVELS = 256
"""How deep a tree may be: several times as deep as that of any query."""
MOST_NODES = 4_000_000
"""How many nodes a list may stand for, where each is counted as often as it is named."""

Place: TypeAlias = Annotated[int, Meta(ge=0)]
_Number: TypeAlias = Annotated[str, Meta(max_length=40)]  # in base 16: JSON has no infinity, its readers no 128 bits


class Real(Struct, frozen=True, array_like=True, tag_field="kind", tag="real", forbid_unknown_fields=True):
    """A float, to its last bit."""

    value: _Number


class Range(Struct, frozen=True, array_like=True, tag_field="kind", tag="range", forbid_unknown_fields=True):
    """See `typed.Range`."""

    low: _Number
    high: _Number


_TYPES_OF: dict[type, frozenset[Type]] = {
    bool: frozenset({Type.BOOLEAN}),
    int: frozenset({Type.LONG}),
    float: frozenset({Type.DOUBLE}),
    str: frozenset({Type.KEYWORD, Type.VERSION}),
    typed.Range: frozenset({Type.DATE, Type.DATE_NANOS, Type.IP}),
    type(None): frozenset(Type),
}
_COMPARISONS = frozenset({"==", "<", "<=", ">", ">="})
_OPERATIONS = frozenset({"+", "-", "*", "/", "%"})


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of node is written.

    Attributes:
        kind: of `typed`.
        written: a struct of the same fields in the same order.
        one: the places among them of an expression.
        several: the places of tuples of expressions.
    """

    kind: Callable[..., typed.Expr]
    written: type[Struct]
    one: tuple[int, ...]
    several: tuple[int, ...]


def _form(kind: Any) -> _Form:
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)]
    tuples = {tuple[typed.Expr, ...], tuple[typed.Constant, ...]}
    written: dict[Any, Any] = {typed.Expr: Place} | dict.fromkeys(tuples, tuple[Place, ...])
    if kind is typed.Constant:
        written[hints["value"]] = bool | int | str | Real | Range | None
    shape = [(name, written.get(hints[name], hints[name])) for name in names]
    return _Form(
        kind,
        defstruct(
            kind.__name__, shape, frozen=True, array_like=True, tag_field="kind", tag=True, forbid_unknown_fields=True
        ),
        tuple(at for at, name in enumerate(names) if hints[name] == typed.Expr),
        tuple(at for at, name in enumerate(names) if hints[name] in tuples),
    )


_FORMS = {kind: _form(kind) for kind in get_args(typed.Expr)}
_FORM_OF = {form.written: form for form in _FORMS.values()}
NODE: Any = reduce(or_, _FORM_OF)
"""The type of a node."""


class Writer:
    """Expressions to nodes.

    Attributes:
        nodes: those so far, and where each stands.
    """

    def __init__(self) -> None:
        self.nodes: dict[Struct, int] = {}
        self._known: dict[int, tuple[typed.Expr, int]] = {}  # by identity, which lasts as long as the expression

    def place(self, expr: typed.Expr) -> int:
        """Where an expression stands; it is written if it was not there.

        Raises:
            ValueError: it is none that a query can have.
        """
        known = self._known.get(id(expr))
        if known is None:
            _refuse_unsound(expr)
            known = self._known[id(expr)] = (expr, self.nodes.setdefault(self._node(expr), len(self.nodes)))
        return known[1]

    def _node(self, expr: typed.Expr) -> Struct:
        form = _FORMS[type(expr)]
        values = [getattr(expr, each.name) for each in fields(expr)]
        for at in form.one:
            values[at] = self.place(values[at])
        for at in form.several:
            values[at] = tuple(map(self.place, values[at]))
        if isinstance(expr, typed.Constant):
            values[0] = _value(expr)
        return form.written(*values)


def read_nodes(nodes: Iterable[Struct]) -> list[typed.Expr]:
    """The expressions that nodes stand for, in the same order.

    Raises:
        ValueError: they are none that a query can have.
    """
    made: list[typed.Expr] = []
    levels: list[int] = []
    sizes: list[int] = []
    total = 0
    for node in nodes:
        form = _FORM_OF[type(node)]
        values = [getattr(node, name) for name in node.__struct_fields__]
        inside = [values[at] for at in form.one]
        for at in form.several:
            inside += values[at]
        if inside and max(inside) >= len(made):
            raise ValueError("a node names one that does not stand before it")
        levels.append(1 + max([levels[place] for place in inside], default=0))
        sizes.append(1 + sum(sizes[place] for place in inside))
        total += sizes[-1]
        if levels[-1] > MOST_LEVELS or total > MOST_NODES:
            raise ValueError("trees deeper or larger than those of queries")
        made.append(_expr(form, values, made))
    return made


def _expr(form: _Form, values: list[Any], made: Sequence[typed.Expr]) -> typed.Expr:
    for at in form.one:
        values[at] = made[values[at]]
    for at in form.several:
        values[at] = tuple([made[place] for place in values[at]])
    if form.kind is typed.Constant:
        values[0] = _read_value(values[0])
    expr = form.kind(*values)
    _refuse_unsound(expr)
    return expr


def _value(constant: typed.Constant) -> bool | int | str | Real | Range | None:
    match constant.value:
        case float():
            return Real(constant.value.hex())
        case typed.Range(low=low, high=high):
            return Range(f"{low:x}", f"{high:x}")
        case _:
            return constant.value


def _read_value(written: bool | int | str | Real | Range | None) -> bool | int | float | str | typed.Range | None:  # noqa: FBT001 - a value
    match written:
        case Real():
            return float.fromhex(written.value)
        case Range():
            return typed.Range(int(written.low, 16), int(written.high, 16))
        case _:
            return written


def _refuse_unsound(expr: typed.Expr) -> None:
    """Raise ValueError for what the types of the fields allow and no query has."""
    match expr:
        case typed.Constant():
            sound = expr.type in _TYPES_OF[type(expr.value)]
        case typed.Column():
            sound = bool(expr.name)
        case typed.Compare():
            sound = expr.type is Type.BOOLEAN and expr.op in _COMPARISONS
        case typed.Arithmetic():
            sound = expr.type.is_numeric and expr.op in _OPERATIONS
        case typed.Call():
            known = SIGNATURES.get(expr.name)
            sound = known is not None and known.takes(len(expr.arguments)) and known.result is expr.type
        case typed.OneOf():
            sound = expr.type is Type.BOOLEAN and all(isinstance(each, typed.Constant) for each in expr.constants)
        case typed.AllOf() | typed.AnyOf():
            sound = expr.type is Type.BOOLEAN and bool(expr.operands)
        case _:
            sound = expr.type is Type.BOOLEAN
    if not sound:
        raise ValueError(f"no query has a {type(expr).__name__} such as {expr}")
