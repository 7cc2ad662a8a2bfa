"""What Sigma calls the kinds of events, and which of them a condition means."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from comtrap.export.target import NoFormError
from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = frozenset({"host.id", "host.name", "host.hostname"})
DATA = ("winlog.event_data.", "winlog.user_data.")
# A category names its event ids, its writers and these.
SELF = frozenset({"event.type", "event.action", "event.provider", "event.code"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of Windows event; what each attribute holds is said in ``data/sigma.toml``."""

    name: str
    logsource: Mapping[str, str]
    categories: tuple[str, ...]
    codes: tuple[str, ...]
    fields: Mapping[str, str]
    providers: tuple[str, ...] = ()
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_category: str | bool = False
    event_id: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    def field(self, name: str) -> str | None:
        """Sigma's name of a field; None if Sigma has none for this kind."""
        if name in HOST:
            return "Computer"
        if name == "event.code" and self.event_id:
            return "EventID"
        for prefix in DATA:
            if name.startswith(prefix):
                return name.removeprefix(prefix)
        return self.fields.get(name)


@cache
def kinds() -> tuple[Kind, ...]:
    """All of them."""
    table = tomllib.loads(files("comtrap.export").joinpath("data/sigma.toml").read_text("utf-8"))
    return tuple(Kind(**_tuples(one)) for one in table["kind"])


def _tuples(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}


def kind_of(event: ast.EventQuery) -> Kind:
    """The one kind of event that a condition can hold for.

    Raises:
        NoFormError: Sigma has no log source for it, or it means several.
    """
    found = codes(event.condition)
    for kind in kinds():
        if found is None:
            fits = (
                event.category is not None
                and kind.by_category in {True, event.category}
                and event.category in kind.categories
            )
        else:
            fits = found <= set(kind.codes) and (event.category is None or event.category in kind.categories)
        if fits:
            return kind
    if found is None:
        raise NoFormError(
            f"Sigma has no log source for `{event.category or 'any'}` events that no event id tells apart"
        )
    raise NoFormError(
        f"Sigma has no one log source for the events {', '.join(sorted(found, key=lambda c: (len(c), c)))}"
    )


def codes(condition: ast.Expr) -> set[str] | None:
    """The event ids for which a condition can hold; None if it asks for none."""
    match condition:
        case ast.Compare("==", ast.Field("event.code"), ast.Literal(str(value))):
            return {value}
        case ast.In(ast.Field("event.code"), options, negated=False):
            return {
                option.value for option in options if isinstance(option, ast.Literal) and isinstance(option.value, str)
            }
        case ast.Like(ast.Field("event.code"), patterns, regex=False):
            return {p.value for p in patterns if isinstance(p.value, str)}
        case ast.And(operands):
            asked = [one for one in map(codes, operands) if one is not None]
            return set.intersection(*asked) if asked else None
        case ast.Or(operands):
            each = [codes(one) for one in operands]
            return (
                None if any(one is None for one in each) else {code for one in each if one is not None for code in one}
            )
        case _:
            return None


def implied(kind: Kind, leaf: ast.Expr) -> bool:
    """Whether a leaf is true of every event of a kind, by what the log source says of it.

    Raises:
        NoFormError: it asks of the event what the log source does not tell.
    """
    match leaf:
        case ast.Compare(op, ast.Field(name), ast.Literal(str(value))) if name in SELF and op in {"==", "!="}:
            held = _some(kind, name, (value,), fold=False)
            true = held if op == "==" else not held
        case ast.Like(ast.Field(name), patterns, fold, regex=False) if name in SELF:
            true = _some(kind, name, tuple(str(p.value) for p in patterns), fold=fold)
        case ast.In(ast.Field(name), options, fold, negated) if name in SELF:
            wanted = tuple(str(o.value) for o in options if isinstance(o, ast.Literal))
            true = _some(kind, name, wanted, fold=fold) is not negated
        case _:
            return False
    if not true:
        raise NoFormError(f"`{name}` is asked for in a way that no Sigma log source tells")
    return True


def _some(kind: Kind, name: str, patterns: tuple[str, ...], *, fold: bool) -> bool:
    held = {"event.provider": kind.providers, "event.code": kind.codes}.get(name) or kind.known.get(name, ())
    if fold:
        held, patterns = tuple(map(str.lower, held)), tuple(map(str.lower, patterns))
    return any(fnmatchcase(value, pattern.replace("[", "[[]")) for value in held for pattern in patterns)
