"""One expression: names resolved, types checked, sugar gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comtrap.check import fold, language, literals, typed
from comtrap.check.calls import ValueFailed
from comtrap.check.case import lower
from comtrap.check.functions import SIGNATURES, Parameter, Signature, signature
from comtrap.check.lucene import PatternError, read, translate
from comtrap.check.suggest import suggest
from comtrap.lang import ast
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.check.report import Report
    from comtrap.errors import Span
    from comtrap.schema.schema import Field, Schema

_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDINALS = ("first", "second", "third", "fourth")


@dataclass(frozen=True, slots=True)
class Expressions:
    """The checking of expressions of one text against one schema. What is wrong becomes null, and is reported.

    Attributes:
        now_ns: what ``now`` is in dates; None where a query must mean the same whenever it runs.
    """

    schema: Schema
    report: Report
    now_ns: int | None = None
    budget: language.Budget = field(default_factory=language.Budget)

    # --- conditions: two-valued above the leaves ---

    def condition(self, expr: ast.Expr) -> typed.Expr:
        """A condition, null if it is null whatever the event."""
        match expr:
            case ast.And():
                return fold.all_of([self.condition(operand) for operand in expr.operands], in_leaf=False)
            case ast.Or():
                return fold.any_of([self.condition(operand) for operand in expr.operands], in_leaf=False)
            case ast.Not():
                return fold.negation(self.condition(expr.operand))
            case ast.Field():
                return self._boolean_field(expr)
        return self._boolean(expr)

    def _boolean_field(self, expr: ast.Field) -> typed.Expr:
        column = self._boolean(expr)
        return typed.Compare("==", column, fold.TRUE) if isinstance(column, typed.Column) else column

    def _boolean(self, expr: ast.Expr) -> typed.Expr:
        found = self.value(expr)
        if found.type in {Type.BOOLEAN, Type.NULL}:
            return found
        self.report.add(
            "E207", "not a condition", expr, f"this is {found.type.value}, expected boolean", _make_condition(expr)
        )
        return fold.NULL

    # --- values: three-valued ---

    def value(self, expr: ast.Expr) -> typed.Expr:
        """The expression as a value."""
        match expr:
            case ast.Literal():
                return literals.of(expr.value)
            case ast.Field():
                return self._plain_column(expr)
            case ast.Not():
                return fold.negation(self._boolean(expr.operand))
            case ast.And():
                return fold.all_of([self._boolean(operand) for operand in expr.operands], in_leaf=True)
            case ast.Or():
                return fold.any_of([self._boolean(operand) for operand in expr.operands], in_leaf=True)
            case ast.Compare():
                return self._compare(expr)
            case ast.Arithmetic():
                left, right = self._number(expr.left, expr.op), self._number(expr.right, expr.op)
                return self._made(expr, lambda: fold.arithmetic(expr.op, left, right))
            case ast.Negate():
                operand = self._number(expr.operand, "-")
                return self._made(expr, lambda: fold.arithmetic("-", typed.Constant(0, Type.LONG), operand))
            case ast.Like():
                return self._like(expr)
            case ast.In():
                return self._in(expr)
            case ast.Call():
                return self._call(expr)

    # --- fields ---

    def field(self, expr: ast.Field) -> Field | None:
        """What the schema says of a field that can be used; None if it cannot, or is optional and not mapped."""
        found = self.schema.get(expr.name)
        if found is None:
            if not expr.optional:
                self.unknown(expr.name, expr)
            return None
        if not found.supported:
            says = f"this is {found.written}, which EQL cannot query"
            inside = "name a field inside it" if found.written == "object" else None
            self.report.add("E211", "a field of a type without values", expr, says, inside)
            return None
        if not found.exact:
            self.report.add(
                "E212",
                "a text field without a keyword",
                expr,
                f"this is {found.written or 'text'}, of which only words are indexed",
                "name a keyword field with the same content, or give the mapping a keyword sub-field",
            )
            return None
        return found

    def unknown(self, name: str, at: ast.Node | Span) -> None:
        """Report a field that the schema lacks."""
        usable = (other for other, field in self.schema.items() if field.supported and field.exact)
        self.report.add("E201", "unknown field", at, f"not in {self.schema.name}", suggest(name, usable))

    def _column(self, expr: ast.Field) -> tuple[typed.Expr, bool]:
        """The column a field reads, and whether it is compared without regard to case."""
        found = self.field(expr)
        if found is None:
            return fold.NULL, False
        return typed.Column(found.column(expr.name), found.type), found.folded

    def _plain_column(self, expr: ast.Field) -> typed.Expr:
        column, folded = self._column(expr)
        if folded:
            says = "this holds its field in lower case, for comparing with == : in like and regex alone"
            self.report.add("E219", "a caseless field outside a comparison", expr, says, "name the field itself")
            return fold.NULL
        return column

    def _operand(self, expr: ast.Expr) -> tuple[typed.Expr, bool]:
        return self._column(expr) if isinstance(expr, ast.Field) else (self.value(expr), False)

    # --- comparisons ---

    def _compare(self, expr: ast.Compare) -> typed.Expr:
        if expr.op == "!=":
            same = ast.Compare("==", expr.left, expr.right, span=expr.span)
            return fold.negation(self._compare(same))
        op, left_node, right_node = expr.op, expr.left, expr.right
        (left, left_folded), (right, right_folded) = self._operand(left_node), self._operand(right_node)
        turned = fold.has_column(right) and not fold.has_column(left)
        if turned:
            op, left_node, right_node = _TURNED[op], right_node, left_node
            left, left_folded, right = right, right_folded, left
        if fold.has_column(right):
            self._against_field(right_node, op)
            return fold.NULL
        if op == "==" and (_is_nothing(left_node, left) or _is_nothing(right_node, right)):
            return fold.null_check(right if _is_nothing(left_node, left) else left)
        if fold.is_null(left) or fold.is_null(right):
            return fold.NULL
        if op != "==" and (left.type is Type.BOOLEAN or left_folded):
            says = (
                "this is boolean" if left.type is Type.BOOLEAN else "this is compared without case, which has no order"
            )
            self.report.add("E209", f"`{op}` on what has no order", left_node, says, "compare it with == or !=")
            return fold.NULL
        return self._compared(op, (left, left_node), (right, right_node), folded=left_folded)

    def _compared(
        self, op: str, left: tuple[typed.Expr, ast.Expr], right: tuple[typed.Expr, ast.Expr], *, folded: bool
    ) -> typed.Expr:
        value, other = left[0], self._alike(right[0], left, right[1])
        if op == "==" and other.value is not None:
            if folded:
                return typed.OneOf(value, (other,), ignore_case=True)
            if isinstance(value, typed.Call) and value.type is Type.BOOLEAN and isinstance(other.value, bool):
                return value if other.value else fold.negation(value)
        return fold.comparison(op, value, other)

    def _alike(self, constant: typed.Expr, left: tuple[typed.Expr, ast.Expr], node: ast.Expr) -> typed.Constant:
        """The right side as a value of the left one's type; null if it is none, which is reported."""
        assert isinstance(constant, typed.Constant)
        assert constant.value is not None
        assert not isinstance(constant.value, typed.Range)
        kind, name = left[0].type, self._named(left[1])
        found = self.schema.get(left[1].name) if isinstance(left[1], ast.Field) else None
        try:
            date_format = None if found is None else found.date_format
            return literals.convert(constant.value, kind, date_format, self.now_ns)
        except ValueError as error:
            says = f"{name} is {kind.value}: {error}"
            text = isinstance(constant.value, str)
            self.report.add("E210" if text else "E209", f"not a value of type {kind.value}", node, says)
            return fold.NULL

    def _named(self, expr: ast.Expr) -> str:
        return f"`{expr.name}`" if isinstance(expr, ast.Field) else "the other side"

    def _against_field(self, node: ast.Expr, op: str) -> None:
        self.report.add(
            "E208",
            "a comparison with a field",
            node,
            f"on this side of `{op}` stands a constant, as in Elasticsearch",
            "a function can take two fields: startsWith~(a, b), or stringContains(a, b)",
        )

    # --- lists and patterns ---

    def _in(self, expr: ast.In) -> typed.Expr:
        value, folded = self._operand(expr.value)
        sign = "in~" if expr.ignore_case else "in"
        if expr.ignore_case and not (value.type.is_string or fold.is_null(value)):
            says = f"this is {value.type.value}, expected keyword"
            self.report.add("E216", "`in~` on what is no text", expr.value, says, "use `in`")
            value = fold.NULL
        constants: list[typed.Constant] = []
        kinds: list[tuple[ast.Expr, Type]] = []
        for node in expr.options:
            option = self.value(node)
            if fold.has_column(option):
                self._against_field(node, sign)
            elif not fold.is_null(option) and self._is_listable(option.type, (value, expr.value), node):
                kinds.append((node, option.type))
                if not fold.is_null(value):
                    constants.append(self._alike(option, (value, expr.value), node))
        self._one_kind(kinds)
        found = fold.membership(value, constants, ignore_case=expr.ignore_case or folded)
        return fold.negation(found) if expr.negated else found

    def _is_listable(self, kind: Type, value: tuple[typed.Expr, ast.Expr], node: ast.Expr) -> bool:
        """Whether a list for this value holds such constants: other than ``==``, ``in`` reads no text as a number."""
        wanted = value[0].type
        alike = (wanted.is_string and kind.is_string) or (wanted.is_numeric and kind.is_numeric) or wanted is kind
        if alike or not (wanted.is_string or wanted.is_numeric or wanted is Type.BOOLEAN):
            return True
        says = f"this is {kind.value}, {self._named(value[1])} is {wanted.value}"
        self.report.add("E209", "a list of another type", node, says)
        return False

    def _one_kind(self, kinds: list[tuple[ast.Expr, Type]]) -> None:
        for node, kind in kinds:
            first = kinds[0][1]
            if kind is not first and not (kind.is_numeric and first.is_numeric):
                says = f"this is {kind.value}, the first one is {first.value}"
                self.report.add("E209", "a list of several types", node, says)

    def _like(self, expr: ast.Like) -> typed.Expr:
        value, folded = self._operand(expr.value)
        sign = ":" if expr.colon else ("regex" if expr.regex else "like") + "~" * expr.ignore_case
        if not (value.type.is_string or fold.is_null(value)):
            says = f"this is {value.type.value}, expected keyword"
            self.report.add("E216", f"`{sign}` on what is no text", expr.value, says, "use == instead")
            return fold.NULL
        ignore_case = expr.ignore_case or folded
        patterns: list[str] = []
        for pattern in expr.patterns:
            if not isinstance(pattern.value, str):
                says = f"this is {literals.of(pattern.value).type.value}, expected keyword"
                self.report.add("E217", f"`{sign}` with what is no text", pattern, says, "use == instead")
            elif expr.regex:
                patterns += self._regex(pattern, ignore_case=ignore_case, computed=not isinstance(value, typed.Column))
            else:
                patterns.append(pattern.value)
        if fold.is_null(value) or not patterns:
            return fold.NULL
        if isinstance(value, typed.Constant):
            return self._decided(str(value.value), expr, ignore_case=ignore_case)
        return typed.Matches(value, tuple(dict.fromkeys(patterns)), ignore_case, expr.regex)

    def _decided(self, text: str, expr: ast.Like, *, ignore_case: bool) -> typed.Expr:
        """Whether a constant text matches any of the patterns; those that are wrong match nothing."""
        found = False
        for pattern in expr.patterns:
            try:
                if expr.regex:
                    wanted = read(str(pattern.value), ignore_case=ignore_case, computed=True)
                else:
                    wanted = language.wildcards(str(pattern.value), ignore_case=ignore_case)
                found = found or language.has(wanted, lower(text) if ignore_case else text, self.budget)
            except PatternError:  # which is reported
                continue
            except language.TooLargeError:
                says = "the texts are too long to be compared before there are events"
                self.report.add("E214", "a pattern that cannot be run", pattern, says)
        return fold.boolean(value=found)

    def _regex(self, pattern: ast.Literal, *, ignore_case: bool, computed: bool) -> list[str]:
        assert isinstance(pattern.value, str)
        try:
            return [translate(pattern.value, ignore_case=ignore_case, computed=computed)]
        except PatternError as error:
            where = f"{error.message} (after {error.position} characters)" if error.position else error.message
            if error.is_wrong:
                self.report.add(
                    "E213",
                    "not a regular expression",
                    pattern,
                    where,
                    "a backslash before an operator makes it a character",
                )
            else:
                self.report.add("E214", "a regular expression that cannot be run", pattern, where)
            return []

    # --- arithmetic and functions ---

    def _number(self, expr: ast.Expr, op: str) -> typed.Expr:
        found = self.value(expr)
        if found.type.is_numeric or fold.is_null(found):
            return found
        self.report.add("E218", f"`{op}` on what is no number", expr, f"this is {found.type.value}, expected a number")
        return fold.NULL

    def _call(self, expr: ast.Call) -> typed.Expr:
        known = signature(expr.name)
        if known is None:
            for argument in expr.arguments:
                self.value(argument)
            span = _name_span(expr)
            self.report.add(
                "E202", "unknown function", span, "no function has this name", suggest(expr.name, SIGNATURES)
            )
            return fold.NULL
        if expr.ignore_case and not known.ignores_case:
            names = ", ".join(f"{s.name}~" for s in SIGNATURES.values() if s.ignores_case)
            self.report.add(
                "E206",
                f"`{known.name}` has no form that ignores case",
                _name_span(expr),
                "take the ~ away",
                f"there are {names}",
            )
        arguments = [self._argument(known, number, node) for number, node in enumerate(expr.arguments)]
        if not known.takes(len(expr.arguments)):
            says = f"found {len(expr.arguments)}, expected {known.expected}"
            self.report.add("E203", f"wrong number of arguments of `{known.name}`", expr, says)
            return fold.NULL
        return self._made(expr, lambda: fold.call(known, tuple(arguments), ignore_case=expr.ignore_case))

    def _made(self, expr: ast.Expr, make: Callable[[], typed.Expr]) -> typed.Expr:
        """What `make` gives; null if these constants give nothing, which is reported."""
        try:
            return make()
        except ValueFailed as failure:
            says = "this fails whatever the event"
            self.report.add("E222", f"a constant without a value: {failure}", expr, says, "write what it was to give")
            return fold.NULL

    def _argument(self, known: Signature, number: int, node: ast.Expr) -> typed.Expr:
        found = self.value(node)
        wanted = known.parameter(number)
        place = f"the {_ORDINALS[number]} argument" if number < len(_ORDINALS) else f"argument {number + 1}"
        if wanted.constant and fold.has_column(found):
            self.report.add("E205", "not a constant", node, f"{place} of `{known.name}` has to be a literal")
            return fold.NULL
        kind = Type.DOUBLE if _is_double(node) else found.type
        if not fold.is_null(found) and not _fits(found, kind, wanted):
            says = f"this is {kind.value}, {place} of `{known.name}` has to be {wanted.wanted}"
            self.report.add("E204", "an argument of the wrong type", node, says)
            return fold.NULL
        if known.name == "cidrMatch" and isinstance(found, typed.Constant) and found.value is not None:
            return self._address(found, node, alone=number == 0)
        return found

    def _address(self, found: typed.Constant, node: ast.Expr, *, alone: bool) -> typed.Expr:
        assert isinstance(found.value, str)
        try:
            block = literals.block(found.value)
        except ValueError as error:
            self.report.add("E210", "not an address", node, str(error))
            return fold.NULL
        if alone and block.low != block.high:
            self.report.add("E210", "not an address", node, "this is a block, expected one address")
            return fold.NULL
        return found


