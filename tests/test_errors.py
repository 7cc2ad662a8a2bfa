from __future__ import annotations

import pickle

import pytest

from comtrap.errors import CheckError, Diagnostic, Label, ParseError, QueryError, RuleError, Span, render


def diagnostic(*labels, advice=None):
    return Diagnostic("E999", "a title", labels, advice)


def test_a_label_is_drawn_under_its_line():
    text = "first\n  second line\nthird"

    assert render(diagnostic(Label(Span(8, 14), "expected more")), text, "rule.toml") == (
        "error[E999]: a title\n --> rule.toml:2:3\n  |\n2 |   second line\n  |   ^^^^^^ expected more"
    )


def test_the_gutter_is_as_wide_as_the_line_number():
    text = "\n" * 9 + "x"

    assert render(diagnostic(Label(Span(9, 10))), text).splitlines()[1:] == [
        "  --> query:10:1",
        "   |",
        "10 | x",
        "   | ^",
    ]


def test_every_label_is_drawn_and_the_advice_comes_last():
    drawn = render(diagnostic(Label(Span(0, 1), "one"), Label(Span(2, 3), "two"), advice="do this"), "a b")

    assert [line for line in drawn.splitlines() if "^" in line] == ["  | ^ one", "  |   ^ two"]
    assert drawn.endswith("\nhelp: do this")


def test_a_label_over_several_lines_underlines_the_first():
    assert render(diagnostic(Label(Span(4, 12))), "ab (cd\nef) gh").endswith("\n  |     ^^")


def test_a_label_at_the_end_has_one_mark_after_the_text():
    assert render(diagnostic(Label(Span(2, 2))), "ab").endswith("1 | ab\n  |   ^")


@pytest.mark.parametrize("character", ["\t", "\x1b", "\x07", "\u200b", "\r"])
def test_what_does_not_print_is_a_blank_and_marks_stay_in_place(character):
    assert render(diagnostic(Label(Span(2, 3))), f"a{character}b").endswith("1 | a b\n  |   ^")


@pytest.mark.parametrize(("before", "after"), [(0, 500), (500, 0), (500, 500), (90, 90), (199, 0), (200, 0)])
def test_of_a_long_line_the_part_around_the_label_is_drawn(before, after):
    text = "-" * before + "X" + "-" * after
    *_, source, marks = render(diagnostic(Label(Span(before, before + 1))), text).splitlines()

    assert len(source) <= 204
    assert source[marks.index("^")] == "X"
    assert marks.count("^") == 1
    assert ("…" in source) == (len(text) > 200)


def test_a_label_longer_than_what_is_drawn_ends_with_it():
    *_, source, marks = render(diagnostic(Label(Span(10, 5_000))), "-" * 6_000).splitlines()

    assert len(marks) == len(source)


@pytest.mark.parametrize("kind", [ParseError, CheckError, QueryError])
def test_a_query_error_prints_all_its_diagnostics(kind):
    error = kind((diagnostic(Label(Span(0, 1))), diagnostic(Label(Span(1, 2)))), "ab", "my rule")

    assert str(error).count("error[E999]: a title") == 2
    assert str(error).count("--> my rule:1:") == 2


@pytest.mark.parametrize("error", [ParseError((diagnostic(),), "a", "n"), RuleError((diagnostic(),), "p", "t")])
def test_an_error_crosses_processes(error):
    again = pickle.loads(pickle.dumps(error))

    assert (type(again), vars(again)) == (type(error), vars(error))
