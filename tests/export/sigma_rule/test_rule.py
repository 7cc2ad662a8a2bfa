"""What EQL says, in Sigma's words; and what has none."""

from __future__ import annotations

import pytest
from tests.material import rule

from comtrap.export.sigma_rule.rule import sigma_rule
from comtrap.export.target import NoFormError

START = 'process where event.type == "start" and '


def detected(condition, before=START):
    (document,) = sigma_rule(rule(before + condition)).documents
    return document["detection"]


@pytest.mark.parametrize(
    ("condition", "key", "value"),
    [
        ('process.command_line : "a*b"', "CommandLine", "a*b"),
        ('process.command_line == "a*b"', "CommandLine|cased", "a\\*b"),
        ('process.command_line == "12"', "CommandLine", "12"),
        ('process.command_line like "*A*"', "CommandLine|contains|cased", "A"),
        ('process.command_line like~ "*A*"', "CommandLine|contains", "A"),
        ('process.command_line in ("A", "B")', "CommandLine|cased", ["A", "B"]),
        ('process.command_line in~ ("A", "B")', "CommandLine", ["A", "B"]),
        ('process.command_line regex~ "a[0-9]+.*"', "CommandLine|re|i", "^a[0-9]+"),
        ('process.command_line regex "a.b"', "CommandLine|re|s", "^a.b$"),
        ('process.name : "a.exe"', "Image|endswith", "\\a.exe"),
        ('process.name == "a.exe"', "Image|endswith|cased", "\\a.exe"),
        ('process.command_line : "*"', "CommandLine|exists", True),
        ("process.command_line == null", "CommandLine", None),
        ("process.pid >= 4", "ProcessId|gte", 4),
        ("process.pid == 4", "ProcessId", 4),
        ("startsWith~(process.executable, process.parent.executable)", "Image|fieldref|startswith", "ParentImage"),
        ('startsWith~(process.command_line, "a*")', "CommandLine|startswith", "a\\*"),
        ('stringContains(process.command_line, "A")', "CommandLine|contains|cased", "A"),
        ('endsWith~(process.command_line, "a?")', "CommandLine|endswith", "a\\?"),
    ],
)
def test_a_clause(condition, key, value):
    assert detected(condition) == {"selection": {key: value}, "condition": "selection"}


def test_addresses():
    made = detected('cidrMatch(source.ip, "10.0.0.0/8")', 'network where event.code == "3" and ')
    assert made["selection"] == {"SourceIp|cidr": "10.0.0.0/8"}


def test_what_must_not_be_is_a_filter():
    made = detected('process.name : "a" and not process.name : "b"')
    assert made["condition"] == "selection and not filter_main_image"


def test_unequal_is_not_equal():
    made = detected('process.command_line != "a" and process.name : "b"')
    assert made["condition"] == "selection and not filter_main_commandline"


def test_alternatives_on_one_field_are_one_list():
    made = detected('(process.name : "a" or process.name : "b" or process.command_line : "c")')
    assert made["selection"] == [{"Image|endswith": ["\\a", "\\b"]}, {"CommandLine": "c"}]


def test_alternatives_that_are_not_searches_are_in_the_condition():
    made = detected('(process.name : "a" and not process.command_line : "b" or process.command_line : "c")')
    assert made["condition"] == "(selection and not filter_main_commandline) or selection_commandline"


def test_two_clauses_on_one_field_are_two_searches():
    made = detected('process.command_line : "*a*" and process.command_line : "*b*"')
    assert made["condition"] == "selection and selection_commandline"


def test_an_alternative_of_ours_is_left_out_and_noted():
    made = sigma_rule(rule(START + '(process.name : "a" or ?comtrap.process.plain_command_line : "b")'))
    assert made.documents[0]["detection"]["selection"] == {"Image|endswith": "\\a"}
    assert ["comtrap.process.plain_command_line" in note for note in made.notes] == [True]


def test_only_the_alternative_of_ours_is_left_out():
    both = '((process.command_line : "a" or ?comtrap.process.plain_command_line : "a") or process.name : "b")'
    assert detected(both)["selection"] == [{"CommandLine": "a"}, {"Image|endswith": "\\b"}]


def test_event_ids_of_a_service_are_said():
    made = detected('winlog.event_data.TaskName : "a"', 'any where event.code == "4698" and ')
    assert made["selection"] == {"EventID": 4698, "TaskName": "a"}


def test_alternatives_of_different_log_sources_are_a_rule_each():
    made = sigma_rule(rule('any where event.code == "4698" or event.code == "106"'))
    assert [one["logsource"]["service"] for one in made.documents] == ["security", "taskscheduler"]
    assert len({one["id"] for one in made.documents}) == len({one["title"] for one in made.documents}) == 2


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("process where true", "field"),
        (START + "startsWith(process.executable, process.parent.executable)", "function"),
        (START + 'startsWith~(process.name, "a")', "function"),
        (START + "length(process.command_line, 3)", "wrong"),
        ('process where event.type == "end"', "log source"),
        ('process where event.type == "start"', "without a field"),
        ('any where process.name : "a"', "log source"),
        (START + "length(process.name) > 3", "computes"),
        (START + 'process.Ext.token.integrity_level_name : "high"', "no name"),
        (START + '?comtrap.process.plain_command_line : "a"', "only comtrap"),
        (START + 'process.name : "a" | head 3', "head"),
        (START + 'process.command_line regex "a<1-9>"', "Lucene"),
        (START + 'concat(process.name, "a") == "b"', "computes"),
        ('process where event.code == "1" and event.provider == "Kernel-General" and process.name : "a"', "provider"),
        ('process where not event.type == "start"', "no process_creation event"),
        ('sample by host.id [process where event.type == "start"] [process where event.code == "7"]', "time span"),
    ],
)
def test_what_sigma_cannot_say(query, why):
    with pytest.raises(NoFormError, match=why):
        sigma_rule(rule(query))


def test_what_is_not_known_is_not_said():
    (document,) = sigma_rule(rule()).documents
    assert document.keys() == {
        "title", "id", "related", "status", "description", "author", "tags", "logsource", "detection", "level",
    }  # fmt: skip


def test_tags_are_tactics_and_techniques():
    (document,) = sigma_rule(rule()).documents
    assert document["tags"] == ["attack.execution", "attack.t1559.001"]


def test_a_long_title_is_cut():
    (document,) = sigma_rule(rule(name="a" * 300)).documents
    assert document["title"] == "a" * 255 + "…"


def test_a_rule_that_is_wrong_is_left_out():
    with pytest.raises(NoFormError, match="its query is wrong: unknown field"):
        sigma_rule(rule(START + 'proces.name : "a"'))
