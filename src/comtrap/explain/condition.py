"""A condition as its author wrote it, each part with what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from comtrap.check import fold, typed
from comtrap.check.expression import Expressions
from comtrap.check.report import Report
from comtrap.lang import ast
from comtrap.lang.unparse import unparse_expression
from comtrap.lang.walk import children, walk
from comtrap.plan.shape import walk as walk_typed
from comtrap.rules.compile import INDEX
from comtrap.schema.telemetry import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_UNTIDY = ("\n", "\r", "\t", "//", "/*")


class Kind(Enum):
    """What a part of a condition is."""

    AND = "and"
    OR = "or"
    NOT = "not"
    CLAUSE = "clause"
    INDEX = "index"  # the index patterns of a rule
    EXCEPTION = "exception"  # an exception does not apply


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A field that a clause names.

    Attributes:
        name: as written, without the ``?``.
        column: the field that is read; None where it is optional and not mapped.
    """

    name: str
    column: str | None
    type: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a condition.

    Attributes:
        text: as written; in canonical form where that takes several lines.
        lead: of a clause with a list, what comes before it.
        expr: what it means; the constant null where it is null whatever the event.
        parts: of ``and``, ``or`` and ``not``; an ``and`` among the parts of an ``and`` is taken apart.
        fields: those a clause names.
        ignores_case: of a clause that compares text: whether case counts; None for others, and where it is mixed.
        options: of a clause with a list of two values or more: each as written; of the indices, the patterns.
        written: the clause, for what is asked of its list and its computed values.
    """

    kind: Kind
    text: str
    expr: typed.Expr
    parts: tuple[Node, ...] = ()
    fields: tuple[FieldUse, ...] = ()
    ignores_case: bool | None = None
    lead: str = ""
    options: tuple[str, ...] = ()
    written: ast.Expr | None = field(default=None, repr=False)

    @property
    def always(self) -> str | None:
        """``true``, ``false`` or ``null`` where the outcome is the same whatever the event."""
        if not isinstance(self.expr, typed.Constant):
            return None
        return "null" if self.expr.value is None else str(self.expr.value).lower()


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the conditions of one text, which was checked before."""

    text: str

    def condition(self, expr: ast.Expr) -> Node:
        """The tree of a condition."""
        match expr:
            case ast.And() | ast.Or():
                kind = Kind.AND if isinstance(expr, ast.And) else Kind.OR
                parts = tuple(p for o in expr.operands for p in _flat(kind, self.condition(o)))
                return Node(kind, self.shown(expr), self.meaning(expr), parts)
            case ast.Not():
                return Node(Kind.NOT, self.shown(expr), self.meaning(expr), (self.condition(expr.operand),))
            case _:
                return self._clause(expr)

    def meaning(self, expr: ast.Expr) -> typed.Expr:
        """What a condition means: null where it is that whatever the event."""
        return self._expressions().condition(expr)

    def value(self, expr: ast.Expr) -> typed.Expr:
        """What an expression of any type means."""
        return self._expressions().value(expr)

    def shown(self, expr: ast.Expr) -> str:
        """An expression as written, or in canonical form if it takes several lines or has a comment in it."""
        written = self.text[expr.span.start : expr.span.end]
        return unparse_expression(expr) if any(mark in written for mark in _UNTIDY) else written

    def _expressions(self) -> Expressions:
        return Expressions(telemetry(), Report(self.text))

    def _clause(self, expr: ast.Expr) -> Node:
        meaning = self.meaning(expr)
        options = listed(expr)
        lead = self.text[expr.span.start : options[0].span.start] if options else ""
        return Node(
            Kind.CLAUSE,
            self.shown(expr),
            meaning,
            fields=tuple(_fields(expr)),
            ignores_case=_ignores_case(meaning),
            lead=" ".join(lead.split()).rstrip("( "),
            options=tuple(map(self.shown, options)),
            written=expr,
        )


