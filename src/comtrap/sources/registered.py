"""Every format that can be read, told by its first bytes."""

from __future__ import annotations

from functools import cache
from typing import Any

import comtrap.sources
from comtrap.registry import every


def source_of(head: bytes) -> Any | None:
    """The module (see `source.Source`) whose content begins like this, None if no one's does."""
    return next((source for source in _sources() if source.sniff(head)), None)


@cache
def _sources() -> tuple[Any, ...]:
    return tuple(module for _, module in every(comtrap.sources, "sniff", "read"))
