"""What fields there are, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from comtrap.schema.types import Type

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a schema.

    Attributes:
        type: what its values are.
        many: whether it may hold several values. Any field of Elasticsearch may; false promises it does not.
        exact: whether values can be compared; false for a `text` field without a keyword sub-field.
        alias_of: the dotted name of the field that an `alias` reads.
        null_value: what an explicit null in a document stands for; a missing field stays missing. Of a `constant` the one value.
        date_format: Elasticsearch's ``format`` of a date field, where one is given.
        supported: false for types EQL refuses (nested, geo_point, object …); `type` is then KEYWORD and meaningless.
        written: the type's name as the mapping wrote it, for messages.
        copy_of: of a multi-field (``process.name.caseless``), the field whose values it holds; a query reads that one.
        folded: whether those values are held in lower case, so that comparing with them ignores case.
        ignore_above: how many UTF-16 code units a text may have; of a longer one the field has no value.
        apart: of a multi-field, whether it lacks values that its field has (`ignore_above`), so that it is a column of its own.
        flattened: whether its values are those of all names below it, as texts.
        constant: whether all documents of the index have its one value: `null_value`, or without it that of the first to have one.
    """

    type: Type
    many: bool = True
    exact: bool = True
    alias_of: str | None = None
    null_value: Any = None
    date_format: str | None = None
    supported: bool = True
    written: str = ""
    copy_of: str | None = None
    folded: bool = False
    ignore_above: int | None = None
    apart: bool = False
    flattened: bool = False
    constant: bool = False

    def column(self, name: str) -> str:
        """The column that a query reads who names the field so."""
        if self.copy_of is not None and not self.apart:
            return self.copy_of
        return self.alias_of or name


@dataclass(frozen=True, slots=True)
class Schema(Mapping[str, Field]):
    """Dotted field name to Field: the fields that a query may name. These are *mapped*, whether data has them or not.

    Attributes:
        name: what messages call it.
        fields: the fields known by name, aliases included.
        open: prefixes (``winlog.event_data.``) below which every name is a mapped keyword field.
    """

    name: str
    fields: Mapping[str, Field]
    open: tuple[str, ...] = field(default=())

    def __getitem__(self, key: str) -> Field:
        known = self.fields.get(key)
        if known is not None:
            return known
        for prefix in self.open:
            if key.startswith(prefix) and len(key) > len(prefix):
                above = self.fields.get(prefix.removesuffix("."))
                limit = None if above is None else above.ignore_above
                return Field(Type.KEYWORD, written="keyword", ignore_above=limit)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and (
            key in self.fields or any(key.startswith(p) and len(key) > len(p) for p in self.open)
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)
