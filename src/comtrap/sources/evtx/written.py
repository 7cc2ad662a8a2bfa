"""Records whose events are written out, sorted by their forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from comtrap.sources.evtx.chunk import CHUNK_BYTES, RECORD_HEAD_BYTES, RECORD_TAIL_BYTES
from comtrap.sources.evtx.inline import STARTS, form, walk
from comtrap.sources.evtx.template import UnknownFormError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.raw import Kind
    from comtrap.sources.evtx.inline import Form
    from comtrap.sources.evtx.instances import Part
    from comtrap.sources.evtx.memory import Places
    from comtrap.sources.evtx.segment import Segment

FEWEST = 32
"""So many records of a kind must be there: fewer are read sooner by the `evtx` package."""

FORMS = 16
"""How many forms of one kind are remembered, and of how many kinds in their thousands."""

_LESSONS = 4  # how many forms are learned of one segment, for each kind
_FRAGMENT_BYTES = 4
_HEADER = 0x0F


@dataclass(slots=True)
class Written:
    """Remembers the forms of records."""

    _heads: list[Form] = field(default_factory=list)
    _forms: dict[Kind, list[Form]] = field(default_factory=dict)

    def begun(self, segment: Segment, rows: Places) -> Iterator[tuple[Places, Part, Form]]:
        """Those of a segment's records that are written out, by the form of their beginning.

        Args:
            segment: has them.
            rows: which may be.
        """
        at, _ = _span(segment, rows)
        data = segment.memory.data
        at = at + _FRAGMENT_BYTES * (data[at] == _HEADER)
        rows = rows[np.isin(data[np.minimum(at, data.size - 1)], STARTS)]
        if rows.size >= FEWEST:
            yield from _matched(segment, rows, self._heads, is_head=True)

    def whole(self, segment: Segment, kind: Kind, rows: Places) -> Iterator[tuple[Places, Part, Form]]:
        """Those of a segment's records of one kind whose form is known or learned."""
        if rows.size < FEWEST:
            return
        if len(self._forms) > FORMS << 10:
            self._forms.clear()
        yield from _matched(segment, rows, self._forms.setdefault(kind, []), is_head=False)


def _matched(
    segment: Segment, rows: Places, forms: list[Form], *, is_head: bool
) -> Iterator[tuple[Places, Part, Form]]:
    """Records by their forms; what is learned is added to these.

    Args:
        segment: has them.
        rows: which of its records.
        forms: the forms that are known, the latest first.
        is_head: whether only the beginning matters.
    """
    for each in list(forms):
        if not rows.size:
            return
        found, part = _walked(segment, rows, each, is_head=is_head)
        if found.size:
            yield rows[found], part, each
            rows = np.delete(rows, found)
    for _ in range(_LESSONS):
        if rows.size < FEWEST:
            return
        learned = _learned(segment, int(rows[0]))
        if learned is None:
            rows = rows[1:]
            continue
        forms.insert(0, learned)
        del forms[FORMS:]
        found, part = _walked(segment, rows, learned, is_head=is_head)
        yield rows[found], part, learned
        rows = np.delete(rows, found)


def _walked(segment: Segment, rows: Places, each: Form, *, is_head: bool) -> tuple[Places, Part]:
    at, ends = _span(segment, rows)
    return walk(segment.memory, each.steps[: each.head] if is_head else each.steps, each.template, at, ends)


def _learned(segment: Segment, row: int) -> Form | None:
    at, end = (int(edge[0]) for edge in _span(segment, np.array([row])))
    base = at - at % CHUNK_BYTES
    try:
        return form(segment.memory.data[base : base + CHUNK_BYTES].tobytes(), at - base, end - base)
    except UnknownFormError:
        return None


def _span(segment: Segment, rows: Places) -> tuple[Places, Places]:
    """Where the events of records begin and end."""
    starts = segment.starts[rows]
    return starts + RECORD_HEAD_BYTES, starts + segment.sizes[rows] - RECORD_TAIL_BYTES
