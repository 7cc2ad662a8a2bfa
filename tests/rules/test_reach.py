from __future__ import annotations

import pyarrow as pa
from tests.material import rule

from comtrap.events.batch import EventBatch
from comtrap.execute.specialise import Specialiser
from comtrap.rules.compile import compile_rules
from comtrap.rules.reach import reach, reached
from comtrap.schema.telemetry import telemetry


def plan(*rules):
    made, wrong = compile_rules(rules, telemetry())
    assert not wrong
    return made


def events(*rows):
    return EventBatch(
        pa.table(
            {
                "_index": pa.array([index for index, _ in rows]),
                "event.category": pa.array([c for _, c in rows], pa.list_(pa.string())),
            }
        ),
        telemetry(),
    )


def test_rules_read_the_categories_they_ask_for_in_the_indices_they_name():
    made = plan(
        rule("process where true", 1, index=("logs-windows.*",)),
        rule("any where true", 2, index=("winlogbeat-*",)),
        rule("sequence by host.id [file where true] [registry where true]", 3, index=("logs-windows.*",)),
    )
    assert reach(made) == (
        ("logs-windows.*", frozenset({"process", "file", "registry"})),
        ("winlogbeat-*", frozenset({None})),
    )
    batch = events(
        ("logs-windows.sysmon_operational-default", ["process"]),
        ("logs-windows.sysmon_operational-default", ["network", "registry"]),
        ("logs-windows.sysmon_operational-default", ["network"]),
        ("logs-windows.sysmon_operational-default", None),
        ("winlogbeat-default", None),
        ("logs-system.security-default", ["process"]),
    )
    assert reached(reach(made), batch, "event.category") == 3


def test_rules_that_nothing_can_meet_read_nothing():
    made = Specialiser(plan(rule("process where true")), telemetry()).specialise({"event.category": pa.array(["file"])})
    assert reach(made) == ()
    assert reached((), events(("logs-windows.sysmon_operational-default", ["process"])), "event.category") == 0
