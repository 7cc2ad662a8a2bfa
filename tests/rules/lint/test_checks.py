"""Each check warns of what it is for, in the place where it stands, and of nothing else."""

from __future__ import annotations

import pytest
from tests.material import process, rule, rule_file, write

from comtrap.rules.lint.lint import lint
from comtrap.rules.load import load
from comtrap.schema.telemetry import telemetry

SEQUENCE = 'sequence by host.id [process where process.name : "a"] [process where process.name : "b"]'
SHORT = SEQUENCE.replace("host.id", "host.id with maxspan=1m")
LONG = SEQUENCE.replace("host.id", "host.id with maxspan=10m")
TOLD = {
    "risk_reason": "x", "references": ("x",), "false_positives": ("x",), "setup": "x", "note": "x", "response": "x",
}  # fmt: skip


def said(code, query='process where process.name : "a"', **more):
    found = [one.diagnostic for one in lint([rule(query, **more)], telemetry()) if one.diagnostic.code == code]
    assert all(d.severity == "warning" for d in found)
    return found


@pytest.mark.parametrize(("query", "expected"), [(SEQUENCE, 1), (SHORT, 0), ('process where process.name : "a"', 0)])
def test_a_sequence_without_maxspan(query, expected):
    assert len(said("W301", query)) == expected


@pytest.mark.parametrize("missing", sorted(TOLD))
def test_what_a_rule_does_not_tell_people(missing):
    (found,) = said("W302", **{key: value for key, value in TOLD.items() if key != missing})
    assert f"`{missing}`" in found.title
    assert said("W302", **TOLD) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('process where ?proces.name : "a"', ["proces.name"]),
        ('process where ?process.name : "a" and ?winlog.event_data.Anything : "b"', []),
        ('sequence by ?no.key with maxspan=1m [any where ?no.a : "a"] [any where true] until [any where not ?no.b : "c"]', ["no.key", "no.a", "no.b"]),
        ('sample [any where true] by ?no.a [any where true] by ?no.b', ["no.a", "no.b"]),
    ],
)  # fmt: skip
def test_an_optional_field_that_no_data_has(query, expected):
    found = said("W303", query)
    assert [query[d.labels[0].span.start : d.labels[0].span.end].lstrip("?") for d in found] == expected


def test_an_optional_field_with_a_neighbour_is_suggested():
    assert said("W303", 'process where ?proces.name : "a"')[0].help == "did you mean `?process.name`?"


def test_a_source_without_samples(tmp_path):
    one = {"path": tmp_path / "rules" / "one.toml", "sources": ("sysmon", "endpoint")}
    for name in ("sysmon.hit", "sysmon.miss", "endpoint.hit"):
        write(tmp_path / "samples" / "one" / f"{name}.ndjson", [process(0, 1)])
    (found,) = said("W304", **one)
    assert found.title == "without samples: endpoint.miss.ndjson"
    write(tmp_path / "samples" / "one" / "endpoint.miss.ndjson", [process(0, 1)])
    assert said("W304", **one) == []


@pytest.mark.parametrize(
    ("query", "lookback", "expected"),
    [(SHORT, "now-6m", 0), (SHORT, "now-5m", 1), (LONG, "now-9m", 1), (LONG, "now-15m", 0), (SEQUENCE, "now-5m", 0)],
)
def test_a_look_back_that_cuts_sequences(query, lookback, expected):
    found = said("W305", query, lookback=lookback)
    assert len(found) == expected
    assert all("now-6m" in str(d.help) or "now-15m" in str(d.help) for d in found)


def test_a_warning_points_into_the_file(tmp_path):
    (one,), _ = load([rule_file(tmp_path / "rule.toml", SEQUENCE)])
    found = next(f for f in lint([one], telemetry()) if f.diagnostic.code == "W301")
    span = found.diagnostic.labels[0].span
    assert found.text[span.start : span.end] == "sequence"
    assert f"{tmp_path / 'rule.toml'}:10:1" in str(found)
