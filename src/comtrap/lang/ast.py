"""EQL as written: one frozen node per piece of syntax, nothing resolved.

Nodes compare by meaning: the span says where a node stood and takes no part in equality.

Source: the EQL syntax reference of Elasticsearch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from comtrap.errors import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place in the text."""

    span: Span = field(default=Span(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """``12``, ``1.5``, ``"text"``, ``true``, ``null``. An integer beyond 64 bits is a float.

    Equality tells types apart: ``Literal(1)`` is neither ``Literal(1.0)`` nor ``Literal(True)``.
    """

    value: bool | int | float | str | None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Field(Node):
    """A field. `name` is its dotted path, back-quotes resolved: ``` `a-b`.c ``` is ``a-b.c``."""

    name: str
    optional: bool = False  # written with a leading "?"


@dataclass(frozen=True, slots=True)
class Not(Node):
    """``not a``."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class And(Node):
    """``a and b and c``: at least two operands, none of them an And written without parentheses."""

    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """``a or b or c``: at least two operands, none of them an Or written without parentheses."""

    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """``a == b``; `op` is one of ``== != < <= > >=``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """``a + b``; `op` is one of ``+ - * / %``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """``-a``. A minus before a number is part of the Literal; a plus is dropped."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Like(Node):
    """``value like "a*"`` and ``value regex "a.*"``; ``:``, ``like~`` and ``regex~`` ignore case.

    `patterns` are the literals as written: strings in a right query, kept as they are in a wrong one so that check
    can point at them. `colon` remembers the spelling for messages and takes no part in equality.
    """

    value: Expr
    patterns: tuple[Literal, ...]
    ignore_case: bool
    regex: bool
    colon: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class In(Node):
    """``value in (a, b)``; ``in~`` ignores case; ``not in`` is negated."""

    value: Expr
    options: tuple[Expr, ...]
    ignore_case: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``name(a, b)``; ``name~(a, b)`` ignores case. `name` is as written; function names are case-insensitive."""

    name: str
    arguments: tuple[Expr, ...]
    ignore_case: bool = False


Expr: TypeAlias = Literal | Field | Not | And | Or | Compare | Arithmetic | Negate | Like | In | Call


@dataclass(frozen=True, slots=True)
class EventQuery(Node):
    """``process where c``. `category` is None for ``any``; a quoted ``"any"`` is the category of that name."""

    category: str | None
    condition: Expr


@dataclass(frozen=True, slots=True)
class Stage(Node):
    """One bracket of a sequence or sample: ``[query] by keys with runs=n``; `missing` for ``![query]``."""

    query: EventQuery
    by: tuple[Field, ...] = ()
    missing: bool = False
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """``sequence by keys with maxspan=… [a] [b] until [c]``. Runs are not expanded."""

    stages: tuple[Stage, ...]
    by: tuple[Field, ...] = ()
    until: Stage | None = None
    maxspan_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Sample(Node):
    """``sample by keys [a] [b]``."""

    stages: tuple[Stage, ...]
    by: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipe(Node):
    """``| head 5``. `name` is ``head`` or ``tail``, `count` a non-negative integer."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query: what to find, then the pipes in order."""

    body: EventQuery | Sequence | Sample
    pipes: tuple[Pipe, ...] = ()
