from __future__ import annotations

import pytest
from tests.execute.building import condition

from comtrap.plan.shape import can_fail, columns_of, walk


@pytest.mark.parametrize(
    ("text", "expected"),
    [('k == "a" and l : "b" and k : "c"', ("k", "l")), ("concat(l, k, n) == null", ("l", "k", "n")), ("n in (1, 2)", ("n",)), ("true", ()), ("not b", ("b",)), ("n + m > 1", ("n", "m"))],
)  # fmt: skip
def test_columns_in_order_of_first_mention(text, expected):
    assert columns_of(condition(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('k == "a" and not l : "b"', False), ("number(k) == 1", True), ("n / m == 1", True), ("n + 1 == 2", True), ("x + 1 == 2", False), ("add(n, 1) == 2", True),
        ('cidrMatch(ip, "10.0.0.0/8")', False), ('k == "a" or not (n > 1 and number(k) in (1, 2))', True), ("length(k) == 1", False), ("n == null", False), ("x / n == 2", False),
    ],
)  # fmt: skip
def test_what_can_fail(text, expected):
    assert can_fail(condition(text)) is expected


def test_walk_reaches_every_part():
    assert len([*walk(condition('not (k == "a" or concat(l, n) in ("b", "c"))'))]) == 11
