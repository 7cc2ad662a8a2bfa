"""What is said on standard error: progress while it runs, and what was read when it is done."""

from __future__ import annotations

import fnmatch
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from comtrap.sinks.console import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from comtrap.rules.rule import Rule
    from comtrap.scan import Result


class Notes:
    """The voice on standard error; `quiet` leaves the errors only."""

    def __init__(self, *, quiet: bool) -> None:
        """Args: quiet: say nothing but what went wrong."""
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int], None] | None]:
        """Events read so far and their rate, where a person is watching."""
        if self._quiet or not self._console.is_terminal:
            yield None
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.completed:,.0f} events"),
            TextColumn("{task.speed} /s"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task("", total=None)
            yield lambda path, events: bar.update(task, advance=events, description=plain(path))

    def summary(self, result: Result, rules: Sequence[Rule]) -> None:
        """What was read, what was found, what could not be read; why nothing was found."""
        say = self._console.print
        for error in result.rule_errors:
            say(str(error), style="red")
        for where, why in result.problems.failed.items():
            say(f"not read: {plain(where)}: {plain(why)}", style="yellow")
        if self._quiet:
            return
        by_severity = Counter(a.rule.severity for a in result.alerts)
        found = ", ".join(f"{count} {severity.word}" for severity, count in sorted(by_severity.items(), reverse=True))
        rules_fired = len({a.rule.id for a in result.alerts})
        say(
            f"\n{result.events:,} events in {result.files} file{'s' * (result.files != 1)}, {result.seconds:.1f} s; {len(rules)} rules."
        )
        say(f"{len(result.alerts)} alerts ({found}) of {rules_fired} rules." if result.alerts else "No alerts.")
        for reason, count in sorted((result.problems.skipped + result.problems.notes).items()):
            say(f"  {count:,} x {reason}", style="yellow")
        for rule, count in result.failures.items():
            say(f"  rule {rule}: its condition failed on {count} events, taken as false", style="yellow")
        if not result.alerts:
            self._why_nothing(result, rules)

    def _why_nothing(self, result: Result, rules: Sequence[Rule]) -> None:
        patterns = {p for r in rules for p in r.index}
        eligible = sum(n for name, n in result.kinds.items() if any(fnmatch.fnmatchcase(name, p) for p in patterns))
        self._console.print(f"{eligible:,} of the events are of sources that a rule reads:")
        for name, count in result.kinds.most_common():
            self._console.print(f"  {count:,} {name}")
        seen = [p for p in sorted(patterns) if not any(fnmatch.fnmatchcase(name, p) for name in result.kinds)]
        if seen:
            self._console.print(f"Nothing was seen of: {', '.join(seen)}")
