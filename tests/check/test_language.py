from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.check.re2 import matches

from comtrap.check import language
from comtrap.check.case import lower
from comtrap.check.language import (
    ANY_CHAR,
    EMPTY,
    MOST_STATES,
    NOTHING,
    Budget,
    Chars,
    Concat,
    Language,
    Repeat,
    TooLargeError,
    Union,
    render,
)
from comtrap.execute import patterns

LETTERS = "abA\n-"
SETS = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=3).map(
    lambda cs: language.chars([(ord(c), ord(c)) for c in cs])
)
TREES: st.SearchStrategy[Language] = st.recursive(
    st.one_of(SETS, SETS.map(language.complement), st.just(ANY_CHAR), st.just(EMPTY), st.just(NOTHING)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda ps: Concat(tuple(ps))),
        st.lists(inner, min_size=1, max_size=3).map(lambda ps: Union(tuple(ps))),
        st.builds(Repeat, inner, st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3))),
    ),
    max_leaves=6,
)


def ends(tree: Language, value: str, start: int) -> set[int]:
    """Where matches that begin at `start` may end, straight from what the trees mean."""
    match tree:
        case Chars():
            return (
                {start + 1}
                if start < len(value) and any(a <= ord(value[start]) <= b for a, b in tree.ranges)
                else set()
            )
        case Concat():
            at = {start}
            for part in tree.parts:
                at = {end for begin in at for end in ends(part, value, begin)}
            return at
        case Union():
            return {end for part in tree.parts for end in ends(part, value, start)}
    if tree.high is not None and tree.high < tree.low:
        return set()
    found, at = set(), {start}
    for count in range((len(value) + 4 if tree.high is None else tree.high) + 1):
        found |= at if count >= tree.low else set()
        at = {end for begin in at for end in ends(tree.part, value, begin)}
    return found


@settings(max_examples=300)
@given(TREES, st.text(alphabet=LETTERS + "c", max_size=6))
def test_what_is_written_means_the_same_to_re2(tree, value):
    assert matches(render(tree), value) == (len(value) in ends(tree, value, 0))


@settings(max_examples=300)
@given(TREES, st.text(alphabet=LETTERS + "c", max_size=6))
def test_a_constant_text_is_of_the_language_or_not(tree, value):
    assert language.has(tree, value, Budget()) == (len(value) in ends(tree, value, 0))


@given(st.text(alphabet="ab*?\n", max_size=6), st.text(alphabet="ab\nB", max_size=6))
def test_wildcards_mean_the_same_as_on_columns(pattern, value):
    expected = patterns.matching(pa.array([value]), (pattern,), regex=False)[0].as_py()

    assert language.has(language.wildcards(pattern), value, Budget()) == expected


def test_wildcards_without_case_are_for_texts_in_lower_case():
    assert language.has(language.wildcards("A*\u0130", ignore_case=True), "ax" + lower("\u0130"), Budget())


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        (language.wildcards("*a" * 3000), "a" * 3000),
        (language.text("ab" * 50_000), "ab" * 50_000),
        (Repeat(Repeat(language.text("a"), 0, 100), 0, 100), "a" * 9_000),
    ],
)
def test_telling_gives_up_rather_than_take_long(tree, value):
    with pytest.raises(TooLargeError):
        language.has(tree, value, Budget())


@given(st.integers(0, 1200), st.integers(0, 1200), st.integers(0, 1300))
def test_numbers_of_any_length(a, b, value):
    low, high = sorted((a, b))
    regex = render(language.numbers(low, high, 0))

    assert matches(regex, str(value)) == matches(regex, f"00{value}") == (low <= value <= high)


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_numbers_of_fixed_length(a, b, value):
    low, high = sorted((a, b))
    regex = render(language.numbers(low, high, 3))

    assert matches(regex, f"{value:03}") == (low <= value <= high)
    assert not matches(regex, f"0{value:03}")


@pytest.mark.parametrize(
    ("part", "low", "high", "lengths"),
    [
        ("a", 1500, 1500, {1500}),
        ("a", 999, 2001, {999, 1500, 2001}),
        ("a", 1001, None, {1001, 5000}),
        ("ab", 1200, 1300, {2400, 2600}),
    ],
)
def test_counts_beyond_what_re2_takes(part, low, high, lengths):
    regex = render(Repeat(language.text(part), low, high))
    whole = part * 5000

    for length in lengths:
        assert matches(regex, whole[:length])
    assert not matches(regex, whole[: min(lengths) - 1])
    if high is not None:
        assert not matches(regex, whole[: max(lengths) + 1])


def test_nested_counts_beyond_what_re2_takes():
    regex = render(Repeat(Repeat(language.text("a"), 50, 50), 40, 40))

    assert matches(regex, "a" * 2000)
    assert not matches(regex, "a" * 2050)


def test_the_largest_languages_compile():
    sets = language.complement(language.chars([(0xE9, 0xEA)]))

    assert matches(render(Repeat(ANY_CHAR, MOST_STATES - 1, MOST_STATES - 1)), "\u20ac" * (MOST_STATES - 1))
    assert matches(render(Repeat(sets, MOST_STATES // 2 - 1, None)), "x" * MOST_STATES)


def test_larger_ones_are_refused():
    with pytest.raises(TooLargeError):
        render(Repeat(Repeat(ANY_CHAR, 1000, 1000), 1000, 1000))
    with pytest.raises(TooLargeError):
        render(Union((language.text("ab"),) * MOST_STATES))


def test_sets_are_merged_and_turned_round():
    found = language.chars([(5, 9), (1, 2), (3, 4), (8, 12)])

    assert found == Chars(((1, 12),))
    assert language.complement(language.complement(found)) == found


@pytest.mark.parametrize(
    ("written", "lower"),
    [("A", "a"), ("É", "é"), ("\u212a", "k"), ("\u0130", "i"), ("\u03a3", "\u03c3")],
)
def test_sets_that_ignore_case_have_the_lower_case_too(written, lower):
    found = language.chars([(ord(written), ord(written))], ignore_case=True)

    assert matches(render(found), lower)
    assert render(language.text(written, ignore_case=True)) == render(language.text(lower))
