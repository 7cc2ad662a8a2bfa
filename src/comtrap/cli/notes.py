"""What is said on standard error: progress while it runs, and what was read when it is done."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console

from comtrap.cli.progress_line import shown
from comtrap.events.problems import Problems
from comtrap.rules.rule import SOURCES
from comtrap.sinks.plain import plain
from comtrap.sources.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from comtrap.errors import RuleError
    from comtrap.rules.exceptions import ExceptionItem
    from comtrap.scan import Result
    from comtrap.scanning.convert import Converted
    from comtrap.scanning.part import Tally

FAILED = 20  # inputs that could not be read, of which each is named; the rest is counted


class Notes:
    """The voice on standard error; `quiet` leaves what went wrong."""

    def __init__(self, *, quiet: bool) -> None:
        """Args: quiet: say nothing but what went wrong."""
        self._quiet = quiet
        self._said = Problems()
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)

    @contextmanager
    def progress(self, *, beside: IO[Any] | None = None) -> Iterator[Progress]:
        """How far the run is, how fast and how long it will take, where a person is watching.

        Args:
            beside: what the run writes to meanwhile; if that is a terminal too, nothing is shown between its lines.
        """
        if self._quiet or not self._console.is_terminal or (beside is not None and beside.isatty()):
            yield Progress()
            return
        with shown(self._console) as progress:
            yield progress

    def wrong_rules(self, errors: Iterable[RuleError]) -> None:
        """Rules that cannot run, each with what is wrong with it."""
        for error in errors:
            self._console.print(str(error), style="red")

    def exceptions(self, applied: Sequence[ExceptionItem], expired: Iterable[ExceptionItem]) -> None:
        """Which exceptions apply, and which no longer do: the latter is said even to those who asked for quiet."""
        if applied and not self._quiet:
            names = ", ".join(plain(item.label) for item in applied)
            self._console.print(f"{len(applied):,} exception{'s' * (len(applied) != 1)} applied: {names}")
        for item in expired:
            said = f"the exception {plain(item.label)} expired {item.expires:%Y-%m-%d %H:%M %Z} and is not applied"
            self._console.print(f"{said} (owner: {plain(item.owner)}, ticket: {plain(item.ticket)})", style="yellow")

    def unread(self, problems: Problems) -> None:
        """Inputs that could not be read."""
        failed = sorted(problems.failed.items())
        for where, why in failed[:FAILED]:
            self._console.print(f"not read: {plain(where)}: {plain(why)}", style="yellow")
        if len(failed) > FAILED:
            self._console.print(f"not read: {len(failed) - FAILED:,} more; --stats has them all", style="yellow")

    def narrowed(self, problems: Problems) -> None:
        """What clusters were asked, so that not all of their events were read."""
        if self._quiet:
            return
        for address, told in sorted(problems.narrowed.items()):
            if not told.is_whole:
                said = f"{told.found:,} of {told.documents:,} documents could matter"
                self._console.print(f"{plain(address)}: {said}, by {told.queries:,} queries of the cluster")
            whole = Counter(told.whole.values())
            for why, count in whole.most_common(3):
                names = sorted(name for name, reason in told.whole.items() if reason == why)
                more = f" and {count - 1:,} more" if count > 1 else ""
                self._console.print(f"{plain(names[0])}{more}: read whole: {plain(why)}", style="dim")

    def problems(self, result: Result) -> None:
        """What could not be read, and what went wrong with it."""
        self.unread(result.tally.problems)
        names = {str(rule.id): rule.name for rule in result.rules}
        for rule, count in result.failures.items():
            said = f"a condition failed on {count:,} events and was taken as false"
            self._console.print(f"rule {rule} ({plain(names[rule])}): {said}", style="yellow")
        if result.interrupted:
            self._console.print("interrupted: these are the alerts found until then", style="yellow")

    def summary(self, result: Result) -> None:
        """What was read and skipped; where nothing was found, what there was to find something in."""
        if self._quiet:
            return
        problems, events = result.tally.problems, result.tally.events
        self._console.print(
            f"{events:,} event{'s' * (events != 1)} in {result.files:,} file{'s' * (result.files != 1)}, "
            f"{len(result.rules):,} rule{'s' * (len(result.rules) != 1)}, {result.seconds:.1f} s"
        )
        self.narrowed(problems)
        if result.alerts.suppressed:
            self._console.print(f"{result.alerts.suppressed:,} more alerts are suppressed: others stand for them")
        self._odd(problems)
        if not len(result.alerts) and not problems.is_narrowed:
            self._why_nothing(result)

    def say(self, text: str) -> None:
        """One line, to those who have not asked for quiet."""
        if not self._quiet:
            self._console.print(plain(text), style="yellow")

    def lost(self, text: str) -> None:
        """One line about what went wrong, to everyone."""
        self._console.print(plain(text), style="red")

    def problems_since(self, problems: Problems) -> None:
        """What is wrong that was not said yet, of a run that does not end.

        Args:
            problems: all there were since the run began.
        """
        said = self._said
        new = Problems(problems.skipped - said.skipped, problems.notes - said.notes)
        new.failed = {where: why for where, why in problems.failed.items() if said.failed.get(where) != why}
        new.first = problems.first[len(said.first) :]
        self.unread(new)
        if not self._quiet:
            self._odd(new)
        said.skipped, said.notes, said.first = problems.skipped.copy(), problems.notes.copy(), [*problems.first]
        said.failed.update(new.failed)

    def watched(self, tally: Tally) -> None:
        """How much was read while watching."""
        if not self._quiet:
            self._console.print(f"{tally.events:,} event{'s' * (tally.events != 1)} read")

    def converted(self, result: Converted) -> None:
        """What was written and skipped."""
        if result.interrupted:
            self._console.print("interrupted: what was read until then is written", style="yellow")
        if self._quiet:
            return
        self._console.print(
            f"{result.tally.read:,} event{'s' * (result.tally.read != 1)} of {result.files:,} "
            f"file{'s' * (result.files != 1)} written, {result.seconds:.1f} s"
        )
        self._odd(result.tally.problems)

    def _odd(self, problems: Problems) -> None:
        skipped, notes = problems.skipped.total(), problems.notes
        if skipped:
            said = ", ".join(f"{count:,} {reason}" for reason, count in sorted(problems.skipped.items()))
            self._console.print(f"{skipped:,} record{'s' * (skipped != 1)} could not be read: {said}", style="yellow")
        if notes:
            said = ", ".join(f"{count:,} {reason}" for reason, count in sorted(notes.items()))
            self._console.print(f"odd, but read: {said}", style="dim")
        for first in problems.first[:3] if skipped or notes else ():
            self._console.print(f"  {plain(first)}", style="dim")

    def _why_nothing(self, result: Result) -> None:
        tally = result.tally
        say = self._console.print
        say(f"{tally.reached:,} of the events are of a kind that some rule looks at.")
        said = ", ".join(f"{count:,} {name}" for name, count in tally.sources.most_common())
        say(f"sources seen: {said or 'none'}")
        claimed = {source for rule in result.rules for source in rule.sources}
        missing = [source for source in SOURCES if source in claimed and source not in tally.sources]
        if missing:
            say(f"sources the rules could use that are not here: {', '.join(missing)}")
