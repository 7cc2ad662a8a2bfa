"""What became of every sequence that was begun: the state machine again, this time with a record of what ended each.

`match` decides what a sequence is; what is told here agrees with it (tests/explain/test_trace.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Outcome(Enum):
    """What became of a sequence."""

    MATCHED = "matched"
    CUT = "cut"  # complete, but `head` or `tail` leaves it out
    PRESENT = "present"  # complete, but an event is there that must be missing
    UNTIL = "until"
    MAXSPAN = "maxspan"  # the next event came too late
    EXPIRED = "expired"  # maxspan ran out, and no next event came at all
    REPLACED = "replaced"  # a newer event took the same stage, and EQL keeps the newest
    OPEN = "open"  # the data ended first

    @property
    def complete(self) -> bool:
        """Whether every stage was reached."""
        return self in {Outcome.MATCHED, Outcome.CUT, Outcome.PRESENT}


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit of one key, in the order in which hits are tried.

    Attributes:
        row: which hit it is.
        step: the stage, missing ones not counted; one more than the last for ``until``.
    """

    row: int
    step: int
    time_ns: int


@dataclass(frozen=True, slots=True)
class Chain:
    """A sequence as far as it came.

    Attributes:
        hits: one for each step reached.
        outcome: `Outcome.MATCHED` for every one that the machine completed.
        by: what ended it, where an event did.
    """

    hits: tuple[Hit, ...]
    outcome: Outcome
    by: Hit | None = None

    @property
    def began_ns(self) -> int:
        """When it began, which maxspan counts from."""
        return self.hits[0].time_ns


def trace(hits: Iterable[Hit], last: int, maxspan_ns: int | None, end_ns: int) -> Iterator[Chain]:
    """Every sequence of one key, each once it has ended.

    Args:
        hits: of one key, in the order of events and, within one event, from the last step to the first, then until.
        last: the last step.
        maxspan_ns: as the query has it.
        end_ns: when the data ends.
    """
    machine = _Machine(last, float("inf") if maxspan_ns is None else maxspan_ns)
    for hit in hits:
        yield from machine.take(hit)
    yield from machine.finish(end_ns)


@dataclass(slots=True)
class _Open:
    hits: tuple[Hit, ...]
    until: Hit | None = None


class _Machine:
    def __init__(self, last: int, span_ns: float) -> None:
        self._last = last
        self._span_ns = span_ns
        self._pending: list[_Open | None] = [None] * last

    def take(self, hit: Hit) -> Iterator[Chain]:
        """The sequences that a hit ends."""
        if hit.step > self._last:
            for each in self._pending:
                if each is not None and each.until is None:
                    each.until = hit
            return
        before: tuple[Hit, ...] = ()
        if hit.step > 0:
            open_, self._pending[hit.step - 1] = self._pending[hit.step - 1], None
            if open_ is None:
                return
            if open_.until is not None or self._late(open_, hit.time_ns):
                yield self._ended(open_, hit, hit.time_ns, advancing=True)
                return
            before = open_.hits
        if hit.step == self._last:
            yield Chain((*before, hit), Outcome.MATCHED)
            return
        older, self._pending[hit.step] = self._pending[hit.step], _Open((*before, hit))
        if older is not None:
            yield self._ended(older, hit, hit.time_ns, advancing=False)

    def finish(self, end_ns: int) -> Iterator[Chain]:
        """What is still open when the data ends."""
        for open_ in self._pending:
            if open_ is not None:
                yield self._ended(open_, None, end_ns, advancing=False)

    def _late(self, open_: _Open, time_ns: int) -> bool:
        return time_ns - open_.hits[0].time_ns > self._span_ns

    def _ended(self, open_: _Open, by: Hit | None, time_ns: int, *, advancing: bool) -> Chain:
        """What ended it first: until, the end of maxspan, or the hit at hand."""
        if open_.until is not None and not self._late(open_, open_.until.time_ns):
            return Chain(open_.hits, Outcome.UNTIL, open_.until)
        if self._late(open_, time_ns):
            return Chain(open_.hits, Outcome.MAXSPAN, by) if advancing else Chain(open_.hits, Outcome.EXPIRED)
        if by is not None:
            return Chain(open_.hits, Outcome.REPLACED, by)
        return Chain(open_.hits, Outcome.OPEN)
