"""Conditions as a cluster can decide them: never narrower than the rule's own.

Every document that meets a rule meets what is asked for it; some more may. What the cluster cannot tell is left out in the
direction that gives more documents, so that the rule's own engine, which looks at all that come, finds what it would find
among all there are.

Two kinds of documents are told apart. Elastic Endpoint's are events as they stand. In all others a field that a document
brings along is that field, and one that it lacks may be computed of others when it is read; there, a missing field is
always a reason to read.

Source: docs/decisions, "what a cluster is asked".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comtrap.check import typed
from comtrap.lang import ast
from comtrap.schema.types import Type
from comtrap.sources.candidates.mapping import Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AGENT, ENDPOINT = "agent.type", "endpoint"
CATEGORY, ACTION, CODE, WINDOWS_CODE = "event.category", "event.action", "event.code", "winlog.event_id"
LINES = ("process.command_line", "process.parent.command_line")
ASKED_ALWAYS = (AGENT, CATEGORY, ACTION, CODE, WINDOWS_CODE, *LINES)
SHAPES = ("Event", "EventID", "EventId", "System", "document", "event_id")
"""The fields that documents of other tools are told by; these are changed as a whole when they are read."""

_TEXTS = frozenset({Use.TEXT, Use.SUBFIELD})
_COMPUTED = frozenset({"host.name", "host.hostname", "host.id"})
_OURS = "comtrap."
_WINDOWS, _DATA = "winlog.", "winlog.event_data."
_BLANKS = (ast.Literal(""), ast.Literal("-"))
"""Texts below `_DATA` that stand for no value."""

_NEVER = frozenset({
    "@timestamp", "_index", "comtrap.extended", "comtrap.powershell.script_block_parts", "ecs.version",
})  # fmt: skip
"""Fields that are computed whatever a document has."""

_PLAIN = {"comtrap.process.plain_command_line": LINES[0], "comtrap.process.parent.plain_command_line": LINES[1]}
"""By what they are computed of, command lines with quotes, carets and blanks taken out."""

_DECODED = {"comtrap.process.decoded_command": LINES[0], "comtrap.process.parent.decoded_command": LINES[1]}
"""By what they are computed of, the commands that stand encoded in command lines."""

_ENCODED = ast.Literal(r".*[\-/" + "\u2013\u2014\u2015" + r"""][\"\^`]*[eE][nNcCoOdDeEmMaA\"\^`]*[^A-Za-z0-9+/].*""")
"""In every command line with such a command, as `com.command_line.HINT` wants it."""

_ODD = tuple(ast.Literal(f"*{character}*") for character in "\u017f\u212a\u0130")
"""Letters that are one of ASCII's to some who ignore case, and not to others: long s, the Kelvin sign, dotted I."""

_SCRIPT = 4104  # parts of a script are read together, whichever of them meets a rule
_TRUE, _FALSE, _NULL = ast.Literal(True), ast.Literal(False), ast.Literal(None)  # noqa: FBT003 - of the language


