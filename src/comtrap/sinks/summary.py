"""What a run read and could see, for outputs that tell it beside the alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from comtrap.rules.rule import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers. Nothing in it depends on the clock or on how many processes there were.

    Attributes:
        paths: the inputs as they were named.
        files: inputs, those that could not be read included.
        events: records seen, decodable or not.
        reached: events that some rule could have matched.
        sources: events by their source.
        skipped: records that could not be read, by reason.
        notes: what was odd and read all the same, by reason.
        failed: inputs that could not be read, with why.
        rules: those that ran.
        blind: of them, those for which the input has no event to look at, each with what it needs: their silence says
            nothing.
        wrong_rules: what is wrong with those that could not.
        failures: by rule id, events on which its condition failed and was taken as false.
        exceptions: those that applied, by name: by rule id, the events that the rule did not see for it.
        suppressed: by rule id, alerts that others stand for.
        interrupted: whether the run was stopped before its end.
    """

    paths: tuple[str, ...] = ()
    files: int = 0
    events: int = 0
    reached: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    blind: Sequence[tuple[Rule, str]] = ()
    wrong_rules: tuple[str, ...] = ()
    failures: Mapping[str, int] = field(default_factory=dict)
    exceptions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    suppressed: Mapping[str, int] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def missing(self) -> list[str]:
        """The sources that some rule could use and that had no event."""
        claimed = {source for rule in self.rules for source in rule.sources}
        return [source for source in SOURCES if source in claimed and source not in self.sources]


@runtime_checkable
class Summarised(Protocol):
    """An output that also tells what was read."""

    def finish(self, summary: Summary) -> None:
        """Take the summary, after the last alert and before the output is closed."""
