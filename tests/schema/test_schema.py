from __future__ import annotations

import pytest

from comtrap.schema.schema import Field, Schema
from comtrap.schema.types import Type

SCHEMA = Schema("fields", {"a": Field(Type.LONG), "data.known": Field(Type.IP)}, ("data.",))


def test_a_known_field_is_itself_even_below_an_open_prefix():
    assert SCHEMA["a"].type is Type.LONG
    assert SCHEMA["data.known"].type is Type.IP


def test_any_name_below_an_open_prefix_is_a_keyword():
    assert SCHEMA["data.other.name"].type is Type.KEYWORD
    assert "data.other" in SCHEMA


@pytest.mark.parametrize("name", ["b", "data", "data.", "xdata.a", 1])
def test_other_names_are_not_mapped(name):
    assert name not in SCHEMA
    with pytest.raises(KeyError):
        SCHEMA[name] if isinstance(name, str) else {}[name]


def test_the_names_listed_are_the_known_ones():
    assert list(SCHEMA) == ["a", "data.known"]
    assert len(SCHEMA) == 2


def test_every_type_is_of_at_most_one_family():
    assert all(t.is_numeric + t.is_string + t.is_date <= 1 for t in Type)
