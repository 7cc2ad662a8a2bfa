"""A condition by the kinds of events that it is about, and what a whole rule comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from comtrap.export.sigma_rule.detection import detection
from comtrap.export.sigma_rule.kinds import kind_of
from comtrap.export.target import NoFormError
from comtrap.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from comtrap.export.sigma_rule.detection import Detection
    from comtrap.export.sigma_rule.kinds import Kind


@dataclass(frozen=True, slots=True)
class SigmaRule:
    """A rule in Sigma's words.

    Attributes:
        documents: what its file holds, in order; a correlation follows the rules that it is about.
        kinds: the kind of events of each document that is no correlation, in order.
        notes: what is said otherwise than in the query.
    """

    documents: tuple[Mapping[str, Any], ...]
    kinds: tuple[Kind, ...]
    notes: tuple[str, ...] = ()


class Part(NamedTuple):
    """A condition on events of one kind."""

    kind: Kind
    detection: Detection


def parts(event: ast.EventQuery, kinds: Sequence[Kind]) -> Iterator[Part]:
    """A condition by the kinds of events that it can hold for; one, unless its alternatives are of different kinds.

    Raises:
        NoFormError: Sigma cannot say it.
    """
    try:
        kind = kind_of(event, kinds)
    except NoFormError:
        alternatives = list(_alternatives(event))
        if len(alternatives) < 2:
            raise
        for one in alternatives:
            yield from parts(one, kinds)
        return
    condition = event.condition
    if kind.same and event.category is not None:
        # The category is a field like any other there, and may be one of several.
        asked = ast.Like(ast.Field("event.category"), (ast.Literal(event.category),), ignore_case=True, regex=False)
        condition = ast.And((asked, *(condition.operands if isinstance(condition, ast.And) else (condition,))))
    yield Part(kind, detection(condition, kind))


def _alternatives(event: ast.EventQuery) -> Iterator[ast.EventQuery]:
    """The alternatives of a condition, each with what must hold besides."""
    operands = event.condition.operands if isinstance(event.condition, ast.And) else (event.condition,)
    for index, one in enumerate(operands):
        if isinstance(one, ast.Or):
            for choice in one.operands:
                rest = (*operands[:index], choice, *operands[index + 1 :])
                flat = tuple(p for r in rest for p in (r.operands if isinstance(r, ast.And) else (r,)))
                yield replace(event, condition=ast.And(flat) if len(flat) > 1 else flat[0])
            return
