"""What a dialect of Sigma calls the kinds of events, and which of them a condition means."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from comtrap.export.target import NoFormError
from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOST = frozenset({"host.id", "host.name", "host.hostname"})
DATA = ("winlog.event_data.", "winlog.user_data.")
# A kind of event names its ids, its writers and these.
SELF = frozenset({"event.type", "event.action", "event.provider", "event.code"})
_PLAIN, _SPOKEN = re.compile(r"[\w.@]+", re.ASCII), re.compile(r"[\w.@][\w.@ -]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of Windows event in a dialect: Sigma's own, or that of a platform.

    Attributes:
        name: what we call it.
        logsource: what Sigma calls it.
        categories: the event categories a query may ask for; ``any where`` fits all.
        codes: the event ids; where `event_id` holds, a rule says which, in the field `code`.
        fields: the dialect's names of fields; `same` keeps every name that is not there.
        names: the dialect's names of the paths that these fields are the last part of.
        values: fields whose values have other names.
        providers: who writes it.
        known: what else Elastic's documents of this kind say of themselves.
        by_category: whether (or by which category) a query means it that names no event id.
        source: the source of ours whose events these are; empty where one kind stands for all.
        where: what tells these events from others on a platform.
        absent: fields that such events never have, so that no clause on them can hold.
        table: where a platform keeps them.
        columns: the names of Windows' own event data that a platform keeps; empty where it keeps all.
        style: how values are written, see `styles`.
        inner_not: whether `not` may stand before single clauses only; ``regex``: where there is a regular expression.
        code, host: the dialect's names of the event id and of the host.
    """

    name: str
    logsource: Mapping[str, str]
    categories: tuple[str, ...]
    codes: tuple[str, ...]
    fields: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_category: str | bool = False
    event_id: bool = False
    code: str = "EventID"
    host: str = "Computer"
    source: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    table: str = ""
    same: bool = False
    style: str = ""
    columns: tuple[str, ...] = ()
    inner_not: bool | str = False

    def field(self, name: str) -> str | None:
        """The dialect's name of a field; None if it has none for this kind."""
        if name in self.fields:
            return self.fields[name]
        if (_PLAIN if self.style else _SPOKEN).fullmatch(name) is None:
            return None  # in back-quotes EQL takes any name, and elsewhere it would be more than a name
        if name == "event.code" and self.event_id:
            return self.code
        if self.same:
            return None if name.startswith("comtrap.") else name
        if name in HOST:
            return self.host
        data = next((name.removeprefix(prefix) for prefix in DATA if name.startswith(prefix)), None)
        return data if data is None or not self.columns or data in self.columns else None

    def says(self, name: str) -> bool:
        """Whether a clause on a field has a form, or needs none."""
        return name in SELF or name in self.names or name in self.values or self.field(name) is not None


@cache
def dialect(name: str = "sigma") -> tuple[Kind, ...]:
    """The kinds of a dialect: those of ``data/<name>.toml``, each of which may build on one of Sigma's own."""
    table = tomllib.loads(files("comtrap.export").joinpath(f"data/{name}.toml").read_text("utf-8"))
    base = {} if name == "sigma" else {kind["name"]: kind for kind in _table("sigma")}
    return tuple(_kind({**base.get(one.get("base", ""), {}), **table.get("all", {}), **one}) for one in table["kind"])


def _table(name: str) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = tomllib.loads(
        files("comtrap.export").joinpath(f"data/{name}.toml").read_text("utf-8")
    )["kind"]
    return kinds


def _kind(one: Mapping[str, Any]) -> Kind:
    """A kind as a table gives it: `rename` maps Sigma's names to a platform's (to nothing where it has none), `whole` adds fields."""
    read: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in one.items()}
    read.pop("base", None)
    renamed: dict[str, str] = read.pop("rename", {})
    for part in ("fields", "names"):
        named = {ours: renamed.get(theirs, theirs) for ours, theirs in read.get(part, {}).items()}
        read[part] = {ours: theirs for ours, theirs in named.items() if theirs}
    read["fields"] |= read.pop("whole", {})
    return Kind(**read)


def kind_of(event: ast.EventQuery, kinds: Iterable[Kind]) -> Kind:
    """The one kind of event that a condition can hold for.

    Raises:
        NoFormError: there is no log source for it, or it means several.
    """
    found = codes(event.condition)
    for kind in kinds:
        known = event.category is None or kind.same or event.category in kind.categories
        if found is None:
            fits = kind.by_category is True or (event.category is not None and kind.by_category == event.category)
        else:
            fits = found <= {*kind.codes} or kind.same
        if known and fits and (found is not None or event.category is not None or kind.same):
            return kind
    if found is None:
        raise NoFormError(f"there is no log source for `{event.category or 'any'}` events that no event id tells apart")
    raise NoFormError(
        f"there is no one log source for the events {', '.join(sorted(found, key=lambda c: (len(c), c)))}"
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
            true = _some(kind, name, (value,), fold=False) is (op == "==")
        case ast.Like(ast.Field(name), patterns, fold, regex=False) if name in SELF:
            true = _some(kind, name, tuple(str(p.value) for p in patterns), fold=fold)
        case ast.In(ast.Field(name), options, fold, negated) if name in SELF:
            wanted = tuple(str(o.value) for o in options if isinstance(o, ast.Literal))
            true = _some(kind, name, wanted, fold=fold) is not negated
        case _:
            return False
    if not true:
        raise NoFormError(f"`{name}` is asked for in a way that no log source tells")
    return True


def _some(kind: Kind, name: str, patterns: tuple[str, ...], *, fold: bool) -> bool:
    held = {"event.provider": kind.providers, "event.code": kind.codes}.get(name) or tuple(kind.known.get(name, ()))
    if fold:
        held, patterns = tuple(map(str.lower, held)), tuple(map(str.lower, patterns))
    return any(fnmatchcase(value, pattern.replace("[", "[[]")) for value in held for pattern in patterns)
