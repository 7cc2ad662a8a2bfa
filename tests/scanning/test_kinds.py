from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from tests.packs.running import PACK, pack

from comtrap.events.problems import Problems
from comtrap.events.raw import Origin, RawBatch
from comtrap.events.wanted import Wanted
from comtrap.execute.execute import execute
from comtrap.normalise.normalise import raw_columns, to_events
from comtrap.scanning.kinds import Kinds
from comtrap.sources.read import read

SYSMON, SECURITY = "Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing"
RECORDING = Path(__file__).parents[2] / "demo" / "recording"
FILES = [*sorted((PACK / "samples").rglob("*.json*")), *sorted(path for path in RECORDING.rglob("*") if path.is_file())]


def hits(table):
    return sorted(map(repr, table.to_pylist()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rules_made_for_a_kind_find_what_all_rules_find(path):
    """With no more columns than the kind needs, on every sample of the pack and on the recording."""
    _, plan = pack()
    kinds = Kinds(plan)
    whole = Wanted(raw_columns(plan.columns | {plan.category_field}))
    narrowed = Wanted(whole.columns, kinds.raw)
    raws = list(read(str(path), 0, whole, Problems()))
    expected = [execute(plan, to_events(raw, plan.columns | {"event.category"}, Problems()), Counter()) for raw in raws]
    found = []
    for raw in read(str(path), 0, narrowed, Problems()):
        use = kinds.of(raw)
        if use.reads:
            found.append(execute(use.plan, to_events(raw, use.fields, Problems()), Counter()))
    assert sorted(hit for table in found for hit in hits(table)) == sorted(hit for t in expected for hit in hits(t))


def test_kinds_that_no_rule_can_match_are_read_for_nothing_but_their_source():
    kinds = Kinds(pack()[1])
    assert kinds.raw((SYSMON, 5)) == frozenset()
    assert kinds.raw((SECURITY, 4624)) == frozenset()
    assert kinds.raw(("Some-Provider", 1)) == {"winlog.channel"}
    assert "winlog.event_data.CommandLine" in kinds.raw((SYSMON, 1))
    assert "winlog.event_data.TargetObject" not in kinds.raw((SYSMON, 1))


def batch(**columns):
    frame = pa.table(
        {"_position": pa.array([0, 1], pa.uint64()), **{n.replace("__", "."): pa.array(v) for n, v in columns.items()}}
    )
    return RawBatch((SYSMON, 5), frame, Origin("ndjson", "a"))


@pytest.mark.parametrize(
    ("columns", "concerns"),
    [
        ({"winlog__event_id": ["5", "5"], "event__code": ["5", "5"], "event__provider": [SYSMON, SYSMON]}, False),
        ({"event__code": ["5", "5"]}, False),
        ({"event__code": ["5", "1"]}, True),
        ({"event__code": ["5", None]}, True),
    ],
)
def test_documents_may_say_other_than_their_kind(columns, concerns):
    """Then rules of other kinds could match them."""
    assert bool(Kinds(pack()[1]).of(batch(**columns)).reads) is concerns
