"""Which columns of the records a run has a use for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from comtrap.check.typed import Stage
    from comtrap.events.raw import Kind


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Where the events are that matter. A source that can tell without decoding them may leave out most of the others.

    Attributes:
        categories: theirs; None for any.
        first_ns: none of them is before; None for no such limit.
        last_ns: none of them is after.
        counted: the columns that all others are decoded for still, so that they are counted as what they are.
        queries: the conditions by query, each with its category; an event that meets none of them has no hits. None where
            they cannot be told apart from what is to be counted.
    """

    categories: frozenset[str] | None
    first_ns: int | None
    last_ns: int | None
    counted: frozenset[str]
    queries: tuple[tuple[Stage, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of raw columns to decode; others may be there too.

    Attributes:
        columns: those of records of any kind.
        narrowed: those of records of one kind, for records that bring no ECS fields of their own but some that are
            named. None of them means that nothing in such records matters: they come as batches of their positions
            alone, so that they are counted.
        narrowing: which events matter; None if all do.
    """

    columns: frozenset[str]
    narrowed: Callable[[Kind, frozenset[str]], frozenset[str]] | None = None
    narrowing: Narrowing | None = None

    def of(self, kind: Kind, brought: frozenset[str] = frozenset()) -> frozenset[str]:
        """What is wanted of plain Windows events of a kind, which may bring these fields along."""
        return self.columns if self.narrowed is None else self.narrowed(kind, brought)
