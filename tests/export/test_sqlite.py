"""What is exported as Sigma, run by another's engine: pySigma's SQLite backend, sequences as correlations too."""

from __future__ import annotations

import re
import sqlite3

import pytest
import yaml
from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from tests.export import rows
from tests.export.made_up import made_up
from tests.export.without_ours import theirs

from comtrap.export.sigma import export
from comtrap.lang import ast
from comtrap.proof.run import fired
from comtrap.rules.load import load_rules
from comtrap.rules.samples import samples

RULES = {rule.path.stem: rule for rule in load_rules()}
MADE = export(list(RULES.values())).files
CHANNELS = {
    "security": "security",
    "system": "system",
    "microsoft-windows-taskscheduler/operational": "taskscheduler",
    "microsoft-windows-wmi-activity/operational": "wmi",
}
CODES = {
    "1": "process_creation", "3": "network_connection", "7": "image_load", "11": "file_event", "13": "registry_set",
    "20": "wmi_event", "21": "wmi_event", "4104": "ps_script", "4688": "process_creation",
}  # fmt: skip
CATEGORIES = {
    "process": "process_creation", "library": "image_load", "registry": "registry_set", "file": "file_event",
    "network": "network_connection",
}  # fmt: skip
PROCESS = {"ProcessId": "process.pid", "ProcessGuid": "process.entity_id", "Image": "process.executable"}
FIELDS = {
    "process_creation": {
        **rows.SYSMON["1"], "ParentProcessId": "process.parent.pid", "ParentProcessGuid": "process.parent.entity_id",
    },
    "image_load": {"ImageLoaded": "dll.path", "OriginalFileName": "dll.pe.original_file_name"},
    "registry_set": rows.SYSMON["13"],
    "file_event": rows.SYSMON["11"],
    "network_connection": rows.SYSMON["3"],
}  # fmt: skip


# What a sensor's events say that are of Sigma's category: a value was set, a library was loaded …
SAID = {
    "process": ("event.type", {"start"}), "library": ("event.action", {"load"}), "registry": ("event.action", {"modification"}),
    "file": ("event.type", {"creation", "change"}), "network": ("event.type", {"start"}),
}  # fmt: skip


def means(category, document):
    if category not in CATEGORIES:
        return False
    field, wanted = SAID[category]
    return bool(wanted & set(rows.listed(document.get(field))))


def row(document):
    """An event with Sigma's names, and the log source that it is of."""
    windows = "winlog.channel" in document
    code = str(document["event.code"]) if windows else None
    if code in CODES:
        logsource = CODES[code]
    elif windows:
        logsource = CHANNELS.get(document["winlog.channel"].lower(), "")
    else:
        logsource = next(
            (CATEGORIES[one] for one in rows.listed(document["event.category"]) if means(one, document)), ""
        )
    found = {**rows.windows(document), **rows._mapped(document, {**PROCESS, **FIELDS.get(logsource, {})})}
    if logsource == "security":
        found["ProcessName"] = document.get("winlog.event_data.ProcessName", document.get("process.executable"))
    if code is not None:
        found |= {"EventID": int(code), "Provider_Name": document["event.provider"]}
    found |= {"Computer": document["host.id"], "timestamp": document["@timestamp"], "logsource": logsource}
    return {**found, "position": document["comtrap.origin.position"]}


def queries(text):
    """The SQL of a Sigma file; each rule asks for its log source too."""
    documents = list(yaml.safe_load_all(text))
    for one in documents:
        if "logsource" in one:
            asked = one["logsource"].get("category") or one["logsource"]["service"]
            one["detection"]["of"] = {"logsource": asked}
            one["detection"]["condition"] = f"of and ({one['detection']['condition']})"
    found = SigmaCollection.from_dicts(documents)
    return [str(query) for query in sqliteBackend().convert(found)]


def run(query, events):
    """The rows that a query gives; a column that no event has is empty."""
    names = {name.lower(): name for event in events for name in event}
    with sqlite3.connect(":memory:") as base:
        base.row_factory = sqlite3.Row
        base.create_function(
            "REGEXP", 2, lambda pattern, value: value is not None and bool(re.search(pattern, str(value)))
        )
        for name in re.findall(r"\b[A-Z]\w+\b", query):
            names.setdefault(name.lower(), name)
        columns = list(names.values())
        declared = ", ".join(f"`{name}` COLLATE NOCASE" for name in columns)
        base.execute(f"CREATE TABLE logs ({declared})")
        marks = ", ".join("?" * len(columns))
        for event in events:
            values = {name.lower(): value for name, value in event.items()}
            held = [values.get(name.lower()) for name in columns]
            base.execute(
                f"INSERT INTO logs VALUES ({marks})", [v if isinstance(v, int | str | None) else str(v) for v in held]
            )
        return [dict(one) for one in base.execute(query)]


@pytest.mark.parametrize("file", sorted(MADE))
def test_another_engine_finds_the_same_samples(file, tmp_path):
    rule = RULES[file.removesuffix(".yml")]
    plan = theirs(rule)
    for sample in samples(rule):
        events = [row(one) for one in rows.documents(sample.path, tmp_path)]
        found = [answer for query in queries(MADE[file]) for answer in run(query, events)]
        want = fired(plan, sample.path)
        if isinstance(rule.query.body, ast.EventQuery):
            real = {one.events for one in want} - made_up(rule, sample)
            assert {(one["position"],) for one in found} == real, (sample.source, sample.hit)
        else:
            assert bool(found) is bool(want), (sample.source, sample.hit)
