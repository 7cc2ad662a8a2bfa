"""One clause of a condition as an item of a Sigma detection: field, modifiers, values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from comtrap.export.sigma_rule.values import patterned, plain, regex, wildcard
from comtrap.export.target import NoFormError
from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.export.sigma_rule.values import Value

_ORDER = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_DOT = re.compile(r"(?<!\\)(?:\\\\)*\.")
_FOUND = {"startswith": "startswith", "endswith": "endswith", "stringcontains": "contains"}


class Item(NamedTuple):
    """``key: value`` of a detection; several values mean one of them."""

    field: str
    modifiers: tuple[str, ...]
    values: tuple[Value, ...]

    @property
    def key(self) -> str:
        """As a rule writes it: ``Image|endswith``."""
        return "|".join((self.field, *self.modifiers))


class Clause(NamedTuple):
    """A clause said in Sigma: an item, or its opposite; `loose` says what it cannot tell apart, if anything."""

    item: Item
    negated: bool = False
    loose: str | None = None


def clause(leaf: ast.Expr, kind: Kind) -> Clause:
    """A clause of a condition on events of one kind, in Sigma's words.

    Raises:
        NoFormError: Sigma has no words for it.
    """
    match leaf:
        case ast.Field(name):
            return Clause(Item(_field(kind, name), (), (True,)))
        case ast.Like(ast.Field(name), patterns, fold, is_regex):
            texts = tuple(str(p.value) for p in patterns)
            return _regex(kind, name, texts, fold=fold) if is_regex else _like(kind, name, texts, fold=fold)
        case ast.In(ast.Field(name), options, fold, negated):
            return Clause(_equal(kind, name, [_constant(o) for o in options], fold=fold), negated)
        case ast.Compare(op, ast.Field(name), ast.Literal(value)) if op in {"==", "!="}:
            return Clause(_equal(kind, name, [value], fold=False), op == "!=")
        case ast.Compare(op, ast.Field(name), ast.Literal(int() | float() as value)):
            return Clause(Item(_field(kind, name), (_ORDER[op],), (value,)))
        case ast.Call(name, arguments, fold):
            return _call(kind, name, arguments, fold=fold)
        case ast.Literal() | ast.Arithmetic() | ast.Negate() | ast.Compare() | ast.Like() | ast.In():
            raise NoFormError("Sigma compares fields with constants; it computes nothing")
        case ast.Not() | ast.And() | ast.Or():
            raise AssertionError("not a clause")


def _field(kind: Kind, name: str) -> str:
    found = kind.field(name)
    if found is None:
        raise NoFormError(f"`{name}` has no name for {kind.name} events")
    return found


def _constant(expr: ast.Expr) -> Value:
    if isinstance(expr, ast.Literal):
        return expr.value
    raise NoFormError("Sigma compares fields with constants; it computes nothing")


def _equal(kind: Kind, name: str, values: list[Value], *, fold: bool) -> Item:
    """``==`` and ``in``: the whole value."""
    if name in kind.names:
        return _part(kind, name, [plain(v) for v in _lasts(name, map(str, values))], fold=fold)[0]
    field = _field(kind, name)
    if name == "event.code" and kind.event_id:  # texts in Elastic, numbers elsewhere
        return Item(field, (), tuple(int(v) if isinstance(v, str) and v.isdigit() else v for v in values))
    cased = ("cased",) if not fold and any(isinstance(v, str) and v.lower() != v.upper() for v in values) else ()
    return Item(field, cased, tuple(plain(v) if isinstance(v, str) else v for v in values))


def _like(kind: Kind, name: str, patterns: tuple[str, ...], *, fold: bool) -> Clause:
    """``:`` and ``like``: the whole value, with wildcards."""
    if name in kind.names:
        item, loose = _part(kind, name, [wildcard(p) for p in _lasts(name, patterns)], fold=fold)
        return Clause(item, loose=loose)
    if name in kind.values:
        return Clause(_translated(kind, name, patterns))
    cased = () if fold else ("cased",)
    if set(patterns) == {"*"}:
        return Clause(Item(_field(kind, name), ("exists",), (True,)))
    modifier, values = patterned(patterns)
    return Clause(Item(_field(kind, name), tuple(filter(None, (modifier, *cased))), tuple(values)))


def _lasts(name: str, values: Iterable[str]) -> list[str]:
    """Values of a field that is the last part of a path, which no backslash is in.

    Raises:
        NoFormError: one has one, so that it fits nothing; behind a path it would.
    """
    found = list(values)
    if any("\\" in one for one in found):
        raise NoFormError(f"`{name}` is compared with a text with a backslash, which is in no name")
    return found


def _part(kind: Kind, name: str, values: list[str], *, fold: bool) -> tuple[Item, str | None]:
    """The last part of a path: what follows its last backslash."""
    inner = any("*" in v.removeprefix("*") or "?" in v for v in values)
    loose = (
        f"`{name}` is looked for at the end of a path, where a wildcard may also take in a folder" if inner else None
    )
    ends = [v.removeprefix("*") if v.startswith("*") else "\\" + v for v in dict.fromkeys(values)]
    modifiers = ("endswith",) if fold else ("endswith", "cased")
    return Item(kind.names[name], modifiers, tuple(ends)), loose


def _translated(kind: Kind, name: str, patterns: tuple[str, ...]) -> Item:
    """A field whose values have other names in Sigma."""
    table = kind.values[name]
    for value, ours in table.items():
        if value != "field" and {p.lower() for p in patterns} <= set(ours):
            return Item(table["field"], (), (value,))
    raise NoFormError(f"`{name}` is asked for in a way that Sigma has no value for")


def _regex(kind: Kind, name: str, patterns: tuple[str, ...], *, fold: bool) -> Clause:
    written = tuple(regex(p) for p in patterns)
    # A dot takes line breaks too in Lucene.
    flags = ("i",) * fold + ("s",) * any(map(_DOT.search, written))
    return Clause(Item(_field(kind, name), ("re", *flags), written))


def _call(kind: Kind, name: str, arguments: tuple[ast.Expr, ...], *, fold: bool) -> Clause:
    called = name.lower()
    texts = [one.value for one in arguments[1:] if isinstance(one, ast.Literal) and isinstance(one.value, str)]
    match arguments:
        case (ast.Field(field), *others) if called == "cidrmatch" and len(texts) == len(others):
            return Clause(Item(_field(kind, field), ("cidr",), tuple(texts)))
        case (ast.Field(field), ast.Literal(str(text))) if called in _FOUND and field not in kind.names:
            modifiers = (_FOUND[called],) if fold else (_FOUND[called], "cased")
            return Clause(Item(_field(kind, field), modifiers, (plain(text),)))
        case (ast.Field(field), ast.Field(other)) if called in _FOUND and fold:
            return Clause(Item(_field(kind, field), ("fieldref", _FOUND[called]), (_field(kind, other),)))
        case _:
            raise NoFormError(f"Sigma has no form for this use of the function `{name}`")
