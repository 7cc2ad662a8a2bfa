"""Sequences of chance, with missing stages and pipes: what the trace says of them is compared with what `match` finds."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from hypothesis import strategies as st

from comtrap.check.typed import Constant, Key, Pipe, Stage
from comtrap.execute.hits import HITS
from comtrap.plan.plan import SequencePlan
from comtrap.schema.types import Type

TRUE = Constant(True, Type.BOOLEAN)
KEYS = ["x", "y", None]
MS = 1_000_000


@dataclass(frozen=True)
class Scenario:
    """A query, and its hits in no particular order."""

    query: SequencePlan
    hits: pa.Table
    end_ns: int


def plan(
    stages: int,
    maxspan_ms: int | None = None,
    *,
    until: bool = False,
    missing: frozenset[int] = frozenset(),
    keys: int = 1,
) -> SequencePlan:
    """A sequence whose stages differ in nothing but their number."""
    by = tuple(Key(None, optional=True) for _ in range(keys))
    made = tuple(Stage(None, TRUE, by, missing=at in missing) for at in range(stages))
    ends = Stage(None, TRUE, by) if until else None
    return SequencePlan("q", made, ends, None if maxspan_ms is None else maxspan_ms * MS)


def table(*rows: tuple[int, int, str | None], tie: int | None = None) -> pa.Table:
    """Hits: stage, milliseconds, key; each an event of its own, numbered from 0."""
    made = [
        {"query": 0, "stage": stage, "key": [key], "time_ns": moment * MS, "tie": tie, "event": number}
        for number, (stage, moment, key) in enumerate(rows)
    ]
    return pa.Table.from_pylist(made, schema=HITS)


@st.composite
def scenarios(draw) -> Scenario:
    """Two to five stages of which some may be missing, few moments and keys, so that much happens at once."""
    stages = draw(st.integers(2, 5))
    missing = draw(st.frozensets(st.integers(0, stages - 1), max_size=stages - 1))
    maxspan_ms = draw(st.integers(1, 12) if missing else st.none() | st.integers(1, 12))
    until = draw(st.booleans())
    pipes = draw(st.lists(st.builds(Pipe, name=st.sampled_from(["head", "tail"]), count=st.integers(0, 3)), max_size=2))
    events = draw(
        st.lists(
            st.tuples(
                st.integers(0, 20),  # moment
                st.none() | st.integers(0, 1),  # tie
                st.frozensets(st.integers(0, stages if until else stages - 1), min_size=1, max_size=3),
                st.frozensets(st.sampled_from(KEYS), min_size=1, max_size=2),
            ),
            max_size=25,
        )
    )
    rows = [
        {"query": 0, "stage": stage, "key": [key], "time_ns": moment * MS, "tie": tie, "event": number}
        for number, (moment, tie, of, keys) in enumerate(events)
        for stage in of
        for key in keys
    ]
    query = plan(stages, maxspan_ms, until=until, missing=missing)
    query = SequencePlan(query.name, query.stages, query.until, query.maxspan_ns, tuple(pipes))
    return Scenario(query, pa.Table.from_pylist(rows, schema=HITS), 20 * MS)
