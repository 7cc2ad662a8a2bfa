"""How a run reads its inputs."""

from __future__ import annotations

from dataclasses import dataclass

BAD_CHECKSUM = "bad checksum"
"""What a checksum that is not that of the bytes is counted under."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What a run asks of every reader; those that have no such thing pass over it.

    Attributes:
        passwords: tried on members of archives that are encrypted.
        slack: whether records that a log no longer counts as its own are read too, apart from the others.
        verify: whether checksums are looked at.
    """

    passwords: tuple[bytes, ...] = ()
    slack: bool = False
    verify: bool = False


ORDINARY = Manner()
