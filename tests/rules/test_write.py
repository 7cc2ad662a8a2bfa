from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.material import rule

from comtrap.rules.exception_file import load_exceptions, locate_exceptions, read_exceptions
from comtrap.rules.load import load_rules
from comtrap.rules.read import read
from comtrap.rules.suppression import Suppression
from comtrap.rules.write import rule_table, written, written_exceptions

EXCEPTIONS, _ = load_exceptions([locate_exceptions("com_abuse")])
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def again(one):
    text = written(rule_table(one))
    return read(tomllib.loads(text), text, one.path)


@pytest.mark.parametrize("one", load_rules(), ids=lambda one: one.path.stem)
def test_a_rule_is_the_same_again(one):
    assert again(one) == one


def test_what_few_rules_have_is_written_as_well():
    one = rule(
        description="Says 'a' and \"b\".\n\nAnd '''more'''.", risk_score=12, suppression=Suppression(("a", "b"), timedelta(minutes=90)),
        kibana={"timestamp_field": "a", "filters": [{"a": {"b": ["c", 1, True]}}]}, behaviour="test", author=("me",), version=7,
    )  # fmt: skip
    assert again(one) == one


@pytest.mark.parametrize("one", EXCEPTIONS, ids=lambda one: one.id)
def test_exceptions_are_the_same_again(one):
    text = written_exceptions(one, one.path.parent)
    assert read_exceptions(tomllib.loads(text), text, one.path) == one


LISTS = """
id = "a"
name = "A"
description = "A."
owner = "o"
reason = "r"
ticket = "t"
expires = 2027-06-30T12:30:00+02:00

[[lists]]
id = "nets"
type = "ip_range"
values = ["10.0.0.0/8"]

[[lists]]
id = "names"
type = "keyword"
values = ["a", "b"]

[[items]]
id = "one"
name = "One"
rules = ["00000000-0000-0000-0000-000000000001"]
owner = "someone else"
entries = [
  { field = "source.ip", type = "list", operator = "excluded", list = { id = "nets", type = "ip_range" } },
  { field = "process.name", type = "list", operator = "included", list = { id = "names", type = "keyword" } },
  { field = "process.name", type = "exists", operator = "included" },
  { field = "x", type = "nested", entries = [{ field = "y", type = "match_any", operator = "included", value = ["1", "2"] }] },
]

[[items]]
id = "two"
name = "Two"
rules = ["00000000-0000-0000-0000-000000000001"]
expires = 2028-01-01
entries = [{ field = "a", type = "wildcard", operator = "excluded", value = 'C:\\\\*' }]
still_fires = ["a/b.ndjson"]
"""


def test_every_kind_of_condition_is_the_same_again(tmp_path):
    one = read_exceptions(tomllib.loads(LISTS), LISTS, tmp_path / "a.toml")
    text = written_exceptions(one, tmp_path)

    assert read_exceptions(tomllib.loads(text), text, tmp_path / "a.toml") == one
    assert text.count("owner") == 2


def test_files_of_events_are_named_from_where_the_file_stands(tmp_path):
    one = read_exceptions(tomllib.loads(LISTS), LISTS, tmp_path / "a.toml")

    assert 'still_fires = ["../a/b.ndjson"]' in written_exceptions(one, tmp_path / "pulled")


def test_a_day_is_a_day_and_a_moment_is_in_utc():
    moments = {"a": datetime(2027, 1, 1, tzinfo=UTC), "b": datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))}
    assert written(moments) == "a = 2027-01-01\nb = 2026-12-31T23:00:00Z\n"


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES, max_size=5))
def test_any_table_is_the_same_again(table):
    def ends_cut(value):  # a text of several lines may lose line feeds at its ends, as reading takes them off
        return value.strip("\n") if isinstance(value, str) and "\n" in value else value

    found = tomllib.loads(written(table))
    flat = {key: ends_cut(value) for key, value in table.items()}
    inner = {key: {k: ends_cut(v) for k, v in value.items()} for key, value in table.items() if isinstance(value, dict)}
    expected = flat | inner
    got = {
        key: {k: ends_cut(v) for k, v in v_.items()} if isinstance(v_, dict) else ends_cut(v_)
        for key, v_ in found.items()
    }
    assert got == expected


def test_half_a_character_is_none():
    assert written({"a": "x\ud800y"}) == 'a = "x�y"\n'


def test_the_path_is_no_part_of_it():
    assert str(Path("rule_1")) not in written(rule_table(rule()))
