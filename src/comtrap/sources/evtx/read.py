"""Event log files to batches: many records at once, by their templates."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from typing import IO, TYPE_CHECKING, BinaryIO, cast

import numpy as np

from comtrap.errors import SourceError
from comtrap.sources.batches import Batches
from comtrap.sources.evtx.checksums import wrong
from comtrap.sources.evtx.chunk import CHUNK_BYTES, CHUNK_MAGIC, FILE_MAGIC, HEADER_BYTES
from comtrap.sources.evtx.definitions import Definitions
from comtrap.sources.evtx.fallback import UNDECODABLE, Package, decoded
from comtrap.sources.evtx.held import Held
from comtrap.sources.evtx.segment import segments
from comtrap.sources.evtx.slack import SLACK, Recovered, slack
from comtrap.sources.evtx.sort import Sorter
from comtrap.sources.manner import BAD_CHECKSUM
from comtrap.sources.record import BadRecordError
from comtrap.sources.shapes import evtx_event
from comtrap.sources.stream import exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import Origin, RawBatch
    from comtrap.events.wanted import Wanted
    from comtrap.sources.evtx.memory import Places
    from comtrap.sources.evtx.segment import Segment
    from comtrap.sources.evtx.sort import Sorted
    from comtrap.sources.source import Content

SLACK_RECORD = "slack record"
"""What records of slack space are counted under, decodable or not; they are among the events seen too."""

_KEPT_BYTES = 8 << 20  # chunks with slack space are kept in memory up to this, then in a temporary file without a name


def sniff(head: bytes) -> bool:
    """A log file, or chunks cut out of one."""
    return head.startswith((FILE_MAGIC, CHUNK_MAGIC))


def read(content: Content, wanted: Wanted | None, problems: Problems) -> Iterator[RawBatch]:
    """The records of a log file; a position is the record's slot, whether it can be decoded or not.

    Headers are not believed: a log that was not closed, was cut off, or has a damaged chunk gives every whole record.
    Slack space, where it is asked for, comes last, as a member of the file with positions of its own.
    """
    origin = replace(content.origin, source="evtx")
    if content.head.startswith(FILE_MAGIC) and len(exactly(content.stream, HEADER_BYTES)) < HEADER_BYTES:
        raise SourceError("an EVTX file that ends within its header")
    reader = _Reader(origin, wanted, problems, content.position, _definitions())
    with tempfile.SpooledTemporaryFile(max_size=_KEPT_BYTES) as kept:
        broken = None
        try:
            for segment in segments(content.stream):
                if content.manner.verify:
                    reader.verify(segment)
                reader.take(segment)
                if content.manner.slack:
                    _keep(segment, kept)
                yield from reader.full()
        except SourceError as error:
            broken = error
        problems.positions = reader.position - content.position
        yield from reader.rest()
        if kept.tell():
            yield from _slack(reader, kept)
        if broken is not None:
            raise broken


def _keep(segment: Segment, kept: IO[bytes]) -> None:
    """Keep the chunks that have something in their slack space."""
    for number in np.unique(slack(segment).starts // CHUNK_BYTES).tolist():
        kept.write(segment.chunk(number).ljust(CHUNK_BYTES, b"\0"))


def _slack(live: _Reader, kept: IO[bytes]) -> Iterator[RawBatch]:
    """The records in the slack space of chunks, as of a file of its own; their events are numbered after the log's."""
    member = SLACK if live.origin.member is None else f"{live.origin.member}!{SLACK}"
    origin = replace(live.origin, member=member, first=live.origin.first + live.position)
    reader = _Reader(origin, live.wanted, live.problems, 0, Recovered())
    kept.seek(0)
    for segment in segments(cast("BinaryIO", kept)):
        reader.take_slack(slack(segment))
        yield from reader.full()
    live.problems.note(SLACK_RECORD, origin.name, f"{reader.position} records in slack space", reader.position)
    yield from reader.rest()


