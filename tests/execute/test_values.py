"""Values of expressions on events."""

from __future__ import annotations

import pytest
from tests.execute.building import batch, expression

from comtrap.execute.execute import ConditionFailed
from comtrap.execute.values import values

EVENTS = batch({"k": "a", "n": 1, "d": 5, "ip": "::1"}, {"k": ["a", "b"], "n": [2, 3]}, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k", ["a", ["a", "b"], None]), ("n + 1", [2, [3, 4], None]), ("length(k)", [1, 1, None]), ('concat(k, "-", n)', ["a-1", ["a-2", "b-2", "a-3", "b-3"], None]),
        ('k == "a"', [True, True, False]), ('not k == "a"', [False, False, True]), ("k == null", [False, False, True]), ("1 + 1", [2, 2, 2]), ("null", [None, None, None]),
        ('"x" == "x"', [True, True, True]), ("d", ["1970-01-01T00:00:00.005Z", None, None]), ("n / 2.0", [0.5, [1.0, 1.5], None]), ("string(ip)", ["::1", None, None]),
        ("b", [False, False, False]), ('number("7")', [7, 7, 7]),
    ],
)  # fmt: skip
def test_one_value_an_event_or_the_list_of_several(text, expected):
    assert values(expression(text), EVENTS) == expected


def test_no_events():
    assert values(expression("n + 1"), batch()) == []


def test_a_value_that_fails_is_raised():
    with pytest.raises(ConditionFailed, match="division by zero"):
        values(expression("1 / (n - 1)"), EVENTS)
