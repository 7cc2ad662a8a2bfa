"""The columns of one batch, shaped for deciding conditions on distinct values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from comtrap.events.arrays import decoded, mapped
from comtrap.execute.order import canonical
from comtrap.execute.patterns import FALSE, lower
from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.batch import EventBatch

_SMALL = 4096  # values: below this, finding the distinct ones costs less than thinking about it
_SAMPLE = 2048
_SHORT = 1024
_VARIED = 0.5  # of a sample distinct: from here on, distinct values save nothing


class Frame(Protocol):
    """Columns of equal length to evaluate an expression on, one value or null in each place."""

    @property
    def size(self) -> int:
        """How many places."""

    def column(self, name: str) -> pa.Array:
        """A column's values."""

    def lowered(self, name: str) -> pa.Array:
        """A text column in lower case."""


@dataclass(slots=True)
class Given:
    """A frame of columns at hand."""

    size: int
    columns: Mapping[str, pa.Array]
    _lowered: dict[str, pa.Array] = field(default_factory=dict)

    def column(self, name: str) -> pa.Array:
        """A column's values."""
        return self.columns[name]

    def lowered(self, name: str) -> pa.Array:
        """A text column in lower case, made once."""
        if name not in self._lowered:
            self._lowered[name] = lower(self.columns[name])
        return self._lowered[name]


@dataclass(slots=True)
class Taken:
    """A frame of the values in some places of one column."""

    source: Column
    places: np.ndarray

    @property
    def size(self) -> int:
        """How many places."""
        return self.places.size

    def column(self, name: str) -> pa.Array:  # noqa: ARG002 - there is but one
        """The values in the places."""
        return self.source.at(self.places)

    def lowered(self, name: str) -> pa.Array:
        """These in lower case; once whole columns' worth of values was asked for, out of the whole column's."""
        self.source.asked += self.places.size
        if self.source.asked <= self.source.whole.size:
            return lower(self.column(name))
        return self.source.whole.lowered(name).take(pa.array(self.source.on_whole(self.places)))


class Column:
    """One column.

    Attributes:
        rows: how many events.
        offsets: where the values of each event begin in `flat`, and the end; None unless some event has several.
        asked: how many values were put in lower case one by one so far.
    """

    def __init__(self, name: str, kind: Type, array: pa.Array) -> None:
        self.name = name
        self.kind = kind
        self.rows = len(array)
        self.asked = 0
        self._values, self.offsets = _flatten(array)
        if kind is Type.IP:
            self._values = mapped(self._values, _canonical)

    def __len__(self) -> int:
        """How many values there are, nulls of events without one included."""
        return len(self._values)

    @property
    def type(self) -> pa.DataType:
        """What the values are."""
        kind = self._values.type
        return kind.value_type if pa.types.is_dictionary(kind) else kind

    @cached_property
    def flat(self) -> pa.Array:
        """The values. Without `offsets` one an event, null where it has none; with them, without nulls."""
        return decoded(self._values)

    @cached_property
    def varied(self) -> bool:
        """Whether most values are distinct, so that there is nothing to gain from finding the distinct ones."""
        size = len(self)
        if size <= _SMALL or pa.types.is_dictionary(self._values.type):
            return False
        places = np.linspace(0, size - 1, _SAMPLE).astype(np.int64)
        return bool(pc.count_distinct(self._values.take(pa.array(places)), mode="all").as_py() > _SAMPLE * _VARIED)

    @cached_property
    def _encoded(self) -> tuple[np.ndarray, pa.Array]:
        return encode(self._values)

    @property
    def codes(self) -> np.ndarray:
        """For each place of `flat` the index of its value in `distinct`."""
        return self._encoded[0]

    @property
    def distinct(self) -> pa.Array:
        """The distinct values, then null."""
        return self._encoded[1]

    @cached_property
    def whole(self) -> Given:
        """What to evaluate on for all events at once: the distinct values, then null; of a varied column all of `flat`."""
        values = self.flat if self.varied else self.distinct
        return Given(len(values), {self.name: values})

    def on_whole(self, places: np.ndarray) -> np.ndarray:
        """Where in `whole` the values in some places of `flat` are."""
        return places if self.varied else self.codes[places]

    @property
    def is_short(self) -> bool:
        """Whether `whole` is so short that nothing less is worth evaluating on."""
        return not self.varied and len(self.distinct) <= _SHORT

    def at(self, places: np.ndarray) -> pa.Array:
        """The values in some places of `flat`, null for -1."""
        return decoded(self._values.take(pa.array(np.maximum(places, 0), mask=places < 0)))

    def spans(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many values each row has, and the places of all of them in `flat`, row after row.

        Only for a column with offsets.
        """
        assert self.offsets is not None
        begin = self.offsets[rows]
        lengths = self.offsets[rows + 1] - begin
        end = np.cumsum(lengths)
        total = int(end[-1]) if end.size else 0
        return lengths, np.repeat(begin - (end - lengths), lengths) + np.arange(total)


def encode(values: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Codes, and the distinct values followed by null; the code of a null is that last place."""
    encoded = values.dictionary_encode()
    distinct = pa.concat_arrays([encoded.dictionary, pa.nulls(1, encoded.dictionary.type)])
    codes = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    return codes, distinct


def flags(truth: pa.Array) -> np.ndarray:
    """Truth values as numpy flags, null as false."""
    return pc.fill_null(truth, FALSE).to_numpy(zero_copy_only=False)


def _flatten(array: pa.Array) -> tuple[pa.Array, np.ndarray | None]:
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
        return array, None
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    values = array.flatten()
    if values.null_count:
        valid = values.is_valid().to_numpy(zero_copy_only=False)
        kept = np.concatenate(([0], np.cumsum(valid)))
        end = np.cumsum(lengths)
        lengths = kept[end] - kept[end - lengths]
        values = values.drop_null()
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    if lengths.size and lengths.max() > 1:
        return values, offsets
    empty = lengths == 0
    return values.take(pa.array(np.where(empty, 0, offsets[:-1]), pa.int64(), mask=empty)), None


def _canonical(addresses: pa.Array) -> pa.Array:
    encoded = addresses.dictionary_encode()
    spelled = [None if v is None else canonical(v) for v in encoded.dictionary.to_pylist()]
    return pa.array(spelled, pa.string()).take(encoded.indices)


class Columns:
    """The columns of a batch, made when first asked for."""

    def __init__(self, batch: EventBatch) -> None:
        self._batch = batch
        self._made: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._batch)

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            kind = self._batch.schema[name].type if not name.startswith("_") else Type.KEYWORD
            self._made[name] = Column(name, kind, self._batch.held(name))
        return self._made[name]
