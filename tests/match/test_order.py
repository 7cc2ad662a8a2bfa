from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from comtrap.execute.hits import HITS
from comtrap.match.order import order


def hits(*rows: tuple[int, int | None, int]) -> pa.Table:
    made = [{"query": 0, "stage": 0, "key": [], "time_ns": t, "tie": tie, "event": e} for t, tie, e in rows]
    return pa.Table.from_pylist(made, schema=HITS)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(2, 0, 0), (1, 0, 1)], [1, 0]),
        ([(1, 5, 0), (1, 3, 1)], [1, 0]),
        ([(1, None, 0), (1, 3, 1)], [1, 0]),
        ([(1, None, 1), (1, None, 0)], [1, 0]),
        ([(1, 2, 9), (1, 2, 8)], [1, 0]),
        ([(1, -4, 0), (1, None, 1), (1, -5, 2)], [2, 0, 1]),
        ([(-5, 0, 0), (-6, 0, 1)], [1, 0]),
        ([], []),
    ],
)
def test_time_then_tiebreaker_null_last_then_document(rows, expected):
    assert order(hits(*rows)).tolist() == expected


def test_hits_of_one_event_come_in_the_order_asked_for():
    assert order(hits((1, 0, 7), (1, 0, 7), (0, 0, 3)), np.array([1, 0, 5])).tolist() == [2, 1, 0]


def test_events_of_high_files_sort_unsigned():
    assert order(hits((1, None, 2**63 + 1), (1, None, 3))).tolist() == [1, 0]
