"""The samples that come with a rule: events it must alert on, and look-alikes it must not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from comtrap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of events in the shape in which a source hands them over.

    Attributes:
        source: the event source.
        hit: whether the rule must alert: on each event of the file, or once on all of it where the query needs several
            and the file is no `part`.
        path: NDJSON, one record a line.
        part: what the file is, where a source has several; ``clauses`` has for each clause of the query a record that
            is a hit, or a near miss, by that clause alone.
    """

    source: str
    hit: bool
    path: Path
    part: str = ""


def samples(rule: Rule) -> Iterator[Sample]:
    """The samples there are of a rule in a pack: ``samples/<rule>/<source>[.<part>].hit.ndjson``, and ``.miss.ndjson``."""
    folder = rule.path.parent.parent / "samples" / rule.path.stem
    for path in sorted(folder.glob("*.ndjson")):
        name, _, kind = path.stem.rpartition(".")
        if kind in {"hit", "miss"}:
            source, _, part = name.partition(".")
            yield Sample(source, kind == "hit", path, part)
