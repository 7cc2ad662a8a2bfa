"""Real captures, beside the checkout: every event is seen, and positions are those that others counted."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.sources.reading import content, everything_is_left, rows

from comtrap.events.problems import Problems
from comtrap.events.wanted import Wanted
from comtrap.normalise.normalise import raw_columns
from comtrap.rules.compile import compile_rules
from comtrap.rules.load import load_rules
from comtrap.schema.telemetry import telemetry
from comtrap.sources import ndjson
from comtrap.sources.batches import ALWAYS
from comtrap.sources.columns import with_lists
from comtrap.sources.plain import _OVERWRITTEN, Plain
from comtrap.sources.read import read

HOME = Path(__file__).resolve().parents[3] / "shared" / "captures"
ATTACKS = (
    "LM_impacket_docmexec_mmc_sysmon_01.evtx", "PanacheSysmon_vs_AtomicRedTeam01.evtx", "ID4103,4104-DCOMexec native via PowerShell.evtx",
    "psh_cmstp_execution_bypassuac.zip", "empire_launcher_vbs.zip", "empire_invoke_runas.tar.gz", "wmic_remote_xsl_jscript.zip",
    "sysmon-rta.json.gz",
)  # fmt: skip
BACKGROUNDS = ("psh_metasploit_stop_netprofm_eventlog_after_reboot.zip",)

LINES = sorted(path.relative_to(HOME).as_posix() for path in HOME.glob("attack/security-datasets/*.*z*"))
OF_A_KIND = 40  # events

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not HOME.exists(), reason="the captures are not beside the checkout"),
]


def seen(name):
    problems = Problems()
    found = rows(read(str(HOME / name), 0, None, problems))
    assert problems.failed == {}
    assert problems.skipped == {}
    return found


@pytest.mark.parametrize("name", ATTACKS)
def test_every_event_of_an_attack_is_seen_in_its_place(name):
    entries = [e for e in json.loads((HOME / "ground_truth.json").read_text()) if Path(e["file"]).name == name]
    found = seen(entries[0]["file"])
    by_position = {row["_position"]: row for row in found}

    assert len(found) == entries[0]["events_in_file"]
    for marked in (m for e in entries for f in e["findings"] for m in f["must_flag"]):
        row = by_position[marked["position"]]
        assert row["kind"][1] == marked["event_id"]
        assert row["winlog.event_id"] == str(marked["event_id"])
        assert marked["record_id"] in {None, int(row.get("winlog.record_id", -1))}
        assert marked["host"] == row.get("winlog.computer_name", marked["host"])


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_every_event_of_ordinary_activity_is_seen(name):
    entry = next(e for e in json.loads((HOME / "background.json").read_text()) if Path(e["file"]).name == name)

    assert len(seen(entry["file"])) == entry["events"]


@pytest.mark.parametrize("stream", ["api", "file", "library", "network", "process", "registry", "security"])
def test_documents_of_endpoint_are_one_event_each(stream):
    (row,) = seen(f"endpoint_samples/{stream}.json")

    assert (row["kind"], row["_shape"]) == (("", 0), "endpoint")
    assert row["event.dataset"] == f"endpoint.events.{stream}"


@cache
def wanted():
    """What the rules that are shipped read, of events of any kind."""
    plan, _ = compile_rules(load_rules(), telemetry())
    return Wanted(raw_columns(plan.columns) - _OVERWRITTEN | ALWAYS)


def documents(name):
    """Some events of each kind as Winlogbeat writes them, in their order."""
    found = {}
    seen = Counter()
    for batch in read(str(HOME / name), 0, None, Problems()):
        few = np.arange(min(batch.frame.num_rows, max(0, OF_A_KIND - seen[batch.kind])))
        seen[batch.kind] += len(few)
        for row in batch.fetch(few).frame.to_pylist():
            record = {"agent": {"type": "winlogbeat"}, "event": {"code": row["winlog.event_id"], "kind": "event"}}
            for field, value in row.items():
                if value is not None and field.startswith(("winlog.", "@", "message")):
                    put(record, field.split(".", 2), value)
            found[row["_position"]] = json.dumps(record).encode() + b"\n"
    return [found[position] for position in sorted(found)]


def put(record, path, value):
    for key in path[:-1]:
        record = record.setdefault(key, {})
    record[path[-1]] = value


def tables(lines):
    """All rows by kind, in order of their positions; columns in order of their names."""
    problems = Problems()
    parts = {}
    for batch in ndjson.read(content(b"".join(lines)), wanted(), problems):
        told = {"winlog.provider_name": batch.kind[0], "winlog.event_id": str(batch.kind[1])}
        frame = batch.frame.drop_columns([name for name in told if name in batch.frame.schema.names])
        for column, text in told.items():
            frame = frame.append_column(column, pa.array([text] * batch.frame.num_rows))
        parts.setdefault(batch.kind, []).append(frame)
    found = {}
    for kind, frames in parts.items():
        lists = {field.name for frame in frames for field in frame.schema if pa.types.is_list(field.type)}
        frame = pa.concat_tables(
            [with_lists(frame, lists) for frame in frames], promote_options="default"
        ).combine_chunks()
        found[kind] = frame.select(sorted(frame.schema.names)).sort_by("_position")
    assert problems.skipped == {}
    return found


def plainly(frame):
    """The frame with each text written out, not once for all its rows."""
    columns = [c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in frame.columns]
    return pa.table(columns, names=frame.schema.names)


@pytest.mark.parametrize("name", LINES)
def test_events_that_winlogbeat_writes_have_the_same_values_decoded_in_part_or_whole(name, monkeypatch):
    lines = documents(name)
    count = []
    add = ndjson.add
    monkeypatch.setattr(ndjson, "add", lambda *arguments: count.append(1) or add(*arguments))
    fast = tables(lines)
    whole = len(count)
    monkeypatch.setattr(Plain, "take", everything_is_left)
    slow = tables(lines)

    assert whole < len(lines) / 4
    assert fast.keys() == slow.keys()
    for kind, frame in slow.items():
        assert plainly(fast[kind]).equals(plainly(frame)), kind
