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
    if set(names) <= _SAYS_NO_MORE and not (
        CHANNEL in names and pa.types.is_list(raw.frame.schema.field(CHANNEL).type)
    ):
        # Batches of kinds that nothing looks at are many and small.
        if CHANNEL not in names:
            return Counter({source(raw.kind[0], None, None, None): raw.frame.num_rows})
        out: Counter[str] = Counter()
        for each in pc.value_counts(raw.frame.column(CHANNEL)).to_pylist():
            out[source(raw.kind[0], each["values"], None, None)] += each["counts"]
        return out
    events = to_events(raw, frozenset({SOURCE}), Problems())
    return Counter({each["values"]: each["counts"] for each in pc.value_counts(events.column(SOURCE)).to_pylist()})
