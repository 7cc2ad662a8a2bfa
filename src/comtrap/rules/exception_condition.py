"""An exception as a condition on events, the way Kibana asks Elasticsearch for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from comtrap.check.check import check_condition
from comtrap.errors import CheckError, Diagnostic, Label, RuleError, Span
from comtrap.lang import ast
from comtrap.rules.table import open_table
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from comtrap.check import typed
    from comtrap.rules.exceptions import Entry, ExceptionItem
    from comtrap.schema.schema import Schema

_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_PIECE = re.compile(r"\\[\\*?]|[*?]|[^\\*?]+", re.DOTALL)
_OPERATOR = re.compile(r"([!-/:-@\[-`{-~])")  # every ASCII character that may mean something to a regular expression


def item_condition(item: ExceptionItem, schema: Schema) -> typed.Expr:
    """What an item's entries mean together, on data of this schema.

    Raises:
        RuleError: a field does not exist or has no such comparison, or a wildcard cannot be what was meant.
    """
    text = open_table(item.path)[1] if item.path.is_file() else ""
    start = max(0, text.find(f'"{item.id}"'))
    wrong: list[Diagnostic] = []
    parts = []
    for entry in item.entries:
        at = _place(entry, text, start)
        wrong += [Diagnostic("E321", title, (Label(at),), remedy) for title, remedy in _misread(entry)]
        parts.append(_condition(entry, schema, at))
    try:
        found = check_condition(parts[0] if len(parts) == 1 else ast.And(tuple(parts)), schema, text)
    except CheckError as error:
        raise RuleError((*wrong, *error.diagnostics), str(item.path), text) from None
    if wrong:
        raise RuleError(tuple(wrong), str(item.path), text)
    return found


def _condition(entry: Entry, schema: Schema, at: Span) -> ast.Expr:
    if entry.kind == "nested":
        below = [_of_object(one, f"{entry.field}.{one.field}", schema, at) for one in entry.entries]
        return below[0] if len(below) == 1 else ast.And(tuple(below))
    field = ast.Field(entry.field, span=at)
    found = _asked(entry, field, schema, at)
    return found if entry.included else ast.Not(found, span=at)


def _asked(entry: Entry, field: ast.Field, schema: Schema, at: Span) -> ast.Expr:
    match entry.kind:
        case "exists":
            return ast.Compare("!=", field, ast.Literal(None, span=at), span=at)
        case "wildcard":
            return _wildcard(entry.values[0], field, at)
        case _:
            return _any_of(entry.values, field, schema, at)


def _any_of(values: tuple[str, ...], field: ast.Field, schema: Schema, at: Span) -> ast.Expr:
    known = schema.get(field.name)
    if len(values) > 1 and (known is None or known.type.is_string):
        options = tuple(ast.Literal(value, span=at) for value in values)
        return ast.In(field, options, ignore_case=False, negated=False, span=at)
    # Text compared with a number, an address or a truth value by == is read as one, but not in a list.
    same = tuple(_same(value, field, at) for value in values)
    return same[0] if len(same) == 1 else ast.Or(same, span=at)


def _wildcard(pattern: str, field: ast.Field, at: Span) -> ast.Expr:
    """A pattern in which a backslash makes the next character an ordinary one.

    Source: Lucene's WildcardQuery.
    """
    pieces: list[str] = _PIECE.findall(pattern)
    if "\\*" in pieces or "\\?" in pieces:
        wild = {"*": ".*", "?": "."}
        regex = "".join(wild.get(p) or _OPERATOR.sub(r"\\\1", p[1:] if p[0] == "\\" else p) for p in pieces)
        return ast.Like(field, (ast.Literal(regex, span=at),), ignore_case=False, regex=True, span=at)
    plain = "".join("\\" if p == "\\\\" else p for p in pieces)
    return ast.Like(field, (ast.Literal(plain, span=at),), ignore_case=False, regex=False, span=at)


def _of_object(entry: Entry, name: str, schema: Schema, at: Span) -> ast.Expr:
    """A condition on one object of several, over columns that hold the values of all of them.

    Which values stand in one object is no longer known, so the condition holds only where all objects agree: an
    exception then removes fewer events than Elasticsearch would, and none more.
    """
    field = ast.Field(name, span=at)
    if entry.kind == "exists":
        found = _asked(entry, field, schema, at)
        return found if entry.included else ast.Not(found, span=at)
    if not entry.included:
        return ast.Not(_asked(entry, field, schema, at), span=at)
    alone = [ast.And((_same(value, field, at), ast.Not(_other(value, field, schema, at)))) for value in entry.values]
    return alone[0] if len(alone) == 1 else ast.Or(tuple(alone))


def _same(value: str, field: ast.Field, at: Span) -> ast.Expr:
    return ast.Compare("==", field, ast.Literal(value, span=at), span=at)


def _other(value: str, field: ast.Field, schema: Schema, at: Span) -> ast.Expr:
    """That the field also has another value."""
    known = schema.get(field.name)
    if known is not None and known.type is Type.BOOLEAN:
        opposite = {"true": "false", "false": "true"}.get(value, value)
        return ast.Compare("==", field, ast.Literal(opposite, span=at), span=at)
    literal = ast.Literal(value, span=at)
    return ast.Or((ast.Compare("<", field, literal, span=at), ast.Compare(">", field, literal, span=at)))


def _misread(entry: Entry) -> list[tuple[str, str]]:
    """Wildcards in which a backslash takes the meaning off a character that has none."""
    if entry.kind != "wildcard" or all(m[1] in {"\\", "*", "?"} for m in _ESCAPE.finditer(entry.values[0])):
        return []
    remedy = "a backslash makes the next character an ordinary one: write two for one"
    return [(f"the wildcard {entry.values[0]!r} has a backslash before a character that means itself", remedy)]


def _place(entry: Entry, text: str, start: int) -> Span:
    for quote in ('"', "'"):
        at = text.find(f"{quote}{entry.field}{quote}", start)
        if at >= 0:
            return Span(at + 1, at + 1 + len(entry.field))
    return Span(start, start)
