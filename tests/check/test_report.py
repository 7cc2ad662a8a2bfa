from __future__ import annotations

import pytest

from comtrap.check.report import Report
from comtrap.errors import CheckError, Span


def test_mistakes_come_in_the_order_of_the_text():
    report = Report("abc")
    report.add("E202", "second", Span(1, 2), "")
    report.add("E201", "third", Span(2, 3), "")
    report.add("E209", "first", Span(0, 1), "")

    with pytest.raises(CheckError) as raised:
        report.raise_all()
    assert [d.title for d in raised.value.diagnostics] == ["first", "second", "third"]


def test_the_same_mistake_at_the_same_place_is_one():
    report = Report("abc")
    for _ in range(2):
        report.add("E201", "unknown", Span(0, 1), "here", "help")

    assert len(report.found) == 1


def test_without_mistakes_nothing_is_raised():
    Report("abc").raise_all()
