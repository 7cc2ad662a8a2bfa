from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from comtrap.alerts.store import Moved
from comtrap.events.raw import Origin, RawBatch
from comtrap.execute.hits import HITS
from comtrap.scanning import picked
from comtrap.scanning.ordinals import Ordinals
from comtrap.scanning.picked import Pick, Picked

KIND = ("", 0)


def raw(size, first=0, **columns):
    frame = pa.table({"_position": pa.array(range(first, first + size), pa.uint64()), **columns})
    return RawBatch(KIND, frame, Origin("ndjson", "a.json"))


def hits(events, times=None, query=0, stage=0):
    size = len(events)
    return pa.table(
        [
            np.full(size, query, np.uint16),
            np.full(size, stage, np.uint16),
            pa.array([[]] * size, pa.list_(pa.string())),
            np.array(events if times is None else times, np.int64),
            pa.nulls(size, pa.int64()),
            pa.array(events, pa.uint64()),
        ],
        schema=HITS,
    )


def kept(store):
    return sorted(store.hits(0)["event"].to_pylist())


def stored(store):
    return sorted(event for (event,) in store.database.execute("select event from event"))


def test_hits_of_other_queries_are_only_counted():
    with Picked(pick=Pick()) as store:
        store.keep(pa.concat_tables([hits([1]), hits([1, 2], query=1), hits([2], query=2, stage=3)]), [raw(3)])
        store.keep(hits([4], query=1), [raw(1, 4)])

        assert store.counts == {(0, 0): 1, (1, 0): 3, (2, 3): 1}
        assert (kept(store), store.hits(1).num_rows, stored(store)) == ([1], 0, [1])


def test_an_event_with_several_keys_is_counted_once():
    with Picked(pick=Pick()) as store:
        store.keep(pa.concat_tables([hits([1]), hits([1])]), [raw(3)])

        assert store.counts == {(0, 0): 1}


@pytest.mark.parametrize(("last", "wanted"), [(True, [2, 8, 9]), (False, [0, 5, 6])])
def test_the_first_or_last_of_all_are_kept(last, wanted):
    times = [0, 5, 9, 4, 5, 1, 2, 3, 7, 8]
    with Picked(pick=Pick(3, last=last)) as store:
        for event, time in enumerate(times):
            store.keep(hits([event], [time]), [raw(1, event)])

        assert set(wanted) <= set(kept(store))
        assert store.counts == {(0, 0): 10}


def test_nothing_is_kept_where_nothing_is_wanted():
    with Picked(pick=Pick(0)) as store:
        store.keep(hits([1, 2]), [raw(3)])

        assert (kept(store), stored(store), store.counts) == ([], [], {(0, 0): 2})


def test_what_is_on_disk_is_bounded(monkeypatch):
    monkeypatch.setattr(picked, "SPARE", 5)
    with Picked(pick=Pick(3)) as store:
        for at in range(0, 400, 4):
            store.keep(hits(range(at, at + 4)), [raw(4, at)])
            assert len(stored(store)) <= 3 + 2 * 3 + 5 + 4
            assert store.hits(0).num_rows <= 3 + 2 * 3 + 5 + 4
        (raws,) = store.database.execute("select count(*) from raw").fetchone()

        assert {397, 398, 399} <= set(kept(store)) <= set(stored(store))
        assert raws <= 6


def test_what_other_stores_counted_and_kept_is_taken_over(tmp_path):
    with Picked(pick=Pick(2)) as store:
        for number in range(3):
            path = str(tmp_path / f"{number}.db")
            with store.alike()(path) as part:
                part.keep(hits([number * 10 + n for n in range(5)]), [raw(5, number * 10)])
                part.keep(hits([7], query=1), [])
            store.absorb(path)

        assert store.counts == {(0, 0): 15, (1, 0): 3}
        assert {23, 24} <= set(kept(store))


def test_tiebreakers_that_are_texts_become_numbers_in_their_order(tmp_path):
    pick = Pick(ordinals=Ordinals(tie="user.name"))
    with Picked(pick=pick) as store:
        with Picked(str(tmp_path / "a.db"), pick=pick) as part:
            part.keep(hits([0, 1], [5, 5]), [raw(2, **{"user.name": ["b", "ä"]})])
        store.absorb(str(tmp_path / "a.db"))
        store.keep(hits([2, 3, 4], [5, 5, 5]), [raw(3, 2, **{"user.name": ["a", "b", None]})])
        found = store.hits(0)

    ties = dict(zip(found["event"].to_pylist(), found["tie"].to_pylist(), strict=True))
    assert ties == {0: 2, 1: 3, 2: 1, 3: 2, 4: None}


def test_tiebreakers_move_with_their_events(tmp_path):
    pick = Pick(ordinals=Ordinals(tie="user.name"))
    with Picked(pick=pick) as store:
        with Picked(str(tmp_path / "a.db"), pick=pick) as part:
            part.keep(hits([0, 1], [5, 5]), [raw(2, **{"user.name": ["b", "a"]})])
        store.absorb(str(tmp_path / "a.db"), moved=Moved(0, 1 << 40, 3))
        found = store.hits(0)

    assert dict(zip(found["event"].to_pylist(), found["tie"].to_pylist(), strict=True)) == {3: 2, 4: 1}
