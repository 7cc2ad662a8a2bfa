"""The records of a segment by what they are: kind of event, templates, types of values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from comtrap.sources.evtx import types
from comtrap.sources.evtx.chunk import RECORD_HEAD_BYTES, RECORD_TAIL_BYTES
from comtrap.sources.evtx.heads import heads, is_told, names
from comtrap.sources.evtx.instances import instances, parts
from comtrap.sources.evtx.layout import InexpressibleError, Layout, OverlongError, Stand, Value, heading, layout
from comtrap.sources.evtx.records import Records
from comtrap.sources.evtx.texts import slices
from comtrap.sources.evtx.written import Written
from comtrap.sources.shapes.kind import kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.raw import Kind
    from comtrap.events.wanted import Wanted
    from comtrap.sources.evtx.definitions import Definitions, Template
    from comtrap.sources.evtx.instances import Instances, Part
    from comtrap.sources.evtx.layout import Heading
    from comtrap.sources.evtx.memory import Memory, Places
    from comtrap.sources.evtx.segment import Segment

LEVELS = 8
"""How deep template instances may lie within one another."""

_LAYOUTS = 4096  # remembered
_ODD_TYPES = frozenset({types.TEXTS, types.BINXML})  # values of which may be more than one text
CHANNEL = "winlog.channel"
NOTHING, ONLY_CHANNEL = frozenset[str](), frozenset({CHANNEL})


@dataclass(slots=True)
class Sorted:
    """What the records of a segment are; numbers are indices of its records.

    Attributes:
        counted: records of kinds of which no more than the channel is wanted, by kind and channel.
        records: the others, by kind.
        odd: records that are not understood here.
        endless: records that no log has: what is in them would have no end.
    """

    counted: dict[tuple[Kind, str | None], list[Places]] = field(default_factory=dict)
    records: list[tuple[Kind, Records]] = field(default_factory=list)
    odd: list[Places] = field(default_factory=list)
    endless: list[Places] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Events:
    """Records whose event is of one template, with the same types of values.

    Attributes:
        is_written: whether the event is written out in the record, and the part is only its beginning.
    """

    rows: Places
    part: Part
    heading: Heading
    is_written: bool = False

    def alike(self, kind: Kind, rows: Places) -> _Alike:
        """Some of the records, which are of one kind."""
        if rows.size == self.rows.size:
            return _Alike(kind, self.rows, (self.part,))
        return _Alike(kind, self.rows[rows], (self.part.take(rows),))


@dataclass(frozen=True, slots=True)
class _Alike:
    """Records that are alike as far as is known yet.

    Attributes:
        rows: which of the segment's.
        parts: their template instances.
        stands: where each but the first stands.
        fresh: how many of the parts, the last ones, were not searched for further ones.
    """

    kind: Kind
    rows: Places
    parts: tuple[Part, ...]
    stands: tuple[Stand, ...] = ()
    fresh: int = 1

    def take(self, rows: Places) -> _Alike:
        if rows.size == self.rows.size:
            return self
        return _Alike(self.kind, self.rows[rows], tuple(p.take(rows) for p in self.parts), self.stands, self.fresh)

    def with_part(self, part: Part, stand: Stand) -> _Alike:
        """The same with one more part."""
        return _Alike(self.kind, self.rows, (*self.parts, part), (*self.stands, stand), self.fresh + 1)

    def nested(self) -> list[Stand]:
        """The values that are template instances themselves, of those not searched yet."""
        start = len(self.parts) - self.fresh
        return [
            Stand(number, index)
            for number, part in enumerate(self.parts[start:], start)
            if types.BINXML in part.types.tobytes()
            for index in np.flatnonzero(part.types == types.BINXML).tolist()
        ]


@dataclass(slots=True)
class Sorter:
    """Sorts the records of any number of segments.

    Attributes:
        definitions: knows the templates.
        wanted: what is wanted of each kind, None for all.
    """

    definitions: Definitions
    wanted: Wanted | None
    _written: Written = field(default_factory=Written)
    _headings: dict[Template, Heading | None] = field(default_factory=dict)
    _layouts: dict[tuple[object, ...], Layout | type[Exception]] = field(default_factory=dict)
    _chosen: dict[Kind, frozenset[str]] = field(default_factory=dict)

    def sort(self, segment: Segment, first: int) -> Sorted:
        """What the records of a segment are.

        Args:
            segment: what to look at.
            first: the position of its first record.
        """
        found = Sorted()
        self._forget()
        level = list(self._kinds(segment, self._events(segment, found), found))
        done: list[tuple[_Alike, Layout]] = []
        for _ in range(LEVELS):
            closed = [each for each in level if not each.nested()]
            done += [(each, chosen) for each in closed if (chosen := self._layout(each, found)) is not None]
            level = list(self._inner(segment.memory, [each for each in level if each.nested()], found))
            if not level:
                break
        found.endless += [each.rows for each in level]
        found.records = list(_kept(segment, done, first))
        return found

    def _forget(self) -> None:
        """What is remembered has bounds."""
        if len(self._layouts) > _LAYOUTS:
            self._layouts.clear()
        if len(self._headings) > _LAYOUTS:
            self._headings.clear()
        if len(self._chosen) > _LAYOUTS:
            self._chosen.clear()

    def _events(self, segment: Segment, found: Sorted) -> list[_Events]:
        """The records by the template of the event itself."""
        memory = segment.memory
        whole = np.flatnonzero(segment.sizes)
        starts = segment.starts[whole]
        ends = starts + segment.sizes[whole] - RECORD_TAIL_BYTES
        known = instances(memory, self.definitions, starts + RECORD_HEAD_BYTES, ends)
        out: list[_Events] = []
        for key, rows in groups(known.keys()):
            if key < 0:
                begun = [
                    _Events(some, part, form.heading, is_written=True)
                    for some, part, form in self._written.begun(segment, whole[rows])
                ]
                _leave(whole[rows], [each.rows for each in begun], found)
                out += begun
                continue
            template = known.templates[key >> 16]
            heading = self._heading(template)
            if heading is None:
                found.odd.append(whole[rows])
                continue
            alike = [
                _Events(whole[rows[some]], part, heading)
                for some, part in parts(memory, template, known.tables[rows], key & 0xFFFF, ends[rows])
                if is_told(part, heading)
            ]
            _leave(whole[rows], [each.rows for each in alike], found)
            out += alike
        return out

    def _heading(self, template: Template) -> Heading | None:
        if template not in self._headings:
            self._headings[template] = heading(template)
        return self._headings[template]

    def _kinds(self, segment: Segment, events: list[_Events], found: Sorted) -> Iterator[_Alike]:
        """The records by kind; without those that are only counted."""
        if not events:
            return
        told = heads(segment.memory, [(each.part, each.heading) for each in events])
        starts = np.cumsum([0, *(each.rows.size for each in events)])
        named: list[tuple[Kind, _Events, Places]] = []
        for key, rows in groups(told.keys):
            here = [(events[number], some) for number, some in _parted(starts, rows)]
            if key < 0:
                found.odd += [each.rows[some] for each, some in here]
                continue
            provider, code = told.told(key)
            event = kind(provider, None, code)
            wanted = self._wanted(event)
            if wanted == NOTHING:
                found.counted.setdefault((event, None), []).extend(each.rows[some] for each, some in here)
                continue
            whole = [(each, some) for each, some in here if not each.is_written]
            written = [each.rows[some] for each, some in here if each.is_written]
            if written:
                whole += self._whole(segment, event, np.concatenate(written), found)
            if wanted == ONLY_CHANNEL:
                named += [(event, each, some) for each, some in whole]
            else:
                yield from (each.alike(event, some) for each, some in whole)
        _by_channel(segment.memory, named, found)

    def _whole(self, segment: Segment, event: Kind, rows: Places, found: Sorted) -> list[tuple[_Events, Places]]:
        """Records whose events are written out, those of one kind."""
        alike = [_Events(some, part, form.heading) for some, part, form in self._written.whole(segment, event, rows)]
        _leave(rows, [each.rows for each in alike], found)
        return [(each, np.arange(each.rows.size)) for each in alike]

    def _wanted(self, event: Kind) -> frozenset[str] | None:
        if self.wanted is None:
            return None
        if event not in self._chosen:
            self._chosen[event] = self.wanted.of(event)
        return self._chosen[event]

    def _inner(self, memory: Memory, level: list[_Alike], found: Sorted) -> Iterator[_Alike]:
        """Records with the template instances in the values of those that they had."""
        spans = [each.parts[stand.part].span(stand.index) for each in level for stand in each.nested()]
        if not spans:
            return
        at, sizes = (np.concatenate(each) for each in zip(*spans, strict=True))
        known = instances(memory, self.definitions, at, at + sizes)
        start = 0
        for each in level:
            stands = each.nested()
            places = np.arange(start, start + each.rows.size * len(stands)).reshape(len(stands), -1)
            start += places.size
            for keys, rows in _combinations(known.keys()[places]):
                grown = list(_grown(memory, known, keys, each.take(rows), places[:, rows]))
                _leave(each.rows[rows], [inner.rows for inner in grown], found)
                yield from grown

    def _layout(self, each: _Alike, found: Sorted) -> Layout | None:
        """The columns of records, None if they have none that are told here."""
        key = (tuple(part.template for part in each.parts), each.stands)
        made = self._layouts.get(key)
        if made is None:
            made = self._layouts[key] = _made(*key)
        if isinstance(made, Layout) and _fits(each, made):
            return made
        (found.endless if made is OverlongError else found.odd).append(each.rows)
        return None


def _by_channel(memory: Memory, events: list[tuple[Kind, _Events, Places]], found: Sorted) -> None:
    """Count records by their channels too."""
    if not events:
        return
    channels, which = names(memory, [(each.part, each.heading.channel, some) for _, each, some in events])
    start = 0
    for event, each, some in events:
        mine = which[start : start + some.size]
        start += some.size
        for number, rows in groups(mine):
            found.counted.setdefault((event, channels[number]), []).append(each.rows[some[rows]])


def _leave(rows: Places, taken: list[Places], found: Sorted) -> None:
    """Note down those of some records that were not taken."""
    if sum(each.size for each in taken) < rows.size:
        found.odd.append(np.setdiff1d(rows, np.concatenate(taken)) if taken else rows)


def _made(templates: tuple[Template, ...], stands: tuple[Stand, ...]) -> Layout | type[Exception]:
    try:
        return layout(templates, stands)
    except (InexpressibleError, OverlongError) as error:
        return type(error)


def _grown(memory: Memory, known: Instances, keys: tuple[int, ...], alike: _Alike, places: Places) -> Iterator[_Alike]:
    """Records with further template instances, the same in all of them but for the types of values.

    Args:
        memory: has them.
        known: the instances.
        keys: what they are, one for each value that is one.
        alike: the records.
        places: of each such value (first axis) in each record, which of the instances it is.
    """
    if min(keys) < 0:
        return
    grown = [(np.arange(alike.rows.size), replace(alike, fresh=0))]
    for key, stand, here in zip(keys, alike.nested(), places, strict=True):
        before, grown = grown, []
        for rows, each in before:
            at = here[rows]
            for chosen, part in parts(
                memory, known.templates[key >> 16], known.tables[at], key & 0xFFFF, known.ends[at]
            ):
                grown.append((rows[chosen], each.take(chosen).with_part(part, stand)))
    for _, each in grown:
        yield each


def _fits(each: _Alike, chosen: Layout) -> bool:
    """Whether values are of types that are understood in their places."""
    for number, part in enumerate(each.parts):
        if not _ODD_TYPES.intersection(part.types.tobytes()):
            continue
        for index in np.flatnonzero((part.types == types.TEXTS) | (part.types == types.BINXML)).tolist():
            is_nested = Stand(number, index) in each.stands
            if not is_nested and (part.types[index] == types.BINXML or Value(number, index) in chosen.single):
                return False
    return True


def _kept(segment: Segment, done: list[tuple[_Alike, Layout]], first: int) -> Iterator[tuple[Kind, Records]]:
    """The records with bytes of their own."""
    if not done:
        return
    rows = np.concatenate([each.rows for each, _ in done])
    starts = np.concatenate([each.parts[0].first for each, _ in done])
    sizes = segment.starts[rows] + segment.sizes[rows] - RECORD_TAIL_BYTES - starts
    copied = slices(segment.memory, starts, sizes)
    data = np.frombuffer(copied.buffers()[2], np.uint8)
    ends = np.cumsum(sizes)
    moved = ends - sizes - starts
    at = 0
    for each, chosen in done:
        mine = slice(at, at + each.rows.size)
        begin, end = int(ends[at] - sizes[at]), int(ends[mine.stop - 1])
        at = mine.stop
        by = moved[mine] - begin
        positions = (each.rows + first).astype(np.uint64)
        yield (
            each.kind,
            Records(positions, chosen, tuple(part.moved(by) for part in each.parts), data[begin:end].copy()),
        )


def _parted(starts: Places, rows: Places) -> Iterator[tuple[int, Places]]:
    """Ascending rows by the range they lie in, counted from its start."""
    first, last = np.searchsorted(starts, rows[[0, -1]], side="right") - 1
    edges = np.searchsorted(rows, starts[first + 1 : last + 1]).tolist()
    for number, (start, stop) in enumerate(pairwise([0, *edges, rows.size]), int(first)):
        if stop > start:
            yield number, rows[start:stop] - starts[number]


def groups(keys: Places) -> Iterator[tuple[int, Places]]:
    """The different keys, and where each is."""
    if not keys.size:
        return
    if (keys == keys[0]).all():
        yield int(keys[0]), np.arange(keys.size)
        return
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    edges = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1, append=ordered[-1] + 1)).tolist()
    for start, stop in pairwise(edges):
        yield int(ordered[start]), order[start:stop]


def _combinations(keys: Places) -> Iterator[tuple[tuple[int, ...], Places]]:
    """The different columns of a matrix, and where each is."""
    if len(keys) == 1:
        for key, rows in groups(keys[0]):
            yield (key,), rows
        return
    different, which = np.unique(keys, axis=1, return_inverse=True)
    for number, rows in groups(which.reshape(-1)):
        yield tuple(different[:, number].tolist()), rows
