"""Long scripts, which PowerShell logs in parts, put together again."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.arrays import as_lists, decoded, first_of
from comtrap.events.concat import concat_frames
from comtrap.events.raw import RawBatch
from comtrap.normalise.cast import timestamps, typed
from comtrap.normalise.columns import TEXTS, filled
from comtrap.normalise.event import DATA
from comtrap.normalise.powershell import PROVIDER
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from comtrap.events.raw import Origin

# First number of the file or member, host, file and member if converted, script block id.
_Key: TypeAlias = tuple[int, str | None, str | None, str | None, str]

SIZE_BYTES = 64 << 20
SPAN_NS = 600 * 1_000_000_000
TOGETHER_BYTES = 8 << 20
"""How much of records of several blocks comes in one batch, about, at most."""

_RECORD_BYTES = 1_024  # what a record takes up beside its text, about

JOINED = "comtrap.powershell.script_block_text"
PARTS = "comtrap.powershell.script_block_parts"

_NUMBER = (DATA + "MessageNumber", "powershell.sequence")
_TOTAL = (DATA + "MessageTotal", "powershell.total")
_ID = (DATA + "ScriptBlockId", "powershell.file.script_block_id")
_TEXT = (DATA + "ScriptBlockText", "powershell.file.script_block_text")
_HOST = ("winlog.computer_name", "host.name")
_PATH, _MEMBER = ("comtrap.origin.path",), ("comtrap.origin.member",)  # of records that `convert` wrote
COLUMNS = frozenset((*_NUMBER, *_TOTAL, *_ID, *_TEXT, *_HOST, *_PATH, *_MEMBER, JOINED, "@timestamp"))
"""The raw columns that joining reads."""


class _Part(NamedTuple):
    """A part of a script block: its text, and its record as a row of a table."""

    text: str
    frame: pa.Table
    row: int

    def alone(self) -> _Part:
        """The same without the rest of the table: what is held for long must hold no more than itself."""
        return self if self.frame.num_rows == 1 else _Part(self.text, self.frame.take([self.row]), 0)


@dataclass(slots=True)
class _Block:
    """The parts of one script block seen so far, by number."""

    started_ns: int
    origin: Origin
    parts: dict[int, _Part] = field(default_factory=dict)
    size_bytes: int = 0


@dataclass(slots=True)
class ScriptBlocks:
    """Joins the parts of script blocks (event 4104) within one file; use one per file.

    Records that are a part of several are held back until all parts are there, until another record is `span_ns`
    later, or until more than `size_bytes` are held; then they come in one batch. The first of them carries
    `comtrap.powershell.script_block_text`, the text of all parts that were found in their order, and
    `comtrap.powershell.script_block_parts`, the event numbers of the others. Every record stays an event: one that
    repeats a part passes as it is. What is joined depends on the records and their order alone, not on how they are
    divided into batches. Blocks that are complete at once come in one batch: most are of a few records, and a batch costs
    as much as some hundreds of these do.

    Members of an archive are files of their own here. Records that `convert` wrote are joined as in the files they are from;
    the text that they bring along stays.
    """

    size_bytes: int = SIZE_BYTES
    span_ns: int = SPAN_NS
    _blocks: dict[_Key, _Block] = field(default_factory=dict)
    _held_bytes: int = 0
    _due_ns: float = inf  # when the oldest block is given up

    def feed(self, raw: RawBatch) -> Iterator[RawBatch]:
        """The batch without the records that are held back, and batches that are complete now."""
        rest, parts = divided(raw)
        if rest is not None:
            yield rest
        if parts is not None:
            yield from self.hold(parts)

    def flush(self) -> Iterator[RawBatch]:
        """What is still held back, at the end of the file."""
        return _batched(self._release(key) for key in list(self._blocks))

    def held(self) -> Iterator[RawBatch]:
        """The records that are held back, for others to hold later: each a batch of its own, in their order."""
        found = [(part.alone().frame, block.origin) for block in self._blocks.values() for part in block.parts.values()]
        for table, origin in sorted(found, key=lambda one: (one[1].first, one[0].column("_position")[0].as_py())):
            yield RawBatch((PROVIDER, 4104), table, origin)

    def hold(self, raw: RawBatch) -> Iterator[RawBatch]:
        """Take whole records that are parts of several, in their order; gives batches that are complete now."""
        return _batched(self._held(raw))

    def _held(self, raw: RawBatch) -> Iterator[RawBatch]:
        numbers, totals = (np.asarray(_numbers(raw.frame, names)) for names in (_NUMBER, _TOTAL))
        ids, texts = (_texts(raw.frame, names) for names in (_ID, _TEXT))
        places = list(zip(*(_texts(raw.frame, names) for names in (_HOST, _PATH, _MEMBER)), strict=True))
        times = _times(raw.frame)
        repeated: list[int] = []
        for row, (number, total) in enumerate(zip(numbers.tolist(), totals.tolist(), strict=True)):
            yield from self._late(times[row])
            key = (raw.origin.first, *places[row], (ids[row] or "").lower())
            block = self._blocks.setdefault(key, _Block(times[row], raw.origin))
            if number in block.parts:
                repeated.append(row)
                continue
            self._due_ns = min(self._due_ns, block.started_ns + self.span_ns)
            text = texts[row] or ""
            block.parts[number] = _Part(text, raw.frame, row)
            block.size_bytes += len(text) + _RECORD_BYTES
            self._held_bytes += len(text) + _RECORD_BYTES
            if len(block.parts) == total:
                yield self._release(key)
            while self._held_bytes > self.size_bytes:
                yield self._release(next(iter(self._blocks)))
        # Most blocks are whole by now. To copy each part when it comes would take twice as long as to join them.
        for block in self._blocks.values():
            block.parts = {number: part.alone() for number, part in block.parts.items()}
        if repeated:
            yield RawBatch(raw.kind, raw.frame.take(repeated), raw.origin)

    def _late(self, now_ns: int) -> Iterator[RawBatch]:
        """Give up blocks that began long ago."""
        if now_ns <= self._due_ns:
            return
        for key in [key for key, block in self._blocks.items() if block.started_ns < now_ns - self.span_ns]:
            yield self._release(key)
        self._due_ns = min((block.started_ns for block in self._blocks.values()), default=inf) + self.span_ns

    def _release(self, key: _Key) -> RawBatch:
        block = self._blocks.pop(key)
        self._held_bytes -= block.size_bytes
        ordered = [block.parts[number] for number in sorted(block.parts)]
        frame = _together(ordered)
        positions = np.asarray(frame.column("_position").combine_chunks(), dtype=np.uint64)
        events = [str(int(p) + block.origin.first) for p in positions]
        others = [None] * (len(ordered) - 1)
        if others:
            (given, *_) = _texts(frame.slice(0, 1), (JOINED,))
            text = "".join(part.text for part in ordered) if given is None else given
            frame = _with(frame, JOINED, pa.array([text, *others], pa.string()))
            frame = _with(frame, PARTS, pa.array([events[1:], *others], TEXTS))
        if (positions[1:] < positions[:-1]).any():
            frame = frame.take(np.argsort(positions, kind="stable"))
        return RawBatch((PROVIDER, 4104), frame, block.origin)


def _together(parts: list[_Part]) -> pa.Table:
    """Their records as one table."""
    first = parts[0].frame
    if all(part.frame is first for part in parts):
        return first.take([part.row for part in parts])
    return concat_frames([part.alone().frame for part in parts])


def _batched(blocks: Iterable[RawBatch]) -> Iterator[RawBatch]:
    """The records of blocks in fewer batches, none of them large for that."""
    some: list[RawBatch] = []
    size_bytes = 0
    for block in blocks:
        size_bytes += block.size_bytes
        if some and (block.origin != some[0].origin or size_bytes > TOGETHER_BYTES):
            yield _one(some)
            some, size_bytes = [], block.size_bytes
        some.append(block)
    if some:
        yield _one(some)


def _one(blocks: list[RawBatch]) -> RawBatch:
    if len(blocks) == 1:
        return blocks[0]
    frame = concat_frames([block.frame for block in blocks])
    order = np.argsort(np.asarray(frame.column("_position").combine_chunks()), kind="stable")
    return RawBatch(blocks[0].kind, frame.take(order), blocks[0].origin)


def joined(raws: Iterable[RawBatch]) -> Iterator[RawBatch]:
    """One file's batches, with script blocks whole."""
    blocks = ScriptBlocks()
    for raw in raws:
        yield from blocks.feed(raw)
    yield from blocks.flush()


