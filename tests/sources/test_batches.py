"""Records gathered by kind."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from comtrap.events.raw import Origin
from comtrap.sources import batches as module
from comtrap.sources.batches import Batches, Counted
from comtrap.sources.shapes.shape import Shaped

KINDS = [("P", 1), ("P", 2), ("Q", 1)]


@given(st.lists(st.lists(st.integers(0, 3), max_size=9), max_size=9))
def test_positions_of_counted_records_come_back_by_kind_ascending(blocks):
    counted = Counted()
    numbers = [0, *map(counted.number, KINDS)]
    expected = {kind: [] for kind in KINDS}
    first = 5
    for block in blocks:
        counted.add(first, np.array([numbers[each] for each in block], np.int16))
        for position, each in enumerate(block, first):
            if each:
                expected[KINDS[each - 1]].append(position)
        first += len(block) + 3

    assert {kind: positions.tolist() for kind, positions in counted.taken()} == {k: v for k, v in expected.items() if v}
    assert list(counted.taken()) == []
    assert counted.size_bytes == 0


def test_of_more_kinds_than_there_are_numbers_the_last_ones_have_none(monkeypatch):
    monkeypatch.setattr(module, "_MOST_COUNTED", 2)
    counted = Counted()

    assert [counted.number(kind) for kind in KINDS] == [1, 2, 0]
    assert counted.number(KINDS[0]) == 1


def test_counted_records_come_in_batches_of_positions_before_too_many_are_held(monkeypatch):
    monkeypatch.setattr(module, "HELD_BYTES", 10_000)
    monkeypatch.setattr(module, "ROWS", 100)
    made = Batches(Origin("ndjson", "events"), frozenset(), lambda _text: None)
    number = made.counted.number(("P", 1))
    made.counted.add(0, np.full(250, number, np.int16))
    assert list(made.full()) == []
    made.counted.add(250, np.full(250, number, np.int16))

    found = list(made.full())
    assert [batch.frame.num_rows for batch in found] == [100] * 5
    assert [p for batch in found for p in batch.frame["_position"].to_pylist()] == list(range(500))
    assert {batch.kind for batch in found} == {("P", 1)}


def test_a_text_that_every_row_has_is_held_once():
    made = Batches(Origin("ndjson", "events"), frozenset(), lambda _text: None)
    columns = {"a": ["x", "x"], "b": ["x", "y"], "c": ["x", None], "d": [1, 1]}
    made.rows(("P", 1)).add(np.arange(2), "agent", [b"{}"] * 2, columns)

    (batch,) = made.rest()
    assert {n: pa.types.is_dictionary(batch.frame.schema.field(n).type) for n in columns} == {
        "a": True,
        "b": False,
        "c": False,
        "d": False,
    }
    assert {n: batch.frame[n].to_pylist() for n in columns} == columns | {"d": ["1", "1"]}


def test_rows_of_one_text_and_documents_among_them_come_by_position():
    made = Batches(Origin("ndjson", "events"), frozenset({"a"}), lambda _text: None)
    made.rows(("P", 1)).add(np.array([0, 2]), "agent", [b"{}"] * 2, {"a": ["x", "x"]})
    made.add(1, Shaped(("P", 1), "agent", {"a": ["y", "z"]}), b"{}")

    assert [row["a"] for batch in made.rest() for row in batch.frame.to_pylist()] == [["x"], ["y", "z"], ["x"]]
