from __future__ import annotations

import pytest

from comtrap.normalise import document as one
from comtrap.normalise.fields import Fields

DOCUMENTS = [
    {"a": {"b": "x", "c": 1, "d": {"e": True}}, "f": "ü"},
    {"a": {"b": ["x", "y"], "c": None, "d": [{"e": "1"}, {"e": "2"}]}, "f": "\ud800"},
    {"a": [{"b": "z"}, {"d": {"e": 0.5}}], "f": {"g": 1}},
    {"a": "text", "f": []},
    {},
]
NAMES = ["a", "a.b", "a.c", "a.d", "a.d.e", "a.d.e.g", "f", "f.g", "g", "g.h"]


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_each_document_alone(name):
    assert Fields(DOCUMENTS).values(name) == [one.get(document, name) for document in DOCUMENTS]


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_those_of_each_document_alone(name):
    assert Fields(DOCUMENTS).texts(name) == [one.text(document, name) for document in DOCUMENTS]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("name", NAMES)
def test_what_others_have_changes_nothing(document, name):
    assert Fields([document]).texts(name) == [one.text(document, name)]


def test_objects_are_put_where_something_is_given_and_nothing_is():
    some = [{"a": {"b": {"c": 1}}}, {"a": {}}, {}, {}, {"a": "a text"}, {"a": None}]
    fields = Fields(some)
    found = fields.objects("a.b", [1, 1, 1, None, 1, 1])
    assert some == [{"a": {"b": {"c": 1}}}, {"a": {"b": {}}}, {"a": {"b": {}}}, {}, {"a": "a text"}, {"a": None}]
    assert found == [{"c": 1}, {}, {}, None, None, None]
    assert found[1] is some[1]["a"]["b"]
    assert fields.values("a")[2] is some[2]["a"]
