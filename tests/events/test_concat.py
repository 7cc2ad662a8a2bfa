"""Several batches as one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from comtrap.events.arrays import CODED
from comtrap.events.batch import EventBatch
from comtrap.events.concat import concat
from comtrap.schema.telemetry import telemetry

PLAIN = pa.array(["a", None, "b"])
CODES = pa.array(["b", "c", "b"]).dictionary_encode()
LISTS = pa.array([["x", "y"], None, ["b"]])


def joined(*columns):
    return concat([EventBatch(pa.table(one), telemetry()) for one in columns])


def test_one_batch_is_itself():
    batch = EventBatch(pa.table({"process.name": PLAIN}), telemetry())
    assert concat([batch]) is batch


@pytest.mark.parametrize("one", [PLAIN, CODES, LISTS, pa.nulls(2, CODED), CODES.slice(1)])
@pytest.mark.parametrize("other", [PLAIN, CODES, LISTS, pa.nulls(2, CODED)])
def test_columns_of_any_form_are_one_column(one, other):
    several = pa.types.is_list(one.type) or pa.types.is_list(other.type)
    wanted = [[v] if several and isinstance(v, str) else v for v in [*one.to_pylist(), *other.to_pylist()]]
    batch = joined({"process.name": one}, {"process.name": other})
    assert batch.column("process.name").to_pylist() == wanted
    assert batch.column("process.name").type == (pa.list_(pa.string()) if several else pa.string())


def test_codes_stay_codes_and_every_value_is_once_in_them():
    column = joined({"process.name": CODES}, {"process.name": pa.array(["c", "d"]).dictionary_encode()}).held(
        "process.name"
    )
    assert column.type == CODED
    assert sorted(column.dictionary.to_pylist()) == ["b", "c", "d"]
    assert column.to_pylist() == ["b", "c", "b", "c", "d"]


@pytest.mark.parametrize("column", [PLAIN, CODES, LISTS])
def test_a_column_that_a_batch_lacks_is_null_there(column):
    batch = joined({"process.name": column, "_event": pa.array([0, 1, 2])}, {"_event": pa.array([3])})
    assert batch.column("process.name").to_pylist() == [*column.to_pylist(), None]
    assert batch.column("process.title").to_pylist() == [None] * 4
