"""Where a file that is being written can be relied on up to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """How far a file that is being written can be relied on.

    Attributes:
        at: the byte up to which records are whole and will not change.
        whole: whether records after it are whole too, though bytes between them may still change.
    """

    at: int
    whole: bool
