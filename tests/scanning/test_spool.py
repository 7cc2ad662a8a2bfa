from __future__ import annotations

import pytest

from comtrap.scanning.spool import Spool


def test_documents_come_out_by_number_whatever_order_they_went_in():
    with Spool() as spool:
        assert spool.add((n * 7 % 5_000, b"%d" % (n * 7 % 5_000)) for n in range(5_000)) == 5_000
        assert list(spool.taken()) == [b"%d" % n for n in range(5_000)]


def test_it_is_empty_after_that_and_can_be_used_again():
    with Spool() as spool:
        spool.add([(1 << 60, b"a")])
        assert list(spool.taken()) == [b"a"]
        assert list(spool.taken()) == []
        spool.add([(0, b"b")])
        assert list(spool.taken()) == [b"b"]


def test_what_an_interruption_leaves_is_whole():
    def interrupted():
        yield 3, b"c"
        raise KeyboardInterrupt

    with Spool() as spool:
        spool.add([(1, b"a"), (2, b"b")])
        with pytest.raises(KeyboardInterrupt):
            spool.add(interrupted())
        assert list(spool.taken()) == [b"a", b"b"]
