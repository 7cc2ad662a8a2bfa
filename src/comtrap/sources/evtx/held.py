"""Records gathered by kind until there are enough of them for a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from comtrap.events.raw import RawBatch
from comtrap.sources.batches import HELD_BYTES, OF_KIND, ROWS
from comtrap.sources.columns import CELLS
from comtrap.sources.evtx.records import together
from comtrap.sources.evtx.sort import CHANNEL
from comtrap.sources.evtx.values import constant
from comtrap.sources.shapes.evtx_event import SHAPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from comtrap.events.raw import Kind, Origin
    from comtrap.events.wanted import Wanted
    from comtrap.sources.evtx.memory import Mask, Places
    from comtrap.sources.evtx.records import Positions, Records


@dataclass(slots=True)
class _Group:
    """Records of one kind."""

    records: list[Records] = field(default_factory=list)
    rows: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class Held:
    """Gathers records; made for one content.

    Attributes:
        origin: where the records come from.
        wanted: what is wanted of each kind, None for all.
    """

    origin: Origin
    wanted: Wanted | None
    _groups: dict[Kind, _Group] = field(default_factory=dict)
    _counted: dict[tuple[Kind, str | None], list[Positions]] = field(default_factory=dict)
    _size_bytes: int = 0

    def add(self, kind: Kind, records: Records) -> None:
        """More records; their positions are after those of all before of the same kind, layout and types."""
        group = self._groups.setdefault(kind, _Group())
        group.records.append(records)
        group.rows += records.positions.size
        group.size_bytes += records.size_bytes
        self._size_bytes += records.size_bytes

    def count(self, kind: Kind, channel: str | None, positions: Positions) -> None:
        """More records of which no more than the channel is wanted."""
        self._counted.setdefault((kind, channel), []).append(positions)
        self._size_bytes += positions.nbytes

    def full(self) -> Iterator[RawBatch]:
        """What there is enough of; once much is held, the largest groups, until half of it is gone.

        Rare kinds wait, so that their batches do not become tiny.
        """
        for kind in [kind for kind, group in self._groups.items() if group.rows >= ROWS]:
            yield from self._release(kind)
        for key in [key for key, held in self._counted.items() if sum(map(len, held)) >= ROWS]:
            yield self._release_counted(key)
        if self._size_bytes < HELD_BYTES:
            return
        for kind in sorted(self._groups, key=lambda k: (-self._groups[k].size_bytes, k)):
            if self._size_bytes <= HELD_BYTES // 2:
                break
            yield from self._release(kind)

    def rest(self) -> Iterator[RawBatch]:
        """All that is left."""
        for kind in list(self._groups):
            yield from self._release(kind)
        for key in list(self._counted):
            yield self._release_counted(key)

    def _release_counted(self, key: tuple[Kind, str | None]) -> RawBatch:
        positions = np.sort(np.concatenate(self._counted.pop(key)))
        self._size_bytes -= positions.nbytes
        columns = {"_position": pa.array(positions, pa.uint64())}
        if key[1] is not None:
            columns[CHANNEL] = constant(key[1], positions.size).cast(pa.string())
        return RawBatch(key[0], pa.table(columns), self.origin)

    def _release(self, kind: Kind) -> Iterator[RawBatch]:
        group = self._groups.pop(kind)
        self._size_bytes -= group.size_bytes
        wanted = None if self.wanted is None else self.wanted.of(kind) - OF_KIND
        alike: dict[object, list[Records]] = {}
        for records in group.records:
            alike.setdefault(records.key, []).append(records)
        for mixed in _ranges([together(records) for records in alike.values()], wanted):
            held_bytes = sum(each.size_bytes for each in mixed)
            yield RawBatch(kind, _frame(mixed, wanted), self.origin, _whole(kind, mixed, self.origin), held_bytes)


def _ranges(found: list[Records], wanted: frozenset[str] | None) -> Iterator[list[Records]]:
    """Records by ascending positions, so that not too many values are made at once."""
    todo = [found]
    while todo:
        mixed = todo.pop()
        rows = sum(each.positions.size for each in mixed)
        width = sum(each.width(wanted) for each in mixed)
        if rows <= ROWS and (rows == 1 or rows * width <= CELLS):
            yield mixed
            continue
        middle = np.partition(np.concatenate([each.positions for each in mixed]), rows // 2)[rows // 2]
        is_late = [each.positions >= middle for each in mixed]
        todo += [_part(mixed, is_late), _part(mixed, [~late for late in is_late])]


def _part(mixed: list[Records], chosen: list[Mask]) -> list[Records]:
    return [each.take(np.flatnonzero(mask)) for each, mask in zip(mixed, chosen, strict=True) if mask.any()]


def _frame(mixed: Sequence[Records], wanted: frozenset[str] | None) -> pa.Table:
    """The columns of records of one kind, in the order of their positions."""
    positions = np.concatenate([each.positions for each in mixed])
    order = None if (positions[1:] > positions[:-1]).all() else np.argsort(positions)
    found = [each.columns(wanted) for each in mixed]
    names = dict.fromkeys(name for columns in found for name in columns)
    out = {
        "_position": pa.array(positions if order is None else positions[order], pa.uint64()),
        "_shape": pa.array([SHAPE], pa.string()).take(pa.array(np.zeros(positions.size, np.int8))),
    }
    for name in names:
        pieces = [
            columns[name].cast(pa.string()) if name in columns else pa.nulls(each.positions.size, pa.string())
            for columns, each in zip(found, mixed, strict=True)
        ]
        column = pieces[0] if len(pieces) == 1 else pa.concat_arrays(pieces)
        out[name] = column if order is None else column.take(pa.array(order))
    return pa.table(out)


def _whole(kind: Kind, mixed: Sequence[Records], origin: Origin) -> Callable[[Places], RawBatch]:
    """What gives complete records; the bytes they need are kept until then."""

    def whole(rows: Places) -> RawBatch:
        positions = np.sort(np.concatenate([each.positions for each in mixed]))[rows]
        chosen = ((each, np.flatnonzero(np.isin(each.positions, positions))) for each in mixed)
        frame = _frame([each.take(found) for each, found in chosen if found.size], None)
        at = np.searchsorted(np.sort(positions), positions)
        return RawBatch(kind, frame if (at[1:] > at[:-1]).all() else frame.take(pa.array(at)), origin)

    return whole
