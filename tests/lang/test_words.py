from __future__ import annotations

import pytest

from comtrap.lang.tokens import Kind
from comtrap.lang.words import Comment, words


def spaced(text):
    return "".join(" " * word.space + word.text for word in words(text)[:-1])


@pytest.mark.parametrize(
    "text",
    [
        "process where f(a, b) == -1 and not (c in~ (1, 2))",
        "any where a - 1 == +b and (c) - 1 > true - -2",
        'any where ?a.`b-c`.in : "x" and a.or - 1 == 0',
        "sequence by a, b with maxspan=5m [x where y] by c with runs=2 ![x where y] until [z where true] | head 5",
        'any where x like~ ("a", """b""") and between~(x, "a", "b") / 2 == 1.5',
    ],
)
def test_blanks_stand_where_they_are_read_best(text):
    assert spaced(text) == text
    assert spaced(text.replace(" ", "  ")) == text


def test_a_keyword_after_a_dot_is_a_name():
    assert [w.kind for w in words("a.and and")] == [Kind.NAME, Kind.SYMBOL, Kind.NAME, Kind.KEYWORD, Kind.END]


def test_a_comment_at_the_end_of_a_line_belongs_to_the_word_before_it():
    a, b, _ = words("a /* x */ // y\nb")

    assert (a.after, b.before, b.fresh) == (["/* x */", "// y"], [], True)


def test_any_other_comment_belongs_to_the_word_after_it():
    a, b, c, end = words("a /* x */ b\n\n// y  \n\nc\n// z")

    assert a.after == b.after == c.after == []
    assert b.before == [Comment("/* x */", ends_line=False, blank=False)]
    assert c.before == [Comment("// y", ends_line=True, blank=True)]
    assert (c.blank, c.apart, c.broken, b.broken) == (True, True, True, False)
    assert end.before == [Comment("// z", ends_line=True, blank=False)]


def test_a_comment_behind_the_last_word_belongs_to_it():
    assert words("a // x")[0].after == ["// x"]
    assert words("a /* x */  ")[0].after == ["/* x */"]


def test_a_width_counts_the_comments_on_the_line():
    _, b, _ = words("a /* x */ bb")

    assert b.width == len("/* x */ bb")


def test_marks_of_comments_inside_texts_are_no_comments():
    assert all(not w.before and not w.after for w in words('any where x : "http://a" and y : """/* b */"""'))
