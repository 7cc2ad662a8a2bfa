"""What a telemetry source is, and what it reads from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from comtrap.sources.manner import ORDINARY, Manner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comtrap.events.problems import Problems
    from comtrap.events.raw import Origin, RawBatch
    from comtrap.events.wanted import Wanted

HEAD = 4096  # bytes shown to `sniff`


@dataclass(frozen=True, slots=True)
class Content:
    """An opened file, archive member or standard input.

    Attributes:
        stream: its bytes from the first on; not necessarily seekable.
        head: the first `HEAD` bytes (fewer only at the end of the content), already taken from the stream and put back.
        origin: how events say where they came from; `source` is still empty.
        position: of the first record, where the stream is a piece of a file (see `pieces`).
        manner: how the run reads its inputs.
    """

    stream: BinaryIO
    head: bytes
    origin: Origin
    position: int = 0
    manner: Manner = ORDINARY


class Source(Protocol):
    """A module in `comtrap.sources` that has these two names."""

    def sniff(self, head: bytes) -> bool:
        """Whether content that begins with these bytes is ours."""

    def read(self, content: Content, wanted: Wanted | None, problems: Problems) -> Iterator[RawBatch]:
        """All records of one content, in batches of one kind each, bounded in memory.

        Positions ascend within a batch and a batch covers no position that a batch before it of the same kind covers.
        Every record is either a row of some batch or counted in `problems.skipped`.

        Args:
            content: what to read.
            wanted: the raw columns to decode, None for all.
            problems: takes what cannot be read.

        Raises:
            SourceError: the content as a whole cannot be read; what was yielded before stands.
        """
