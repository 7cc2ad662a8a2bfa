from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from comtrap.alerts import store as stores
from comtrap.alerts.store import Moved, Store
from comtrap.events.raw import Origin, RawBatch
from comtrap.execute.hits import HITS

KIND = ("Microsoft-Windows-Sysmon", 1)


def raw(size, number=0, first=0):
    frame = pa.table(
        {"_position": pa.array(range(first, first + size), pa.uint64()), "image": [f"i{n}" for n in range(size)]}
    )
    return RawBatch(
        KIND,
        frame.select(["_position"]),
        Origin("ndjson", f"{number}.json", None, number << 40),
        lambda rows: RawBatch(KIND, frame.take(rows), Origin("ndjson", f"{number}.json", None, number << 40)),
    )


def hits(events, query=0):
    size = len(events)
    return pa.table(
        [
            np.full(size, query, np.uint16),
            np.zeros(size, np.uint16),
            pa.array([[]] * size, pa.list_(pa.string())),
            np.zeros(size, np.int64),
            pa.nulls(size, pa.int64()),
            pa.array(events, pa.uint64()),
        ],
        schema=HITS,
    )


def kept(store, events):
    store.database.execute("create table wanted (event integer primary key)")
    store.database.executemany("insert into wanted values (?)", [(e,) for e in events])
    return [
        (b.origin.path, p, i)
        for b in store.records("wanted")
        for p, i in zip(b.frame["_position"].to_pylist(), b.frame["image"].to_pylist(), strict=True)
    ]


def test_records_are_kept_whole_and_only_those_that_hit():
    with Store() as store:
        store.keep(hits([1, 3]), [raw(5)])
        assert kept(store, range(5)) == [("0.json", 1, "i1"), ("0.json", 3, "i3")]


def test_records_are_those_asked_for():
    with Store() as store:
        store.keep(hits([1, 3, (2 << 40) + 1]), [raw(5), raw(5, 2)])
        assert kept(store, [3, (2 << 40) + 1]) == [("0.json", 3, "i3"), ("2.json", 1, "i1")]


def test_hits_come_back_by_query():
    with Store() as store:
        store.keep(pa.concat_tables([hits([1], 0), hits([2, 3], 7)]), [raw(5)])
        store.keep(hits([6], 7), [raw(5, first=5)])
        assert sorted(store.hits(7)["event"].to_pylist()) == [2, 3, 6]
        assert store.hits(0)["event"].to_pylist() == [1]
        assert store.hits(1).num_rows == 0
        assert store.hits(1).schema == HITS


def test_hits_beyond_what_is_held_are_written(monkeypatch):
    monkeypatch.setattr(stores, "HELD", 3)
    with Store() as store:
        for n in range(10):
            store.keep(hits([n]), [raw(1, first=n)])
        assert store.database.execute("select count(*) from hits").fetchone()[0] >= 2
        assert sorted(store.hits(0)["event"].to_pylist()) == list(range(10))


def test_whole_records_are_decoded_in_bounded_numbers(monkeypatch):
    monkeypatch.setattr(stores, "CHUNK", 2)
    with Store() as store:
        store.keep(hits(range(5)), [raw(5)])
        assert store.database.execute("select count(*) from raw").fetchone() == (3,)
        assert len(kept(store, range(5))) == 5


def test_few_large_records_are_decoded_at_once(monkeypatch):
    """As documents they take many times as much."""
    monkeypatch.setattr(stores, "CHUNK_BYTES", 200)
    with Store() as store:
        large = replace(raw(6), whole_bytes=600 - raw(6).frame.nbytes)
        store.keep(hits(range(6)), [large])
        assert store.database.execute("select count(*) from raw").fetchone() == (3,)
        assert len(kept(store, range(6))) == 6


def test_no_record_is_too_large_to_be_decoded(monkeypatch):
    monkeypatch.setattr(stores, "CHUNK_BYTES", 1)
    with Store() as store:
        store.keep(hits(range(5)), [raw(5)])
        assert len(kept(store, range(5))) == 5


def test_a_store_takes_over_what_others_wrote(tmp_path):
    for number in (1, 2):
        with Store(str(tmp_path / f"{number}.db")) as other:
            other.keep(hits([number << 40]), [raw(2, number)])
    with Store() as store:
        store.keep(hits([0]), [raw(2)])
        for number in (1, 2):
            store.absorb(str(tmp_path / f"{number}.db"))
        assert sorted(store.hits(0)["event"].to_pylist()) == [0, 1 << 40, 2 << 40]
        assert [path for path, *_ in kept(store, [0, 1 << 40, 2 << 40])] == ["0.json", "1.json", "2.json"]


def test_events_of_a_piece_get_their_numbers_when_it_is_taken_over(tmp_path):
    """Hits, records and what waits; events of other files stay."""
    path = str(tmp_path / "a.db")
    with Store(path) as other:
        other.keep(hits([1, 1 << 40, 2 << 40]), [raw(2), raw(2, 1), raw(2, 2)])
        other.defer(raw(3, 1))
    with Store() as store:
        store.absorb(path, moved=Moved(1 << 40, 2 << 40, 7))
        assert sorted(store.hits(0)["event"].to_pylist()) == [1, (1 << 40) + 7, 2 << 40]
        assert kept(store, [(1 << 40) + 7]) == [("1.json", 7, "i0")]
        (waiting,) = store.deferred()
        assert waiting.frame["_position"].to_pylist() == [7, 8, 9]


def test_an_interrupted_batch_leaves_nothing():
    def interrupted(_rows):
        raise KeyboardInterrupt

    broken = RawBatch(KIND, raw(5, 1).frame, Origin("ndjson", "1.json", None, 1 << 40), interrupted)
    with Store() as store:
        with pytest.raises(KeyboardInterrupt):
            store.keep(hits([1, 1 << 40]), [raw(5), broken])
        assert store.hits(0).num_rows == 0
        assert kept(store, [1]) == []


def test_no_hits_keep_nothing():
    with Store() as store:
        store.keep(HITS.empty_table(), [raw(5)])
        assert kept(store, range(5)) == []


def test_hits_that_are_no_longer_wanted_go_with_their_records():
    with Store() as store:
        store.keep(hits([1, 3]), [raw(5)])
        store.keep(hits([6]), [raw(5, first=5)])
        store.spill()
        store.restrict(hits([3]))
        store.keep(hits([11]), [raw(5, first=10)])

        assert sorted(store.hits(0)["event"].to_pylist()) == [3, 11]
        assert store.database.execute("select count(*) from raw").fetchone() == (2,)
        assert [position for _, position, _ in kept(store, range(12))] == [3, 11]


def test_what_is_deferred_outlives_hits_that_go():
    with Store() as store:
        store.defer(raw(2, first=20).fetch(np.arange(2)))
        store.keep(hits([1]), [raw(5)])
        waiting = store.deferred()
        store.restrict(hits([]))

        assert [b.frame["_position"].to_pylist() for b in waiting] == [[20, 21]]
        assert store.hits(0).num_rows == 0
