from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.material import SURROGATE_CHILD, event, process, rule_file, write

from comtrap.errors import PluginError
from comtrap.proof.attack_events import Attack, Place, captured
from comtrap.proof.promises import Capture
from comtrap.proof.published import Published, published_of
from comtrap.rules.load import DEFAULT, load_rules, locate

TRUTH = Path(__file__).parents[3] / "shared" / "captures" / "ground_truth.json"
CHILD = SURROGATE_CHILD + ' and process.name : ("cmd.exe", "powershell.exe")'
VALUE = 'registry where registry.path : "*\\\\Classes\\\\CLSID\\\\*"'


@pytest.fixture
def published(tmp_path):
    """Two queries."""
    (tmp_path / "published").mkdir()
    rule_file(tmp_path / "published" / "child.toml", CHILD)
    rule_file(tmp_path / "published" / "value.toml", VALUE, 2)
    return Published(published_of(tmp_path))


def attack(tmp_path, *events):
    path = write(tmp_path / "events.ndjson", events)
    return Attack("sample", "x", "sysmon", path, frozenset(Place(path, None, n) for n in range(len(events))))


def test_an_attack_is_caught_by_any_of_its_events(tmp_path, published):
    verdict = published.judge(attack(tmp_path, process(0, 1, parent="explorer.exe"), process(1, 2)))
    assert verdict.caught_by == ("child",)


def test_an_event_that_does_not_show_the_attack_does_not_catch_it(tmp_path, published):
    path = write(tmp_path / "events.ndjson", [process(0, 1, parent="explorer.exe"), process(1, 2)])
    verdict = published.judge(Attack("sample", "x", "sysmon", path, frozenset({Place(path, None, 0)})))
    assert verdict.caught_by == ()


def test_the_clause_that_lost_it_comes_with_the_value_that_was_there(tmp_path, published):
    verdict = published.judge(attack(tmp_path, process(0, 1, parent="explorer.exe")))
    nearest = verdict.nearest[0]
    (lost,) = nearest.lost
    assert (nearest.query, lost.node.text) == ("child", 'process.parent.name : "dllhost.exe"')
    assert lost.values[0].values == ("explorer.exe",)


def test_the_nearest_event_is_the_one_with_the_fewest_clauses_lost(tmp_path, published):
    far, near = process(0, 1, "a.exe", "b.exe"), process(1, 2, "a.exe")
    verdict = published.judge(attack(tmp_path, far, near))
    assert verdict.nearest[0].event.position == 1
    assert [part.node.lead for part in verdict.nearest[0].lost] == ["process.name :"]


def test_an_event_of_another_category_is_farther_than_any_of_the_category(tmp_path, published):
    verdict = published.judge(attack(tmp_path, event(13, 0, 1, TargetObject="HKU\\x\\Software\\y", Details="z")))
    assert [(missed.query, missed.at.of_category) for missed in verdict.nearest] == [("value", True), ("child", False)]


def test_losses_are_counted_at_the_query_that_came_nearest(tmp_path, published):
    first = published.judge(attack(tmp_path, process(0, 1, parent="explorer.exe")))
    second = published.judge(attack(tmp_path, process(0, 1, "a.exe", "b.exe")))
    third = published.judge(attack(tmp_path, process(0, 1)))
    child, value = published.losses([first, second, third])
    assert (child.caught, child.nearest, value.nearest) == (1, 2, 0)
    parent = child.clauses['process.parent.name : "dllhost.exe"']
    assert (parent.lost, parent.alone) == (2, 1)


def test_an_attack_whose_events_are_gone_is_said(tmp_path, published):
    path = write(tmp_path / "events.ndjson", [process(0, 1)])
    verdict = published.judge(Attack("sample", "x", "sysmon", path, frozenset({Place(path, None, 7)})))
    assert verdict.wrong == "none of the events that show it is there"


def test_a_file_that_cannot_be_read_is_said(tmp_path, published):
    path = str(tmp_path / "none.ndjson")
    verdict = published.judge(Attack("sample", "x", "sysmon", path, frozenset({Place(path, None, 0)})))
    assert verdict.wrong is not None


def test_a_query_over_several_events_is_refused(tmp_path):
    rule_file(tmp_path / "a.toml", "sequence by host.name [process where true] [process where true]")
    with pytest.raises(PluginError, match="asks for several events"):
        Published(load_rules(tmp_path / "a.toml"))


def test_a_pack_without_published_queries_is_said(tmp_path):
    with pytest.raises(PluginError, match="no folder `published`"):
        published_of(tmp_path)


@pytest.mark.shared
@pytest.mark.skipif(not TRUTH.exists(), reason="no captures beside the checkout")
def test_of_the_findings_in_real_captures_it_catches_five():
    published = Published(published_of(locate(DEFAULT)))
    caught = 0
    for capture in json.loads(TRUTH.read_text("utf-8")):
        for finding in capture["findings"]:
            if not finding["optional"]:
                events = tuple(event["position"] for event in finding["must_flag"] + finding["accept"])
                given = Capture(TRUTH.parent / capture["file"], (), False, capture["member"], events)
                verdict = published.judge(captured([], given))
                assert verdict.wrong is None
                caught += bool(verdict.caught_by)
    assert caught == 5
