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
        null_value: what an explicit null in a document stands for; a missing field stays missing.
        date_format: Elasticsearch's ``format`` of a date field, where one is given.
        supported: false for types EQL refuses (nested, geo_point, object …); `type` is then KEYWORD and meaningless.
        written: the type's name as the mapping wrote it, for messages.
        copy_of: of a multi-field (``process.name.caseless``), the field whose values it holds; a query reads that one.
        folded: whether those values are held in lower case, so that comparing with them ignores case.
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
        if any(key.startswith(prefix) and len(key) > len(prefix) for prefix in self.open):
            return Field(Type.KEYWORD, written="keyword")
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and (
            key in self.fields or any(key.startswith(p) and len(key) > len(p) for p in self.open)
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)
