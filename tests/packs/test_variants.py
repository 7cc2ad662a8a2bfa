"""Rules are logic, not lists of recorded strings: what they catch, they catch in other words and from other sources too."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest
from tests.packs import variants
from tests.packs.running import alerts, pack

from comtrap.lang import ast
from comtrap.rules.samples import samples

RULES = {rule.path.stem: rule for rule in pack()[0]}


def _records(wanted, *, hit):
    """The records of Sysmon samples of rules over single events, by rule."""
    found = []
    for slug, rule in RULES.items():
        if isinstance(rule.query.body, ast.EventQuery):
            for sample in samples(rule):
                if sample.hit == hit and sample.source == "sysmon" and not sample.part:
                    records = map(json.loads, sample.path.read_text().splitlines())
                    found += [(slug, record) for record in records if variants.code(record) == wanted]
    return found


# What a variation takes away from a rule that rests on just that; each with its reason.
PARENT = "the Security log has no command line of the parent"
SERVER = "COM starts servers without cmd.exe, so no carets"
MISSED = {
    "renamed": {
        "zip_folder_execution": "rests on the folder that the shell unpacks to",
        "environment_windir_command": "setx is told by its name: a variable and a value are all that follows",
    },
    "carets": dict.fromkeys(
        ("dcom_html_application", "dcom_mmc_started", "dcom_office_started", "wmi_script_consumer_started"), SERVER
    ),
    "as_security": {
        **dict.fromkeys(
            (
                "script_host_com_child", "lolbin_com_script_child", "embedded_server_child", "explorer_factory_child",
                "dcom_launch_interpreter", "dcom_launch_user_folder", "dcom_office_child",
            ),
            PARENT,
        ),
        "regsvr32_odd_library": "a copy of regsvr32 is told by its original name, which the Security log has not",
        "dcom_mmc_child": "two events there, joined by process id",
        "dcom_internet_explorer_child": "two events there, joined by process id",
    },
}  # fmt: skip


def _fired(tmp_path, records):
    """By row, the rules that fire on records."""
    assert records
    path = tmp_path / "varied.ndjson"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    fired = defaultdict(set)
    for slug, events in alerts(path):
        for event in events:
            fired[event].add(slug)
    return fired


def _quiet(tmp_path, records, change):
    """The rules whose varied record raises no alert of their behaviour any more, with the record."""
    varied = [(slug, change(record)) for slug, record in records]
    rules = _fired(tmp_path, [record for _, record in varied])
    fired = {row: {RULES[slug].behaviour for slug in rules[row]} for row in range(len(varied))}
    return [(slug, record) for row, (slug, record) in enumerate(varied) if RULES[slug].behaviour not in fired[row]]


STARTS = ["upper", "lower", "blanks", "whole_path", "carets", "renamed", "other_user", "as_security", "as_endpoint"]


@pytest.mark.parametrize("variation", STARTS)
def test_a_process_start_is_caught_in_other_words(variation, tmp_path):
    quiet = _quiet(tmp_path, _records(1, hit=True), getattr(variants, variation))
    allowed = MISSED.get(variation, {})
    assert [q for q in quiet if q[0] not in allowed] == []


REGISTRY = [
    "lower_path",
    "other_user",
    "other_class",
    "software_classes",
    "narrow",
    "as_endpoint_registry",
    "as_security_registry",
]


def _lower_path(record):
    return variants.changed(record, str.lower, "TargetObject", "Image")


@pytest.mark.parametrize("variation", REGISTRY)
def test_a_registry_value_is_caught_in_other_words(variation, tmp_path):
    change = _lower_path if variation == "lower_path" else getattr(variants, variation)
    assert _quiet(tmp_path, _records(13, hit=True), change) == []


@pytest.mark.parametrize("variation", ["bare", "as_endpoint_library"])
def test_a_library_load_is_caught_in_other_words(variation, tmp_path):
    assert _quiet(tmp_path, _records(7, hit=True), getattr(variants, variation)) == []


@pytest.mark.parametrize("variation", ["upper", "lower", "other_user", "as_security", "as_endpoint"])
def test_a_near_miss_stays_one_in_other_words(variation, tmp_path):
    near = [(slug, getattr(variants, variation)(record)) for slug, record in _records(1, hit=False)]
    fired = _fired(tmp_path, [record for _, record in near])
    behaviour = [RULES[slug].behaviour for slug, _ in near]
    assert [near[row] for row, slugs in fired.items() if behaviour[row] in {RULES[s].behaviour for s in slugs}] == []
