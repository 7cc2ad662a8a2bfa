"""Reads sequences drawn as timelines (`*.timeline`).

    ## a leftover end is ignored          one case; a file holds many
    maxspan 3                             options: maxspan in ms, head n, tail n, size n
    A    |    A2                          one line a stage, `!M` where it must be missing, `until` last
    B    | B1    B3 B4                    one column a moment
    ---
    A2 B3                                 the matches in order; `-` for a missing event; `by x` adds the key

``B3`` is the event at 3 ms; the letter only repeats the stage, so ``A3`` and ``B3`` are one event in two stages. ``B3.2``
is another event at 3 ms, with a later tiebreaker. Keys follow in small letters: ``B3x``; ``B3xy`` has two values of one key,
``B3x/z`` two keys, ``B3_`` no value. All events of a drawing have as many keys.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from comtrap.check.typed import Constant, Key, Pipe, Stage
from comtrap.execute.hits import HITS
from comtrap.match.match import Limits, match
from comtrap.plan.plan import SequencePlan
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from pathlib import Path

    from comtrap.match.hit import Match

TRUE = Constant(True, Type.BOOLEAN)
_EVENT = re.compile(r"(?P<stage>[A-Z])(?P<moment>\d+)(?:\.(?P<tie>\d+))?(?P<keys>[a-z_/]*)$")


@dataclass
class Drawing:
    """One case: what is drawn, and the rows it must give."""

    title: str
    options: dict[str, int] = field(default_factory=dict)
    stages: list[tuple[str, str]] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def plan(self) -> SequencePlan:
        keys = tuple(Key(None, optional=True) for _ in range(self.width()))
        made = [Stage(None, TRUE, keys, missing=label.startswith("!")) for label, _ in self.stages]
        until = made.pop() if self.stages[-1][0] == "until" else None
        maxspan = self.options.get("maxspan")
        pipes = tuple(Pipe(name, self.options[name]) for name in ("head", "tail") if name in self.options)
        return SequencePlan(self.title, tuple(made), until, None if maxspan is None else maxspan * 1_000_000, pipes)

    def width(self) -> int:
        widths = {event["keys"].count("/") + 1 if event["keys"] else 0 for _, event in self.events()}
        assert len(widths) <= 1, f"{self.title}: events differ in their number of keys"
        return widths.pop() if widths else 0

    def events(self) -> list[tuple[int, re.Match[str]]]:
        """(stage number, drawn event), after a check that the columns tell the truth."""
        found, columns = [], {}
        for number, (label, line) in enumerate(self.stages):
            for token in re.finditer(r"\S+", line):
                event = _EVENT.match(token[0])
                assert event is not None, f"{self.title}: {token[0]} is no event"
                assert label == "until" or event["stage"] == label[-1], (
                    f"{self.title}: {token[0]} in the line of {label}"
                )
                column = columns.setdefault(when(event), token.start())
                assert column == token.start(), f"{self.title}: {token[0]} is not in the column of its moment"
                found.append((number, event))
        drawn = [columns[moment] for moment in sorted(columns)]
        assert drawn == sorted(set(drawn)), f"{self.title}: the columns are not in the order of time"
        return found

    def hits(self) -> pa.Table:
        rows = [
            {
                "query": 0,
                "stage": number,
                "key": key,
                "time_ns": moment * 1_000_000,
                "tie": tie,
                "event": moment << 8 | tie,
            }
            for number, event in self.events()
            for moment, tie in [when(event)]
            for key in key_tuples(event["keys"])
        ]
        return pa.Table.from_pylist(rows, schema=HITS)

    def matches(self, *, backwards: bool = False) -> list[Match]:
        hits = self.hits()
        if backwards:
            hits = hits.take(pa.array(range(hits.num_rows - 1, -1, -1), pa.int64()))
        return match(self.plan(), 0, hits, Limits(size=self.options.get("size")))

    def drawn(self, found: Match, *, by: bool) -> str:
        """A match as the drawings write it."""
        labels = iter(label[-1] for label, _ in self.stages)
        row = " ".join(name(next(labels), event) for event in found.events)
        return f"{row} by {'/'.join(text or '_' for text in found.key)}" if by else row


def when(event: re.Match[str]) -> tuple[int, int]:
    return int(event["moment"]), int(event["tie"] or 0)


def name(label: str, event: int | None) -> str:
    if event is None:
        return "-"
    moment, tie = divmod(event, 256)
    return f"{label}{moment}.{tie}" if tie else f"{label}{moment}"


def key_tuples(drawn: str) -> list[list[str | None]]:
    """``xy/z`` is the tuples (x, z) and (y, z)."""
    if not drawn:
        return [[]]
    values = [[None if letter == "_" else letter for letter in part] for part in drawn.split("/")]
    return [list(key) for key in itertools.product(*values)]


def read(path: Path) -> list[Drawing]:
    """The drawings of a file."""
    drawings: list[Drawing] = []
    after = False
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("## "):
            drawings.append(Drawing(line[3:]))
            after = False
        elif not line.strip() or line.startswith("# "):
            continue
        elif line.startswith("---"):
            after = True
        elif after:
            drawings[-1].expected.append(" ".join(line.split()))
        elif "|" in line:
            label, events = line.split("|", 1)
            drawings[-1].stages.append((label.strip(), events))
        else:
            option, value = line.split()
            drawings[-1].options[option] = int(value)
    return drawings