@dataclass(slots=True)
class _Reader:
    """Reads the segments of one content."""

    origin: Origin
    wanted: Wanted | None
    problems: Problems
    position: int
    definitions: Definitions
    _sorter: Sorter = field(init=False)
    _held: Held = field(init=False)
    _odd: Batches = field(init=False)
    _package: Package = field(default_factory=Package)

    def __post_init__(self) -> None:
        """Begin with nothing held."""
        self._sorter = Sorter(self.definitions, self.wanted)
        self._held = Held(self.origin, self.wanted)
        columns = None if self.wanted is None else self.wanted.columns
        self._odd = Batches(self.origin, columns, decoded, evtx_event)

    def verify(self, segment: Segment) -> None:
        """Say of which chunks that come next checksums are wrong; the first of its records tells which it is."""
        for number, what in wrong(segment):
            at = self.position + int(np.searchsorted(segment.starts, number * CHUNK_BYTES))
            why = ("the chunk from record ", at, f" on: the checksum of its {what} is wrong")
            self.problems.note(BAD_CHECKSUM, self.origin.name, why)

    def take(self, segment: Segment) -> None:
        """All records of a segment, held until there are enough for a batch."""
        self._complain(segment)
        first = self.position
        found = self._sorted(segment)
        if found.odd:
            self._fall_back(segment, np.sort(np.concatenate(found.odd)), first)

    def take_slack(self, segment: Segment) -> None:
        """The same of records in slack space: those that are not understood here are not given to the package."""
        first = self.position
        found = self._sorted(segment)
        for row in np.concatenate(found.odd).tolist() if found.odd else ():
            self._skip(first + row)

    def _sorted(self, segment: Segment) -> Sorted:
        first = self.position
        self.position += segment.starts.size
        found = self._sorter.sort(segment, first)
        for (kind, channel), rows in found.counted.items():
            self._held.count(kind, channel, (np.concatenate(rows) + first).astype(np.uint64))
        for kind, records in found.records:
            self._held.add(kind, records)
        for row in np.concatenate([*found.endless, np.flatnonzero(segment.sizes == 0)]).tolist():
            self._skip(first + row)
        return found

    def full(self) -> Iterator[RawBatch]:
        """Batches of what there is enough of."""
        yield from self._held.full()
        yield from self._odd.full()

    def rest(self) -> Iterator[RawBatch]:
        """Batches of all that is left."""
        yield from self._held.rest()
        yield from self._odd.rest()

    def _complain(self, segment: Segment) -> None:
        """Say what is wrong with chunks, apart from records that cannot be decoded."""
        for _ in segment.unmarked():
            self.problems.note("damaged chunk", self.origin.name, "a chunk without its mark")
        if segment.size_bytes % CHUNK_BYTES:
            self.problems.note("cut off", self.origin.name, "the last chunk is cut off")
        for _ in range(int(segment.repaired.sum())):
            self.problems.note("damaged records", self.origin.name, "bytes between records that are no record")

    def _skip(self, position: int) -> None:
        self.problems.skip(UNDECODABLE, self.origin.name, ("record ", position, " cannot be decoded"))

    def _fall_back(self, segment: Segment, rows: Places, first: int) -> None:
        """Have records read by the `evtx` package."""
        chunks = []
        for number in np.unique(segment.starts[rows] // CHUNK_BYTES).tolist():
            here = segment.starts[rows] - number * CHUNK_BYTES
            chunks.append((segment.chunk(number), set(here[(here >= 0) & (here < CHUNK_BYTES)].tolist())))
        texts = self._package.texts(chunks)
        for position, text in zip((first + rows).tolist(), texts, strict=True):
            # Not raised again: an error and the frame it passes would hold each other, and the segment with them.
            if isinstance(text, BadRecordError):
                self._refuse(position, text)
                continue
            self.problems.fallback += 1
            try:
                self._odd.add(position, decoded(text), text)
            except BadRecordError as error:
                self._refuse(position, error)

    def _refuse(self, position: int, error: BadRecordError) -> None:
        why = ("record ", position, " cannot be decoded" + (f": {error.why}" if error.why else ""))
        self.problems.skip(error.reason, self.origin.name, why)


@cache
def _definitions() -> Definitions:
    """What is known of templates by all reads of this process."""
    return Definitions()