def divided(raw: RawBatch) -> tuple[RawBatch | None, RawBatch | None]:
    """The records that are whole scripts or no scripts, and whole records that are parts of several; None for none.

    What records bring along as the numbers of their parts is left out: these mean something in the run that gave them.
    """
    raw = _unnumbered(raw)
    partial = _partial(raw)
    if partial is None or not partial.any():
        return raw, None
    rest = np.flatnonzero(~partial)
    others = RawBatch(raw.kind, raw.frame.take(rest), raw.origin, lambda rows: raw.fetch(rest[rows]), raw.whole_bytes)
    return others if rest.size else None, raw.fetch(np.flatnonzero(partial))


def _unnumbered(raw: RawBatch) -> RawBatch:
    frame = raw.frame.drop_columns(PARTS) if PARTS in raw.frame.schema.names else raw.frame
    if raw.whole is None:
        return RawBatch(raw.kind, frame, raw.origin)
    return RawBatch(raw.kind, frame, raw.origin, lambda rows: _unnumbered(raw.fetch(rows)), raw.whole_bytes)


def _partial(raw: RawBatch) -> np.ndarray | None:
    """Which records are a part of several; None where the batch cannot have such."""
    if raw.kind != (PROVIDER, 4104):
        return None
    number, total = _numbers(raw.frame, _NUMBER), _numbers(raw.frame, _TOTAL)
    named = pc.is_valid(_column(raw.frame, _ID))
    sensible = pc.and_(pc.and_(pc.greater_equal(number, 1), pc.less_equal(number, total)), pc.greater(total, 1))
    return np.asarray(pc.fill_null(pc.and_(sensible, named), pa.scalar(value=False)))


def _column(frame: pa.Table, names: tuple[str, ...]) -> pa.Array:
    out = None
    for name in names:
        if name in frame.schema.names:
            column = frame.column(name).combine_chunks()
            out = filled(out, first_of(column) if pa.types.is_list(column.type) else column)
    return pa.nulls(frame.num_rows, pa.string()) if out is None else out


def _texts(frame: pa.Table, names: tuple[str, ...]) -> list[str | None]:
    return decoded(_column(frame, names)).to_pylist()


def _numbers(frame: pa.Table, names: tuple[str, ...]) -> pa.Array:
    return typed(_column(frame, names), Type.LONG)[0]


def _times(frame: pa.Table) -> list[int]:
    return pc.fill_null(timestamps(decoded(_column(frame, ("@timestamp",)))).cast(pa.int64()), 0).to_pylist()


def _with(frame: pa.Table, name: str, column: pa.Array) -> pa.Table:
    at = frame.schema.get_field_index(name)
    if at < 0:
        return frame.append_column(name, column)
    given = frame.column(at).combine_chunks()
    if pa.types.is_list(column.type):
        given = as_lists(given)
    return frame.set_column(at, name, filled(column, decoded(given)))
