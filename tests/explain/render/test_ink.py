"""Text that fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comtrap.explain.judge import Given
from comtrap.explain.render.ink import ASCII, UNICODE, Ink, Pen, columns, lasting, many, symbols, when

PEN = Pen(80, UNICODE)
TEXT = st.text(alphabet=st.sampled_from('ab\u0301漢\u3000 \x1b",…'), max_size=60)


@given(TEXT, st.integers(1, 70))
def test_a_text_is_cut_to_the_room_there_is(text, room):
    for cut in (PEN.cut(text, room), PEN.ending(text, room)):
        assert columns(cut) <= room or cut == UNICODE.more
    if columns(text) <= room:
        assert PEN.cut(text, room) == PEN.ending(text, room) == text


@given(st.lists(TEXT | st.integers() | st.none() | st.booleans(), max_size=10), st.integers(0, 5), st.integers(20, 70))
def test_values_fit(values, more, room):
    given_ = Given("f", tuple(values), len(values) + more if values else 0)
    assert columns(PEN.given(given_, (), room)) <= room + (14 if values and not isinstance(values[0], str) else 0)


@given(st.lists(TEXT, min_size=1, max_size=9), st.integers(30, 70))
def test_a_list_fits(options, room):
    assert columns(PEN.listed("name :", tuple(options), room)) <= room


@pytest.mark.parametrize(
    ("values", "count", "said"),
    [
        (("a b",), 1, "a b"), ((), 0, "no value"), (("",), 1, '""'), (("no value",), 1, '"no value"'), (("null",), 1, '"null"'), ((None,), 1, "null"),
        ((True,), 1, "true"), ((1.5,), 1, "1.5"), (("a", "b"), 2, '"a", "b"'), (("a", "b"), 9, '"a", "b", … 7 more'), (("a\x1b",), 1, "a\\u{1b}"),
    ],
)  # fmt: skip
def test_how_values_are_written(values, count, said):
    assert PEN.given(Given("f", values, count)) == said


def test_of_a_long_value_the_part_is_shown_that_was_looked_for():
    long = "x" * 500 + "needle" + "y" * 500
    assert "needle" in PEN.value(long, ("*needle*",), 90)


@pytest.mark.parametrize(
    ("span_ns", "said"),
    [
        (0, "0 ms"), (1_500_000, "1.5 ms"), (999_000_000, "999 ms"), (1_000_000_000, "1 s"), (59_940_000_000, "59.9 s"), (60_000_000_000, "1m"),
        (65_000_000_000, "1m 5s"), (3_600_000_000_000, "1h"), (8_820_000_000_000, "2h 27m"), (90_061_000_000_000, "1d 1h"), (86_400_000_000_000, "1d"),
    ],
)  # fmt: skip
def test_spans_of_time(span_ns, said):
    assert lasting(span_ns) == said


def test_moments_and_numbers():
    assert when(1_000_000) == "1970-01-01 00:00:00.001"
    assert (many(1, "match", "matches"), many(2_000, "match", "matches")) == ("1 match", "2,000 matches")


def test_words_stand_below_each_other():
    lines = Pen(20, UNICODE).wrapped((("reads ", Ink.LABEL),), ["aaaa", "bbbb", "cccc", "d"])
    assert ["".join(text for text, _ in line) for line in lines] == ["reads aaaa, bbbb,", "      cccc, d"]


@pytest.mark.parametrize(
    ("encoding", "signs"),
    [("utf-8", UNICODE), ("ascii", ASCII), ("cp437", ASCII), ("latin-1", ASCII), (None, ASCII), ("none", ASCII)],
)
def test_signs_are_those_that_can_be_shown(encoding, signs):
    assert symbols(encoding) is signs


def test_both_kinds_of_signs_keep_trees_in_line():
    for name in ("branch", "last", "trunk", "gap"):
        assert len(getattr(UNICODE, name)) == len(getattr(ASCII, name)) == 3
