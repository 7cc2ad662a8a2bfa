"""Simulated Windows events have no field, and no shape of value, that real events of that id do not have.

`shapes.json` lists the fields and shapes of values of 462,623 and more real events, by provider and event id; the events
themselves are not ours to keep.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from comtrap.events.problems import Problems
from comtrap.proof.simulate import SENSORS, simulate
from comtrap.proof.simulation.attacks import ATTACKS
from comtrap.sources.read import read
from comtrap.sources.walk import files

SEEN = json.loads(Path(__file__).with_name("shapes.json").read_text("utf-8"))
CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
SHAPES = {
    "empty": "", "dash": "-", "boolean": "(?i:true|false)", "hex": "0x[0-9a-fA-F]+", "integer": r"-?\d+",
    "guid": r"\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?", "sid": r"S-1-[\d-]+", "message": r"%%\d+",
    "time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "address": r"[\d.]+|[0-9a-f]*:[0-9a-f:.%]+",
    "path": r"[A-Za-z]:\\.*|\\\\.*", "key": r"(HKU|HKLM|HKCR|HKCU|\\REGISTRY)\\.*",
}  # fmt: skip
NO_VALUE = {"empty", "dash"}  # what any field may hold
FREE = {("Microsoft-Windows-Security-Auditing 4657", "NewValue")}  # what was written: anything, few of which were seen


def shape(value):
    return next((name for name, pattern in SHAPES.items() if re.fullmatch(pattern, value, re.DOTALL)), "text")


def event_data(document):
    """Provider and id, and the event data, of a document of either form."""
    if "Event" in document:
        system = document["Event"]["System"]
        return f"{system['Provider']['#attributes']['Name']} {system['EventID']}", document["Event"]["EventData"]
    return f"{document['winlog']['provider_name']} {document['winlog']['event_id']}", document["winlog"]["event_data"]


@pytest.mark.parametrize("sensor", [sensor for sensor in SENSORS if sensor != "endpoint"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=lambda attack: attack.name)
def test_fields_and_shapes_were_seen_in_real_events(attack, sensor):
    for document in simulate(attack, sensor):
        kind, data = event_data(document)
        for name, value in data.items():
            assert name in SEEN[kind], f"{kind}: {name}"
            allowed = NO_VALUE | set(SEEN[kind][name])
            if "text" not in allowed and (kind, name) not in FREE:
                assert shape(value) in allowed, f"{kind}: {name} = {value!r}"


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not CAPTURES.is_dir(), reason="needs the captures")
def test_the_list_is_what_real_events_have():
    found = {}
    for path in files([str(CAPTURES)], Problems()):
        for raw in read(path, 0, None, Problems()):
            names = {
                n.removeprefix("winlog.event_data.")
                for n in raw.frame.schema.names
                if n.startswith("winlog.event_data.")
            }
            found.setdefault(f"{raw.kind[0]} {raw.kind[1]}", set()).update(names)
    for kind, fields in SEEN.items():
        assert fields.keys() <= found[kind], kind
