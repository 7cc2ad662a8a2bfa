"""An explanation as data: what every rendering of it is made of.

Numbers of stages count from 1 as in the query, runs expanded; 0 is ``until``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comtrap.explain.funnel import ClauseCount, FieldCount
    from comtrap.explain.judge import Given, Judged
    from comtrap.explain.planned import Planned
    from comtrap.explain.reading import Seen
    from comtrap.explain.sighting import Event
    from comtrap.explain.subject import Subject
    from comtrap.explain.trace import Outcome


@dataclass(frozen=True, slots=True)
class Shown:
    """An event with the verdict on each part of a condition."""

    event: Event
    judged: Judged


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An event that came near, for all that missed by the same clauses and values.

    Attributes:
        missed: the top clauses that did not hold, by number from 0.
        count: how many there are.
    """

    shown: Shown
    missed: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True)
class KeyLack:
    """Events of which a stage's condition holds, without a value in a key that must have one."""

    name: str
    events: int


@dataclass(frozen=True, slots=True)
class StageCount:
    """How the events fared at one stage; a run of stages counts as one.

    Attributes:
        of_category: events of the category.
        held: those of which the whole condition holds.
        clauses: the top clauses; the indices of a rule come first.
        indices: the events of the category by index, the most frequent first.
        lacking: join keys without a value.
        distance: how many clauses the nearest misses lack; of a condition of one clause, how many of its parts.
        near: how many events came that near.
        nearest: some of them.
    """

    number: int
    category: str | None
    of_category: int
    held: int
    clauses: tuple[ClauseCount, ...]
    fields: tuple[FieldCount, ...]
    indices: tuple[tuple[str, int], ...]
    lacking: tuple[KeyLack, ...]
    distance: int | None
    near: int
    nearest: tuple[NearMiss, ...]


@dataclass(frozen=True, slots=True)
class AtStage:
    """A given event at one stage."""

    number: int
    category: str | None
    of_category: bool
    judged: Judged


@dataclass(frozen=True, slots=True)
class GivenEvent:
    """An event that was asked for, at every stage."""

    event: Event
    stages: tuple[AtStage, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """An event at a place in a sequence.

    Attributes:
        stage: the stage that it fulfils.
        after_ns: how long after the first event of the sequence.
        values: what it has in the fields that the stage's condition rests on.
    """

    stage: int
    event: Event
    after_ns: int
    values: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One part of a key: the fields it is read from, as written, and the value."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A part in which two keys differ."""

    name: str
    here: str | None
    there: str | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An event that fulfils the stage that a sequence waited for, with another key."""

    mark: Mark
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Excepted:
    """An event that fulfils the stage that a sequence waited for, but that exceptions take away."""

    mark: Mark
    exceptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A sequence as far as it came.

    Attributes:
        reached: an event for each stage, missing ones left out.
        by: the event that ended it, if one did; of a missing event, that or those that are there.
        waiting: the stage that was not reached.
        over_ns: by how much maxspan was exceeded.
        end_ns: how long after its first event the data go on.
    """

    reached: tuple[Mark, ...]
    outcome: Outcome
    by: tuple[Mark, ...]
    waiting: int | None
    over_ns: int | None
    end_ns: int
    elsewhere: Elsewhere | None
    excepted: Excepted | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sequences reached so many stages and ended so."""

    reached: int
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class KeyCourses:
    """The sequences of one key: the most advanced, and how many there are of each sort."""

    key: tuple[KeyPart, ...]
    courses: tuple[Course, ...]
    counts: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class SequenceStory:
    """All sequences.

    Attributes:
        keys: how many keys have an event.
        begun: how many of them have a sequence.
        counts: how many sequences reached so many stages and ended so.
        matched: some keys with a match.
        ended: some keys without, the most advanced first.
    """

    keys: int
    begun: int
    counts: tuple[Tally, ...]
    matched: tuple[KeyCourses, ...]
    ended: tuple[KeyCourses, ...]


@dataclass(frozen=True, slots=True)
class FilterOfKey:
    """What one key has for one filter of a sample: how many events, and the first or the chosen one."""

    number: int
    events: int
    first: Mark | None


@dataclass(frozen=True, slots=True)
class SampleOfKey:
    """One key of a sample."""

    key: tuple[KeyPart, ...]
    filters: tuple[FilterOfKey, ...]
    matched: bool


@dataclass(frozen=True, slots=True)
class SampleStory:
    """All keys of a sample.

    Attributes:
        keys: how many keys have an event.
        filled: by how many filters have an event, how many keys.
        lacking: by filter, how many keys lack this one alone.
    """

    keys: int
    matched: int
    filled: tuple[tuple[int, int], ...]
    lacking: tuple[tuple[int, int], ...]
    shown: tuple[SampleOfKey, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What can be said of a query and, if there is any, of the input.

    Attributes:
        seen: what was read; None where only the plan was asked for, and then all that follows is empty.
        matches: how many matches a run gives.
        shown: some of the events that match; of sequences and samples see there.
        given: the events that were asked for; None where none was asked for.
        failures: events on which a condition failed and was taken as false.
        truncated: how many hits there were when keeping them ended; None if all were kept.
        reasons: why there is no match, if there is none.
        interrupted: whether reading was stopped before its end.
    """

    subject: Subject
    planned: Planned
    seen: Seen | None = None
    matches: int = 0
    stages: tuple[StageCount, ...] = ()
    shown: tuple[Shown, ...] = ()
    given: tuple[GivenEvent, ...] | None = None
    sequence: SequenceStory | None = None
    sample: SampleStory | None = None
    failures: int = 0
    truncated: int | None = None
    reasons: tuple[str, ...] = ()
    interrupted: bool = False
