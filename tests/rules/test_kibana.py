from __future__ import annotations

import pytest
from tests.material import rule_file

from comtrap.errors import RuleError
from comtrap.rules.kibana import FIELDS, as_kibana
from comtrap.rules.load import load_rules

RIGHT = {
    "actions": [{"action_type_id": ".slack", "id": "1", "params": {"message": "x"}, "group": "default"}],
    "building_block_type": "default",
    "event_category_override": "event.kind",
    "filters": [{"query": {"match_phrase": {"a": "b"}}}],
    "license": "MIT",
    "namespace": "a",
    "related_integrations": [{"package": "windows", "version": "^2.0.0"}],
    "response_actions": [{"action_type_id": ".endpoint", "params": {"command": "isolate"}}],
    "risk_score_mapping": [{"field": "a", "operator": "equals", "value": ""}],
    "rule_name_override": "a",
    "severity_mapping": [{"field": "a", "operator": "equals", "value": "b", "severity": "low"}],
    "throttle": "1h",
    "tiebreaker_field": "event.sequence",
    "timeline_id": "1",
    "timeline_title": "a",
    "timestamp_field": "event.created",
    "timestamp_override": "event.ingested",
    "timestamp_override_fallback_disabled": True,
    "to": "now-1m",
}


def test_every_field_is_taken():
    assert as_kibana(RIGHT) == RIGHT
    assert set(RIGHT) == set(FIELDS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actions", [{"id": "1"}]),
        ("actions", "x"),
        ("building_block_type", "other"),
        ("filters", ["a"]),
        ("license", " "),
        ("risk_score_mapping", [{"field": "a", "operator": "equals", "value": "", "more": 1}]),
        ("severity_mapping", [{"field": "a", "operator": "equals", "value": "b", "severity": "bad"}]),
        ("throttle", "often"),
        ("timestamp_override_fallback_disabled", 1),
        ("query", "any where true"),
        ("timeline_id", "1"),
    ],
)
def test_what_kibana_would_refuse_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        as_kibana({name: value})


def test_a_rule_has_the_table(tmp_path):
    path = rule_file(tmp_path / "a.toml")
    path.write_text(path.read_text() + '[kibana]\nrule_name_override = "message"\n')

    assert load_rules(path)[0].kibana == {"rule_name_override": "message"}


def test_a_wrong_table_is_shown_where_it_stands(tmp_path):
    path = rule_file(tmp_path / "a.toml")
    path.write_text(path.read_text() + '[kibana]\nrule_override = "message"\n')

    with pytest.raises(RuleError, match="no field `rule_override`"):
        load_rules(path)
