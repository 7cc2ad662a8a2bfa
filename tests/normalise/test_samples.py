"""Each kind of event that a table names, as a whole document: what a record becomes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.golden import check_golden
from tests.normalise.build import event, events, record

from comtrap.normalise.tables import kinds
from comtrap.schema.telemetry import telemetry

HERE = Path(__file__).parent / "samples"
FILES = sorted(p for p in HERE.glob("*.json") if not p.stem.endswith(".expected"))
SAMPLES = [
    ((content["provider"], r["event"]), r["data"], r.get("fields", {}))
    for content in (json.loads(path.read_text("utf-8")) for path in FILES)
    for r in content["records"]
]
IDS = [f"{provider}-{number}" for (provider, number), _, _ in SAMPLES]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_record_becomes_this_document(path):
    content = json.loads(path.read_text("utf-8"))
    found = {
        r["event"]: event((content["provider"], r["event"]), r["data"], **r.get("fields", {}))
        for r in content["records"]
    }
    check_golden(
        path.with_suffix(".expected.json"), json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )


def test_every_kind_has_a_sample():
    named = {kind for kind in kinds() if kind[1] > 0}
    assert named - {kind for kind, _, _ in SAMPLES} == set()


def test_every_provider_has_a_sample_of_an_event_without_a_line():
    providers = {provider for provider, number in kinds() if number < 0 and provider}
    unnamed = {kind[0] for kind, _, _ in SAMPLES if kind not in kinds()}
    assert providers - unnamed <= {"Microsoft-Windows-Sysmon", "PowerShell"}


@pytest.mark.parametrize(("kind", "values", "others"), SAMPLES, ids=IDS)
def test_columns_hold_what_documents_hold(kind, values, others):
    document = event(kind, values, **others)
    columns = {k: v[0] for k, v in events(kind, [record(kind, values, **others)]).items() if not k.startswith("_")}
    for name, value in columns.items():
        found = _at(document, name)
        expected = [v for v in (value if isinstance(value, list) else [value]) if v is not None]
        if name == "@timestamp":
            assert found[0][:23] == f"{value:%Y-%m-%dT%H:%M:%S.%f}"[:23]
        elif telemetry()[name].type.is_date:
            assert len(found) == len(expected) == 1
        else:
            assert [v for v in found if v is not None] == expected, name


def _at(value, name):
    """All values at a dotted name, those of objects in lists included."""
    if isinstance(value, list):
        return [found for item in value for found in _at(item, name)]
    if not name:
        return [value]
    if not isinstance(value, dict):
        return []
    first, _, rest = name.partition(".")
    return _at(value.get(first), rest)