@dataclass(slots=True)
class Conditions:
    """What is asked of some indices whose fields are of the same use.

    Attributes:
        uses: by field; one that is not there is unknown.
    """

    uses: Mapping[str, Use]
    _folded: set[str] = field(default_factory=set)
    _endpoint: bool = False

    def query(self, stages: Iterable[typed.Stage]) -> ast.Query | None:
        """A query that gives every event which could meet one of the stages; None where that may be any event."""
        stages = tuple(stages)
        self._folded = set()
        self._endpoint = True
        one = _any_of([self._stage(stage) for stage in stages])
        self._endpoint = False
        other = _any_of([self._stage(stage) for stage in stages])
        told = self._of(AGENT)
        condition: ast.Expr = _TRUE
        if one == other == _TRUE:
            pass
        elif told in _TEXTS and self.trusted:
            is_endpoint = _same(AGENT, ENDPOINT)
            script = self._scripts() if other != _TRUE else _TRUE
            condition = _any_of(
                [_all_of([is_endpoint, one]), _all_of([ast.Not(is_endpoint), _any_of([other, script])])]
            )
        elif told in _TEXTS:
            is_endpoint = _same(AGENT, ENDPOINT)
            condition = _TRUE if one == _TRUE else _any_of([one, ast.Not(is_endpoint)])
        elif told is Use.ABSENT and self.trusted:
            condition = _any_of([other, self._scripts()])
        odd = [_like(name, _ODD, ignore_case=False) for name in sorted(self._folded)]
        condition = _any_of([condition, *odd])
        return None if condition == _TRUE else ast.Query(ast.EventQuery(None, condition))

    @property
    def trusted(self) -> bool:
        """Whether it is known of all documents how they are read."""
        others = all(self._of(name) is Use.ABSENT for name in SHAPES)
        return others and all(self._of(name) in _TEXTS | {Use.ABSENT} for name in (CODE, WINDOWS_CODE))

    def _of(self, name: str) -> Use:
        return self.uses.get(name, Use.UNKNOWN)

    def _scripts(self) -> ast.Expr:
        named = [name for name in (CODE, WINDOWS_CODE) if self._of(name) in _TEXTS]
        return _any_of([_like(name, (ast.Literal(f"*{_SCRIPT}*"),), ignore_case=False) for name in named])

    def _stage(self, stage: typed.Stage) -> ast.Expr:
        category: ast.Expr = _TRUE
        if stage.category is not None:
            equal = typed.Compare(
                "==", typed.Column(CATEGORY, Type.KEYWORD), typed.Constant(stage.category, Type.KEYWORD)
            )
            category = self.wide(equal)
        return _all_of([category, self.wide(stage.predicate)])

    def wide(self, expr: typed.Expr) -> ast.Expr:
        """What is true of every document that meets a condition."""
        match expr:
            case typed.Not():
                return _not(self.narrow(expr.operand))
            case typed.AllOf():
                return _all_of([self.wide(operand) for operand in expr.operands])
            case typed.AnyOf():
                return _any_of([self.wide(operand) for operand in expr.operands])
            case typed.Constant():
                return _TRUE if expr.value is True else _FALSE
            case typed.IsNull(operand=typed.Column(name=name)):
                return self._wide_null(name)
            case _:
                return self._wide_leaf(expr)

    def narrow(self, expr: typed.Expr) -> ast.Expr:
        """What is true of no document but those that meet a condition."""
        match expr:
            case typed.Not():
                return _not(self.wide(expr.operand))
            case typed.AllOf():
                return _all_of([self.narrow(operand) for operand in expr.operands])
            case typed.AnyOf():
                return _any_of([self.narrow(operand) for operand in expr.operands])
            case typed.Constant():
                return _TRUE if expr.value is True else _FALSE
            case typed.IsNull(operand=typed.Column(name=name)):
                return self._narrow_null(name)
            case _:
                return self._narrow_leaf(expr)

    def _wide_leaf(self, expr: typed.Expr) -> ast.Expr:
        name = _column(expr)
        if name is None or name in _NEVER:
            return _TRUE
        if name in _PLAIN or name in _DECODED:
            return self._wide_line(expr, name)
        use = self._of(name)
        if use is Use.ABSENT:
            return _TRUE if self._is_computed(name) else _FALSE
        found = self._leaf(expr, name) if use is not Use.UNKNOWN else None
        if found is None:
            return _TRUE
        if not self._is_computed(name):
            return found
        if name == CODE:
            return self._wide_code(expr, found)
        lacking: list[ast.Expr] = [_null(name)]
        if name.startswith(_DATA):
            lacking.append(ast.In(ast.Field(name), _BLANKS, ignore_case=False, negated=False))
        if name == ACTION:
            if self._of(CATEGORY) not in _TEXTS:
                return _TRUE
            lacking.append(_null(CATEGORY))
        return _any_of([found, *lacking])

    def _wide_line(self, expr: typed.Expr, name: str) -> ast.Expr:
        """What is computed of a command line, told by the line itself."""
        line = _PLAIN.get(name) or _DECODED[name]
        if self._of(line) is Use.ABSENT and self._endpoint:
            return _FALSE
        if self._of(line) not in _TEXTS:
            return _TRUE
        lacking = [] if self._endpoint else [_null(line)]
        if name in _DECODED:
            self._folded.add(line)
            return _any_of([ast.Like(ast.Field(line), (_ENCODED,), ignore_case=False, regex=True), *lacking])
        texts = _texts(expr)
        if texts is None or not self._folds(line, texts):
            return _TRUE
        spread = tuple(ast.Literal(f"*{'*'.join(text.replace(' ', '').replace('*', ''))}*") for text in texts)
        return _any_of([_like(line, spread, ignore_case=True), *lacking])

    def _narrow_leaf(self, expr: typed.Expr) -> ast.Expr:
        name = _column(expr)
        if name is None or self._is_changed(name) or self._of(name) not in _TEXTS:
            return _FALSE
        found = self._leaf(expr, name)
        return _FALSE if found is None else found

    def _wide_code(self, expr: typed.Expr, found: ast.Expr) -> ast.Expr:
        """An event's code is what Windows says it is; what a document brings along is second to that."""
        plain = ast.Like(ast.Field(CODE), (ast.Literal("[1-9][0-9]*"),), ignore_case=False, regex=True)
        others: list[ast.Expr] = [ast.Not(plain)]
        if self._of(WINDOWS_CODE) in _TEXTS:
            other = self._leaf(expr, WINDOWS_CODE)
            others.append(_TRUE if other is None else other)
        return _any_of([found, *others])

    def _wide_null(self, name: str) -> ast.Expr:
        if self._is_changed(name) or self._of(name) not in _TEXTS:
            return _TRUE
        return _null(name)

    def _narrow_null(self, name: str) -> ast.Expr:
        if self._is_changed(name) or self._is_computed(name):
            return _FALSE
        use = self._of(name)
        return _null(name) if use in {Use.TEXT, Use.WHOLE} else _TRUE if use is Use.ABSENT else _FALSE

    def _is_computed(self, name: str) -> bool:
        """Whether a document that lacks a field may have it once it is read."""
        return not self._endpoint or name in _COMPUTED or name.startswith(_OURS)

    def _is_changed(self, name: str) -> bool:
        """Whether a document that has a field may have another value of it, or none, once it is read."""
        if name in _NEVER or name in _PLAIN or name in _DECODED:
            return True
        return not self._endpoint and (name in {CODE, ACTION} or name.startswith(_WINDOWS))

    def _leaf(self, expr: typed.Expr, name: str) -> ast.Expr | None:
        """The same condition on the values that the index has; None where the cluster could decide it otherwise."""
        match expr:
            case typed.Matches(regex=False):
                patterns = tuple(map(ast.Literal, expr.patterns))
                if expr.ignore_case and not self._folds(name, expr.patterns):
                    return None
                return _like(name, patterns, ignore_case=expr.ignore_case)
            case typed.OneOf():
                values = [constant.value for constant in expr.constants]
                if not values or not self._comparable(name, values):
                    return None
                if expr.ignore_case and not self._folds(name, map(str, values)):
                    return None
                return ast.In(
                    ast.Field(name), tuple(map(_literal, values)), ignore_case=expr.ignore_case, negated=False
                )
            case typed.Compare(right=typed.Constant(value=value)) if self._comparable(name, [value]):
                if expr.op != "==" and isinstance(value, str):
                    return None  # order of texts
                return ast.Compare(expr.op, ast.Field(name), _literal(value))
            case _:
                return None

    def _comparable(self, name: str, values: Iterable[object]) -> bool:
        wanted = int if self._of(name) is Use.WHOLE else str
        return all(type(value) is wanted for value in values)

    def _folds(self, name: str, texts: Iterable[str]) -> bool:
        """Whether case is ignored by all in the same way, odd letters in values apart."""
        if self._of(name) is Use.WHOLE or not all(text.isascii() for text in texts):
            return False
        self._folded.add(name)
        return True