def _make_condition(expr: ast.Expr) -> str | None:
    return f"compare it: {expr.name} != null" if isinstance(expr, ast.Field) else None


def _is_nothing(node: ast.Expr, found: typed.Expr) -> bool:
    """Whether it is null as written, so that ``==`` asks for it; an expression that comes out as null makes ``==`` null."""
    return isinstance(node, ast.Literal | ast.Field) and fold.is_null(found)


def _fits(found: typed.Expr, kind: Type, wanted: Parameter) -> bool:
    literal_address = wanted.types == {Type.IP} and isinstance(found, typed.Constant) and kind is Type.KEYWORD
    return kind in wanted.types or literal_address


def _is_double(expr: ast.Expr) -> bool:
    """Whether it is a double though its value may be whole: what ``number`` gives has its type before it has a value."""
    match expr:
        case ast.Call():
            known = signature(expr.name)
            if known is None or known.operator is None:
                return known is not None and known.result is Type.DOUBLE
            return any(map(_is_double, expr.arguments))
        case ast.Arithmetic():
            return _is_double(expr.left) or _is_double(expr.right)
        case ast.Negate():
            return _is_double(expr.operand)
    return False


def _name_span(expr: ast.Call) -> Span:
    return type(expr.span)(expr.span.start, expr.span.start + len(expr.name) + expr.ignore_case)
