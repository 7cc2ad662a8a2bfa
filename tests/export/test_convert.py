"""What is converted is run: each query, read as its platform reads it, finds the samples that its rule finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.export import languages, rows
from tests.export.without_ours import theirs
from tests.golden import check_golden
from tests.material import rule

from comtrap.export import crowdstrike, esql, secops, sentinel, splunk
from comtrap.lang import ast
from comtrap.proof.run import fired
from comtrap.rules.load import load_rules
from comtrap.rules.samples import samples

RULES = {rule.path.stem: rule for rule in load_rules()}
PLATFORMS = {
    "splunk": (splunk, languages.spl, rows.splunk),
    "sentinel": (sentinel, languages.kql, rows.sentinel),
    "esql": (esql, languages.esql, rows.elastic),
    "crowdstrike": (crowdstrike, languages.falcon, rows.falcon),
    "secops": (secops, languages.udm, rows.udm),
}
GOLDEN = Path(__file__).parent / "golden"
WRITTEN = {"splunk": 86, "sentinel": 98, "esql": 111, "crowdstrike": 35, "secops": 83}
MISSING = ("there is no log source", "there is no one log source", "has no events of", "has no name for")
MADE = {name: target.export(list(RULES.values())) for name, (target, _, _) in PLATFORMS.items()}

# Rules of which a platform says something differently, and says so: samples of single clauses tell them apart.
DIFFER = {platform: {n.rule.path.stem for n in made.notes if not n.left_out} for platform, made in MADE.items()}


def query_for(platform, rule, source):
    names = (f"{rule}.{source}", rule)
    return next((text for file, text in MADE[platform].files.items() if file.rpartition(".")[0] in names), None)


@pytest.mark.parametrize("name", sorted(n for n, r in RULES.items() if isinstance(r.query.body, ast.EventQuery)))
def test_what_is_converted_finds_the_same_samples(name, tmp_path):
    plan, wrong = theirs(RULES[name]), []
    for sample in samples(RULES[name]):
        found = rows.documents(sample.path, tmp_path)
        want = {one.events for one in fired(plan, sample.path)}
        for platform, (_, reads, row) in PLATFORMS.items():
            text = query_for(platform, name, sample.source)
            if text is None or (sample.part and name in DIFFER[platform]):
                continue
            finds = reads(text)
            got = {(document["comtrap.origin.position"],) for document in found if finds(row(document))}
            if got != want:
                wrong.append((platform, sample.source, sample.hit, sorted(want - got), sorted(got - want)))
    assert not wrong


def test_every_event_rule_is_written_where_its_events_are():
    """What a platform does not have, by reason; a rule that is left out for another reason is missed here."""
    events = {name for name, one in RULES.items() if isinstance(one.query.body, ast.EventQuery)}
    left = {platform: {n.rule.path.stem for n in made.notes if n.left_out} & events for platform, made in MADE.items()}
    assert {platform: len(events) - len(names) for platform, names in left.items()} == WRITTEN
    for platform, names in left.items():
        for name in names:
            (why,) = {n.text for n in MADE[platform].notes if n.left_out and n.rule.path.stem == name}
            assert any(known in why for known in MISSING), (platform, name, why)


SEQUENCES = sorted(name for name, one in RULES.items() if not isinstance(one.query.body, ast.EventQuery))


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_sequence_is_left_out_and_said_or_finds_its_samples(name, tmp_path):
    joins = {"sentinel": languages.kql_sequence, "splunk": languages.spl_sequence}
    for platform, made in MADE.items():
        told = {n.rule.path.stem: n.text for n in made.notes if n.left_out}
        if platform not in joins or name == "com_hijack_loaded_endpoint":
            assert any(why in told[name] for why in ("follows another", "has no events of", "no log source"))
            continue
        for sample in samples(RULES[name]):
            found = [PLATFORMS[platform][2](one) for one in rows.documents(sample.path, tmp_path)]
            assert joins[platform](query_for(platform, name, sample.source))(found) is sample.hit


A = '[process where event.code == "1" and process.name : "a"]'
B = '[process where event.code == "7" and file.name : "b"]'


@pytest.mark.parametrize(
    ("seconds", "host", "holds"), [(0, "h", True), (60, "h", True), (61, "h", False), (-1, "h", False), (1, "i", False)]
)
def test_a_join_keeps_order_span_and_keys(seconds, host, holds):
    one = rule(f"sequence by host.id with maxspan=1m {A} {B}", path=Path("1-a.toml"))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    later = start + timedelta(seconds=seconds)
    (text,) = sentinel.export([one]).files.values()
    sysmon = {"table": "WindowsEvent", "Provider": "Microsoft-Windows-Sysmon"}
    a = {**sysmon, "EventID": 1, "EventData": {"Image": "\\a"}, "Computer": "h", "TimeGenerated": start}
    b = {**sysmon, "EventID": 7, "EventData": {"ImageLoaded": "\\b"}, "Computer": host, "TimeGenerated": later}
    assert languages.kql_sequence(text)([a, b]) is holds
    (text,) = splunk.export([one]).files.values()
    source = {"source": "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational"}
    a = {**source, "EventCode": 1, "Image": "\\a", "Computer": "h", "_time": start}
    b = {**source, "EventCode": 7, "ImageLoaded": "\\b", "Computer": host, "_time": later}
    assert languages.spl_sequence(text)([a, b]) is holds


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_what_differs_stands_in_the_file(platform):
    for note in MADE[platform].notes:
        if note.left_out or note.text.startswith("not for every source"):
            continue
        files = [t for name, t in MADE[platform].files.items() if name.partition(".")[0] == note.rule.path.stem]
        assert any(note.text.replace("`", "'") in text for text in files)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_an_export_says_the_same_twice(platform):
    assert PLATFORMS[platform][0].export(list(RULES.values())) == MADE[platform]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
@pytest.mark.parametrize(
    "name", ["com_surrogate_child", "com_hijack_user_server", "script_host_launch", "task_service_sequence"]
)
def test_golden(platform, name):
    for file, text in MADE[platform].files.items():
        if file.partition(".")[0] == name:
            check_golden(GOLDEN / file, text)


def test_a_rule_cannot_end_its_comment():
    (text,) = splunk.export([rule(name="``` | delete\n| collect")]).files.values()
    assert text.splitlines()[0] == "``` ''' | delete | collect ```"


@pytest.mark.parametrize(
    ("condition", "row", "holds"),
    [
        (
            'not (process.name : "a.exe" and not process.command_line : "*b*")',
            {"Image": "\\a.exe", "CommandLine": "b"},
            True,
        ),
        (
            'not (process.name : "a.exe" and not process.command_line : "*b*")',
            {"Image": "\\a.exe", "CommandLine": "c"},
            False,
        ),
        (
            'not (process.name : "a.exe" or process.command_line : "*b*")',
            {"Image": "\\c.exe", "CommandLine": "b"},
            False,
        ),
        ('process.command_line : "?:\\\\a*"', {"CommandLine": "C:\\a b"}, True),
        ('process.command_line : "?:\\\\a*"', {"CommandLine": "x C:\\a b"}, False),
        ('process.command_line : "a.b*c"', {"CommandLine": "A.B\nC"}, True),
        ('process.command_line : "a.b*c"', {"CommandLine": "axbc"}, False),
        ('process.command_line : "*(x)/y*"', {"CommandLine": "a (X)/Y"}, True),
        ('process.command_line : "" and process.name : "a"', {"Image": "\\a"}, True),
        ("process.pid > 4", {"ProcessId": 5}, True),
        ("not process.pid > 4", {"ProcessId": 5}, False),
    ],
)
def test_kusto_and_udm_mean_what_eql_means(condition, row, holds):
    one = rule(f'process where event.type == "start" and event.code == "1" and {condition}')
    (kql,), (udm,) = sentinel.export([one]).files.values(), secops.export([one]).files.values()
    known = {"table": "WindowsEvent", "EventID": 1, "Provider": "Microsoft-Windows-Sysmon"}
    assert languages.kql(kql)({**known, "EventData": row}) is holds
    names = {"Image": "file.full_path", "CommandLine": "command_line", "ProcessId": "pid"}
    theirs = {f"target.process.{names[name]}": value for name, value in row.items()}
    assert languages.udm(udm)({"metadata.event_type": "PROCESS_LAUNCH", **theirs}) is holds


@pytest.mark.parametrize("name", ["esql", "crowdstrike", "secops"])
def test_a_line_break_in_a_value_is_written_as_an_escape(name):
    broken = rule('process where event.type == "start" and process.command_line : "*a\\nb*"', sources=("sysmon",))
    (text,) = PLATFORMS[name][0].export([broken]).files.values()

    assert "a\\nb" in text
    assert "a\nb" not in text