def guarded(
    stage: ast.Stage, text: str, index: tuple[str, ...] = (), exceptions: Iterable[tuple[str, typed.Expr]] = ()
) -> Node:
    """The whole condition of a stage but its category, as one ``and``: a rule's indices, what was written, exceptions.

    Args:
        stage: as written.
        text: the query.
        index: the index patterns of a rule, none for any index.
        exceptions: names and conditions of events that the rule is not to see.
    """
    condition = Reader(text).condition(stage.query.condition)
    parts = condition.parts if condition.kind is Kind.AND else (condition,)
    if index:
        guard = typed.Matches(INDEX, index, ignore_case=False)
        parts = (Node(Kind.INDEX, "index", guard, fields=(_named(INDEX),), options=index), *parts)
    for name, excepted in exceptions:
        fields = {each.name: _named(each) for each in walk_typed(excepted) if isinstance(each, typed.Column)}
        parts = (*parts, Node(Kind.EXCEPTION, name, fold.negation(excepted), fields=tuple(fields.values())))
    return Node(Kind.AND, condition.text, fold.all_of([part.expr for part in parts], in_leaf=False), parts)


def clauses(node: Node) -> Iterator[Node]:
    """The parts of a condition that are not made of others, in the order they are written."""
    if node.parts:
        for part in node.parts:
            yield from clauses(part)
    else:
        yield node


def listed(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The values of a clause's list, if it has two or more."""
    match expr:
        case ast.Like(_, patterns) if len(patterns) > 1:
            return patterns
        case ast.In(_, options) if len(options) > 1:
            return options
        case _:
            return ()


def some_of(expr: ast.Expr, start: int, stop: int) -> ast.Expr:
    """A clause with a part of its list, not negated."""
    match expr:
        case ast.Like():
            return ast.Like(expr.value, expr.patterns[start:stop], expr.ignore_case, expr.regex, span=expr.span)
        case ast.In():
            return ast.In(expr.value, expr.options[start:stop], expr.ignore_case, negated=False, span=expr.span)
        case _:
            raise TypeError(f"no list in {type(expr).__name__}")


def computed(expr: ast.Expr) -> Iterator[ast.Expr]:
    """What a clause computes of fields before it compares: the outermost calls and sums inside it."""
    for part in children(expr):
        if isinstance(part, ast.Call | ast.Arithmetic | ast.Negate):
            if any(isinstance(each, ast.Field) for each in walk(part)):
                yield part
        elif isinstance(part, ast.Compare | ast.Like | ast.In | ast.And | ast.Or | ast.Not):
            yield from computed(part)


def texts_of(expr: ast.Expr) -> tuple[str, ...]:
    """The texts written in a clause."""
    return tuple(each.value for each in walk(expr) if isinstance(each, ast.Literal) and isinstance(each.value, str))


def _named(column: typed.Column) -> FieldUse:
    return FieldUse(column.name, column.name, column.type.value, optional=False)


def _flat(kind: Kind, node: Node) -> tuple[Node, ...]:
    return node.parts if node.kind is kind else (node,)


def _fields(expr: ast.Expr) -> Iterator[FieldUse]:
    schema = telemetry()
    named = {each.name: each for each in walk(expr) if isinstance(each, ast.Field)}
    for name, written in named.items():
        known = schema.get(name)
        if known is None:
            yield FieldUse(name, None, "not mapped", written.optional)
        else:
            yield FieldUse(name, known.copy_of or known.alias_of or name, known.type.value, written.optional)


def _ignores_case(expr: typed.Expr) -> bool | None:
    found = set(_cases(walk_typed(expr)))
    return found.pop() if len(found) == 1 else None


def _cases(parts: Iterable[typed.Expr]) -> Iterator[bool]:
    for part in parts:
        match part:
            case typed.Matches():
                yield part.ignore_case
            case typed.OneOf(value) if value.type.is_string:
                yield part.ignore_case
            case typed.Compare(left=left) if left.type.is_string:
                yield False
            case typed.Call(name="between" | "endsWith" | "indexOf" | "startsWith" | "stringContains"):
                yield part.ignore_case
            case _:
                pass
