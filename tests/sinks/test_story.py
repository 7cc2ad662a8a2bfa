from __future__ import annotations

from tests.material import process, rule, write

from comtrap.scan import scan
from comtrap.sinks.story import by_host, stories


def told(tmp_path, *events):
    alerts = list(scan([write(tmp_path / "a.ndjson", events)], [rule("process where true")]).alerts)
    return [[int(a.evidence[0].record_id) for a in story] for story in stories(alerts)]


def guid(number):
    return f"{{00000000-0000-0000-0000-{number:012d}}}"


def test_a_process_and_its_child_are_one_story(tmp_path):
    assert told(tmp_path, process(0, 1), process(1, 2, ParentProcessGuid=guid(1))) == [[1, 2]]


PLAIN = {"ParentCommandLine": "explorer.exe"}


def test_children_of_one_parent_that_raised_no_alert_are_two_stories(tmp_path):
    assert told(tmp_path, process(0, 1, **PLAIN), process(1, 2, **PLAIN)) == [[1], [2]]


def asking(seconds, record):
    return process(seconds, record, "powershell.exe", CommandLine="New-Object -ComObject MMC20.Application", **PLAIN)


def serving(seconds, record):
    return process(seconds, record, "mmc.exe", CommandLine="mmc.exe -Embedding", **PLAIN)


def test_who_asks_for_an_object_and_the_server_started_for_it_are_one_story(tmp_path):
    assert told(tmp_path, asking(0, 1), serving(1, 2)) == [[1, 2]]


def test_the_same_object_minutes_later_is_another_story(tmp_path):
    assert told(tmp_path, asking(0, 1), serving(90, 2)) == [[1], [2]]


def test_children_of_one_surrogate_are_one_story(tmp_path):
    assert told(tmp_path, process(0, 1), process(1, 2)) == [[1, 2]]


def test_ordinary_objects_join_nothing(tmp_path):
    ordinary = {"CommandLine": "New-Object -ComObject Scripting.Dictionary", **PLAIN}
    assert told(tmp_path, process(0, 1, **ordinary), process(1, 2, **ordinary)) == [[1], [2]]


def test_a_process_number_that_comes_again_much_later_is_another_story(tmp_path):
    first, soon, late = (process(s, n, ProcessId="77") for n, s in ((1, 0), (2, 60), (3, 9000)))
    assert told(tmp_path, first, soon, late) == [[1, 2], [3]]


def test_alerts_are_told_by_host_in_the_order_of_their_first(tmp_path):
    events = [process(0, 1, host="b"), process(1, 2, host="a"), process(2, 3, host="b")]
    alerts = scan([write(tmp_path / "a.ndjson", events)], [rule()]).alerts
    assert [(host, len(found)) for host, found in by_host(alerts).items()] == [("b", 2), ("a", 1)]
