from __future__ import annotations

import pyarrow as pa
import pytest
from tests.normalise.build import SECURITY, SYSMON, raw, record

from comtrap.events.raw import Origin, RawBatch
from comtrap.normalise.source import source_columns, sources


def bare(provider, channels=None):
    """A batch of records that were not decoded."""
    columns = {"_position": pa.array([0, 1, 2], pa.uint64())}
    return RawBatch(
        (provider, 1), pa.table(columns | ({"winlog.channel": channels} if channels else {})), Origin("evtx", "a")
    )


@pytest.mark.parametrize(
    ("provider", "channels", "found"),
    [
        (SYSMON, None, {"sysmon": 3}),
        (SECURITY, None, {"security": 3}),
        ("Some-Provider", ["System", "system", "Application"], {"system": 2, "other": 1}),
        ("Some-Provider", [None, "Application", "Application"], {"other": 3}),
    ],
)
def test_records_that_were_not_decoded_have_a_source(provider, channels, found):
    assert sources(bare(provider, channels)) == found


def test_whole_records_have_the_source_that_their_events_have():
    assert sources(raw((SYSMON, 5), [record((SYSMON, 5))])) == {"sysmon": 1}
    endpoint = record(("Some-Provider", 5), **{"event.dataset": "endpoint.events.process"})
    assert sources(raw(("Some-Provider", 5), [endpoint])) == {"endpoint": 1}


def test_the_channel_is_read_where_the_provider_does_not_say_it():
    assert source_columns((SYSMON, 1)) == frozenset()
    assert source_columns(("Some-Provider", 1)) == {"winlog.channel"}


@pytest.mark.parametrize("channels", [["System", None, "x"], [["System"], None, ["x", "System"]]])
def test_records_decoded_for_nothing_but_their_channel_have_the_source_that_their_events_have(channels):
    batch = bare("Some-Provider", channels)
    decoded = RawBatch(batch.kind, batch.frame.append_column("_shape", pa.array(["agent"] * 3)), Origin("ndjson", "a"))

    assert sources(decoded) == {"system": 1, "other": 2}
