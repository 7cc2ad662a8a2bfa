"""Where an event came from, as `convert` writes it into documents and alerts find it there again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comtrap.alerts.ids import digest_of
from comtrap.normalise import document as documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from comtrap.events.raw import RawBatch

ORIGIN = "comtrap.origin"
INDEX = "comtrap.origin.index"
_INDEX, _ID = "_index", "_id"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is.

    Attributes:
        path: the file.
        member: the archive member, or None.
        position: the record's 0-based position there; None in an index, which has no order of its own.
        digest: of its fields; empty where the log's own number tells it from others.
    """

    path: str
    member: str | None
    position: int | None
    digest: bytes = b""


def put(document: dict[str, Any], place: Place, index: str | None, name: str | None = None) -> None:
    """Write a record's place into its document, unless the document knows of an earlier one.

    Args:
        document: what was read there.
        place: where.
        index: the Elasticsearch index that the document says it is from, or None.
        name: its ``_id`` there, or None.
    """
    if isinstance(documents.get(document, ORIGIN), dict):
        return
    kept: dict[str, Any] = {"path": place.path, "position": place.position}
    if place.member is not None:
        kept["member"] = place.member
    if place.digest:
        kept["digest"] = place.digest.hex()
    if index is not None:
        kept["index"] = index
    if name is not None:
        kept["id"] = name
    documents.put(document, ORIGIN, kept)


def taken(document: dict[str, Any], place: Place) -> Place:
    """The place a document was first read from, taken out of it; its own place where it says none."""
    kept = documents.get(document, ORIGIN)
    if not isinstance(kept, dict):
        return place
    documents.drop(document, ORIGIN)
    path, member, position, digest = (kept.get(name) for name in ("path", "member", "position", "digest"))
    if not isinstance(path, str) or not isinstance(position, int) or isinstance(position, bool) or position < 0:
        return place
    try:
        known = bytes.fromhex(digest) if isinstance(digest, str) else b""
    except ValueError:
        known = b""
    return Place(path, member if isinstance(member, str) else None, position, known or place.digest)


def hit(kept: Any) -> tuple[str | None, str | None]:
    """The index and the id there that a document keeps in its origin; None for what it does not say."""
    index, name = (kept.get("index"), kept.get("id")) if isinstance(kept, dict) else (None, None)
    return index if isinstance(index, str) else None, name if isinstance(name, str) else None


class Sources:
    """A batch's records as they were read: the fields that have a value, ours left out."""

    def __init__(self, raw: RawBatch) -> None:
        """Args: raw: whole records."""
        self._raw = raw
        self._columns: dict[str, list[Any]] | None = None

    def index(self, row: int) -> str | None:
        """The index that a record says it is from."""
        return self._said(_INDEX, row)

    def id(self, row: int) -> str | None:
        """Its name there."""
        return self._said(_ID, row)

    def _said(self, name: str, row: int) -> str | None:
        if name not in self._raw.frame.schema.names:
            return None
        value = self._raw.frame.column(name)[row].as_py()
        return value if isinstance(value, str) else None

    def digest(self, row: int) -> bytes:
        """What stands in for the number of a record that has lost it."""
        return digest_of(self._fields(row))

    def _fields(self, row: int) -> Mapping[str, Any]:
        if self._columns is None:
            names = [n for n in self._raw.frame.schema.names if not n.startswith(("_", "comtrap."))]
            self._columns = {name: self._raw.frame.column(name).to_pylist() for name in names}
        return {name: values[row] for name, values in self._columns.items() if values[row] is not None}
