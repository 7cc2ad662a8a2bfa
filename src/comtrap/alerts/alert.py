"""What an alert is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event of a match.

    Attributes:
        stage: the stage it filled; 0 for a single event. Stages that are missing events have no evidence.
        position: the record's 0-based position in its file or archive member; None for documents of an index.
        record_id: the log's own number for it, as text, or None where the export lost it.
        time_ns: nanoseconds since the epoch, UTC.
        event: the whole event as a nested ECS document, our `comtrap` object included.
        part: for the further parts of a multi-part script block, their number from 2; None otherwise.
        id: the event's own id, the same in every copy of the log; see `alerts.ids`.
        index: the index the event would have had in Elastic.
        hit_index: the index that it was read from, by whatever exported it too; None where nothing says.
        hit_id: its id there.
    """

    path: str
    member: str | None
    position: int | None
    record_id: str | None
    channel: str | None
    host: str | None
    time_ns: int
    stage: int
    event: Mapping[str, Any]
    part: int | None = None
    id: str = ""
    index: str = ""
    hit_index: str | None = None
    hit_id: str | None = None

    @property
    def spot(self) -> str:
        """Where in its file or index it is."""
        return f"#{self.position}" if self.position is not None else f"{self.hit_index}/{self.hit_id}"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a rule that held on one event.

    Attributes:
        stage: whose event.
        text: the clause as the rule's author wrote it, blanks folded.
        values: the fields it rests on, with the values that made it true.
        held: the clause with only those of its options that held; None where it has no options, or all held.
    """

    stage: int
    text: str
    values: Mapping[str, Any]
    held: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a rule fired: the clauses that held, and what is known of the COM objects they name."""

    clauses: tuple[Clause, ...]
    objects: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The alerts that one alert stands for, itself not counted.

    Attributes:
        terms: the fields they agree in, each with its value; empty where the values are too long to tell.
        began_ns: the time of the alert.
        ended_ns: that of the last it stands for.
        count: how many.
    """

    terms: tuple[Mapping[str, Any], ...]
    began_ns: int
    ended_ns: int
    count: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One match of one rule. `id` depends on the rule and the records only, so a second scan gives it again.

    Attributes:
        id: sha256 as hex; see CONTRACT in docs/decisions ("alert ids").
        evidence: in stage order.
        key: the join keys of a sequence.
        count: matches with this id in the run, merged into one.
        suppressed: the alerts it stands for; None where its rule suppresses none.
    """

    id: str
    rule: Rule
    evidence: tuple[Evidence, ...]
    why: Why
    key: tuple[str | None, ...] = ()
    count: int = 1
    suppressed: Suppressed | None = None

    @property
    def time_ns(self) -> int:
        """When the last of its events happened."""
        return max(e.time_ns for e in self.evidence)
