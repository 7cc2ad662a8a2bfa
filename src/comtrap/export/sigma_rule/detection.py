"""A condition as a Sigma detection: named searches, and how they are joined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from comtrap.export.sigma_rule.kinds import implied
from comtrap.export.sigma_rule.leaf import Clause, Item, clause
from comtrap.export.sigma_rule.styles import styled
from comtrap.export.target import NoFormError
from comtrap.lang import ast
from comtrap.lang.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comtrap.export.sigma_rule.kinds import Kind

Search: TypeAlias = tuple[dict[str, Any], ...]
"""Maps of which one must hold; of a map, every item."""

_OURS = "`{}` is filled by comtrap alone: the alternative that looks there is left out"
_NAMELESS = "`{}` has no name for {} events: the alternative that looks there is left out"

_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(slots=True)
class Detection:
    """What Sigma writes below ``detection``.

    Attributes:
        kind: the kind of events it is about.
        searches: by name.
        condition: how they are joined.
        notes: what is said otherwise than in the query.
    """

    kind: Kind
    searches: dict[str, Search] = field(default_factory=dict)
    condition: str = ""
    notes: list[str] = field(default_factory=list)

    def data(self) -> Mapping[str, Any]:
        """As a rule writes it."""
        searches = {name: maps[0] if len(maps) == 1 else list(maps) for name, maps in self.searches.items()}
        return {**searches, "condition": self.condition}


def detection(condition: ast.Expr, kind: Kind) -> Detection:
    """The condition on events of one kind.

    Raises:
        NoFormError: the dialect cannot say it.
    """
    made = Detection(kind)
    said = _without_nameless(condition, made)
    if said is None:
        nameless = sorted(name for name in _names(condition) if not kind.says(name) and name not in kind.absent)
        if all(map(_is_ours, nameless)):
            raise NoFormError("it rests on fields that only comtrap fills")
        raise NoFormError(f"{_listing(nameless)} has no name for {kind.name} events")
    rest = _sayable(said, made)
    if rest is False:
        raise NoFormError(f"no {kind.name} event of the source has what it asks for")
    if rest is True:
        raise NoFormError(f"it means every {kind.name} event: a search without a field")
    if kind.inner_not is True or (kind.inner_not == "regex" and _has_regex(rest)):
        rest = _inward(rest)
    made.condition, several = _joined(rest, made, positive=True)
    if kind.where:
        # The events first, as people read it; its name is no field's, and cannot clash.
        made.searches = {"source": (dict(kind.where),), **made.searches}
        made.condition = f"source and {f'({made.condition})' if several else made.condition}"
    made.notes = list(dict.fromkeys(made.notes))
    return made


def _listing(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _without_nameless(expr: ast.Expr, made: Detection) -> ast.Expr | None:
    """The expression without alternatives on fields that the dialect has no name for; None if nothing else is left."""
    match expr:
        case ast.And(operands):
            all_of = [_without_nameless(one, made) for one in operands]
            return None if None in all_of else ast.And(tuple(one for one in all_of if one is not None))
        case ast.Or(operands):
            left = tuple(one for one in (_without_nameless(operand, made) for operand in operands) if one is not None)
            if left and len(left) < len(operands):
                lost = sorted({name for one in operands for name in _names(one) if _nameless(name, made)})
                made.notes += [(_OURS if _is_ours(name) else _NAMELESS).format(name, made.kind.name) for name in lost]
            return ast.Or(left) if len(left) > 1 else next(iter(left), None)
        case ast.Not(operand):
            inner = _without_nameless(operand, made)
            return None if inner is None else ast.Not(inner)
        case _:
            return None if any(_nameless(name, made) for name in _names(expr)) else expr


def _nameless(name: str, made: Detection) -> bool:
    return name not in made.kind.absent and not made.kind.says(name)


def _sayable(expr: ast.Expr, made: Detection) -> ast.Expr | bool:
    """What is left when the log source has said its part; a truth value if that is all."""
    match expr:
        case ast.And(operands) | ast.Or(operands):
            # What ends it: one false operand of `and`, one true one of `or`.
            decisive = isinstance(expr, ast.Or)
            said = [_sayable(operand, made) for operand in operands]
            if decisive in said:
                return decisive
            left = [one for one in said if not isinstance(one, bool)]
            flat = tuple(p for one in left for p in (one.operands if isinstance(one, type(expr)) else (one,)))
            return type(expr)(flat) if len(flat) > 1 else next(iter(flat), not decisive)
        case ast.Not(operand):
            inner = _sayable(operand, made)
            return not inner if isinstance(inner, bool) else ast.Not(inner)
        case ast.Compare("==", ast.Field(name), ast.Literal(None)) if name in made.kind.absent:
            return True
        case _:
            names = _names(expr)
            if names & {*made.kind.absent}:
                return False
            told = any(made.kind.field(name) is not None for name in names)
            return True if not told and implied(made.kind, expr) else expr


def _has_regex(expr: ast.Expr) -> bool:
    return any(isinstance(node, ast.Like) and node.regex for node in walk(expr))


def _inward(expr: ast.Expr, *, negated: bool = False) -> ast.Expr:
    """The same condition with `not` before single clauses only."""
    match expr:
        case ast.Not(operand):
            return _inward(operand, negated=not negated)
        case ast.And(operands) | ast.Or(operands):
            inner = tuple(_inward(one, negated=negated) for one in operands)
            return ast.And(inner) if isinstance(expr, ast.And) is not negated else ast.Or(inner)
        case ast.Compare(op, left, right) if negated and op in _OPPOSITE:
            return ast.Compare(_OPPOSITE[op], left, right)
        case _:
            return ast.Not(expr) if negated else expr


def _names(expr: ast.Expr) -> set[str]:
    return {node.name for node in walk(expr) if isinstance(node, ast.Field)}


def _is_ours(name: str) -> bool:
    return name.startswith("comtrap.")


def _joined(expr: ast.Expr, made: Detection, *, positive: bool) -> tuple[str, bool]:
    """The condition for an expression, and whether it needs parentheses beside others."""
    if (search := _search(expr, made)) is not None:
        return _named(search, made, positive=positive), False
    match expr:
        case ast.Not(operand):
            return f"not {_bracketed(operand, made, positive=not positive)}", False
        case ast.And(operands):
            parts = [_named(search, made, positive=positive) for search in _merged(operands, made)]
            rest = [one for one in operands if not _single(one, made)]
            parts += [_bracketed(one, made, positive=positive) for one in rest]
            return " and ".join(parts), len(parts) > 1
        case ast.Or(operands):
            return " or ".join(_bracketed(one, made, positive=positive) for one in operands), True
        case _:
            return f"not {_named((_map([_clause(expr, made).item]),), made, positive=not positive)}", False


def _bracketed(expr: ast.Expr, made: Detection, *, positive: bool) -> str:
    text, several = _joined(expr, made, positive=positive)
    return f"({text})" if several else text


def _search(expr: ast.Expr, made: Detection) -> Search | None:
    """An expression as one search; None if it takes more than one."""
    match expr:
        case ast.Or(operands):
            found = [_search(one, made) for one in operands]
            return (
                None if any(one is None for one in found) else _alternatives([m for one in found if one for m in one])
            )
        case ast.And(operands):
            merged = _merged(operands, made)
            return merged[0] if len(merged) == 1 and all(_single(one, made) for one in operands) else None
        case ast.Not():
            return None
        case _:
            said = _clause(expr, made)
            return None if said.negated else (_map([said.item]),)


def _single(expr: ast.Expr, made: Detection) -> bool:
    """Whether an expression is one item."""
    found = None if isinstance(expr, ast.And) else _search(expr, made)
    return found is not None and len(found) == 1 and len(found[0]) == 1


def _merged(operands: Iterable[ast.Expr], made: Detection) -> list[Search]:
    """Those operands that are one item each, in as few maps as their keys allow."""
    maps: list[dict[str, Any]] = []
    for one in operands:
        if not _single(one, made):
            continue
        ((key, value),) = (_search(one, made) or ({},))[0].items()
        for there in maps:
            if key not in there:
                there[key] = value
                break
        else:
            maps.append({key: value})
    return [(one,) for one in maps]


def _alternatives(maps: Sequence[dict[str, Any]]) -> Search:
    """Alternatives on one field and with one modifier are one list of values."""
    joined: list[dict[str, Any]] = []
    for one in maps:
        same = next((other for other in joined if len(one) == 1 and other.keys() == one.keys()), None)
        if same is None:
            joined.append(dict(one))
            continue
        ((key, value),) = one.items()
        values = [*_listed(same[key]), *_listed(value)]
        same[key] = list(dict.fromkeys(values))
    return tuple(joined)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _clause(expr: ast.Expr, made: Detection) -> Clause:
    said = clause(expr, made.kind)
    if said.loose is not None:
        made.notes.append(said.loose)
    item, loose = styled(said.item, made.kind)
    if loose is not None:
        made.notes.append(loose)
    return said._replace(item=item)


def _map(items: Sequence[Item]) -> dict[str, Any]:
    return {item.key: item.values[0] if len(item.values) == 1 else list(item.values) for item in items}


def _named(search: Search, made: Detection, *, positive: bool) -> str:
    """The name under which a search stands; equal ones stand once."""
    for name, there in made.searches.items():
        if there == search and name.startswith("selection") is positive:
            return name
    first = re.sub(r"\W+", "_", next(iter(search[0])).partition("|")[0].lower()).strip("_")
    base = f"selection_{first}" if positive else f"filter_main_{first}"
    if positive and not made.searches:
        base = "selection"
    name, number = base, 1
    while name in made.searches:
        number += 1
        name = f"{base}_{number}"
    made.searches[name] = search
    return name
