"""Real captures, beside the checkout: every event is seen, and positions are those that others counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.sources.reading import rows

from comtrap.events.problems import Problems
from comtrap.sources.read import read

HOME = Path(__file__).resolve().parents[3] / "shared" / "captures"
ATTACKS = (
    "LM_impacket_docmexec_mmc_sysmon_01.evtx", "PanacheSysmon_vs_AtomicRedTeam01.evtx", "ID4103,4104-DCOMexec native via PowerShell.evtx",
    "psh_cmstp_execution_bypassuac.zip", "empire_launcher_vbs.zip", "empire_invoke_runas.tar.gz", "wmic_remote_xsl_jscript.zip",
    "sysmon-rta.json.gz",
)  # fmt: skip
BACKGROUNDS = ("psh_metasploit_stop_netprofm_eventlog_after_reboot.zip",)

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
