"""EQL over files: what a query finds in them, as Elasticsearch would answer it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import orjson

from comtrap.alerts.records import records
from comtrap.match.answer import missing
from comtrap.match.match import match
from comtrap.match.single import ordered
from comtrap.normalise import document as documents
from comtrap.plan.plan import EventPlan, stages
from comtrap.scanning.documents import json_of
from comtrap.scanning.fill import fill
from comtrap.scanning.part import Part, Tally
from comtrap.scanning.picked import Picked
from comtrap.sources.manner import ORDINARY, Manner
from comtrap.sources.progress import Progress
from comtrap.sources.walk import STDIN, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    import numpy as np

    from comtrap.alerts.records import Record
    from comtrap.match.hit import EventId, Key, Match
    from comtrap.scanning.asked import Asked, Witness
    from comtrap.scanning.part import Input
    from comtrap.scanning.picked import Counts

    Found: TypeAlias = np.ndarray[Any, Any] | list[Match]
    """Event numbers, or the matches of a sequence or sample; in the order they are told."""

ORIGIN = "comtrap.origin"
_TOGETHER = 1_024  # events taken out of an array at once
_TABLES = """
create table chosen (event integer primary key) without rowid;
create table document (event integer primary key, place text, id text, source blob);
"""


class Row(NamedTuple):
    """One answer.

    Attributes:
        keys: of a sequence or sample; None for a single event.
        events: each with ``_index``, ``_id`` and ``_source``; in a sequence `missing` stands for one that is not there.
    """

    keys: Key | None
    events: list[dict[str, Any]]


@dataclass(slots=True)
class Answer:
    """What was found and what was read. Documents stay on disk until they are asked for, and are gone after `close`.

    Attributes:
        asked: the query.
        inputs: what was read; `files` counts what could not be found as well.
        tally: the counts.
        witnesses: what was counted beside, where it had to be at once.
        counts: events by query and stage that met it; 0 is the query, the witnesses follow.
        seconds: how long it took.
        interrupted: whether it was stopped before its end; what was found until then is there.
    """

    asked: Asked
    inputs: Sequence[Input]
    files: int
    tally: Tally
    witnesses: tuple[Witness, ...]
    counts: Counts
    seconds: float
    interrupted: bool
    _found: Found
    _store: Picked

    def __len__(self) -> int:
        return len(self._found)

    @property
    def is_single(self) -> bool:
        """Whether the answers are events rather than sequences or samples."""
        return isinstance(self.asked.body, EventPlan)

    @property
    def failures(self) -> int:
        """Events on which a condition failed and was taken as false."""
        return self.tally.failures[0]

    @property
    def stats(self) -> dict[str, object]:
        """The run in numbers, as ``--stats`` writes it."""
        problems = self.tally.problems
        return {
            "files": self.files,
            "events": self.tally.events,
            "reached": self.tally.reached,
            "sources": dict(sorted(self.tally.sources.items())),
            "skipped": dict(sorted(problems.skipped.items())),
            "notes": dict(sorted(problems.notes.items())),
            "failed": dict(sorted(problems.failed.items())),
            "narrowed": {address: told.stats for address, told in sorted(problems.narrowed.items())},
            "fallback_records": problems.fallback,
            "stages": [self.counts[0, number] for number, _ in enumerate(stages(self.asked.body))],
            "condition_failures": self.failures,
            "found": len(self),
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }

    def rows(self) -> Iterator[Row]:
        """The answers in order, each made of what is on disk as it is asked for."""
        if isinstance(self._found, list):
            for found in self._found:
                yield Row(found.key, [missing() if e is None else self._event(e) for e in found.events])
            return
        for at in range(0, len(self._found), _TOGETHER):
            for event in self._found[at : at + _TOGETHER].tolist():
                yield Row(None, [self._event(event)])

    def close(self) -> None:
        """Give back the disk space."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _event(self, event: EventId) -> dict[str, Any]:
        place, name, source = self._store.database.execute(
            "select place, id, source from document where event = ?", (event,)
        ).fetchone()
        return {"_index": place, "_id": name, "_source": orjson.loads(source)}


def query(
    asked: Asked,
    paths: Iterable[str],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    manner: Manner = ORDINARY,
) -> Answer:
    """Run a query over every event of the inputs.

    Args:
        asked: the query, with its size and position.
        paths: files, folders, archives, ``-`` for standard input. What cannot be read is in the answer, not raised.
        jobs: how many processes may be used; the answer is the same for any number.
        progress: told what is read, as it is read.
        manner: how inputs are read.
    """
    began = time.perf_counter()
    tally = Tally()
    inputs = list(enumerate(files(paths, tally.problems)))
    unusable = len(tally.problems.failed)
    # What can be read once only is asked at once for what is otherwise looked up if nothing is found.
    witnesses = asked.witnesses() if any(path == STDIN for _, path in inputs) else ()
    store = Picked(pick=asked.pick)
    interrupted = fill(Part(asked.plan(witnesses), store, tally, manner), inputs, jobs, progress or Progress())
    found = _found(asked, store)
    _settle(store, found)
    seconds = time.perf_counter() - began
    counted = len(inputs) + unusable
    return Answer(asked, inputs, counted, tally, witnesses, store.counts, seconds, interrupted, found, store)


def _found(asked: Asked, store: Picked) -> Found:
    hits = store.hits(0)
    if isinstance(asked.body, EventPlan):
        return ordered(asked.body, hits, asked.limits)
    return match(asked.body, 0, hits, asked.limits)


def _settle(store: Picked, found: Found) -> None:
    """Write the documents of what was found."""
    database = store.database
    database.executescript(_TABLES)
    lists = (m.events for m in found) if isinstance(found, list) else ((int(e),) for e in found)
    with database:
        events = ((event,) for one in lists for event in one if event is not None)
        database.executemany("insert or ignore into chosen values (?)", events)
    for raw in store.records("chosen"):
        with database:
            database.executemany("insert or ignore into document values (?, ?, ?, ?)", map(_written, records(raw)))


def _written(record: Record) -> tuple[int, str, str, bytes]:
    evidence = record.evidence
    source = {name: value for name, value in evidence.event.items() if not name.startswith("_")}
    origin = {
        "path": evidence.path,
        "member": evidence.member,
        "position": evidence.position,
        "index": evidence.hit_index,
        "id": evidence.hit_id,
    }
    documents.put(source, ORIGIN, {name: value for name, value in origin.items() if value is not None})
    return record.event, evidence.index, evidence.id, json_of(source)
