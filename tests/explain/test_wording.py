"""Conditions in the words of EQL."""

from __future__ import annotations

import pytest

from comtrap.explain.condition import Reader
from comtrap.explain.wording import listing, worded
from comtrap.lang.parse import parse_expression

SAME = [
    'process.name : "a*"', 'process.name like ("a", "b")', 'process.name in~ ("a", "b")', "process.pid in (1, 2)", "process.pid == 1", "not process.pid == 1",
    "process.name == null", 'startsWith~(process.name, "a")', "length(process.name) > 3", "process.pid + 1 > 2.5",
    'process.name == "a \\\\ \\"b\\""',
]  # fmt: skip


def meaning(text: str):
    return Reader(text).meaning(parse_expression(text))


@pytest.mark.parametrize("text", SAME)
def test_as_an_author_would_write_it(text):
    said = worded(meaning(text))
    assert meaning(said) == meaning(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('process.name regex~ "a.b"', 'process.name regex~ "a(?s:.)b"'),
        ('source.ip == "10.0.0.0/8"', 'source.ip == "10.0.0.0 to 10.255.255.255"'),
        ('source.ip == "2001:db8::1"', 'source.ip == "2001:db8::1"'),
        ('process.start < "2024-01-01T00:00:00.5Z"', 'process.start < "2024-01-01T00:00:00.500Z"'),
        ("true", "true"),
        ("null", "null"),
        ("process.pid == 1 and not (process.pid == 2 or process.pid == 3)", "(process.pid == 1) and (not ((process.pid == 2) or (process.pid == 3)))"),
        ("not process.name != null", "process.name == null"),
    ],
)  # fmt: skip
def test_what_no_author_writes(text, said):
    assert worded(meaning(text)) == said


def test_a_list_comes_apart():
    assert listing(meaning('process.name : ("a", "b")')) == ("process.name :", ('"a"', '"b"'))
    assert listing(meaning("process.pid == 1")) == ("", ())