def _texts(expr: typed.Expr) -> list[str] | None:
    """The texts or patterns that a field is compared with."""
    match expr:
        case typed.Matches(regex=False):
            return list(expr.patterns)
        case typed.OneOf():
            found = [constant.value for constant in expr.constants]
        case typed.Compare(op="==", right=typed.Constant(value=value)):
            found = [value]
        case _:
            return None
    # A star in a text that is no pattern is left out like one that is: that asks for less.
    return [text for text in found if isinstance(text, str)] if all(isinstance(v, str) for v in found) else None


def _column(expr: typed.Expr) -> str | None:
    """The field of a condition on one field alone."""
    value = expr.left if isinstance(expr, typed.Compare) else getattr(expr, "value", None)
    if not isinstance(value, typed.Column) or value.type not in {Type.KEYWORD, Type.TEXT, Type.LONG}:
        return None
    return value.name


def _literal(value: object) -> ast.Literal:
    assert isinstance(value, str | int)
    return ast.Literal(value)


def _same(name: str, value: str) -> ast.Expr:
    return ast.Compare("==", ast.Field(name), ast.Literal(value))


def _null(name: str) -> ast.Expr:
    return ast.Compare("==", ast.Field(name), _NULL)


def _like(name: str, patterns: tuple[ast.Literal, ...], *, ignore_case: bool) -> ast.Expr:
    return ast.Like(ast.Field(name), patterns, ignore_case=ignore_case, regex=False, colon=True)


def _not(expr: ast.Expr) -> ast.Expr:
    if expr in {_TRUE, _FALSE}:
        return _FALSE if expr == _TRUE else _TRUE
    return expr.operand if isinstance(expr, ast.Not) else ast.Not(expr)


def _all_of(operands: list[ast.Expr]) -> ast.Expr:
    if _FALSE in operands:
        return _FALSE
    flat = _flat(ast.And, [one for one in operands if one != _TRUE])
    return _TRUE if not flat else flat[0] if len(flat) == 1 else ast.And(flat)


def _any_of(operands: list[ast.Expr]) -> ast.Expr:
    if _TRUE in operands:
        return _TRUE
    flat = _flat(ast.Or, [one for one in operands if one != _FALSE])
    return _FALSE if not flat else flat[0] if len(flat) == 1 else ast.Or(flat)


def _flat(kind: type[ast.And | ast.Or], operands: list[ast.Expr]) -> tuple[ast.Expr, ...]:
    """Without repetition, and none inside another of the same kind: that is no tree that a text has."""
    parts = (part for one in operands for part in (one.operands if isinstance(one, kind) else (one,)))
    return tuple(dict.fromkeys(parts))
