"""What `comtrap query` says on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.check.suggest import suggest
from comtrap.cli.notes import Notes
from comtrap.scanning.asked import CATEGORIES
from comtrap.schema.telemetry import telemetry
from comtrap.sinks.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from comtrap.scanning.asked import Asked
    from comtrap.scanning.query import Answer
    from comtrap.scanning.silence import Silence


class QueryNotes(Notes):
    """The voice on standard error, for queries."""

    def tell(self, said: str) -> None:
        """A note, for those who did not ask for quiet."""
        if not self._quiet:
            self._console.print(said)

    def warn(self, said: str) -> None:
        """Something that went wrong."""
        self._console.print(plain(said), style="yellow")

    def unmapped(self, asked: Asked) -> None:
        """Optional fields that mean nothing here."""
        for name in asked.unmapped:
            near = suggest(name, telemetry())
            self.warn(
                f"?{name} is not in {telemetry().name}, so it is always null{'' if near is None else f'; {near}'}"
            )

    def answered(self, answer: Answer) -> None:
        """What was read, and how many events met the query where not all of them are shown."""
        problems = answer.tally.problems
        self.unread(problems)
        if answer.failures:
            self.warn(f"a condition failed on {answer.failures:,} events and was taken as false")
        if answer.interrupted:
            self.warn("interrupted: this is what was found until then")
        events, met = answer.tally.events, answer.counts[0, 0]
        said = f"{_count(events, 'event')} in {_count(answer.files, 'file')}, {answer.seconds:.1f} s"
        if answer.is_single and met > len(answer):
            said += f"; {met:,} met the query, {len(answer):,} {'is' if len(answer) == 1 else 'are'} shown"
        self.tell(said)
        self.narrowed(problems)
        if not self._quiet:
            self._odd(problems)

    def why_nothing(self, answer: Answer, why: Silence) -> None:
        """Reasons for an empty answer."""
        if not answer.tally.read:
            self.tell("nothing found: no events were read")
            return
        self.tell("nothing found")
        if len(why.met) > 1:
            met = ", ".join(f"{count:,} met stage {number + 1}" for number, count in why.met.items())
            self.tell(f"  of the events {met}")
            if not why.unmet:
                self.tell("  no events of these belong together: by their keys, in this order, within this span")
        for category, count in why.categories.items():
            self._category(category, count)
            if category in why.empty:
                self.tell(f"  none of these has a value in {', '.join(map(plain, why.empty[category]))}")
        if why.present:
            self.tell(f"  categories there are: {_listed(why.present)}")
        self.tell(f"  sources seen: {_listed(answer.tally.sources) or 'none'}")
        if why.absent and why.unmet:
            self.tell(f"  sources that could have such events and are not here: {', '.join(why.absent)}")
        self.tell("  `comtrap explain` shows how far events came, condition by condition")

    def _category(self, category: str | None, count: int) -> None:
        if category is None:
            return
        near = None if count else suggest(category, [known for known in CATEGORIES if known != category])
        said = f"{count:,}" if count else "none"
        self.tell(f"  {said} of the events are of category {plain(category)}{'' if near is None else f'; {near}'}")


def _listed(counts: Mapping[str, int]) -> str:
    ordered: Iterable[tuple[str, int]] = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count:,} {plain(name)}" for name, count in ordered)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
