from __future__ import annotations

import pytest
from tests.material import process, rule, write

from comtrap.alerts import build
from comtrap.alerts.document import document
from comtrap.scan import scan

SEQUENCE = (
    'sequence by host.id with maxspan=1m [process where process.name : "f.exe"] [process where process.name : "s.exe"]'
)
RULES = [rule("process where process.pid > 0"), rule(SEQUENCE)]


def documents(path):
    return [document(alert) for alert in scan([path], RULES).alerts]


@pytest.mark.parametrize("name", ["TOGETHER", "TOGETHER_BYTES"])
def test_how_many_alerts_are_made_at_once_changes_none_of_them(tmp_path, monkeypatch, name):
    events = [process(n, n, "fs"[n % 2] + ".exe", CommandLine=f"x {n}") for n in range(1, 30)]
    path = write(tmp_path / "a.ndjson", events)
    whole = documents(path)
    monkeypatch.setattr(build, name, 1)
    assert documents(path) == whole
    assert len(whole) > 29


def test_no_more_is_made_at_once_than_there_is_room_for(tmp_path, monkeypatch):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(1, 9)])
    monkeypatch.setattr(build, "TOGETHER_BYTES", 1)
    sizes = []
    explain = build.Explanation.of
    monkeypatch.setattr(
        build.Explanation, "of", lambda self, events: sizes.append(len(events)) or explain(self, events)
    )
    assert len(list(scan([path], [rule("process where true")]).alerts)) == 8
    assert sizes == [1] * 8


def test_a_thousand_alerts_are_made_with_a_few_questions_to_the_database(tmp_path):
    path = write(tmp_path / "a.ndjson", [process(n, n) for n in range(1, 1001)])
    alerts = scan([path], [rule("process where true")]).alerts
    asked = []
    alerts._database.set_trace_callback(asked.append)
    assert len(list(alerts)) == 1000
    assert len(asked) <= 4
