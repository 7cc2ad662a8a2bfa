from __future__ import annotations

import pytest
from tests.material import process, rule, write

from comtrap.proof.samples import check_samples

HIT, MISS = process(0, 1), process(0, 1, parent="explorer.exe")
SEQUENCE = """sequence by host.name with maxspan=1m
  [process where process.name : "a.exe"] [process where process.name : "b.exe"]"""


def outcomes(folder, *, hit=None, miss=None, **more):
    """By kind of sample, what was wrong."""
    one = rule(path=folder / "rules" / "one.toml", **more)
    for name, records in (("hit", hit), ("miss", miss)):
        if records is not None:
            write(folder / "samples" / "one" / f"sysmon.{name}.ndjson", records)
    return {(o.source, o.hit): o.wrong for o in check_samples([one])}


def test_a_rule_that_does_what_it_should_has_nothing_wrong(tmp_path):
    assert outcomes(tmp_path, hit=[HIT, HIT], miss=[MISS]) == {("sysmon", True): None, ("sysmon", False): None}


def test_a_hit_on_which_it_does_not_alert_is_named(tmp_path):
    assert outcomes(tmp_path, hit=[HIT, MISS, MISS], miss=[MISS])["sysmon", True] == (
        "does not alert on lines 2, 3 of its hits"
    )


def test_a_near_miss_on_which_it_alerts_is_named(tmp_path):
    assert outcomes(tmp_path, hit=[HIT], miss=[MISS, HIT])["sysmon", False] == "alerts on a near miss: line 2"


def test_a_sequence_alerts_once_on_all_of_its_sample(tmp_path):
    steps = [process(0, 1, "a.exe"), process(1, 2, "c.exe"), process(2, 3, "b.exe")]
    found = outcomes(tmp_path, query=SEQUENCE, hit=steps, miss=steps[:2])
    assert set(found.values()) == {None}
    assert outcomes(tmp_path, query=SEQUENCE, hit=steps[1:])["sysmon", True] == "does not alert on its hit"


def test_a_source_without_samples_is_wrong(tmp_path):
    found = outcomes(tmp_path, hit=[HIT], sources=("sysmon", "endpoint"))
    assert [key for key, wrong in found.items() if wrong] == [
        ("endpoint", True), ("endpoint", False), ("sysmon", False),
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["any where no.such.field == 1"])
def test_a_rule_that_cannot_run_does_not_hide_the_others(query, tmp_path):
    first, second = rule(query, path=tmp_path / "rules" / "a.toml"), rule(path=tmp_path / "rules" / "b.toml", number=2)
    found = list(check_samples([first, second]))
    assert "cannot run: unknown field" in str(found[0].wrong)
    assert {o.rule for o in found} == {first, second}


def test_a_sample_that_cannot_be_read_is_wrong(tmp_path):
    folder = tmp_path / "samples" / "one"
    folder.mkdir(parents=True)
    (folder / "sysmon.hit.ndjson").write_text("no JSON\n")
    assert "cannot be read whole" in str(outcomes(tmp_path, miss=[MISS])["sysmon", True])


def test_a_further_file_of_a_source_is_tried_too_and_named(tmp_path):
    write(tmp_path / "samples" / "one" / "sysmon.clauses.hit.ndjson", [HIT, MISS])
    found = outcomes(tmp_path, hit=[HIT], miss=[MISS])
    assert found["sysmon", True] == "sysmon.clauses.hit.ndjson: does not alert on line 2 of its hits"
    assert found["sysmon", False] is None


def test_in_a_further_file_every_event_of_a_sequence_is_a_hit(tmp_path):
    steps = [process(0, 1, "a.exe"), process(1, 2, "c.exe"), process(2, 3, "b.exe")]
    write(tmp_path / "samples" / "one" / "sysmon.clauses.hit.ndjson", steps)
    found = outcomes(tmp_path, query=SEQUENCE, hit=steps, miss=steps[:2])
    assert found["sysmon", True] == "sysmon.clauses.hit.ndjson: does not alert on line 2 of its hits"
