"""What a source hands on: records of one kind, not yet normalised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from comtrap.events.arrays import plain
from comtrap.events.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pyarrow as pa

Kind: TypeAlias = tuple[str, int]
"""(provider, event id): ``("Microsoft-Windows-Sysmon", 13)``; ``("", 0)`` for documents that are ECS already."""

ECS: Kind = ("", 0)

__all__ = ["ECS", "Kind", "Origin", "RawBatch"]


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Records of one kind, so that every row has the same fields.

    Attributes:
        kind: provider and event id of every row.
        frame: a pyarrow Table. ``_position`` (uint64, not null): the record's 0-based position in its file or member,
            strictly ascending. All other columns have the dotted names of a Winlogbeat document as it is before
            Elastic's ingest pipeline (``@timestamp`` as ISO 8601 text, ``winlog.channel``, ``winlog.computer_name``,
            ``winlog.record_id``, ``winlog.event_data.Image`` …), or of whatever fields a document brought along
            (``process.name``); each is string, dictionary<int32, string> (each value once in it, none of them null) or
            list<string>, null where the record has no such field. Numbers and booleans of JSON are their JSON text.
        origin: where the rows came from.
        whole: gives the complete records of some rows (indices into the frame, ascending) as a RawBatch of the same
            kind with every field they have, though `frame` may hold only what was wanted. Valid while the batch is.
        whole_bytes: how much memory is held for `whole`, about.
    """

    kind: Kind
    frame: pa.Table
    origin: Origin
    whole: Callable[[np.ndarray], RawBatch] | None = None
    whole_bytes: int = 0

    @property
    def size_bytes(self) -> int:
        """How much memory the batch holds, about."""
        return int(self.frame.nbytes) + self.whole_bytes

    def fetch(self, rows: np.ndarray) -> RawBatch:
        """The complete records of `rows`, in that order; no column of them is a dictionary."""
        if self.whole is not None:
            found = self.whole(rows)
            return RawBatch(found.kind, plain(found.frame), found.origin)
        return RawBatch(self.kind, plain(self.frame.take(rows)), self.origin)
