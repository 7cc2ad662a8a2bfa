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
        hit: whether the rule must alert: on each event of the file, or once on all of it where the query needs several.
        path: NDJSON, one record a line.
    """

    source: str
    hit: bool
    path: Path


def samples(rule: Rule) -> Iterator[Sample]:
    """The samples there are of a rule in a pack: ``samples/<rule>/<source>.hit.ndjson`` and ``<source>.miss.ndjson``."""
    folder = rule.path.parent.parent / "samples" / rule.path.stem
    for path in sorted(folder.glob("*.ndjson")):
        source, _, kind = path.stem.rpartition(".")
        if kind in {"hit", "miss"}:
            yield Sample(source, kind == "hit", path)
