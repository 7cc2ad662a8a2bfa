from __future__ import annotations

import pytest
from tests.material import event, process, rule, write
from tests.sinks.html.test_hostile import NASTY, nasty_process

from comtrap.check.check import check
from comtrap.lang.parse import parse
from comtrap.scan import scan
from comtrap.schema.telemetry import telemetry
from comtrap.sinks.html.queries import MOST, questions

EVERYTHING = [rule("any where true")]


def alerts(tmp_path, *events):
    return list(scan([write(tmp_path / "a.ndjson", events)], EVERYTHING).alerts)


def asked(tmp_path, *events):
    return {q.title: q.query for q in questions(alerts(tmp_path, *events))}


def test_a_process_is_asked_for_by_its_entity_id(tmp_path):
    title, query = next(iter(asked(tmp_path, process(0, 1)).items()))
    assert title == "All that cmd.exe (1001) did, and what it started"
    one = '"{00000000-0000-0000-0000-000000000001}"'
    assert query == f"any where process.entity_id == {one} or process.parent.entity_id == {one}"


def test_a_class_is_asked_for_wherever_it_may_be_named(tmp_path):
    titles = asked(tmp_path, process(0, 1))
    assert "{3E5FC7F9-9A51-4367-9063-A120244FBEC7} on any host: asked for, registered or served" in titles


def test_a_library_of_windows_is_no_lead_and_one_elsewhere_is(tmp_path):
    loads = [
        event(7, n, n, Image="C:\\a.exe", ImageLoaded=path, ProcessId="5")
        for n, path in enumerate(("C:\\Windows\\System32\\cmlua.dll", "C:\\Users\\u\\evil.dll"), 1)
    ]
    found = [title for title in asked(tmp_path, *loads) if title.endswith(".dll on any host")]
    assert found == ["C:\\Users\\u\\evil.dll on any host"]


def test_a_question_finds_the_event_it_was_made_of(tmp_path):
    for question in questions(alerts(tmp_path, process(0, 1))):
        if not question.query.startswith("authentication"):
            assert len(scan([str(tmp_path / "a.ndjson")], [rule(question.query)]).alerts) == 1, question.query


@pytest.mark.parametrize("text", [*NASTY, '"; drop', 'a\\b"c"""d', "$1 $0", "*?*"])
def test_whatever_a_log_says_a_question_is_eql(tmp_path, text):
    for question in questions(alerts(tmp_path, nasty_process(text, 1, ProcessGuid=text))):
        check(parse(question.query), telemetry(), question.query)


def test_a_value_that_looks_like_a_place_for_one_is_left_alone(tmp_path):
    titles = list(asked(tmp_path, process(0, 1, "$1.exe")))
    assert titles[0].startswith("All that $1.exe ")


def test_a_story_of_many_things_has_a_bounded_number_of_questions(tmp_path):
    assert len(asked(tmp_path, *(process(n, n) for n in range(1, 60)))) <= MOST
