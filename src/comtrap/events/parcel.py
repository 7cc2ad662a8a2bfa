"""Whole records as bytes, with where they came from."""

from __future__ import annotations

import json
from typing import Any

from comtrap.events.raw import Origin, RawBatch
from comtrap.events.stream import read, written


def packed(raw: RawBatch, beside: Any = None) -> bytes:
    """A batch of whole records, and something that goes with it and can be JSON."""
    origin = raw.origin
    place = [origin.source, origin.path, origin.member, origin.first, origin.head]
    head = json.dumps([raw.kind, place, beside]).encode()
    return len(head).to_bytes(8, "big") + head + written(raw.frame)


def unpacked(told: bytes) -> tuple[RawBatch, Any]:
    """The same again."""
    size = int.from_bytes(told[:8], "big")
    (provider, code), place, beside = json.loads(told[8 : 8 + size])
    return RawBatch((provider, code), read(told[8 + size :]), Origin(*place)), beside
