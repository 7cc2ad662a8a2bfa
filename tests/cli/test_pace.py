from __future__ import annotations

import pytest

from comtrap.cli.pace import FIRST, Pace, time_left
from comtrap.sources.progress import Progress


def looked(total, looks):
    """A pace after looks at a run: seconds, then events and bytes by then."""
    progress, pace = Progress(), Pace()
    progress.expect([total])
    for now, events, size in looks:
        progress.add(events - progress.events, size - progress.read_bytes)
        pace.look(now, progress)
    return pace


def steady(seconds, rate=10):
    return [(now, now * rate, now * rate) for now in range(seconds + 1)]


def test_a_steady_run_ends_when_it_must():
    pace = looked(1000, steady(20))

    assert pace.rate == pytest.approx(10)
    assert pace.left == pytest.approx(80)


def test_nothing_is_said_before_there_is_something_to_go_by():
    assert looked(1000, steady(FIRST - 1)).left is None
    assert looked(1000, [(0, 0, 0), (100, 10, 10)]).left is None
    assert looked(1000, [(n, 0, 0) for n in range(60)]).left is None


def test_a_total_that_nobody_knows_leaves_the_rate():
    pace = looked(None, steady(20))

    assert (pace.left, pace.rate) == (None, pytest.approx(10))


def test_nothing_is_left_once_all_is_read():
    assert looked(100, steady(10)).left is None


def test_the_rate_stays_while_what_was_found_is_put_together():
    assert looked(100, [*steady(10), (60, 100, 100)]).rate == pytest.approx(10)


def test_the_time_it_takes_to_begin_says_nothing_of_the_rest():
    late = [(now, 0, 0) for now in range(10)] + [(10 + now, size, size) for now, size, _ in steady(20)]

    assert looked(1000, late).left == pytest.approx(80)


def test_one_jerk_moves_the_estimate_little():
    """A batch that comes a second late, all at once."""
    late = [(now, now * 10, now * 10) for now in range(30)] + [(30, 290, 290), (31, 310, 310)]
    after = looked(1000, late).left
    during = looked(1000, late[:-1]).left

    assert after == pytest.approx(69, rel=0.02)
    assert during == pytest.approx(71, rel=0.1)


def test_a_run_that_slows_down_is_believed_in_time():
    slow = [*steady(100, 100), *((100 + n, 10_000 + 10 * n, 10_000 + 10 * n) for n in range(1, 101))]

    assert looked(20_000, slow).left == pytest.approx(900, rel=0.1)


def test_a_run_that_stands_still_takes_ever_longer():
    still = [*steady(30), *((30 + n, 300, 300) for n in range(1, 31))]
    lefts = [looked(1000, still[:end]).left for end in range(31, len(still))]

    assert lefts == sorted(lefts)
    assert lefts[-1] > 2 * lefts[0]


def test_a_second_reading_is_judged_by_itself():
    progress, pace = Progress(), Pace()
    progress.expect([100])
    for now in range(11):
        pace.look(now, progress)
        progress.add(10, 10)
    progress.expect([100])
    pace.look(11, progress)
    again = pace.left
    progress.add(1, 1)
    pace.look(12, progress)

    assert (again, pace.left) == (None, None)


def test_a_clock_that_stands_still_divides_nothing():
    assert looked(100, [(5, 0, 0), (5, 10, 10)]).rate == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "a few seconds left"),
        (5, "a few seconds left"),
        (5.1, "10 s left"),
        (10.1, "15 s left"),
        (51, "55 s left"),
        (55.1, "about 1 min left"),
        (61, "about 2 min left"),
        (59 * 60, "about 59 min left"),
        (59 * 60 + 1, "about 1 h left"),
        (3601, "about 1 h 5 min left"),
        (7200, "about 2 h left"),
        (5000 * 3600, "about 5,000 h left"),
    ],
)
def test_time_is_told_as_exactly_as_it_is_known(seconds, text):
    assert time_left(seconds) == text
