"""The rules over files that grow: read, match and tell again and again, as the batch run would over all of them.

Single events are told at once, sequences as soon as no event to come can change them: when an event later than their
last one by the allowance was seen, or that much time has passed since they were read. The clock is that of the events, as far
as it is not ahead of ours; while none come, it goes on as time passes.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from comtrap.alerts.build import build
from comtrap.alerts.store import Store
from comtrap.events.problems import Problems
from comtrap.events.raw import RawBatch
from comtrap.rules.compiled import compiled
from comtrap.scanning.part import Part, Tally
from comtrap.sources.pieces import Piece, positions
from comtrap.sources.read import read
from comtrap.watch.final import Clock, due_ns, outlasts_ns
from comtrap.watch.follow import Growth, is_same, look
from comtrap.watch.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from comtrap.alerts.alert import Alert
    from comtrap.errors import RuleError
    from comtrap.plan.plan import Plan
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.rules.rule import Rule
    from comtrap.watch.follow import Followed

TOGETHER = 256  # alerts told at once


@dataclass(slots=True)
class Watch:
    """A watch over some paths.

    Attributes:
        paths: files and folders.
        rules: what to look for. Their suppression does not apply: each alert is told when it is known.
        plan: the same, ready to run.
        wrong: what is wrong with rules that cannot.
        journal: what is known already.
        late_ns: how late an event may be written and still count in its place.
        tally: what was read since the watch was begun or resumed.
    """

    paths: Sequence[str]
    rules: Sequence[Rule]
    plan: Plan
    wrong: list[RuleError]
    journal: Journal
    late_ns: int
    tally: Tally = field(default_factory=Tally)
    _moved_ns: int | None = None  # our time when the newest event came
    # When the next alert that waits will stand, by the events' clock and by ours; at the beginning nothing is known of them.
    _due_ns: float = -inf
    _wake_ns: float = -inf

    def step(self, now_ns: int, *, last: bool = False) -> Iterator[list[Alert]]:
        """Read what was added; then give the alerts that are known now, some at a time, none that was `told`.

        Args:
            now_ns: the time, since 1970.
            last: whether nothing more will be written: what waits is settled.
        """
        before = self.journal.newest_ns
        grown = self._read(now_ns, last=last)
        if grown or last:
            self._join(now_ns, last=last)
        newest = self.journal.newest_ns
        if newest is None:
            return
        if newest != before or self._moved_ns is None:
            self._moved_ns = now_ns
        events_ns = min(newest + max(0, now_ns - self._moved_ns), max(newest, now_ns)) - self.late_ns
        clock = Clock(now_ns, events_ns, self.late_ns)
        if (grown or last or events_ns > self._due_ns or now_ns > self._wake_ns) and not self.journal.is_idle:
            yield from self._settled(clock, last=last)

    def told(self, alerts: Iterable[Alert], output: str, written: int) -> None:
        """Remember that alerts were told.

        Args:
            alerts: some that `step` gave.
            output: where.
            written: how many bytes that has with them.
        """
        self.journal.tell((alert.id for alert in alerts), output, written)

    def _read(self, now_ns: int, *, last: bool) -> bool:
        """Read every file as far as it goes; gives whether there was anything."""
        found, more = False, True
        while more:
            more = False
            for seen in look(self.journal.files(), self.paths, self.tally.problems, last=last):
                if isinstance(seen, Growth):
                    self._grown(seen, now_ns)
                    found, more = True, more or seen.more
                else:
                    self.journal.follow(seen)
        return found

    def _grown(self, growth: Growth, now_ns: int) -> None:
        with _aside() as path:
            with Store(path) as store:
                part = Part(self.plan, store, Tally())
                file = _taken(growth, part)
            if is_same(growth.file):  # otherwise it is another by now, and found again under its new name
                self.journal.take(path, file, part.newest_ns, now_ns)
                self.tally.add(part.tally)

    def _join(self, now_ns: int, *, last: bool) -> None:
        """Look at script blocks that are whole now."""
        whole, waiting = self.journal.blocks(last=last)
        if not whole:
            return
        with _aside() as path:
            with Store(path) as store:
                part = Part(self.plan, store, Tally())
                part.run_whole(whole)
            self.journal.settle(path, waiting, now_ns)
        self.tally.add(part.tally)

    def _settled(self, clock: Clock, *, last: bool) -> Iterator[list[Alert]]:
        """The alerts of what is kept, as far as they are final; what is then no longer needed is let go."""
        queries = {str(rule.id): query for rule, query in zip(self.rules, self.plan.queries, strict=True)}
        self._due_ns = self._wake_ns = inf
        known, waiting = self.journal.waiting_ns(), {}
        with _aside() as path:
            self.journal.store.lend(path)
            alerts = build(self.rules, self.plan, Store(path))
            some: list[Alert] = []
            try:
                for alert in alerts:
                    due = due_ns(queries[str(alert.rule.id)], alert)
                    since = known.get(alert.id, clock.now_ns)
                    wake = since + outlasts_ns(clock, due, alert)
                    if not last and due >= clock.events_ns and wake >= clock.now_ns:
                        self._due_ns, self._wake_ns = min(self._due_ns, due), min(self._wake_ns, wake)
                        waiting[alert.id] = since
                    elif not self.journal.knows(alert.id):
                        some.append(alert)
                    if len(some) >= TOGETHER:
                        yield some
                        some = []
                if some:
                    yield some
            finally:
                alerts.close()
        if waiting != known:
            self.journal.wait(waiting)
        self.journal.forget(self.plan, clock)


def begin(
    paths: Sequence[str],
    rules: Sequence[Rule],
    state: str,
    *,
    exceptions: Sequence[ExceptionItem] = (),
    late_ns: int,
) -> Watch:
    """A watch that goes on where the one with this state left off.

    Args:
        paths: files and folders.
        rules: what to look for.
        state: the file that remembers; made where there is none.
        exceptions: events that rules are not to see.
        late_ns: how late an event may be written and still count in its place.

    Raises:
        SourceError: the state is in use, or is none.
    """
    rules = [replace(rule, suppression=None) for rule in rules]
    plan, wrong = compiled(rules, exceptions)
    digest = sha256()
    for rule in rules:
        digest.update(f"{rule.id}\0{rule.text}\0{rule.index}\0".encode())
    for item in exceptions:
        digest.update(f"{item!r}\0".encode())
    return Watch(paths, rules, plan, wrong, Journal(state, digest.hexdigest()), late_ns)


@contextmanager
def _aside() -> Iterator[str]:
    """The path of a store that is gone afterwards."""
    with TemporaryDirectory(prefix="comtrap-") as folder:
        yield str(Path(folder) / "aside.db")


def _taken(growth: Growth, part: Part) -> Followed:
    """Read some of a file; gives the file as it is followed from then on."""
    file, stop = growth.file, growth.stop
    if stop is None:
        part.run_some(read(file.path, file.number, part.wanted, part.tally.problems))
        return file
    piece = Piece(file.start, stop, file.position)
    # What is odd about bytes that may still change is said once they do not.
    problems = part.tally.problems if growth.settled else Problems()
    ends: list[int] = []
    part.run_some(_new(read(file.path, file.number, part.wanted, problems, piece), file, ends))
    if not growth.settled:
        return replace(file, seen=max([file.seen, *ends]))
    position = file.position + positions(file.path, piece)
    return replace(file, start=stop, position=position, seen=max(file.seen, position))


def _new(raws: Iterable[RawBatch], file: Followed, ends: list[int]) -> Iterator[RawBatch]:
    """The records that were not seen; `ends` takes the position after each batch."""
    for raw in raws:
        places = np.asarray(raw.frame.column("_position").combine_chunks()).astype(np.int64)
        if not places.size:
            continue
        ends.append(int(places[-1]) + 1)
        rows = np.flatnonzero(places >= file.seen)
        if rows.size == places.size:
            yield raw
        elif rows.size:
            yield RawBatch(raw.kind, raw.frame.take(rows), raw.origin, _fetching(raw, rows))


def _fetching(raw: RawBatch, rows: np.ndarray) -> Callable[[np.ndarray], RawBatch]:
    return lambda some: raw.fetch(rows[some])
