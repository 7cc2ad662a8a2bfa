from __future__ import annotations

from comtrap.events.problems import SHOWN, Problems


def test_messages_are_told_with_the_positions_they_name():
    problems = Problems()
    problems.skip("bad", ("a.json:", 3), "no object")
    problems.note("odd", "a.evtx", ("record ", 4, " is odd"))
    assert problems.first == ["a.json:3: no object", "a.evtx: record 4 is odd"]


def test_positions_of_a_piece_move_and_other_numbers_stay():
    problems = Problems()
    problems.skip("bad", ("7.json:", 3), "of 5 bytes")
    problems.move(10)
    assert problems.first == ["7.json:13: of 5 bytes"]


def test_no_more_messages_are_kept_than_are_shown():
    problems, others = Problems(), Problems()
    for number in range(SHOWN):
        problems.skip("bad", ("a:", number))
        others.skip("bad", ("b:", number))
    problems.add(others)
    assert len(problems.first) == SHOWN
    assert problems.skipped["bad"] == 2 * SHOWN
