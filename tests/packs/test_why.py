"""What an alert says of why holds: without the clauses it names, the rule would not have fired."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from tests.packs.running import alerting, pack

from comtrap.lang import ast
from comtrap.lang.unparse import unparse
from comtrap.plan.optimise import optimise
from comtrap.rules.compile import compile_rules
from comtrap.rules.samples import samples
from comtrap.scan import scan
from comtrap.schema.telemetry import telemetry

RULES = pack()[0]
EITHER = {
    "dcom_client_failed": "the class that was asked for, or the program that asked",
    "powershell_com_binding": "the parameter, or the command line it stands on",
    "wmi_script_consumer_bound": "the consumer's name, or its text",
}
"""Rules that each of two values is enough for; where an event has both, neither is needed alone."""
FALSE = ast.Literal(value=False)


def _without(rule, stage, texts):
    """The rule with some clauses of a stage never true."""

    def cut(node):
        if isinstance(node, ast.And | ast.Or):
            return replace(node, operands=tuple(map(cut, node.operands)))
        text = " ".join(rule.text[node.span.start : node.span.end].split())
        return FALSE if text in texts else node

    body = rule.query.body
    if isinstance(body, ast.EventQuery):
        changed = replace(body, condition=cut(body.condition))
    else:
        old = body.stages[stage]
        new = replace(old, query=replace(old.query, condition=cut(old.query.condition)))
        changed = replace(body, stages=(*body.stages[:stage], new, *body.stages[stage + 1 :]))
    return replace(rule, text=unparse(replace(rule.query, body=changed)))


def _named(alert):
    """The clauses that an alert names, by stage; not those that only say which event is meant."""
    named: dict[int, set[str]] = {}
    for clause in alert.why.clauses:
        if not clause.text.startswith("event."):
            named.setdefault(clause.stage, set()).add(clause.text)
    return named


def _silent(rule, path, trials):
    """Whether the rule no longer has all of an alert's events in alerts, for each (rows, stage, clauses)."""
    changed = [_without(rule, stage, texts) for _, stage, texts in trials]
    plan, errors = compile_rules(changed, telemetry())
    assert not errors
    seen = alerting(optimise(plan), path)
    return [not rows <= seen[number] for number, (rows, _, _) in enumerate(trials)]


def _alerts(rule, path):
    """Each alert's records, and the clauses it names by stage."""
    found = scan([str(path)], [rule])
    alerts = [({evidence.position for evidence in alert.evidence}, _named(alert)) for alert in found.alerts]
    found.alerts.close()
    return alerts


def _hits(rule):
    return [sample.path for sample in samples(rule) if sample.hit]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.path.stem)
def test_without_the_clauses_named_the_rule_does_not_fire(rule):
    """No clause that matters is left out of what is named."""
    for path in _hits(rule):
        trials = [(rows, stage, texts) for rows, named in _alerts(rule, path) for stage, texts in named.items()]
        assert trials
        silent = _silent(rule, path, trials)
        assert [trial for trial, is_silent in zip(trials, silent, strict=True) if not is_silent] == []


@pytest.mark.parametrize("rule", [r for r in RULES if r.path.stem not in EITHER], ids=lambda rule: rule.path.stem)
def test_a_clause_is_named_without_which_the_rule_does_not_fire(rule):
    """One clause, or the same list of the command line as written, made plain and decoded."""
    for path in _hits(rule):
        alerts = _alerts(rule, path)
        trials = [
            (number, (rows, stage, group))
            for number, (rows, named) in enumerate(alerts)
            for stage, texts in named.items()
            for group in _same_values(texts)
        ]
        silent = _silent(rule, path, [trial for _, trial in trials])
        decided = reduce(
            set.union, ({number} for (number, _), is_silent in zip(trials, silent, strict=True) if is_silent), set()
        )
        assert decided == set(range(len(alerts)))


def _same_values(texts):
    """Clauses by the value they read: comtrap's own fields are made of those that Elastic has."""
    groups: dict[str, set[str]] = {}
    for text in texts:
        groups.setdefault(_value(text), set()).add(text)
    return groups.values()


def _value(text):
    field = text.removeprefix("not ").lstrip("(?").split(" ", 1)[0].removeprefix("comtrap.")
    for made, of in (("plain_", ""), ("decoded_command", "command_line"), ("powershell.file.", "powershell.")):
        field = field.replace(made, of)
    return (
        field.replace("process.pe.original_file_name", "process.name")
        .replace("file.pe.original_file_name", "file.name")
        .replace("dll.pe.original_file_name", "dll.name")
    )
