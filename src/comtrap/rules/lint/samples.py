"""A rule without proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from comtrap.rules.lint.warning import warning
from comtrap.rules.samples import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.errors import Diagnostic
    from comtrap.rules.rule import Rule
    from comtrap.schema.schema import Schema


def without_samples(rule: Rule, _schema: Schema) -> Iterator[Diagnostic]:
    """A source that a rule claims needs events on which it alerts, and near misses on which it does not."""
    there = {(sample.source, sample.hit) for sample in samples(rule)}
    missing = [
        f"{source}.{'hit' if hit else 'miss'}.ndjson"
        for source in rule.sources
        for hit in (True, False)
        if (source, hit) not in there
    ]
    if missing:
        yield warning("W304", f"without samples: {', '.join(missing)}", f"put them in samples/{rule.path.stem}/")
