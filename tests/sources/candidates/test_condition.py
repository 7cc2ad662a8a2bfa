"""What a cluster is asked gives every document that meets the rule, and few others."""

from __future__ import annotations

import itertools
import json

import pytest
from tests.material import event, process, rule, script_block
from tests.remote.server import Index

import comtrap
from comtrap.lang.parse import parse
from comtrap.lang.unparse import unparse, unparse_expression
from comtrap.plan.plan import stages
from comtrap.plan.shape import columns_of
from comtrap.rules.compiled import compiled
from comtrap.scan import scan
from comtrap.sources.candidates.condition import ASKED_ALWAYS, SHAPES, Conditions
from comtrap.sources.candidates.mapping import Use, uses

TIME = "2026-01-05T08:00:00.000Z"
ALL = dict.fromkeys(("process.name", "process.command_line", *ASKED_ALWAYS), Use.TEXT)
ENDPOINTS = ALL | dict.fromkeys(SHAPES, Use.UNKNOWN)
CLOSED = ALL | dict.fromkeys(SHAPES, Use.ABSENT)


def asked(query, known):
    """The text that is asked for a query."""
    plan, wrong = compiled((rule(query),), ())
    assert wrong == []
    found = Conditions(known).query(stages(plan.queries[0]))
    return None if found is None else unparse_expression(found.body.condition)


def of_endpoint(query, **more):
    """The part of it that is about Endpoint's documents."""
    text = asked(query, ENDPOINTS | more)
    return None if text is None else text.partition(' or not agent.type == "endpoint"')[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('any where process.name == "a"', 'process.name == "a"'),
        ('any where process.name in ("a", "b")', 'process.name in ("a", "b")'),
        ('any where process.name like "a*"', 'process.name like "a*"'),
        ('process where process.name == "a"', 'event.category == "process" and process.name == "a"'),
        ('any where process.name == "a" and process.title == "b"', 'process.name == "a"'),
        ('any where process.name == "a" or process.title == "b"', None),
        ('any where process.name == "a" and not process.title == "b"', 'process.name == "a"'),
        ('any where not (process.name == "a" and process.title == "b")', None),
        ('any where not (process.name == "a" or process.title == "b")', 'not process.name == "a"'),
        ("any where process.name == null", "process.name == null"),
        ("any where process.name != null", "not process.name == null"),
        ('any where process.name regex "a.*"', None),
        ('any where startsWith(process.name, "a")', None),
        ('any where process.name > "a"', None),
        ("process where process.pid == 4", 'event.category == "process"'),
        ('process where @timestamp > "2026"', 'event.category == "process"'),
    ],
)
def test_what_a_cluster_cannot_tell_is_left_out_so_that_more_is_asked_for(query, expected):
    assert of_endpoint(query) == expected


def test_whole_numbers_are_asked_for_but_not_what_they_are_not():
    known = {"process.pid": Use.WHOLE}
    assert of_endpoint("any where process.pid >= 4", **known) == "process.pid >= 4"
    assert of_endpoint("any where not process.pid == 4", **known) is None


def test_without_regard_to_case_some_letters_are_always_looked_at():
    text = asked('any where process.name : "Cmd*"', ENDPOINTS)
    assert text.startswith('process.name : "Cmd*" or ')
    assert "\u017f" in text
    assert "\u212a" in text


def test_letters_beyond_ascii_are_not_left_to_a_cluster_that_ignores_case():
    assert asked('any where process.name : "Ä*"', ENDPOINTS) is None
    assert of_endpoint('any where process.name like "Ä*"') == 'process.name like "Ä*"'


def test_where_nothing_is_known_of_other_documents_all_of_them_are_read():
    assert asked('any where process.name == "a"', ENDPOINTS) == 'process.name == "a" or not agent.type == "endpoint"'


def test_without_agents_nothing_is_asked():
    assert asked('any where process.name == "a"', ENDPOINTS | {"agent.type": Use.UNKNOWN}) is None


def test_sequences_ask_for_the_events_of_all_their_stages():
    query = 'sequence by host.id with maxspan=1m [any where process.name == "a"] ![any where process.name == "b"]'
    found = of_endpoint(f'{query} until [any where process.name == "c"]'.replace("] ![", "] [any where false] !["))
    assert found == 'process.name == "a" or process.name == "b" or process.name == "c"'


QUERIES = (
    'process where process.name : "cmd.exe"',
    'process where process.name == "cmd.exe" and not process.command_line : "*whoami*"',
    'process where not process.name : "k*"',
    'process where process.command_line : "*kill*"',
    'process where process.command_line like "*kill*"',
    'any where comtrap.process.plain_command_line : "cmd /c who?mi *"',
    'any where comtrap.process.plain_command_line : "cmd.exe /c who*"',
    'any where comtrap.process.plain_command_line in ("cmd /c dir", "x")',
    'any where comtrap.process.decoded_command : "*whoami*"',
    "any where process.name == null",
    "any where process.name != null and event.category == null",
    'any where event.code == "1" and event.provider == "Microsoft-Windows-Sysmon"',
    'any where event.code in ("4104", "4688")',
    'any where event.action == "start"',
    'any where event.action == "Process creation" and process.name == "a"',
    'any where not event.action : "start*"',
    'any where comtrap.powershell.script_block_text : "*New-ComObject*"',
    'any where powershell.file.script_block_text : "*New-Com*"',
    'any where powershell.file.script_block_text : "New-*" and comtrap.powershell.script_block_text : "*New-ComObject*"',
    'any where winlog.event_data.Details : "a*"',
    'any where not winlog.event_data.Details : "a*"',
    "any where winlog.event_data.Image == null",
    "any where process.pid == 1004",
    "any where not process.pid == 1004",
    'any where host.name : "HOST1"',
    "any where host.name == null",
    'any where comtrap.source == "endpoint"',
    'registry where registry.path : "*S-1-5-21-1*"',
)


