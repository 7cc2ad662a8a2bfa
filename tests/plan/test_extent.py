from __future__ import annotations

import pytest
from tests.material import rule

from comtrap.plan.extent import Extent, extent
from comtrap.rules.compiled import compiled

DAY_NS = 86_400 * 10**9
FIFTH_NS = 20_458 * DAY_NS  # 2026-01-05


def of(*queries: str) -> Extent:
    return extent(compiled([rule(text, n) for n, text in enumerate(queries, 1)], ())[0])


def test_categories_are_those_of_all_stages():
    query = "sequence by host.id with maxspan=1s [process where true] ![file where true] until [network where true]"
    assert of(query, "registry where true").categories == {"process", "file", "network", "registry"}


def test_one_stage_of_any_category_wants_all():
    assert of("process where true", 'any where process.name : "a"').categories is None


@pytest.mark.parametrize(
    ("condition", "first_ns", "last_ns"),
    [
        ('@timestamp >= "2026-01-05"', FIFTH_NS, None),
        ('@timestamp > "2026-01-05"', FIFTH_NS + DAY_NS - 1, None),
        ('@timestamp < "2026-01-05"', None, FIFTH_NS),
        ('@timestamp == "2026-01-05"', FIFTH_NS, FIFTH_NS + DAY_NS - 1),
        ('@timestamp >= "2026-01-05" or process.pid == 1', None, None),
        ('not @timestamp >= "2026-01-05"', None, None),
        ("process.pid >= 1767571200000000000", None, None),
    ],
)
def test_times_are_those_that_a_condition_cannot_do_without(condition, first_ns, last_ns):
    found = of(f'process where process.name : "a" and {condition}')
    assert (found.first_ns is None, found.last_ns is None) == (first_ns is None, last_ns is None)
    assert first_ns is None or first_ns - 1_000_000 <= found.first_ns <= first_ns
    assert last_ns is None or last_ns <= found.last_ns <= last_ns + 1_000_000


def test_a_stage_without_limits_takes_them_from_all():
    assert of('process where @timestamp >= "2026-01-05"', "process where true").first_ns is None
    both = of('process where @timestamp >= "2026-01-05"', 'process where @timestamp >= "2026-01-04"')
    assert both.first_ns <= FIFTH_NS - DAY_NS
