"""Where events come from, for events of which nothing else is asked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.problems import Problems
from comtrap.normalise.normalise import to_events
from comtrap.normalise.ours import source

if TYPE_CHECKING:
    from comtrap.events.raw import Kind, RawBatch

SOURCE = "comtrap.source"
CHANNEL = "winlog.channel"
_SAYS_NO_MORE = {"_position", "_shape", CHANNEL}


def source_columns(kind: Kind) -> frozenset[str]:
    """The raw columns by which plain Windows events of a kind tell their source; none if the provider says it all."""
    told = {source(kind[0], channel, None, None) for channel in (None, "System")}
    return frozenset() if len(told) == 1 else frozenset({CHANNEL})


def sources(raw: RawBatch) -> Counter[str]:
    """The events of a batch by source (``sysmon``, ``security`` …)."""
    names = raw.frame.schema.names
    if set(names) <= _SAYS_NO_MORE and (
        CHANNEL not in names or pa.types.is_string(raw.frame.schema.field(CHANNEL).type)
    ):
        # Batches of kinds that nothing looks at are many and small.
        channels = raw.frame.column(CHANNEL).to_pylist() if CHANNEL in names else [None] * raw.frame.num_rows
        out: Counter[str] = Counter()
        for channel, count in Counter(channels).items():
            out[source(raw.kind[0], channel, None, None)] += count
        return out
    events = to_events(raw, frozenset({SOURCE}), Problems())
    return Counter({each["values"]: each["counts"] for each in pc.value_counts(events.column(SOURCE)).to_pylist()})
