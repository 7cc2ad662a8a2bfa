"""The recording of `make demo`: it is what its program makes, every attack in it is found, and its ordinary day is quiet."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from comtrap.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "demo" / "recording"


@pytest.fixture(scope="module")
def alerts(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "alerts.ndjson"
    assert main(["scan", str(RECORDING), "--format", "ndjson", "--output", str(out), "--quiet"]) == 0
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def test_the_recording_is_what_its_program_makes():
    done = subprocess.run([sys.executable, str(ROOT / "demo" / "record.py"), "--check"], check=False)
    assert done.returncode == 0


def test_the_recording_is_in_three_shapes_of_a_few_thousand_events():
    lines = {p.name: gzip.decompress(p.read_bytes()).splitlines() for p in RECORDING.iterdir()}
    assert sum(map(len, lines.values())) > 5_000
    first = {name: json.loads(content[0]) for name, content in lines.items()}
    assert first["ws01-winlogbeat.ndjson.gz"]["agent"]["type"] == "winlogbeat"
    assert first["ws02-endpoint.ndjson.gz"]["agent"]["type"] == "endpoint"
    assert "System" in first["ws03-evtx-dump.ndjson.gz"]["Event"]


# What must be seen of each attack: the host it is on, and a text that only its events have.
ATTACKS = {
    "scheduled task through COM": ("ws01", "com-interface-test"),
    "Shell.Application": ("ws01", "Shell.Application"),
    "WScript.Shell": ("ws01", "com-test.txt"),
    "hijack, Sysmon": ("ws01", "InProcServer32"),
    "hijack, Endpoint": ("ws02", "InProcServer32"),
    "task from a script, Sysmon": ("ws01", "taskschd.dll"),
    "task from a script, Endpoint": ("ws02", "taskschd.dll"),
    "elevated object": ("ws02", "wmbk.dat,#3"),
    "local DCOM": ("ws03", "MMC20.Application"),
    "local DCOM's child": ("ws03", "a.cmd"),
    "Office interop": ("ws03", "VBProject"),
    "macro access": ("ws03", "AccessVBOM"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_is_found(attack, alerts):
    host, text = ATTACKS[attack]
    found = [
        a for a in alerts
        for e in a["comtrap.evidence"]
        if str(e["host"]).startswith(host) and text in json.dumps(e["event"])
    ]  # fmt: skip
    assert found


def test_ordinary_life_raises_no_alert(alerts):
    """Every alert rests on an event of an attack: one of its programs, files, texts or keys."""
    ours = re.compile(
        r"com-interface-test|Schedule\.Service|Shell\.Application|WScript\.Shell|com-test|update-helper|DF000001|invoice_4471"
        r"|Custom_update|wmbk\.dat|3E5FC7F9|MMC20|a\.cmd|mmc\.exe|/automation|AccessVBOM|Interop|\\\\Updater|taskschd|cmlua|index\.dat|wshom.*powershell|powershell.*wshom"
    )
    strangers = defaultdict(list)
    for alert in alerts:
        if not any(ours.search(json.dumps(e["event"])) for e in alert["comtrap.evidence"]):
            strangers[alert["kibana.alert.rule.name"]].append(alert["kibana.alert.reason"])
    assert dict(strangers) == {}
