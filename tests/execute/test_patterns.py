"""Wildcards and regular expressions over columns."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.execute.patterns import classify, containing, lower, lowered, matching

TEXTS = [
    "",
    "a",
    "ab",
    "abc",
    "xabc",
    "abcx",
    "a*c",
    "a?c",
    "a.c",
    "a\nc",
    "a\\c",
    "é",
    "\U0001d11e",
    "(a)",
    "a b#c-d~e&",
]


def matched(patterns: list[str], *, regex: bool = False) -> list[str]:
    found = matching(pa.array(TEXTS), tuple(patterns), regex=regex).to_pylist()
    return [text for text, is_one in zip(TEXTS, found, strict=True) if is_one]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", ["abc"]), ("abc*", ["abc", "abcx"]), ("*abc", ["abc", "xabc"]), ("*abc*", ["abc", "xabc", "abcx"]), ("*", TEXTS), ("**", TEXTS), ("", [""]),
        ("a?c", ["abc", "a*c", "a?c", "a.c", "a\nc", "a\\c"]), ("?", ["a", "é", "\U0001d11e"]), ("a*c", ["abc", "a*c", "a?c", "a.c", "a\nc", "a\\c"]), ("?*", TEXTS[1:]),
        ("*\\*", ["a\\c"]), ("(a)", ["(a)"]), ("(*", ["(a)"]), ("*#*", ["a b#c-d~e&"]), ("??", ["ab"]), ("*?c", ["abc", "xabc", "a*c", "a?c", "a.c", "a\nc", "a\\c"]),
    ],
)  # fmt: skip
def test_wildcards(pattern, expected):
    assert matched([pattern]) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.c", ["abc", "a*c", "a?c", "a.c", "a\nc", "a\\c"]),
        ("a|abc", ["a", "abc"]),
        ("", [""]),
        (".", ["a", "é", "\U0001d11e"]),
        (".*", TEXTS),
    ],
)
def test_regular_expressions_match_the_whole_text_and_dots_line_breaks(pattern, expected):
    assert matched([pattern], regex=True) == expected


def test_any_pattern_of_a_list_will_do():
    assert matched(["abc", "x*", "*\\c", "?b"]) == ["ab", "abc", "xabc", "a\\c"]
    assert matched(["abc", "x.*"], regex=True) == ["abc", "xabc"]


def test_null_stays_null():
    texts = pa.array(["a", None])

    for patterns in (("a",), ("a", "b"), ("*",), ("a*",), ("*a*b",)):
        assert matching(texts, patterns, regex=False).to_pylist()[1] is None
    assert matching(texts, ("a",), regex=True).to_pylist() == [True, None]
    assert containing(texts, "a").to_pylist() == [True, None]


def test_patterns_are_sorted_by_what_decides_them():
    assert classify(("a", "b", "a")).exact == ("a", "b")
    assert classify(("a*",)).heads == ("a",)
    assert classify(("*a",)).tails == ("a",)
    assert classify(("*a*",)).regexes == ("(?s)a",)
    assert classify(("a*", "*b", "*c*")).regexes == ("(?s)c|\\Aa|b\\z",)  # one pass rather than three
    assert classify(("x", "*")).everything


def test_twenty_thousand_patterns_are_run_in_portions():
    patterns = tuple(f"*a{n}b*c" for n in range(20_000))

    assert len(classify(patterns).regexes) > 10
    assert matching(pa.array(["xa19999byc", "xa20000byc"]), patterns, regex=False).to_pylist() == [True, False]


@given(
    st.lists(st.text("ab*?\\é.[\n", max_size=6), min_size=1, max_size=4),
    st.lists(st.text("ab*?\\é.[\n", max_size=6), max_size=6),
)
def test_wildcards_mean_what_they_say(patterns, texts):
    plain = ["".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern) for pattern in patterns]
    expected = [any(re.fullmatch(each, text, re.DOTALL) for each in plain) for text in texts]

    assert matching(pa.array(texts, pa.string()), tuple(patterns), regex=False).to_pylist() == expected


def test_lower_case_is_the_same_for_values_and_patterns():
    texts = ["ABC", "ÄÖ", "\u0130", "\u212a", "\u017f", "ß", "Σ", "Ⴀ"]

    assert tuple(lower(pa.array([*texts, None])).to_pylist()[:-1]) == lowered(tuple(texts))
    assert lower(pa.array(["ABC", None])).to_pylist() == ["abc", None]
    assert lower(pa.array([], pa.string())).to_pylist() == []
