from __future__ import annotations

import pytest
from tests.execute.building import condition

from comtrap.plan.needs import needs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('k : "*Needle*"', [{"k": {"needle"}}]),
        ('k like "ab*longest*cde"', [{"k": {"longest"}}]),
        ('k : ("*one*", "two")', [{"k": {"one", "two"}}]),
        ('k == "Exact"', [{"k": {"exact"}}]),
        ('k in~ ("abc", "DEF")', [{"k": {"abc", "def"}}]),
        ('startsWith(k, "abc") and endsWith~(l, "DEF") and stringContains(k, "ghi")', [{"k": {"abc"}}, {"l": {"def"}}, {"k": {"ghi"}}]),
        ('k : "abc*" or k : "*def"', [{"k": {"abc", "def"}}]),
        ('k : "abc*" or l : "*def"', [{"k": {"abc"}, "l": {"def"}}]),
        ('k : "abc*" and (l : "def" or k : "ghi")', [{"k": {"abc"}}, {"l": {"def"}, "k": {"ghi"}}]),
    ],
)  # fmt: skip
def test_texts_without_which_a_condition_is_false(text, expected):
    assert [dict(need) for need in needs(condition(text))] == expected


@pytest.mark.parametrize(
    "text",
    [
        'not k : "abc"', 'k : "ab*"', 'k : ("abc", "*")', 'k : "*a*b*c*"', 'k regex "abc.*"', "n == 123", "k == null", 'k == "äbc"', 'k : "abc" or n == 1',
        'stringContains("abcdef", k)', 'k > "abc"', "true", 'v == "1.2.3"', 'length(k) == 3', 'startsWith(k, "ab")',
    ],
)  # fmt: skip
def test_conditions_that_need_no_text(text):
    assert needs(condition(text)) == ()
