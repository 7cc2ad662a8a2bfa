"""Many documents, field by field: what stands above several fields is looked up once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from comtrap.normalise import document as one

if TYPE_CHECKING:
    from collections.abc import Sequence


class Fields:
    """The fields of documents without dotted keys, whose objects are dictionaries; only `objects` may put objects where none are."""

    def __init__(self, documents: Sequence[Any]) -> None:
        """Args: documents: as `document.expanded` gives them."""
        self._documents = documents
        self._values: dict[str, list[Any]] = {"": list(documents)}
        self._listed: dict[str, bool] = {}

    def values(self, name: str) -> list[Any]:
        """The value of each document at a dotted name, or None; see `document.get`. The documents for the empty one."""
        known = self._values.get(name)
        if known is None:
            parent, _, last = name.rpartition(".")
            above = self.values(parent)
            known = self._values[name] = [node.get(last) if type(node) is dict else None for node in above]
        return known

    def texts(self, name: str) -> list[str | list[str] | None]:
        """What each document has under a name as text, lists on the way walked through; see `document.text`."""
        walked = self._is_listed(name.rpartition(".")[0])
        return [
            value if type(value) is str and value.isascii()
            else None if value is None and not walked
            else one.text(document, name)
            for value, document in zip(self.values(name), self._documents, strict=True)
        ]  # fmt: skip

    def objects(self, name: str, where: Sequence[Any]) -> list[Any]:
        """The objects at a name; of documents for which something is given, put there if nothing is.

        Args:
            name: dotted; the documents themselves for the empty one.
            where: for each document something, or None.
        """
        found = self.values(name)
        if None not in found:
            return found
        rows = [row for row, (node, given) in enumerate(zip(found, where, strict=True)) if node is None is not given]
        if rows:
            parent, _, last = name.rpartition(".")
            wanted: list[Any] = [None] * len(found)
            for row in rows:
                wanted[row] = True
            above = self.objects(parent, wanted)
            for row in rows:
                if type(above[row]) is dict:
                    found[row] = above[row].setdefault(last, {})
        return found

    def _is_listed(self, name: str) -> bool:
        """Whether some document has a list there or above."""
        if name not in self._listed:
            above = name.rpartition(".")[0]
            self._listed[name] = (name != "" and self._is_listed(above)) or list in set(map(type, self.values(name)))
        return self._listed[name]
