from __future__ import annotations

import pytest
from tests.material import process, rule, script_block, write

from comtrap.alerts import evidence
from comtrap.alerts.document import document
from comtrap.rules.suppression import Suppression
from comtrap.scan import scan

SCRIPT = 'any where comtrap.powershell.script_block_text : "*marked*"'
ANY = 'process where event.code == "1"'


@pytest.fixture
def log(tmp_path):
    events = [process(n, n, CommandLine=f"x {n}") for n in range(1, 30)]
    parts = [script_block(40 + n, 40 + n, text, n, 3) for n, text in enumerate(("mar", "k", "ed"), 1)]
    return write(tmp_path / "a.ndjson", [*events, events[4], *parts])


def found(log, suppression=None):
    return scan([log], [rule(ANY), rule(SCRIPT, 2)], suppression=suppression).alerts


def written(alerts):
    (count,) = alerts._database.execute("select count(*) from evidence").fetchone()
    return count


def test_while_it_is_little_none_of_it_is_written(log):
    alerts = found(log)
    assert len(list(alerts)) == 30
    assert written(alerts) == 0


@pytest.mark.parametrize("room", [0, 10_000])
def test_once_it_is_much_all_of_it_is(log, monkeypatch, room):
    monkeypatch.setattr(evidence, "HELD_BYTES", room)
    alerts = found(log)
    assert len(list(alerts)) == 30
    assert written(alerts) == 30 + 3


def test_where_it_is_changes_no_alert(log, monkeypatch):
    here = [document(alert) for alert in found(log)]
    monkeypatch.setattr(evidence, "HELD_BYTES", 0)
    assert [document(alert) for alert in found(log)] == here
    assert [each["part"] for each in here[-1]["comtrap.evidence"][1:]] == [2, 3]


def test_where_it_is_changes_nothing_of_what_alerts_stand_for(log, monkeypatch):
    how = Suppression(("host.name",), None)
    here = [document(alert) for alert in found(log, how)]
    monkeypatch.setattr(evidence, "HELD_BYTES", 0)
    assert [document(alert) for alert in found(log, how)] == here
    assert here[0]["kibana.alert.suppression.docs_count"] > 0
