"""A sequence as a Sigma correlation: one rule a stage, and what joins them.

Source: the Sigma correlation rules specification 2.1.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from comtrap.export.sigma_rule.metadata import about, closing, heading, logsource
from comtrap.export.sigma_rule.parts import Part, SigmaRule, parts
from comtrap.export.target import NoFormError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from comtrap.export.sigma_rule.kinds import Kind
    from comtrap.lang import ast
    from comtrap.rules.rule import Rule

MOST = 16  # correlations made of one sequence whose stages read several kinds of events
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000))


def correlated(rule: Rule, sequence: ast.Sequence, kinds: Sequence[Kind]) -> SigmaRule:
    """A sequence as the rules of its stages and the correlations of them.

    A stage whose alternatives come from different log sources is one rule a log source, and each way through the
    stages one correlation.

    Raises:
        NoFormError: Sigma cannot say it.
    """
    _sayable(sequence)
    stages = [list(parts(stage.query, kinds)) for stage in sequence.stages]
    if prod(map(len, stages)) > MOST:
        raise NoFormError(f"its stages read so many kinds of events that it would take more than {MOST} correlations")
    named = [
        [_named(rule, at, number, part, len(stage)) for number, part in enumerate(stage)]
        for at, stage in enumerate(stages)
    ]
    ways = list(product(*(range(len(stage)) for stage in stages)))
    span, rounded = _timespan(sequence.maxspan_ms or 0)
    joins = [
        _correlation(
            rule,
            sequence,
            [(named[at][n]["name"], stages[at][n]) for at, n in enumerate(way)],
            span,
            (number, len(ways)),
        )
        for number, way in enumerate(ways)
    ]
    every = [part for stage in stages for part in stage]
    notes = [note for part in every for note in part.detection.notes]
    notes += [f"`maxspan` is rounded up to {span}"] * rounded
    documents = (*(one for stage in named for one in stage), *joins)
    return SigmaRule(documents, tuple(part.kind for part in every), tuple(dict.fromkeys(notes)))


def keys_of(correlation: Mapping[str, Any], name: str) -> list[str]:
    """What the keys of a correlation are called in one of its rules."""
    aliases = correlation.get("aliases", {})
    return [aliases[key][name] if key in aliases else key for key in correlation["group-by"]]


def _sayable(sequence: ast.Sequence) -> None:
    keys = [*sequence.by, *(key for stage in sequence.stages for key in stage.by)]
    for wrong, what in (
        (sequence.until is not None, "`until`"),
        (any(stage.missing for stage in sequence.stages), "an event that must be missing"),
        (any(stage.runs > 1 for stage in sequence.stages), "`with runs`"),
        (sequence.maxspan_ms is None, "a sequence without `maxspan`"),
        (any(key.optional for key in keys), "an optional key, which joins where it is missing"),
    ):
        if wrong:
            raise NoFormError(f"a Sigma correlation cannot say {what}")


def _named(rule: Rule, at: int, number: int, part: Part, of: int) -> Mapping[str, Any]:
    """The rule of one stage, which alone alerts on nothing."""
    which = f"{at + 1}{chr(ord('a') + number) if of > 1 else ''}"
    return {
        **heading(rule, f"stage {which}", f" (stage {which})"),
        "name": f"{rule.path.stem}_{which}",
        **about(rule),
        "logsource": logsource(part.kind, rule),
        "detection": part.detection.data(),
        **closing(rule),
        "level": "informational",
    }


def _correlation(
    rule: Rule, sequence: ast.Sequence, way: list[tuple[str, Part]], span: str, which: tuple[int, int]
) -> Mapping[str, Any]:
    number, of = which
    keys = [_names(sequence, way, at) for at in range(len(sequence.by) + len(sequence.stages[0].by))]
    group, aliases = [], {}
    for names in keys:
        alias = names[0] if len(set(names)) == 1 else f"key_{names[0].lower()}"
        group.append(alias)
        if alias != names[0]:
            aliases[alias] = dict(zip((name for name, _ in way), names, strict=True))
    correlation: dict[str, Any] = {
        "type": "temporal_ordered",
        "rules": [name for name, _ in way],
        "group-by": group,
        "timespan": span,
    }
    if aliases:
        correlation["aliases"] = aliases
    part = "" if of == 1 else f"correlation {number + 1}"
    return {
        **heading(rule, part, f" ({number + 1} of {of})" if of > 1 else ""),
        **about(rule),
        "correlation": correlation,
        **closing(rule),
    }


def _names(sequence: ast.Sequence, way: list[tuple[str, Part]], at: int) -> list[str]:
    """What Sigma calls one key in each stage."""
    found = []
    for (_, part), stage in zip(way, sequence.stages, strict=True):
        key = (*sequence.by, *stage.by)[at].name
        name = part.kind.field(key)
        if name is None:
            raise NoFormError(f"`{key}`, which joins events, has no name for {part.kind.name} events")
        found.append(name)
    return found


def _timespan(span_ms: int) -> tuple[str, bool]:
    """A time span in the largest unit that tells it, and whether it had to be rounded up to a second."""
    whole = -(-max(span_ms, 1) // 1000) * 1000
    unit, size = next((unit, size) for unit, size in _UNITS if whole % size == 0)
    return f"{whole // size}{unit}", whole != span_ms
