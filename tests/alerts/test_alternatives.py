from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.alerts.alternatives import alternatives, matches
from comtrap.lang.parse import parse_expression


def held(text, *values):
    found = alternatives(parse_expression(text), text)
    return None if found is None else found.held(values)


def test_patterns_are_cut_down_to_those_that_held():
    assert held('process.name : ("a*",  "b?", "*c*")', "BX") == 'process.name : "b?"'
    assert held('process.name : ("a*", "b?", "*c*")', "ac") == 'process.name : ("a*", "*c*")'


def test_values_are_cut_down_too():
    assert held('process.name in~ ("a.exe", "b.exe", "c.exe")', "B.EXE") == 'process.name in~ "b.exe"'


def test_case_counts_where_it_counts_in_the_clause():
    assert held('process.name like ("A", "b")', "a") is None
    assert held('process.name like ("A", "b")', "A") == 'process.name like "A"'


@pytest.mark.parametrize(
    "text", ['a == "b"', 'a : "b"', 'a not in ("b", "c")', 'a regex ("b.*", "c")', "length(a) in (1, 2)"]
)
def test_other_clauses_have_no_options(text):
    assert held(text, "b") is None


def test_where_no_option_or_every_option_is_seen_to_hold_the_clause_stays_whole():
    assert held('a : ("x", "y")', "z") is None
    assert held('a : ("*x", "x*")', "x") is None


@given(st.text("ab*?", max_size=8), st.text("abc", max_size=8))
def test_matching_is_that_of_the_same_regular_expression(pattern, text):
    expected = re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), text, re.DOTALL)
    assert matches(pattern, text) == (expected is not None)


def test_a_hostile_pattern_and_text_take_no_time():
    assert not matches("*a" * 200 + "b", "a" * 100_000)


@given(st.lists(st.text("aB*?", min_size=1, max_size=4), min_size=2, max_size=4), st.text("abB", max_size=5))
def test_what_held_is_what_each_pattern_matches(patterns, value):
    listed = ", ".join(f'"{p}"' for p in patterns)
    told = [f'"{p}"' for p in patterns if matches(p.lower(), value.lower())]
    whole = not told or len(told) == len(patterns)
    expected = None if whole else f"a : {told[0] if len(told) == 1 else '(' + ', '.join(told) + ')'}"
    assert held(f"a : ({listed})", value) == expected


def test_a_long_text_is_looked_at_as_a_short_one_is():
    long = "x" * 100_000 + "needle"
    assert held('a : ("*needle", "*other")', long) == 'a : "*needle"'
    assert held('a : ("*needle", "*other")', "needle") == 'a : "*needle"'
