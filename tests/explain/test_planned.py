"""A query's plan: what is asked, what is read, what can be matched, and what can never be."""

from __future__ import annotations

import pytest
from tests.material import rule

from comtrap.check.typed import AllOf
from comtrap.explain.planned import Planned, Source, planned
from comtrap.explain.subject import find, of_rule

SYSMON = "Microsoft-Windows-Sysmon"


def plan(text: str) -> Planned:
    return planned(find(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [("any where true", "event"), ("sequence [any where true] [any where true]", "sequence"), ("sample by host.id [any where true] [any where true]", "sample")],
)  # fmt: skip
def test_its_kind(text, kind):
    assert plan(text).kind == kind


def test_stages_are_counted_with_their_runs():
    found = plan(
        "sequence by host.id with maxspan=1m [process where true] by ?user.name with runs=2 "
        "![file where true] by ?no.such until [any where true] by user.name | head 3 | tail 1"
    )

    assert [(s.number, s.runs, s.missing, s.category) for s in found.stages] == [
        (1, 2, False, "process"),
        (3, 1, True, "file"),
        (0, 1, False, None),
    ]
    assert [[(k.name, k.type, k.optional) for k in s.keys] for s in found.stages[:2]] == [
        [("host.id", "keyword", False), ("user.name", "keyword", True)],
        [("host.id", "keyword", False), ("no.such", "not mapped", True)],
    ]
    assert (found.maxspan_ns, found.pipes) == (60_000_000_000, ("head 3", "tail 1"))


def test_every_field_is_named_once_with_its_type():
    found = plan(
        'sequence by host.id [process where process.pid == 1] [process where process.pid == 2 and ?no.such == "a"]'
    )
    assert [(f.name, f.type) for f in found.fields] == [
        ("host.id", "keyword"),
        ("process.pid", "long"),
        ("no.such", "not mapped"),
    ]


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("any where true", None),
        ("any where 1 == 2", "the condition is always false"),
        ('any where ?no.such : "a"', "the condition is always false"),
        ("sequence [any where true] [any where false]", "the condition of stage 2 is always false"),
        ("sequence with maxspan=1s [any where true] ![any where false]", None),
        ("sequence [any where true] [any where true] until [any where false]", None),
        ("any where true | head 0", "`head 0` keeps nothing"),
    ],
)
def test_what_can_never_match_says_why(text, never):
    assert plan(text).never == never


@pytest.mark.parametrize(("text", "always"), [("1 == 1", "true"), ("1 == 2", "false"), ("process.pid == 1", None)])
def test_what_is_always_so(text, always):
    assert plan(f"any where {text}").stages[0].always == always


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ('any where event.code == "7" and event.provider == "Microsoft-Windows-Sysmon"', (Source(SYSMON, (7,), False),)),
        ('registry where event.provider == "Microsoft-Windows-Sysmon"', (Source(SYSMON, (12, 13, 14), False),)),
        ("any where false", ()),
    ],
)  # fmt: skip
def test_what_writes_such_events(text, sources):
    assert tuple(s for s in plan(text).stages[0].sources if s.provider == SYSMON) == sources


def test_the_ids_of_a_provider_that_are_not_known_may_match_too():
    (found,) = (s for s in plan("any where true").stages[0].sources if s.provider == SYSMON)
    assert found.others


def test_how_it_runs_is_told_where_it_is_not_as_written():
    assert plan('process where process.name == "a" and process.command_line : "*b*"').stages[0].runs_as is None

    (stage,) = plan('process where process.command_line : "*b*" and process.name == "a"').stages
    assert isinstance(stage.runs_as, AllOf)
    assert stage.runs_as.operands == tuple(
        reversed(find('any where process.command_line : "*b*" and process.name == "a"').stages[0].predicate.operands)
    )


def test_the_indices_of_a_rule_with_those_that_a_scan_knows():
    found = planned(of_rule(rule(index=("winlogbeat-*", "logs-none-*"))))
    assert found.indices == (("winlogbeat-*", ("winlogbeat-default",)), ("logs-none-*", ()))
    assert found.claims == ("sysmon",)
    assert plan("any where true").indices is None


def test_an_id_that_nothing_is_known_of_is_named_if_the_query_does():
    sources = plan('any where event.code == "4711"').stages[0].sources
    assert Source(SYSMON, (4711,), others=False) in sources
