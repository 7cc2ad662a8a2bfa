from __future__ import annotations

import pyarrow as pa
import pytest
from tests.normalise.build import raw, record
from tests.normalise.test_samples import IDS, SAMPLES

from comtrap.events.problems import Problems
from comtrap.normalise.cast import typed
from comtrap.normalise.known import PLAIN, known
from comtrap.normalise.normalise import to_events
from comtrap.normalise.tables import plan
from comtrap.schema.telemetry import telemetry

SYSMON = "Microsoft-Windows-Sysmon"


def names(kind):
    use = plan(kind)
    own = {
        *use.fields,
        *use.extensions,
        *use.removed,
        "process.name.caseless",
        "dll.name",
        "registry.path",
        "powershell.total",
    }
    return frozenset(name for name in own if name in telemetry() and telemetry()[name].supported)


@pytest.mark.parametrize(("kind", "data", "fields"), SAMPLES, ids=IDS)
def test_what_is_known_of_a_kind_is_true_of_its_records(kind, data, fields):
    frame = to_events(raw(kind, [record(kind, data, **fields)]), names(kind), Problems()).frame
    brought = PLAIN | {name for name in fields if not name.startswith("winlog.")}
    found = known(kind, names(kind), brought)
    assert "event.kind" in brought or found["event.kind"] == ("event",)
    for name, values in found.items():
        column = frame.column(name).combine_chunks() if name in frame.schema.names else pa.nulls(1)
        texts = pa.array([list(values) or None], pa.list_(pa.string()))
        expected = typed(texts, telemetry()[name].type)[0]
        assert column.to_pylist() == expected.to_pylist(), name


def test_constants_are_known_and_what_data_decides_is_not():
    fields = frozenset(
        {"event.category", "event.type", "event.code", "process.name", "registry.path", "dll.name.caseless"}
    )
    found = known((SYSMON, 1), fields)
    assert found == {
        "event.category": ("process",), "event.type": ("start",), "event.code": ("1",), "registry.path": (), "dll.name.caseless": (),
    }  # fmt: skip


def test_nothing_is_known_of_fields_that_records_bring_along():
    fields = frozenset({"event.category", "event.type", "dll.name", "event.code"})
    assert known((SYSMON, 1), fields, PLAIN | {"event.type", "dll.name"}, plain=False) == {
        "event.category": ("process",)
    }


def test_fields_computed_of_fields_that_never_are_never_are():
    registry = frozenset({"comtrap.registry.key", "comtrap.registry.operation", "comtrap.registry.view"})
    assert known((SYSMON, 3), registry) == dict.fromkeys(registry, ())
    assert known((SYSMON, 13), registry) == {}


def test_an_event_without_a_table_has_no_category():
    fields = frozenset({"event.category", "event.code", "process.name", "winlog.event_data.Image"})
    assert known(("Some-Provider", 7), fields) == {"event.category": (), "event.code": ("7",), "process.name": ()}


def test_what_joining_script_blocks_adds_is_not_known():
    fields = frozenset({"comtrap.powershell.script_block_text"})
    assert known(("Microsoft-Windows-PowerShell", 4104), fields) == {}
