"""Typed expressions: names resolved, sugar gone, every node knows its type.

Fewer shapes than the AST on purpose: the planner and the executor see only these.

How they are evaluated (docs/decisions, "two-valued leaves and missing values"): `AllOf`, `AnyOf` and `Not` that stand
above the leaves are two-valued. A *leaf* is the first node on the way down that is none of these. A leaf over columns is
true of a document iff some combination of values of its columns (one value per column, null for a column without
values) makes it true; inside a leaf everything is three-valued, and a null result counts as false.
`IsNull` over a plain Column is the leaf "the document has no value at all in this field".

All nodes are hashable, so equal leaves of different rules can share their work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from comtrap.schema.types import Type


@dataclass(frozen=True, slots=True)
class Range:
    """What a date, ip or CIDR literal stands for: all values from `low` to `high`, both included.

    Dates are nanoseconds since the epoch (``"2024-03"`` is the whole month); addresses are 128-bit integers, IPv4 as
    ``::ffff:a.b.c.d``. ``==`` is "inside", ``<`` below `low`, ``<=`` up to `high`, ``>`` above `high`, ``>=`` from `low`.
    """

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A value: str (KEYWORD, VERSION), int (LONG), float (DOUBLE), bool, None (NULL), or Range (DATE, DATE_NANOS, IP).

    Equality tells types apart through `type`.
    """

    value: bool | int | float | str | Range | None
    type: Type


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped field, aliases resolved. `null_value` as in the schema, applied when documents become columns."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Not:
    """Negation: of a two-valued condition above the leaves, three-valued inside one."""

    operand: Expr
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class AllOf:
    """And. Inside a leaf: false wins, then null."""

    operands: tuple[Expr, ...]
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Or. Inside a leaf: true wins, then null."""

    operands: tuple[Expr, ...]
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class IsNull:
    """``operand == null``: never null itself."""

    operand: Expr
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Compare:
    """`op` is one of ``== < <= > >=`` (``!=`` is Not of ``==``); the constant, if any, stands on the right.

    Both sides are comparable: equal types, both numeric, or a Range on the right. Null on either side gives null.
    """

    op: str
    left: Expr
    right: Expr
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`op` is one of ``+ - * / %``; `type` is LONG when both sides are, else DOUBLE."""

    op: str
    left: Expr
    right: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Matches:
    """True where the whole value matches any of the patterns.

    Attributes:
        patterns: wildcards (``*`` any text, ``?`` one character, no escape), or with `regex` Lucene regular expressions
            already translated to RE2 without anchors (see `check/lucene.py`); with `ignore_case` as well, these are for
            values in lower case and must not be put in lower case themselves.
    """

    value: Expr
    patterns: tuple[str, ...]
    ignore_case: bool
    regex: bool = False
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class OneOf:
    """``value in (…)``: constants all comparable with the value; nulls dropped, dates and ips as Range."""

    value: Expr
    constants: tuple[Constant, ...]
    ignore_case: bool = False
    type: Type = Type.BOOLEAN


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `check.functions.SIGNATURES`, under its canonical name.

    Texts among the arguments are KEYWORD constants, the addresses and blocks of ``cidrMatch`` too. A null constant is left
    only where it stands for a parameter's default. The arithmetic functions are not here but are `Arithmetic`.
    """

    name: str
    arguments: tuple[Expr, ...]
    ignore_case: bool
    type: Type


Expr: TypeAlias = Constant | Column | Not | AllOf | AnyOf | IsNull | Compare | Arithmetic | Matches | OneOf | Call


@dataclass(frozen=True, slots=True)
class Key:
    """One join key of a stage. A document without a value takes part only if the key is optional, as null.

    Attributes:
        column: None for an optional field that is not mapped: always null.
    """

    column: Column | None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """One condition on one event; the only thing that touches every row.

    Attributes:
        category: the event category asked for, compared exactly; None for ``any``.
        predicate: the condition, without the category.
        keys: the stage's join keys, common keys first; every stage of a query has as many.
        missing: written ``![…]``.
    """

    category: str | None
    predicate: Expr
    keys: tuple[Key, ...] = ()
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Pipe:
    """``head`` or ``tail`` of the matches."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Single events."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Sequence:
    """Ordered events. Runs are expanded; `stages` includes those that are missing, in written order."""

    stages: tuple[Stage, ...]
    until: Stage | None = None
    maxspan_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Unordered events that share their keys."""

    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A checked query."""

    body: EventQuery | Sequence | Sample
    pipes: tuple[Pipe, ...] = ()
