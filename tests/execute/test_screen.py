"""One search over long texts for all conditions on them."""

from __future__ import annotations

import numpy as np
from tests.execute.building import batch, condition, true_rows

from comtrap.execute.condition import Conditions
from comtrap.execute.screen import Screen

COUNT = 5000
EVENTS = batch(
    *(
        {
            "k": f"word{n} " + ("NEEDLE" if n % 500 == 0 else "hay"),
            "l": [f"a{n}", f"thread{n}" if n % 700 == 0 else "b"],
        }
        for n in range(COUNT)
    )
)
ROWS = np.arange(COUNT)


def screen(*texts, visits=4 * COUNT):
    return Screen(Conditions(EVENTS), {condition(text): visits for text in texts})


def left(a_screen, text):
    return a_screen.left(condition(text), ROWS)


def test_nothing_is_searched_where_it_does_not_pay():
    assert screen('k : "*needle*"', visits=COUNT).left(condition('k : "*needle*"'), ROWS).size == COUNT


def test_rows_without_any_wanted_text_are_left_out():
    text = 'k : ("*needle*", "*pin*")'

    assert left(screen(text), text).tolist() == true_rows(text, EVENTS) == list(range(0, COUNT, 500))


def test_what_is_left_may_be_more_than_what_is_true():
    first, second = 'k : "word*needle*"', 'k : "*word5*"'

    found = left(screen(first, second), first)

    assert set(true_rows(first, EVENTS)) <= set(found.tolist())


def test_lists_are_searched_value_by_value():
    assert left(screen('l : "thread*"'), 'l : "thread*"').tolist() == list(range(0, COUNT, 700))


def test_a_text_that_is_in_many_values_is_not_searched_for():
    text = 'k : "*hay*"'

    assert left(screen(text), text).size == COUNT


def test_conditions_that_need_no_text_keep_their_rows():
    for text in ('not k : "*needle*"', 'k : "*ee*"', 'k : "*needle*" or n == 1', "k != null"):
        assert left(screen(text, 'k : "*needle*"'), text).size == COUNT


def test_two_columns_may_hold_it():
    text = 'k : "*needle*" or l : "thread*"'

    assert left(screen(text), text).tolist() == true_rows(text, EVENTS)
