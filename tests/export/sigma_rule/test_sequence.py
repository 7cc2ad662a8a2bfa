from __future__ import annotations

import pytest
from tests.material import rule

from comtrap.export.sigma_rule.rule import sigma_rule
from comtrap.export.target import NoFormError

A = '[process where event.code == "1" and process.name : "a"]'
B = '[process where event.code == "7" and dll.name : "b"]'


def correlations(query):
    return [one["correlation"] for one in sigma_rule(rule(query)).documents if "correlation" in one]


def test_a_sequence_is_a_rule_a_stage_and_what_joins_them():
    assert correlations(f"sequence by host.id with maxspan=1h {A} {B}") == [
        {"type": "temporal_ordered", "rules": ["rule_1_1", "rule_1_2"], "group-by": ["Computer"], "timespan": "1h"}
    ]


def test_keys_of_different_names_are_an_alias():
    (made,) = correlations(f"sequence with maxspan=90s {A} by process.executable {B} by dll.path")
    assert made["group-by"] == ["key_image"]
    assert made["aliases"] == {"key_image": {"rule_1_1": "Image", "rule_1_2": "ImageLoaded"}}
    assert made["timespan"] == "90s"


def test_each_way_through_the_log_sources_is_a_correlation():
    made = correlations(
        f'sequence by host.id with maxspan=1m {A} [any where event.code == "106" or event.code == "4698"]'
    )
    assert [one["rules"] for one in made] == [["rule_1_1", "rule_1_2a"], ["rule_1_1", "rule_1_2b"]]


def test_stages_alone_alert_on_nothing():
    documents = sigma_rule(rule(f"sequence by host.id with maxspan=1h {A} {B}")).documents
    assert [one["level"] for one in documents] == ["informational", "informational", "high"]


def test_a_part_of_a_second_is_rounded_up_and_noted():
    made = sigma_rule(rule(f"sequence by host.id with maxspan=1500ms {A} {B}"))
    assert made.documents[-1]["correlation"]["timespan"] == "2s"
    assert made.notes == ("`maxspan` is rounded up to 2s",)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (f"sequence by host.id {A} {B}", "maxspan"),
        (f"sequence by host.id with maxspan=1m {A} !{B}", "missing"),
        (f"sequence by host.id with maxspan=1m {A} {B} until {A}", "until"),
        (f"sequence by host.id with maxspan=1m {A} {B} with runs=2", "runs"),
        (f"sequence by ?host.id with maxspan=1m {A} {B}", "optional"),
        (f"sequence by process.Ext.session with maxspan=1m {A} {B}", "no name"),
    ],
)
def test_what_a_correlation_cannot_say(query, why):
    with pytest.raises(NoFormError, match=why):
        sigma_rule(rule(query))