def endpoint(**fields):
    return {"@timestamp": TIME, "agent": {"type": "endpoint"}, "host": {"id": "h"}} | fields


DOCUMENTS = (
    endpoint(event={"category": ["process"], "action": "start"}, process={"name": "CMD.exe", "pid": 1004}),
    endpoint(event={"category": "process"}, process={"name": ["a", "cmd.exe"], "command_line": 'cmd  /c ^who"a"mi x'}),
    endpoint(event={"category": "process"}, process={"name": "\u212aill.exe", "command_line": "tas\u212aill"}),
    endpoint(event={"category": "process"}, process={"name": "x", "command_line": '"cmd" /c\tdir'}),
    endpoint(process={"name": "x", "command_line": "p -e dwBoAG8AYQBtAGkA"}),
    endpoint(process={"name": "x", "command_line": "p \u2015^E^n^c: d^wBoAG8AYQBtAGkA"}),
    endpoint(**{"process.name": "cmd.exe", "event.category": "process", "event.code": "1"}),
    endpoint(event={"category": "process"}, comtrap={"process": {"plain_command_line": "cmd /c dir"}}),
    endpoint(event={"code": "04104"}, winlog={"event_id": "4688", "event_data": {"Details": "abc"}}),
    endpoint(event={"code": "1", "provider": "Microsoft-Windows-Sysmon"}),
    {
        "@timestamp": TIME,
        "agent": {"type": ["endpoint", "x"]},
        "event": {"category": "process"},
        "process": {"name": "k"},
    },
    {"@timestamp": TIME, "process": {"name": "cmd.exe"}, "event": {"category": "process", "action": "start"}},
    {"@timestamp": TIME, "host": {"hostname": "HOST1"}},
    process(0, 4),
    process(0, 5, "killer.exe", CommandLine="kill"),
    {
        **process(0, 6),
        "process": {"name": "brought.exe"},
        "event": {"code": "7", "action": "other", "category": "process"},
    },
    {**process(0, 7), "event": {"code": "04688", "action": "start"}},
    {"@timestamp": TIME, "winlog": {"provider_name": "Microsoft-Windows-Sysmon"}, "event": {"code": "0001"}},
    event(13, 0, 8, TargetObject=r"HKU\S-1-5-21-1\Software", Details="-"),
    event(13, 0, 9, TargetObject=r"HKU\S-1-5-21-1\Software", Details="abc"),
    {"@timestamp": TIME, "process": {"name": "a"}, "event": {"action": "begun"}, **event(1, 0, 13, Image="C:\\a.exe")},
    {**script_block(0, 10, "New-", 1, 2), "powershell": {"file": {"script_block_text": "New-"}}},
    {**script_block(0.1, 11, "ComObject x", 2, 2), "powershell": {"file": {"script_block_text": "ComObject x"}}},
    script_block(0, 12, "New-ComObject y"),
)
SHOWN = Index(dict(enumerate(DOCUMENTS))).mapped
MAPPINGS = (
    SHOWN,
    SHOWN | {"dynamic": False},
    SHOWN
    | {
        "dynamic": False,
        "properties": {k: v for k, v in SHOWN["properties"].items() if k in {"@timestamp", "agent", "process"}},
    },
)


def met(query, documents, tmp_path):
    """The numbers of the documents that a rule finds."""
    path = tmp_path / "log.ndjson"
    path.write_text("".join(json.dumps(one) + "\n" for one in documents), "utf-8")
    result = scan([str(path)], (rule(query, index=("*",)),))
    found = {evidence.position for alert in result.alerts for evidence in alert.evidence}
    result.alerts.close()
    return found


@pytest.mark.parametrize("query", QUERIES)
def test_every_document_that_meets_a_rule_is_among_those_asked_for(query, tmp_path):
    found = met(query, DOCUMENTS, tmp_path)
    plan, _ = compiled((rule(query),), ())
    names = sorted({*ASKED_ALWAYS, *SHAPES}.union(*(columns_of(s.predicate) for s in stages(plan.queries[0]))))
    assert found
    for mapping, kept in itertools.product(MAPPINGS, (DOCUMENTS, DOCUMENTS[:10])):
        made = Conditions(uses(mapping, names)).query(stages(plan.queries[0]))
        if made is None:
            continue
        assert parse(unparse(made)) == made
        index = comtrap.Index("x", [{**one, "_id": n} for n, one in enumerate(kept)], mapping)
        answer = comtrap.search(unparse(made), [index], size=1_000)
        assert found & set(range(len(kept))) <= {int(one["_id"]) for one in answer["hits"]["events"]}


def test_few_others_are():
    plan, _ = compiled((rule('process where process.name : "cmd.exe" and process.pid == 1004'),), ())
    kept = [endpoint(event={"category": "process"}, process={"name": "cmd.exe", "pid": n}) for n in range(1000, 1010)]
    mapping = Index(dict(enumerate(kept))).mapped
    made = Conditions(uses(mapping, (*ASKED_ALWAYS, *SHAPES, "process.name", "process.pid"))).query(
        stages(plan.queries[0])
    )
    answer = comtrap.search(unparse(made), [comtrap.Index("x", kept, mapping)], size=1_000)
    assert [one["_source"]["process"]["pid"] for one in answer["hits"]["events"]] == [1004]
