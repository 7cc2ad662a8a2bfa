from __future__ import annotations

from tests.material import rule

from comtrap.alerts.explain import VALUES, Explanation


def clauses(query, event, stage=0):
    (found,) = Explanation(rule(query), stage).of([event])
    return [(c.text, dict(c.values)) for c in found]


def test_each_operand_of_and_is_a_clause_with_its_values_and_folded_blanks():
    query = 'process where process.name :\n   "cmd.exe" and\tprocess.pid == 4'
    assert clauses(query, {"process": {"name": "cmd.exe", "pid": 4}}) == [
        ('process.name : "cmd.exe"', {"process.name": "cmd.exe"}),
        ("process.pid == 4", {"process.pid": 4}),
    ]


def test_of_or_the_branches_that_held_are_told():
    query = 'process where process.name : "a" or (process.pid == 4 and (user.name : "u" or user.name : "v"))'
    event = {"process": {"name": "b", "pid": 4}, "user": {"name": "v"}}
    assert [text for text, _ in clauses(query, event)] == ["process.pid == 4", 'user.name : "v"']


def test_a_branch_whose_parts_hold_but_not_the_whole_explains_nothing():
    query = 'process where (process.pid == 4 and user.name : "u") or process.name : "b"'
    assert clauses(query, {"process": {"name": "b", "pid": 4}, "user": {"name": "v"}}) == [
        ('process.name : "b"', {"process.name": "b"})
    ]


def test_not_is_a_clause_with_what_the_event_has_instead():
    assert clauses('process where not process.name : "a"', {"process": {"name": "b"}}) == [
        ('not process.name : "a"', {"process.name": "b"})
    ]


def test_of_many_values_those_that_held_are_given():
    query = 'process where process.args : "-Com*"'
    assert clauses(query, {"process": {"args": ["x", "-ComObject", "-command", "y"]}}) == [
        ('process.args : "-Com*"', {"process.args": ["-ComObject", "-command"]})
    ]


def test_no_more_than_some_values_are_given():
    (_, values), *_ = clauses('process where process.args : "a*"', {"process": {"args": [f"a{n}" for n in range(50)]}})
    assert len(values["process.args"]) == VALUES


def test_of_a_long_value_the_part_is_given_that_was_found():
    script = "x" * 5_000 + " GetTypeFromCLSID " + "y" * 5_000
    ((_, values),) = clauses(
        'any where powershell.file.script_block_text : "*gettypefromclsid*"',
        {"powershell": {"file": {"script_block_text": script}}},
    )
    assert "GetTypeFromCLSID" in values["powershell.file.script_block_text"]
    assert len(values["powershell.file.script_block_text"]) < 400


def test_fields_without_a_value_are_not_told():
    assert clauses("process where process.name == null", {"process": {"pid": 1}}) == [("process.name == null", {})]


def test_a_condition_without_fields_explains_nothing():
    assert clauses("process where true", {"process": {"pid": 1}}) == []


def test_stages_are_told_by_number_with_runs_counted():
    query = "sequence by host.id [process where process.pid == 1] with runs=2 [process where process.pid == 2]"
    assert [text for text, _ in clauses(query, {"process": {"pid": 1}}, 1)] == ["process.pid == 1"]
    assert [text for text, _ in clauses(query, {"process": {"pid": 2}}, 2)] == ["process.pid == 2"]


def test_folded_spellings_and_functions_are_run_by_the_engine():
    event = {"process": {"command_line": "MSHTA Vbscript:"}}
    query = (
        'process where stringcontains~(process.command_line, "vbscript") and process.command_line.caseless : "mshta*"'
    )
    assert [text for text, _ in clauses(query, event)] == [
        'stringcontains~(process.command_line, "vbscript")',
        'process.command_line.caseless : "mshta*"',
    ]


def test_a_condition_that_fails_holds_nothing():
    query = "process where number(process.name) == 1 or process.pid == 4"
    assert [t for t, _ in clauses(query, {"process": {"name": "x", "pid": 4}})] == ["process.pid == 4"]


def test_several_events_are_told_apart():
    found = Explanation(rule("process where process.pid == 1 or process.pid == 2"), 0).of(
        [{"process": {"pid": n}} for n in (2, 1, 3)]
    )
    assert [[c.text for c in each] for each in found] == [["process.pid == 2"], ["process.pid == 1"], []]


def test_a_condition_that_fails_on_one_event_holds_on_others():
    found = Explanation(rule("process where number(process.name) == 1"), 0).of(
        [{"process": {"name": name}} for name in ("x", "1")]
    )
    assert [[c.text for c in each] for each in found] == [[], ["number(process.name) == 1"]]


def test_what_is_equal_to_python_but_not_to_people_is_told_as_it_is():
    found = Explanation(rule("process where process.pid != 7"), 0).of([{"process": {"pid": n}} for n in (1, "1", 1.0)])
    assert [repr(c.values["process.pid"]) for (c,) in found] == ["1", "'1'", "1.0"]
