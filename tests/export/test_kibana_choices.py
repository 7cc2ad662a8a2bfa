"""Each index pattern of the pack alone, other names for them, a data view, and each stack: what Elastic's tests of rules check."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
from tests.deploy import schema

from comtrap.export.kibana import bundle
from comtrap.export.kibana_rule import Options, fields_of
from comtrap.lang import ast
from comtrap.lang.parse import parse
from comtrap.rules.exception_file import load_exceptions, locate_exceptions
from comtrap.rules.load import load_rules
from comtrap.schema.telemetry import OPEN, telemetry

SHARED = Path(__file__).parents[3] / "shared" / "schema"
RULES = load_rules()
EXCEPTIONS, _ = load_exceptions([locate_exceptions("com_abuse")])
PATTERNS = sorted({pattern for rule in RULES for pattern in rule.index})
STACKS = [(8, 2), (8, 3), (8, 10), (8, 11), (8, 13), (8, 14), (8, 17), (8, 18), (9, 0), (9, 4), (9, 5)]
CHOICES = [
    *(pytest.param(Options(index=((pattern, ""),)), id=pattern) for pattern in PATTERNS),
    *(pytest.param(Options(stack=stack), id=f"{stack[0]}.{stack[1]}") for stack in STACKS),
    pytest.param(Options(index=(("logs-*", ""), ("winlogbeat-*", "dc1:winlogbeat-*"))), id="renamed"),
    pytest.param(Options(index=(("*", "security"),)), id="all-as-one"),
    pytest.param(Options(data_view="security-solution-default"), id="data-view"),
    pytest.param(Options(index=(("winlogbeat-*", ""),), stack=(8, 13)), id="winlogbeat-8.13"),
    pytest.param(Options(index=(("logs-endpoint.*", ""),), stack=(9, 5), enabled=True), id="endpoint-9.5"),
]
choices = pytest.mark.parametrize("options", CHOICES)

SINCE = {
    "related_integrations": (8, 3), "required_fields": (8, 3), "setup": (8, 3), "investigation_fields": (8, 11),
    "alert_suppression": (8, 14),
}  # fmt: skip
PACKAGES = {
    "logs-endpoint.": "endpoint",
    "logs-windows.": "windows",
    "logs-system.": "system",
    "logs-winlog.": "winlog",
}
NEEDED_TAGS = {
    "logs-endpoint.*": "Data Source: Elastic Defend",
    "logs-windows.sysmon_operational-*": "Data Source: Sysmon",
    "logs-windows.powershell*": "Data Source: PowerShell Logs",
    "logs-system.security-*": "Data Source: Windows Security Event Logs",
    "logs-system.system-*": "Data Source: Windows System Event Logs",
}
RANGE = re.compile(r"(\^|~|>=)\d+\.\d+\.\d+")
# Parts of a list of objects, which the leaves of the documents beside the checkout do not show.
PARTS = "powershell.command.invocation_details."


@cache
def made(options):
    return bundle(RULES, EXCEPTIONS, options)


@cache
def body(query):
    return parse(query).body


def named(one):
    return list(fields_of(body(one["query"])))


def rule_of(one):
    return next(rule for rule in RULES if str(rule.id) == one["rule_id"])


@choices
def test_every_object_is_of_kibanas_schema(options):
    found = made(options)
    for one in found.rules:
        schema.rule(one, imported=True)
        assert one["enabled"] is options.enabled
        assert one["author"]
    for one in found.lists:
        schema.exception_list(one, imported=True)
    for one in found.items:
        schema.exception_item(one, imported=True)


@choices
def test_what_is_left_out_is_said(options):
    left = {str(note.rule.id) for note in made(options).notes if note.left_out}
    assert {one["rule_id"] for one in made(options).rules} == {str(rule.id) for rule in RULES} - left


@choices
def test_a_field_is_there_from_the_stack_on_that_has_it(options):
    for one in made(options).rules:
        for name, since in SINCE.items():
            later = name == "alert_suppression" and isinstance(body(one["query"]), ast.Sequence)
            assert name not in one or options.stack >= ((8, 18) if later else since)
        for name in ("related_integrations", "required_fields", "setup"):
            assert (name in one) is (options.stack >= SINCE[name])
        assert ("### Setup\n" in one["note"]) is (options.stack < (8, 3) and bool(rule_of(one).setup))


@choices
def test_a_rule_reads_what_is_asked_for(options):
    for one in made(options).rules:
        assert one.get("data_view_id", "") == options.data_view
        assert ("index" in one) is not bool(options.data_view)
        if "index" in one:
            wanted = [name or like for like, name in options.index] or ["*"]
            assert one["index"]
            assert all(any(fnmatchcase(pattern, like) for like in wanted) for pattern in one["index"])
            assert len(set(one["index"])) == len(one["index"])


@choices
def test_integrations_are_those_that_ship_what_is_read(options):
    for one in made(options).rules:
        read = [
            pattern
            for pattern in rule_of(one).index
            if not options.index or any(fnmatchcase(pattern, like) for like, _ in options.index)
        ]
        packages = {package for start, package in PACKAGES.items() if any(p.startswith(start) for p in read)}
        given = one.get("related_integrations", [])
        assert {entry["package"] for entry in given} == (packages if options.stack >= (8, 3) else set())
        assert all(RANGE.fullmatch(entry["version"]) for entry in given)


@choices
def test_tags_say_what_is_read(options):
    """Of a sequence they say what it begins with; what follows may come from other logs of the host."""
    for one in made(options).rules:
        if isinstance(body(one["query"]), ast.Sequence):
            continue
        for like, tag in NEEDED_TAGS.items():
            assert tag in one["tags"] or not any(fnmatchcase(p, like) for p in one.get("index", []))


@choices
def test_suppression_is_by_fields_that_alerts_have(options):
    for one in made(options).rules:
        given = one.get("alert_suppression")
        assert given is None or all(name in telemetry() for name in given["group_by"])


@choices
def test_references_are_to_lists_that_are_there_and_all_are_used(options):
    found = made(options)
    refers = {reference["list_id"] for one in found.rules for reference in one["exceptions_list"]}
    assert refers == {one["list_id"] for one in found.lists} == {item["list_id"] for item in found.items}


@choices
def test_exceptions_can_be_carried_out(options):
    for item in made(options).items:
        for entry in item["entries"]:
            known = telemetry().get(entry["field"].removesuffix(".caseless"))
            assert known is not None
            assert not entry["field"].startswith("comtrap.")
            assert entry["type"] != "wildcard" or known.written in {"keyword", "wildcard"}


@cache
def schemas():
    return {
        name: json.loads((SHARED / f"{name}.json").read_text("utf-8"))["fields"]
        for name in ("ecs", "endpoint", "winlog")
    }


def known_in(pattern, name):
    """What a data stream's schema says of a field: its type, or None."""
    stream = pattern.removeprefix("logs-endpoint.events.").removesuffix("-*")
    if pattern.startswith("logs-endpoint."):
        theirs = schemas()["endpoint"].get(name)
        if theirs is not None and stream in theirs["streams"]:
            return theirs["type"]
    elif name in schemas()["winlog"]:
        return schemas()["winlog"][name]["type"]
    elif name.startswith((*OPEN, PARTS)):
        return "keyword"
    return schemas()["ecs"].get(name, {}).get("type")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the material beside the checkout is absent")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_fields_are_in_the_schema_of_every_index_that_is_read(pattern):
    for one in made(Options(index=((pattern, ""),))).rules:
        for field in named(one):
            assert field.optional or known_in(pattern, field.name), (one["name"], field.name)
        for field in one["required_fields"]:
            assert known_in(pattern, field["name"]) == field["type"], (one["name"], field)
        for name in one.get("investigation_fields", {}).get("field_names", []):
            assert any(known_in(other, name) for other in rule_of(one).index), (one["name"], name)
