"""Ids that come out the same whatever the path, the machine and the number of jobs.

Source: docs/decisions, "alert ids".
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

_END = b"\x00"  # of a part; no id or name has it, and parts of fixed order cannot run into each other


def identity(parts: Sequence[str | None], record_id: str | None, digest: bytes = b"") -> str:
    """One event's id, as hex: the same in every copy of a log.

    Args:
        parts: host, channel, provider, code, time in nanoseconds.
        record_id: the log's own number for the record; None where the export lost it.
        digest: of the record's fields; stands in for the number.
    """
    last = b"?" + digest if record_id is None else _part(record_id)
    return sha256(_END.join([*map(_part, parts), last])).hexdigest()


def alert_id(rule: UUID, identities: Iterable[str]) -> str:
    """The id of an alert: the rule's and those of its events in stage order, as hex."""
    return sha256(_END.join([_rule(rule), *(i.encode() for i in identities)])).hexdigest()


def digest_of(source: Mapping[str, Any]) -> bytes:
    """What a record's fields as they were read, by dotted name, come down to."""
    return sha256(orjson.dumps(dict(source), option=orjson.OPT_SORT_KEYS)).digest()


@lru_cache(4096)
def _rule(rule: UUID) -> bytes:
    return str(rule).encode()


def _part(text: str | None) -> bytes:
    # Absent and empty are two things.
    return b"-" if text is None else b"=" + text.encode("utf-8", "surrogatepass")
