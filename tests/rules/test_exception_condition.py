"""What conditions of exceptions mean, as Elasticsearch answers the queries that Kibana makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest

from comtrap.errors import RuleError
from comtrap.events.batch import EventBatch
from comtrap.execute.execute import condition
from comtrap.rules.exception_condition import item_condition
from comtrap.rules.exceptions import Entry, ExceptionItem
from comtrap.schema.telemetry import telemetry

NESTED = "process.Ext.code_signature"


def item(*entries, path=Path("nowhere.toml")):
    return ExceptionItem(
        "a_list", "an_item", "Name", (UUID(int=1),), entries, "owner", "reason", "ticket",
        datetime(2030, 1, 1, tzinfo=UTC), path,
    )  # fmt: skip


def holds(document, *entries):
    """Whether an item's conditions hold on one event."""
    columns = {"_event": pa.array([0], pa.uint64())}
    columns |= {name: pa.array([value]) for name, value in document.items()}
    return bool(condition(item_condition(item(*entries), telemetry()), EventBatch(pa.table(columns), telemetry()))[0])


def one(kind, *values, field="process.name", included=True, entries=()):
    return Entry(field, kind, included, values, entries)


@pytest.mark.parametrize(
    ("entry", "value", "expected"),
    [
        (one("match", "cmd.exe"), "cmd.exe", True),
        (one("match", "cmd.exe"), "CMD.EXE", False),
        (one("match", "cmd.exe", included=False), "CMD.EXE", True),
        (one("match", "cmd*"), "cmd.exe", False),
        (one("match", "cmd.exe"), ["a.exe", "cmd.exe"], True),
        (one("match_any", "a.exe", "cmd.exe"), "cmd.exe", True),
        (one("match_any", "a.exe", "b.exe", included=False), "cmd.exe", True),
        (one("wildcard", "cmd*"), "cmd.exe", True),
        (one("wildcard", "CMD*"), "cmd.exe", False),
        (one("wildcard", "cm?.exe"), "cmd.exe", True),
        (one("wildcard", "cm?.exe"), "cm.exe", False),
        (one("wildcard", "cmd"), "cmd.exe", False),
        (one("wildcard", "cmd*", included=False), "cmd.exe", False),
        (one("exists"), "cmd.exe", True),
        (one("exists", included=False), "cmd.exe", False),
        (one("list", "a.exe", "cmd.exe"), "cmd.exe", True),
    ],
)
def test_a_condition_is_exact_in_case_and_holds_for_any_of_several_values(entry, value, expected):
    assert holds({"process.name": value}, entry) is expected


@pytest.mark.parametrize(("included", "expected"), [(True, False), (False, True)])
@pytest.mark.parametrize("kind", ["match", "wildcard", "exists"])
def test_a_field_without_a_value_meets_only_what_is_excluded(kind, included, expected):
    values = () if kind == "exists" else ("x",)
    assert holds({"process.pid": 4}, one(kind, *values, included=included)) is expected


@pytest.mark.parametrize("kind", ["match", "match_any", "wildcard"])
def test_a_caseless_field_ignores_case(kind):
    entry = one(
        kind,
        "C:\\\\WINDOWS\\\\a.exe" if kind == "wildcard" else "C:\\WINDOWS\\a.exe",
        field="process.executable.caseless",
    )
    assert holds({"process.executable": "c:\\windows\\A.EXE"}, entry)
    assert not holds({"process.executable": "c:\\windows\\b.exe"}, entry)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        (r"C:\\a\\*", r"C:\a\b", True),
        (r"C:\\a\\*", r"C:\ab", False),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        (r"a\?*", "a?c", True),
        (r"a\?*", "abc", False),
        (r"\*.(x)[y]+\\*", r"*.(x)[y]+\z", True),
        (r"\*.(x)[y]+\\*", r"*Z(x)[y]+\z", False),
        ("*", "", True),
    ],
)
def test_a_backslash_in_a_wildcard_makes_the_next_character_an_ordinary_one(pattern, value, expected):
    assert holds({"process.name": value}, one("wildcard", pattern)) is expected


@pytest.mark.parametrize("pattern", [r"C:\Windows\*", "a\\", r"a\b"])
def test_a_backslash_that_would_be_lost_is_refused(pattern):
    with pytest.raises(RuleError) as raised:
        item_condition(item(one("wildcard", pattern)), telemetry())
    assert raised.value.diagnostics[0].code == "E321"


@pytest.mark.parametrize(
    ("field", "stored", "value", "expected"),
    [
        ("process.pid", 4, "4", True),
        ("process.pid", 4, "5", False),
        ("process.code_signature.trusted", True, "true", True),
        ("process.code_signature.trusted", True, "false", False),
        ("source.ip", b"\0" * 10 + b"\xff\xff\x0a\x01\x02\x03", "10.0.0.0/8", True),
        ("source.ip", b"\0" * 10 + b"\xff\xff\x0a\x01\x02\x03", "10.2.0.0/16", False),
    ],
)
def test_a_value_is_read_as_what_the_field_holds(field, stored, value, expected):
    assert holds({field: stored}, one("match", value, field=field)) is expected


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (one("match", "x", field="no.such.field"), "E201"),
        (one("match", "x", field="process.pid"), "E210"),
        (one("wildcard", "4*", field="process.pid"), "E216"),
        (one("match", "x", field="message"), "E212"),
        (one("match", "x", field=NESTED), "E211"),
    ],
)
def test_what_the_fields_do_not_bear_is_refused(entry, code, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(f'id = "an_item"\nfield = "{entry.field}"\n')
    with pytest.raises(RuleError) as raised:
        item_condition(item(entry, path=path), telemetry())
    (found,) = raised.value.diagnostics
    assert (found.code, raised.value.text.count("\n", 0, found.labels[0].span.start)) == (code, 1)


def test_all_conditions_of_an_exception_must_hold():
    both = (one("match", "a.exe"), one("match", "4", field="process.pid"))
    assert holds({"process.name": "a.exe", "process.pid": 4}, *both)
    assert not holds({"process.name": "a.exe", "process.pid": 5}, *both)


SIGNED = one(
    "nested",
    field=NESTED,
    entries=(one("match", "Us", field="subject_name"), one("match", "true", field="trusted")),
)


@pytest.mark.parametrize(
    ("names", "trusted", "expected"),
    [
        (["Us"], [True], True),
        (["Us"], [False], False),
        (["Them"], [True], False),
        (["Us", "Them"], [True], False),
        (["Us"], [True, False], False),
        (None, [True], False),
    ],
)
def test_a_nested_condition_holds_where_all_objects_agree(names, trusted, expected):
    document = {f"{NESTED}.subject_name": names, f"{NESTED}.trusted": trusted}
    assert holds({k: v for k, v in document.items() if v is not None}, SIGNED) is expected


def test_a_nested_condition_may_be_any_of_several_or_an_absence():
    several = one("nested", field=NESTED, entries=(one("match_any", "Us", "Them", field="subject_name"),))
    absent = one("nested", field=NESTED, entries=(one("exists", field="subject_name", included=False),))
    others = one("nested", field=NESTED, entries=(one("match", "Us", field="subject_name", included=False),))
    document = {f"{NESTED}.subject_name": ["Them"]}
    assert [holds(document, entry) for entry in (several, absent, others)] == [True, False, True]
